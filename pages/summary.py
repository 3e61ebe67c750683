"""Summary: a text summarized by the connection's system model."""

import streamlit as st

from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.request import InvokeType
from boomerang.playground.forms import fields, model_picker
from boomerang.playground.page import frame
from boomerang.playground.results.summary import comparison, summary
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.samples import inputs as samples

page = frame.Page(InvokeType.SYSTEM_SUMMARY, _("Summary"), _("Summarize with the workspace's default model"))
with page.inputs:
    st.caption(
        _("The SDK's call has no ModelConfig: Dify uses the workspace's default LLM. Here, the model above takes its place.")
    )
    fields.samples(page, samples.SUMMARIES)
    text = fields.text_area(page, "text", _("Text"), sample=samples.ARTICLE, height=280)
    instruction = fields.text_area(page, "instruction", _("Instruction"), sample=samples.INSTRUCTION, height=68)
    about = _("Shorter texts are returned unchanged.")
    least = fields.whole_number(page, "least", "min_summarize_length", 1024, about)
    short = len(text) < least
    fate = _("returned unchanged, no model call") if short else _("long enough to call the system model")
    st.caption(_("{count:,} of {least:,} characters").format(count=len(text), least=least) + f" — {fate}")


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw one pane's own inputs, which are not part of the call."""
    model = model_picker.draw(pane, ModelType.LLM, _("System model (not part of the call)"), system=True)
    pane.system_model = model.model if model else None
    return {}


page.require(text.strip(), _("enter a text"))
page.run(configure, text=text, instruction=instruction, min_summarize_length=least)
page.show(summary.draw, summary.draw_live, compare=comparison.compare)
