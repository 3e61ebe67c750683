"""Summary: a text in short, by the connection's system model."""

import streamlit as st

from invoker import InvokeType
from invoker.entities.model import ModelType
from playground import forms, frame, samples, views

page = frame.Page(InvokeType.SYSTEM_SUMMARY, "Summary", "a text in short, by the workspace's system model")
with page.inputs:
    model = forms.model_picker(page, ModelType.LLM, "System model (not part of the call)")
    st.caption("The SDK's call has no ModelConfig: Dify uses the workspace's default LLM. The model above plays it here.")
    forms.samples(page, samples.SUMMARIES)
    text = forms.text_area(page, "text", "Text", sample=samples.ARTICLE, height=280)
    instruction = forms.text_area(page, "instruction", "Instruction", sample=samples.INSTRUCTION, height=68)
    least = forms.whole_number(page, "least", "min_summarize_length", 1024, "Texts with fewer characters come back unchanged.")
    short = len(text) < least
    fate = "returned unchanged, no model is called" if short else "long enough: the system model is called"
    st.caption(f"{len(text):,} of {least:,} characters — {fate}")
page.require(text.strip(), "type a text")
page.system_model = model.model if model else None
page.run(text=text, instruction=instruction, min_summarize_length=least)
page.show(views.summary)
