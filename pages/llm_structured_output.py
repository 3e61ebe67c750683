"""Structured output: an object that matches a JSON schema."""

import streamlit as st

from boomerang.invoker.request import InvokeType
from boomerang.playground.experiments import structured_methods, structured_repeats
from boomerang.playground.forms import fields, schema_from_example
from boomerang.playground.forms.conversation import llm_settings
from boomerang.playground.page import frame
from boomerang.playground.results import structured_output
from boomerang.playground.results.llm import comparison
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.samples import inputs as samples

page = frame.Page(InvokeType.LLM_STRUCTURED_OUTPUT, _("Structured output"), _("Generate an object that matches a JSON schema"))
with page.inputs:
    fields.samples(page, samples.STRUCTURED)
    system = fields.text_area(page, "system", _("System"), sample=samples.STRUCTURED_SYSTEM, height=68)
    text = fields.text_area(page, "text", _("User"), sample=samples.STRUCTURED_TEXT, height=100)
    schema = fields.schema(page, "schema", _("JSON schema"), samples.STRUCTURED_SCHEMA)
    schema_from_example.draw(page, "schema")
    stream = st.toggle(_("Stream"), key=page.hold("stream", True), persist_state="session")


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw one pane's own inputs."""
    return {"model_config": llm_settings.config(pane)}


messages = [{"role": "system", "content": system}] if system.strip() else []
messages.append({"role": "user", "content": text})
page.require(text.strip(), _("enter a user message"), sendable=True)
page.run(configure, prompt_messages=messages, structured_output_schema=schema, stream=stream)
page.show(
    structured_output.draw,
    structured_output.draw_live,
    compare=comparison.compare_objects,
    experiments=[structured_methods.ROUTES, structured_repeats.STABILITY],
)
