"""Rerank: documents ordered by relevance to a query."""

import streamlit as st

from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.rerank import RerankModelConfig
from boomerang.invoker.request import InvokeType
from boomerang.playground.experiments import rerank_order
from boomerang.playground.forms import fields, model_config, model_picker
from boomerang.playground.forms.texts import text_table
from boomerang.playground.page import frame
from boomerang.playground.results.rerank import comparison, ranking, relevance_scores
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.samples import inputs as samples

page = frame.Page(InvokeType.RERANK, _("Rerank"), _("Rank documents by relevance"))
with page.inputs:
    fields.samples(page, samples.RERANKS)
    query = fields.text_area(page, "query", _("Query"), sample=samples.QUERY, height=68)
    about = _("Relevance from 0 (none) to 3 (full). Not sent; used to score the ranking.")
    label = text_table.Mark("label", about, range(4), samples.DOCUMENT_LABELS)
    rows = text_table.draw(page, _("Documents"), "document", samples.DOCUMENTS, label)
    docs = rows.texts


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw one pane's own inputs."""
    model = model_picker.draw(pane, ModelType.RERANK)
    pane.context.put(relevance_scores.Labels(dict(zip(docs, rows.marks, strict=True))))
    left, right = st.columns(2)
    with left:
        top_n = fields.following(pane, "top_n", "top_n", len(docs), _("Maximum number of documents returned."))
    with right:
        about = _("Documents scoring below this are dropped; `>=` stays.")
        threshold = fields.decimal(pane, "threshold", "score_threshold", 0.0, about)
    return {"model_config": model_config.config(pane, RerankModelConfig, model, score_threshold=threshold, top_n=top_n)}


page.require(query.strip(), _("enter a query"), sendable=True)
page.require(docs, _("add a document"), sendable=True)
page.run(configure, docs=docs, query=query)
page.show(ranking.draw, compare=comparison.compare, experiments=[rerank_order.ORDER])
