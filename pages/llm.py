"""LLM: a conversation, streamed, with tools."""

import streamlit as st

from invoker import InvokeType
from playground import conversation, forms, frame, llm_form, presets, samples, tools_editor, views
from playground.trials import llm as trials
from playground.words import _

page = frame.Page(InvokeType.LLM, _("LLM"), _("talk to a large language model, streamed, with tools"))
with page.inputs:
    conversation.sample_chips(page)
    mode = conversation.mode(page)
    messages = conversation.editor(page, next(iter(samples.CONVERSATIONS)), mode)
    stream = st.toggle(_("Stream"), key=page.hold("stream", True), persist_state="session")
    tools = tools_editor.tools(page) if mode == conversation.CHAT else None
    stop = forms.stop_sequences(page)


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw what each pane has for itself."""
    return {"model_config": llm_form.config(pane, mode)}


page.run(configure, prompt_messages=messages, tools=tools, stop=stop, stream=stream)
with page.inputs:
    presets.draw(page)
page.show(views.llm, views.llm_live, compare=views.compare_texts, experiments=trials.EXPERIMENTS)
