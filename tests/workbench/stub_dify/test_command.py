"""`boomerang stub-dify` in a process of its own, with the real embedded models behind it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from boomerang.cli import main
from boomerang.invoker.backend import Backend
from boomerang.invoker.errors import UnsupportedRequestError
from boomerang.invoker.session import Session
from boomerang.kinds import connect

SRC = Path(__file__).parents[3] / "src"
PROVIDER = "langgenius/embedded/embedded"
MESSAGES = [{"role": "user", "content": "Name a river."}]
PARAMETERS = {"max_tokens": 12, "temperature": 0}
CHAT = {"provider": PROVIDER, "model": "smollm2-135m-instruct", "mode": "chat", "completion_params": PARAMETERS}


def named(model: str) -> dict[str, object]:
    return {"provider": PROVIDER, "model": model}


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    """Start the stub; connect with the values that it prints."""
    command = [
        sys.executable,
        "-m",
        "boomerang",
        "stub-dify",
        "--port",
        "0",
        "--profile",
        "newest",
        "--fault",
        "token_counting",
    ]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(SRC)}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in range(5)]
        assert lines[4][1] == PROVIDER
        backend = connect("dify", base_url=lines[0][-1], inner_api_key=lines[1][1], tenant_id=lines[2][1])
        yield backend
        backend.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_an_llm_streams_and_is_merged(backend: Backend) -> None:
    with Session(backend) as session:
        chunks = list(session.model.llm.invoke(CHAT, MESSAGES))
        whole = session.model.llm.invoke(CHAT, MESSAGES, stream=False)
    assert len(chunks) > 2 and chunks[-1].delta.finish_reason
    assert "".join(chunk.delta.message.get_text_content() for chunk in chunks) == whole.message.get_text_content()
    assert whole.usage.completion_tokens > 0


@pytest.mark.slow
def test_every_other_type_answers(backend: Backend) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    limits = {"score_threshold": -1e9, "top_n": 2}
    with Session(backend) as session:
        model = session.model
        vectors = model.text_embedding.invoke(named("all-minilm-l6-v2"), ["a river"]).embeddings
        ranked = model.rerank.invoke(named("all-minilm-l6-v2-cosine") | limits, ["A cat.", "A dog."], "Which cat?").docs
        audio = b"".join(model.tts.invoke(named("hibari") | {"voice": "heart"}, "Good morning."))
        text = model.speech2text.invoke(named("moonshine-tiny-en"), BytesIO(audio))
        flagged = model.moderation.invoke(named("minilm-moderation-heads"), "Have a nice day.")
        made = model.llm_structured_output.invoke(CHAT, MESSAGES, schema, stream=False)
    assert (len(vectors[0]), len(ranked), flagged) == (384, 2, False)
    assert "morning" in text.lower()
    assert isinstance(made.structured_output, dict)


def test_the_catalogue_lists_what_answers(backend: Backend) -> None:
    assert {(model.provider, model.model_type.value) for model in backend.fetch_models()} == {
        (PROVIDER, "llm"),
        (PROVIDER, "text-embedding"),
        (PROVIDER, "rerank"),
    }


def test_what_dify_cannot_do_is_refused(backend: Backend) -> None:
    text = {"content": "a", "content_type": "text"}
    with Session(backend) as session, pytest.raises(UnsupportedRequestError, match="multimodal_rerank"):
        session.model.rerank.invoke_multimodal({"provider": PROVIDER, "model": "x"}, text, [text])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [(["--tenant", "xyz"], "UUID"), (["--fault", "nothing"], "mid_stream_error"), (["--connection", "none"], "no connection")],
)
def test_an_option_that_cannot_be_used_is_refused(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stub-dify", "--port", "0", *arguments]) == 2
    assert text in capsys.readouterr().err
