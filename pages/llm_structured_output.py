"""Structured output: an object that fits a JSON schema."""

import streamlit as st

from invoker import InvokeType
from invoker.entities.llm import LLMModelConfig
from invoker.entities.model import ModelType
from playground import forms, frame, samples, views

page = frame.Page(InvokeType.LLM_STRUCTURED_OUTPUT, "Structured output", "get an object that fits a JSON schema")
with page.inputs:
    model = forms.model_picker(page, ModelType.LLM)
    forms.samples(page, samples.STRUCTURED)
    system = forms.text_area(page, "system", "System", sample=samples.STRUCTURED_SYSTEM, height=68)
    text = forms.text_area(page, "text", "User", sample=samples.STRUCTURED_TEXT, height=100)
    schema = forms.schema(page, "schema", "JSON schema", samples.STRUCTURED_SCHEMA)
    stream = st.toggle("Stream", key=page.key("stream"), value=True, persist_state="session")
    parameters = forms.parameters(page, model)
    config = forms.config(page, LLMModelConfig, model, mode="chat", completion_params=parameters)
messages = [{"role": "system", "content": system}] if system.strip() else []
page.require(text.strip(), "type the user's text")
page.run(
    model_config=config,
    prompt_messages=[*messages, {"role": "user", "content": text}],
    structured_output_schema=schema,
    stream=stream,
)
page.show(views.structured, views.structured_live)
