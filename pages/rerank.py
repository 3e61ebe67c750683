"""Rerank: documents in the order in which they answer a query."""

import streamlit as st

from invoker import InvokeType
from invoker.entities.model import ModelType
from invoker.entities.rerank import RerankModelConfig
from playground import forms, frame, samples, views

page = frame.Page(InvokeType.RERANK, "Rerank", "documents in the order in which they answer a query")
with page.inputs:
    model = forms.model_picker(page, ModelType.RERANK)
    forms.samples(page, samples.RERANKS)
    query = forms.text_area(page, "query", "Query", sample=samples.QUERY, height=68)
    docs = forms.rows(page, "Documents", "document", samples.DOCUMENTS)
    left, right = st.columns(2)
    with left:
        top_n = forms.following(page, "top_n", "top_n", len(docs), "How many documents come back at most.")
    with right:
        threshold = forms.decimal(page, "threshold", "score_threshold", 0.0, "Documents below it are dropped; `>=` stays.")
    config = forms.config(page, RerankModelConfig, model, score_threshold=threshold, top_n=top_n)
page.require(query.strip(), "type a query")
page.require(docs, "add a document")
page.run(model_config=config, docs=docs, query=query)
page.show(views.rerank)
