"""Summary: a text in short, by the connection's system model."""

import streamlit as st

from invoker import InvokeType
from invoker.entities.model import ModelType
from playground import forms, frame, models, samples, views
from playground.words import _

page = frame.Page(InvokeType.SYSTEM_SUMMARY, _("Summary"), _("a text in short, by the workspace's system model"))
with page.inputs:
    st.caption(_("The SDK's call has no ModelConfig: Dify uses the workspace's default LLM. The model above plays it here."))
    forms.samples(page, samples.SUMMARIES)
    text = forms.text_area(page, "text", _("Text"), sample=samples.ARTICLE, height=280)
    instruction = forms.text_area(page, "instruction", _("Instruction"), sample=samples.INSTRUCTION, height=68)
    about = _("Texts with fewer characters come back unchanged.")
    least = forms.whole_number(page, "least", "min_summarize_length", 1024, about)
    short = len(text) < least
    fate = _("returned unchanged, no model is called") if short else _("long enough: the system model is called")
    st.caption(_("{count:,} of {least:,} characters").format(count=len(text), least=least) + f" — {fate}")


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw what each pane has for itself: no part of the call."""
    model = models.model_picker(pane, ModelType.LLM, _("System model (not part of the call)"), system=True)
    pane.system_model = model.model if model else None
    return {}


page.require(text.strip(), _("type a text"))
page.run(configure, text=text, instruction=instruction, min_summarize_length=least)
page.show(views.summary, views.summary_live, compare=views.compare_summaries)
