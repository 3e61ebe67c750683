"""Test the app without its models' weights, or with truncated ones: its messages, and what still works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from boomerang.playground.session import app_state
from tests import app
from tests.pages.visitor import PAGES, Visitor, nodes

SMALL = "smollm2-135m-instruct"


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Point the app to an empty model folder; restore its own at the end."""
    monkeypatch.setenv("BOOMERANG_MODELS", str(tmp_path))
    app_state.close_all()
    app.start()
    yield tmp_path
    app_state.close_all()
    monkeypatch.undo()
    app.start()


def test_the_start_page_says_which_calls_are_unavailable_and_why() -> None:
    seen = Visitor("embedded").seen
    assert seen.count("Unavailable") == len(PAGES) - 1 == seen.count(" is not in ")
    assert seen.count("Ready to load") == 1  # the voice's weights are part of its package


@pytest.mark.parametrize("name", [name for name in PAGES if name != "tts"])
def test_each_page_says_why_run_is_disabled_and_what_to_do(name: str) -> None:
    page = Visitor("embedded").open(name)
    assert not page.can_run
    for text in ("is unavailable: ", " is not in ", "make weights"):
        assert text in page.seen.replace("\\", "")


def test_speech_is_made_all_the_same() -> None:
    page = Visitor("embedded").open("tts").run()
    assert page.state == "done" and "bidi_component" in {node.type for node in nodes(page.at.main)}  # the player


def test_a_cut_weights_file_is_said_to_be_one(models: Path) -> None:
    (models / "smollm2-135m-instruct-q4_1.gguf").write_bytes(b"GGUF")
    page = Visitor("embedded").open("llm")
    assert not page.can_run
    page.set("selectbox", "model", SMALL)
    assert "is cut or another file: 4 bytes" in page.reason
