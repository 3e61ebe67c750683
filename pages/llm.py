"""LLM: a streamed conversation with tools."""

import streamlit as st

from boomerang.invoker.request import InvokeType
from boomerang.playground.experiments import llm_repeats, streaming_comparison
from boomerang.playground.forms import fields
from boomerang.playground.forms.conversation import conversation_editor, llm_settings, parameter_presets, tools_editor
from boomerang.playground.page import frame
from boomerang.playground.results.llm import answer, comparison
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.samples import inputs as samples

page = frame.Page(InvokeType.LLM, _("LLM"), _("Chat with a large language model, with streaming and tools"))
with page.inputs:
    conversation_editor.sample_chips(page)
    mode = conversation_editor.mode(page)
    messages = conversation_editor.editor(page, next(iter(samples.CONVERSATIONS)), mode)
    stream = st.toggle(_("Stream"), key=page.hold("stream", True), persist_state="session")
    tools = tools_editor.tools(page, shown=mode == conversation_editor.CHAT)
    stop = fields.stop_sequences(page)


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw one pane's own inputs."""
    return {"model_config": llm_settings.config(pane, mode)}


page.run(configure, prompt_messages=messages, tools=tools, stop=stop, stream=stream)
with page.inputs:
    parameter_presets.draw(page)
page.show(
    answer.draw,
    answer.draw_live,
    compare=comparison.compare_texts,
    experiments=[llm_repeats.REPEAT, streaming_comparison.TWO_WAYS],
)
