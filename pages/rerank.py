"""Rerank: documents in the order in which they answer a query."""

import streamlit as st

from invoker import InvokeType
from invoker.entities.model import ModelType
from invoker.entities.rerank import RerankModelConfig
from playground import forms, frame, models, samples, text_rows, views
from playground.trials import rerank as trials
from playground.words import _

page = frame.Page(InvokeType.RERANK, _("Rerank"), _("documents in the order in which they answer a query"))
with page.inputs:
    forms.samples(page, samples.RERANKS)
    query = forms.text_area(page, "query", _("Query"), sample=samples.QUERY, height=68)
    about = _("How well the document answers: 0 not, 3 fully. Not sent; the order is judged by it.")
    label = text_rows.Mark("label", about, range(4), samples.DOCUMENT_LABELS)
    rows = text_rows.draw(page, _("Documents"), "document", samples.DOCUMENTS, label)
    docs = rows.texts


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw what each pane has for itself."""
    model = models.model_picker(pane, ModelType.RERANK)
    pane.context["labels"] = dict(zip(docs, rows.marks, strict=True))
    left, right = st.columns(2)
    with left:
        top_n = forms.following(pane, "top_n", "top_n", len(docs), _("How many documents come back at most."))
    with right:
        about = _("Documents below it are dropped; `>=` stays.")
        threshold = forms.decimal(pane, "threshold", "score_threshold", 0.0, about)
    return {"model_config": forms.config(pane, RerankModelConfig, model, score_threshold=threshold, top_n=top_n)}


page.require(query.strip(), _("type a query"), sendable=True)
page.require(docs, _("add a document"), sendable=True)
page.run(configure, docs=docs, query=query)
page.show(views.rerank, compare=views.compare_rankings, experiments=trials.EXPERIMENTS)
