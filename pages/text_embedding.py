"""Text embedding: texts as vectors, and how alike they are."""

import streamlit as st

from invoker import InvokeType
from invoker.entities.model import EmbeddingInputType, ModelType
from invoker.entities.text_embedding import TextEmbeddingModelConfig
from playground import forms, frame, samples, views

page = frame.Page(InvokeType.TEXT_EMBEDDING, "Text embedding", "texts as vectors, and how alike they are")
with page.inputs:
    model = forms.model_picker(page, ModelType.TEXT_EMBEDDING)
    forms.samples(page, samples.EMBEDDINGS)
    texts = forms.rows(page, "Texts, one vector each", "text", samples.TEXTS)
    input_type = st.segmented_control(
        "input_type",
        list(EmbeddingInputType),
        default=EmbeddingInputType.QUERY,
        format_func=str,
        required=True,
        key=page.key("input_type"),
        persist_state="session",
        help="Whether the texts are searched, or searched for. The SDK's default is query.",
    )
    config = forms.config(page, TextEmbeddingModelConfig, model)
page.require(texts, "add a text")
page.run(model_config=config, texts=texts, input_type=input_type)
page.show(views.embedding)
