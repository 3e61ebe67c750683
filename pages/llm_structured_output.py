"""Structured output: an object that fits a JSON schema."""

import streamlit as st

from invoker import InvokeType
from playground import forms, frame, llm_form, samples, schema_example, views
from playground.trials import structured as trials
from playground.words import _

page = frame.Page(InvokeType.LLM_STRUCTURED_OUTPUT, _("Structured output"), _("get an object that fits a JSON schema"))
with page.inputs:
    forms.samples(page, samples.STRUCTURED)
    system = forms.text_area(page, "system", _("System"), sample=samples.STRUCTURED_SYSTEM, height=68)
    text = forms.text_area(page, "text", _("User"), sample=samples.STRUCTURED_TEXT, height=100)
    schema = forms.schema(page, "schema", _("JSON schema"), samples.STRUCTURED_SCHEMA)
    schema_example.draw(page, "schema")
    stream = st.toggle(_("Stream"), key=page.hold("stream", True), persist_state="session")


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw what each pane has for itself."""
    return {"model_config": llm_form.config(pane)}


messages = [{"role": "system", "content": system}] if system.strip() else []
messages.append({"role": "user", "content": text})
page.require(text.strip(), _("type the user's text"), sendable=True)
page.run(configure, prompt_messages=messages, structured_output_schema=schema, stream=stream)
page.show(views.structured, views.structured_live, compare=views.compare_objects, experiments=trials.EXPERIMENTS)
