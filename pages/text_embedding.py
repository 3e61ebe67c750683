"""Text embedding: texts as vectors, and their similarity."""

import streamlit as st

from boomerang.invoker.entities.model import EmbeddingInputType, ModelType
from boomerang.invoker.entities.text_embedding import TextEmbeddingModelConfig
from boomerang.invoker.request import InvokeType
from boomerang.playground.experiments import embedding
from boomerang.playground.forms import fields, model_config, model_picker
from boomerang.playground.forms.texts import length_check, text_table
from boomerang.playground.page import frame
from boomerang.playground.results.text_embedding import comparison, vectors
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.samples import inputs as samples

page = frame.Page(InvokeType.TEXT_EMBEDDING, _("Text embedding"), _("Turn texts into vectors and compare them"))
with page.inputs:
    fields.samples(page, samples.EMBEDDINGS)
    texts = text_table.draw(page, _("Texts (one vector each)"), "text", samples.TEXTS).texts
    input_type = st.segmented_control(
        "input_type",
        [kind.value for kind in EmbeddingInputType],
        required=True,
        key=page.hold("input_type", EmbeddingInputType.QUERY.value, set(EmbeddingInputType).__contains__),
        persist_state="session",
        help=_("Whether the texts are search queries or indexed documents. The SDK's default is query."),
    )


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw one pane's own inputs."""
    model = model_picker.draw(pane, ModelType.TEXT_EMBEDDING)
    length_check.draw(pane, texts, model)
    return {"model_config": model_config.config(pane, TextEmbeddingModelConfig, model)}


page.require(texts, _("add a text"), sendable=True)
page.run(configure, texts=texts, input_type=EmbeddingInputType(input_type))
page.show(vectors.draw, compare=comparison.compare, experiments=[embedding.TWO_TYPES, embedding.BATCH])
