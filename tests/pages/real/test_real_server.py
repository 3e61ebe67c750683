"""Test pages on real llama.cpp servers with the embedded weights: an object, a summary, vectors, a ranking."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w

from boomerang.playground.session import app_state
from boomerang.workbench.samples.inputs import ARTICLE
from tests.invoker.backends.openai_compatible.test_real_server import KEY, QWEN, SMOLLM, served
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True, scope="module")
def servers() -> Iterator[None]:
    """Connect the app to three servers that require a key."""
    file = Path(os.environ["CONNECTIONS_FILE"])
    with served(QWEN) as llm, served(SMOLLM, pooling_type="MEAN") as vectors, served(SMOLLM, pooling_type="RANK") as ranks:
        lab = {"base_url": llm, "api_key": KEY}
        connections = [
            # A configured LLM comes first in lists, but a summary uses the system model.
            {"name": "Lab", **lab, "models": [{"model": "aside", "model_type": "llm"}], "system_model": "real"},
            {"name": "Open", **lab},
            {"name": "Vectors", **lab, "base_url": vectors, "models": [{"model": "real", "model_type": "text-embedding"}]},
            {"name": "Ranks", **lab, "base_url": ranks, "models": [{"model": "real", "model_type": "rerank"}]},
        ]
        file.write_text(tomli_w.dumps({"connections": connections}), "utf-8")
        yield
        app_state.close_all()
        file.unlink()
        app_state.connections().visible()


def test_an_object_of_the_real_server_keeps_to_its_schema() -> None:
    page = Visitor("Open").open("llm_structured_output").run()
    assert page.state == "done" and "Matches the schema" in page.seen and "Lisb" in page.seen
    assert "reported" in page.seen


def test_a_summary_is_made_by_the_connections_system_model_and_its_messages_are_shown() -> None:
    page = Visitor("Lab", text=ARTICLE[:600], least="500").open("summary")
    assert page.at.selectbox(key="summary.model").value == "real"
    page.run()
    assert page.state == "done" and "System model calls (1)" in page.seen
    for part in ("You summarise texts in their language", "Summarise this text.", "answer"):
        assert part in page.seen
    before, after = (int(page.metrics()[name].replace(",", "")) for name in ("Source text", "Summary"))
    assert 0 < after < before


def test_texts_are_embedded_on_the_real_server() -> None:
    page = Visitor("Vectors").open("text_embedding").run()
    assert (page.metrics()["Vectors"], page.metrics()["Dimensions"]) == ("5", "576")
    assert "reported" in page.seen


def test_documents_are_ranked_on_the_real_server() -> None:
    # The model has no ranking head, so scores may have any size and sign.
    page = Visitor("Ranks", threshold="-1000.0").open("rerank").run()
    metrics = page.metrics()
    assert (metrics["Documents"], metrics["Returned"], metrics["Dropped"]) == ("6", "6", "0")
    least, _, best = metrics["Scores"].partition(" – ")
    assert float(least) < float(best)
    assert "The server uses Jina/Cohere's rerank format." in page.tab("Log").replace("\\", "")
