"""Tests for the embedded back end when model files are missing, truncated or modified: the other models still work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from boomerang.invoker.backend import Backend, ModelState
from boomerang.invoker.backends.embedded.backend import EmbeddedBackend
from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.session import Session
from boomerang.invoker.weights.models_folder import models_folder

SMALL = "smollm2-135m-instruct"
SMALL_FILE = "smollm2-135m-instruct-q4_1.gguf"
QWEN_FILE = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
TOKENIZER_FILE = "all-minilm-l6-v2/tokenizer.json"
VOCABULARY_FILE = "moonshine-tiny-en/tokenizer.bin"
NEEDED_BY = {
    SMALL_FILE: {SMALL},
    QWEN_FILE: {"qwen2.5-coder-0.5b-instruct", "qwen2.5-coder-0.5b-judge"},
    TOKENIZER_FILE: {"all-minilm-l6-v2", "all-minilm-l6-v2-cosine", "minilm-moderation-heads"},
    VOCABULARY_FILE: {"moonshine-tiny-en"},
}
"""File → the models that need it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a separate models folder that links to the real files."""
    real, own = models_folder(), tmp_path / "models"
    for path in sorted(real.rglob("*")):
        place = own / path.relative_to(real)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif ".stamps" in path.parts:
            shutil.copyfile(path, place)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(path)
    return own


@contextmanager
def opened(folder: Path, **settings: Any) -> Iterator[Backend]:
    backend = EmbeddedBackend(models_folder=folder, **settings)
    try:
        yield backend
    finally:
        backend.close()


def missing(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    real = path.resolve()
    path.unlink()
    with real.open("rb") as whole:
        path.write_bytes(whole.read(min(real.stat().st_size // 2, 100_000)))


def empty(path: Path) -> None:
    path.unlink()
    path.touch()


def altered(path: Path) -> None:
    """Change one byte, keeping the size."""
    real = path.resolve()
    path.unlink()
    shutil.copyfile(real, path)
    with path.open("r+b") as file:
        file.seek(real.stat().st_size // 2)
        before = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([before[0] ^ 1]))


def unavailable(backend: Backend) -> dict[str, str]:
    return {model.model: str(model.reason or "") for model in backend.models() if model.state is ModelState.UNAVAILABLE}


def chat(backend: Backend, model: str = SMALL) -> str:
    config = {"provider": "embedded", "model": model, "mode": "chat", "completion_params": {"max_tokens": 4}}
    with Session(backend) as session:
        return session.model.llm.invoke(config, [{"role": "user", "content": "Hi"}], stream=False).message.get_text_content()


def embed(backend: Backend) -> int:
    with Session(backend) as session:
        config = {"provider": "embedded", "model": "all-minilm-l6-v2"}
        return len(session.model.text_embedding.invoke(config, ["Hi"]).embeddings)


def test_a_whole_folder_has_everything(folder: Path) -> None:
    with opened(folder) as backend:
        assert unavailable(backend) == {}


@pytest.mark.parametrize(
    ("harm", "name", "text"),
    [
        (missing, SMALL_FILE, "is not in"),
        (missing, QWEN_FILE, "is not in"),
        (missing, TOKENIZER_FILE, "is not in"),
        (missing, VOCABULARY_FILE, "is not in"),
        (cut, SMALL_FILE, "is cut or another file: 100,000 bytes, expected 98,362,432"),
        (cut, TOKENIZER_FILE, "is cut"),
        (empty, VOCABULARY_FILE, "0 bytes"),
        (altered, SMALL_FILE, "is altered: its SHA-256 is"),
        (altered, TOKENIZER_FILE, "is altered"),
    ],
)
def test_a_harmed_file_makes_its_models_unavailable_with_the_reason_and_no_other(
    folder: Path, harm: Callable[[Path], None], name: str, text: str
) -> None:
    harm(folder / name)
    with opened(folder) as backend:
        reasons = unavailable(backend)
        assert set(reasons) == NEEDED_BY[name]
        assert all(name in reason and text in reason for reason in reasons.values())


@pytest.mark.parametrize("harm", [missing, cut, empty, altered])
@pytest.mark.parametrize(("name", "broken", "whole"), [(SMALL_FILE, chat, embed), (TOKENIZER_FILE, embed, chat)])
def test_a_call_that_needs_a_harmed_file_says_what_to_do_and_the_others_work(
    folder: Path, harm: Callable[[Path], None], name: str, broken: Callable[[Backend], Any], whole: Callable[[Backend], Any]
) -> None:
    harm(folder / name)
    with opened(folder) as backend:
        with pytest.raises(InvokeServerUnavailableError, match=name) as caught:
            broken(backend)
        assert whole(backend)
    assert "boomerang weights" in str(caught.value.hint)
    assert (caught.value.backend, caught.value.provider) == ("embedded", "embedded")
    assert caught.value.model in NEEDED_BY[name]


def test_a_file_that_comes_back_is_used_without_a_restart(folder: Path) -> None:
    place = folder / SMALL_FILE
    real = place.resolve()
    place.unlink()
    with opened(folder) as backend:
        with pytest.raises(InvokeServerUnavailableError):
            chat(backend)
        place.symlink_to(real)
        assert unavailable(backend) == {}
        assert chat(backend)


def test_a_model_in_memory_goes_on_when_its_file_is_gone(folder: Path) -> None:
    with opened(folder) as backend:
        assert chat(backend)
        (folder / SMALL_FILE).unlink()
        assert unavailable(backend) == {}
        assert chat(backend)


@pytest.mark.parametrize("there", [True, False], ids=["empty", "no folder"])
def test_without_any_file_the_list_remains_and_the_voice_that_needs_none_speaks(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "models"
    if there:
        folder.mkdir()
    with opened(folder) as backend, Session(backend) as session:
        available = [model.model for model in backend.models() if model.state is ModelState.AVAILABLE]
        assert available == ["hibari"]
        audio = b"".join(session.model.tts.invoke({"provider": "embedded", "model": "hibari", "voice": "heart"}, "Hello."))
        assert audio
        with pytest.raises(InvokeServerUnavailableError, match="is not in"):
            session.model.summary.invoke("Some text.", "", 0)


def test_any_gguf_file_in_the_folder_is_a_further_llm(folder: Path) -> None:
    (folder / "my-own.gguf").symlink_to((folder / SMALL_FILE).resolve())
    with opened(folder) as backend:
        result = next(model for model in backend.models() if model.model == "my-own")
        assert (result.model_type, result.provider, result.state) == ("llm", "embedded", ModelState.AVAILABLE)
        assert chat(backend, "my-own")


def test_a_file_that_is_no_model_is_listed_with_its_error(folder: Path) -> None:
    (folder / "broken.gguf").write_bytes(b"GGUF and then nothing")
    with opened(folder) as backend:
        result = next(model for model in backend.models() if model.model == "broken")
        assert result.state is ModelState.UNAVAILABLE
        assert result.reason is not None
        assert "broken.gguf" in str(result.reason)
        with pytest.raises(InvokeServerUnavailableError, match=r"broken\.gguf"):
            chat(backend, "broken")
        assert chat(backend)


def test_a_file_that_was_repaired_can_be_used(folder: Path) -> None:
    (folder / "mended.gguf").write_bytes(b"GGUF and then nothing")
    with opened(folder) as backend:
        assert [model.state for model in backend.models() if model.model == "mended"] == [ModelState.UNAVAILABLE]
        (folder / "mended.gguf").unlink()
        (folder / "mended.gguf").symlink_to((folder / SMALL_FILE).resolve())
        assert chat(backend, "mended")
