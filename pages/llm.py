"""LLM: a conversation, streamed, with tools."""

import streamlit as st

from invoker import InvokeType
from invoker.entities.llm import LLMModelConfig
from invoker.entities.model import ModelType
from playground import conversation, forms, frame, samples, views

page = frame.Page(InvokeType.LLM, "LLM", "talk to a large language model, streamed, with tools")
with page.inputs:
    model = forms.model_picker(page, ModelType.LLM)
    conversation.sample_chips(page)
    messages = conversation.editor(page, next(iter(samples.CONVERSATIONS)))
    stream = st.toggle("Stream", key=page.key("stream"), value=True, persist_state="session")
    tools = conversation.tools(page)
    stop = forms.stop_sequences(page)
    parameters = forms.parameters(page, model)
    config = forms.config(page, LLMModelConfig, model, mode="chat", completion_params=parameters)
page.run(model_config=config, prompt_messages=messages, tools=tools, stop=stop, stream=stream)
page.show(views.llm, views.llm_live)
