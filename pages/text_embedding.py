"""Text embedding: texts as vectors, and how alike they are."""

import streamlit as st

from invoker import InvokeType
from invoker.entities.model import EmbeddingInputType, ModelType
from invoker.entities.text_embedding import TextEmbeddingModelConfig
from playground import forms, frame, models, samples, text_lengths, text_rows, views
from playground.trials import embedding as trials
from playground.words import _

page = frame.Page(InvokeType.TEXT_EMBEDDING, _("Text embedding"), _("texts as vectors, and how alike they are"))
with page.inputs:
    forms.samples(page, samples.EMBEDDINGS)
    texts = text_rows.draw(page, _("Texts, one vector each"), "text", samples.TEXTS).texts
    input_type = st.segmented_control(
        "input_type",
        [kind.value for kind in EmbeddingInputType],
        required=True,
        key=page.hold("input_type", EmbeddingInputType.QUERY.value, set(EmbeddingInputType).__contains__),
        persist_state="session",
        help=_("Whether the texts are searched, or searched for. The SDK's default is query."),
    )


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw what each pane has for itself."""
    model = models.model_picker(pane, ModelType.TEXT_EMBEDDING)
    text_lengths.draw(pane, texts, model)
    return {"model_config": forms.config(pane, TextEmbeddingModelConfig, model)}


page.require(texts, _("add a text"), sendable=True)
page.run(configure, texts=texts, input_type=EmbeddingInputType(input_type))
page.show(views.embedding, compare=views.compare_embeddings, experiments=trials.EXPERIMENTS)
