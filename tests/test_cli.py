"""The `boomerang` command: output, exit codes, and stopping."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from boomerang.cli import COMMANDS, main
from boomerang.commands.terminal import printable
from boomerang.invoker.version import VERSION
from boomerang.kinds import KINDS
from boomerang.workbench.connections.saved_connections import Store
from boomerang.workbench.samples.inputs import CLIP
from boomerang.workbench.store.app_folder import settings_folder
from tests.connection_settings import settings_of
from tests.invoker.backends.openai_compatible.contract_server import script as answer
from tests.loopback import STREAM, ClientConnection, Loopback, ReceivedRequest, whole
from tests.runs import CALLS as REQUESTS
from tests.test_imports import HEAVY, SRC, loaded

SECRET = "sk-not-to-be-printed"
ENDLESS = "Talk for ever."
SERVER = "vLLM"
MODELS = {"talker": "chat", "speaker": "speaker", "listener": "listener"}
"""Models of the calls in `tests.runs` → the server's models, where they differ."""
PROVIDER = "langgenius/openai_api_compatible/openai_api_compatible"


def _script(request: ReceivedRequest, connection: ClientConnection) -> None:
    """Answer every call, list an odd name among the models, and answer one request endlessly."""
    if request.path == "/v1/models":
        connection.send(whole({"object": "list", "data": [{"id": "chat"}, {"id": "odd\x1b[2J"}]}))
    elif ENDLESS.encode() in request.body:
        connection.send(STREAM)
        event = b'data: {"choices": [{"index": 0, "delta": {"content": "on "}}]}\n\n'
        coded = b"%x\r\n%s\r\n" % (len(event), event)
        connection.send(coded)
        connection.drip_until_gone(coded)
        raise EOFError
    else:
        answer(request, connection)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A server that every command sees as the connection `vLLM`."""
    with Loopback(_script) as loopback:
        monkeypatch.setenv("VLLM_BASE_URL", f"{loopback.address}/v1")
        monkeypatch.setenv("VLLM_API_KEY", SECRET)
        yield loopback


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A data folder for this test."""
    monkeypatch.setenv("BOOMERANG_DATA", str(tmp_path / "data"))
    return Store(tmp_path / "data", {}, KINDS)


def request_of(call: str, **more: Any) -> dict[str, Any]:
    """Return a request that the server can answer."""
    request = dict(REQUESTS[call])
    if "model_config" in request:
        config = request["model_config"]
        request["model_config"] = config | {"provider": PROVIDER, "model": MODELS.get(config["model"], config["model"])}
    if "file" in request:
        request["file"] = str(CLIP)
    return request | more


def written(tmp_path: Path, request: Any) -> str:
    """Write a request to a file and return its path."""
    path = tmp_path / "request.json"
    path.write_text(request if isinstance(request, str) else json.dumps(request), "utf-8")
    return str(path)


def lines(text: str) -> list[dict[str, Any]]:
    """Parse JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def started(*arguments: str, **more: Any) -> subprocess.Popen[str]:
    """Start the command in its own process."""
    return subprocess.Popen(
        [sys.executable, "-m", "boomerang", *arguments],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def test_every_command_explains_itself_and_the_command_line_loads_nothing_heavy(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], *([command, "--help"] for command in COMMANDS)):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(f"usage: boomerang {arguments[0] if len(arguments) > 1 else ''}".strip())
    assert not loaded("import boomerang.cli") & (HEAVY | {"pydantic"})


def test_an_unknown_command_is_refused_with_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sing"])
    assert ended.value.code == 2
    assert "'serve', 'invoke', 'models', 'connections', 'weights', 'stub-dify'" in capsys.readouterr().err


def test_a_checkout_has_its_connections_beside_the_app() -> None:
    assert (settings_folder() / "app.py").is_file() and settings_folder() == SRC.parent


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"{VERSION}\n"


@pytest.mark.parametrize("call", REQUESTS)
def test_a_call_prints_its_chunks_and_last_its_outcome(
    call: str, server: Loopback, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "connections.toml"
    config.write_text(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}/v1"\nsystem_model = "chat"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONNECTIONS_FILE", str(config))
        code = main(["invoke", call, written(tmp_path, request_of(call)), "--connection", "lab"])
    *before, outcome = lines(capsys.readouterr().out)
    assert code == 0
    assert (outcome["type"], outcome["outcome"], outcome["backend"]) == ("outcome", "completed", "openai_compatible")
    chunks = [line for line in before if line["type"] == "chunk"]
    assert len(chunks) == outcome["chunks"] > 0
    times = [line["seconds"] for line in [*chunks, outcome]]
    assert times == sorted(times)
    assert {line["type"] for line in before} <= {"chunk", "notice"}


def test_a_request_from_standard_input_goes_through_a_pipe(server: Loopback) -> None:
    process = started("invoke", "llm", "--connection", SERVER)
    out, err = process.communicate(json.dumps(request_of("llm")), timeout=60)
    assert process.returncode == 0, err
    assert lines(out)[-1]["outcome"] == "completed"
    assert err == ""


def test_the_embedded_models_answer() -> None:
    request = {"model_config": {"provider": "embedded", "model": "all-minilm-l6-v2"}, "texts": ["a river"]}
    process = started("invoke", "text_embedding")
    out, err = process.communicate(json.dumps(request), timeout=60)
    assert process.returncode == 0, err
    assert len(lines(out)[0]["chunk"]["embeddings"][0]) == 384


def test_without_a_stream_the_outcome_holds_the_whole_answer(
    server: Loopback, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = written(tmp_path, request_of("llm", stream=False))
    assert main(["invoke", "llm", request, "--connection", SERVER]) == 0
    *chunks, outcome = lines(capsys.readouterr().out)
    text = "".join(line["chunk"]["delta"]["message"]["content"] for line in chunks if line["type"] == "chunk")
    assert outcome["result"]["message"]["content"] == text != ""


def test_audio_comes_as_base64_or_in_a_file(server: Loopback, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["invoke", "tts", written(tmp_path, request_of("tts")), "--connection", SERVER]
    assert main(command) == 0
    *chunks, _outcome = lines(capsys.readouterr().out)
    audio = b"".join(base64.b64decode(line["audio"]) for line in chunks)
    assert audio.startswith(b"ID3") and len(audio) == sum(line["bytes"] for line in chunks) > 20_000
    assert main([*command, "--output", str(tmp_path / "speech.mp3")]) == 0
    assert (tmp_path / "speech.mp3").read_bytes() == audio
    assert not any("audio" in line for line in lines(capsys.readouterr().out))


def test_a_full_disk_ends_the_run(server: Loopback, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = written(tmp_path, request_of("tts"))
    assert main(["invoke", "tts", request, "--connection", SERVER, "--output", "/dev/full"]) == 1
    out, err = capsys.readouterr()
    assert lines(out)[-1]["outcome"] == "stopped"
    assert "No space left on device" in err
    server.settle()


def test_a_file_may_be_base64(server: Loopback, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = request_of("speech2text", file={"base64": base64.b64encode(CLIP.read_bytes()).decode()})
    assert main(["invoke", "speech2text", written(tmp_path, request), "--connection", SERVER]) == 0
    assert lines(capsys.readouterr().out)[0]["chunk"] == {"result": "Good morning."}
    assert CLIP.read_bytes() in server.requests[-1].body


@pytest.mark.parametrize(
    ("call", "request_text", "more", "text"),
    [
        ("llm", '{"prompt_messages": ', (), "is not JSON: Expecting value: line 1 column 21"),
        ("llm", "[" * 100_000, (), "is not JSON"),
        ("llm", "[]", (), "expected a JSON object"),
        (
            "moderation",
            request_of("moderation", words=1),
            (),
            "words: is no argument of this call; it takes model_config, text",
        ),
        ("moderation", {"text": "a"}, (), "model_config: is missing"),
        ("moderation", request_of("moderation", text=["a"]), (), "text: Input should be a valid string"),
        ("llm", request_of("llm", prompt_messages=[{"role": "judge", "content": "a"}]), (), "prompt_messages"),
        ("speech2text", request_of("speech2text", file="no/such.mp3"), (), "file: no/such.mp3: No such file or directory"),
        ("speech2text", request_of("speech2text", file={"base64": "%"}), (), "file.base64: is not base64"),
        ("speech2text", request_of("speech2text", file=7), (), "file: expected the path of an audio file"),
        ("llm", request_of("llm"), ("--output", "a.mp3"), "--output: takes the audio of tts only"),
        ("tts", request_of("tts"), ("--output", "no/such/a.mp3"), "--output: no/such/a.mp3: No such file or directory"),
        ("llm", request_of("llm"), ("--connection", "lost"), "there is no connection 'lost'; there are: embedded, vLLM"),
    ],
)
def test_wrong_input_is_named_and_nothing_is_sent(
    call: str,
    request_text: Any,
    more: tuple[str, ...],
    text: str,
    server: Loopback,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["invoke", call, written(tmp_path, request_text), "--connection", SERVER, *more]) == 2
    out, err = capsys.readouterr()
    assert out == "" and text in err and err.startswith("boomerang invoke: ") and "Traceback" not in err
    assert server.requests == []


def test_a_request_that_cannot_be_read_is_wrong_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["invoke", "llm", str(tmp_path / "none.json")]) == 2
    assert "none.json: No such file or directory" in capsys.readouterr().err
    (tmp_path / "latin.json").write_bytes(b'{"text": "\xe9"}')
    assert main(["invoke", "llm", str(tmp_path / "latin.json")]) == 2
    assert "is not text in UTF-8" in capsys.readouterr().err


def test_a_refusal_of_the_server_is_a_failed_outcome(
    server: Loopback, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = request_of("llm")
    request["model_config"] |= {"model": "nobody"}
    assert main(["invoke", "llm", written(tmp_path, request), "--connection", SERVER]) == 1
    out, err = capsys.readouterr()
    outcome = lines(out)[-1]
    assert (outcome["outcome"], outcome["error"]["status_code"]) == ("failed", 404)
    assert "The model `nobody` does not exist." in err and SECRET not in out + err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_and_what_came_stays(number: signal.Signals, server: Loopback) -> None:
    with started("invoke", "llm", "--connection", SERVER) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        with process.stdin as request:
            json.dump(request_of("llm", prompt_messages=[{"role": "user", "content": ENDLESS}]), request)
        first = json.loads(process.stdout.readline())
        process.send_signal(number)
        *more, outcome = lines(process.stdout.read())
        assert process.wait(60) == 128 + number
        assert process.stderr.read() == ""
    assert first["chunk"]["delta"]["message"]["content"] == "on "
    assert (outcome["type"], outcome["outcome"]) == ("outcome", "stopped")
    assert outcome["chunks"] == 1 + sum(line["type"] == "chunk" for line in more)
    server.settle()


@pytest.mark.parametrize("arguments", [("models", "--json"), ("invoke", "llm")])
def test_a_reader_that_leaves_ends_the_command_quietly(arguments: tuple[str, ...], server: Loopback) -> None:
    with started(*arguments, "--connection", SERVER) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        with process.stdin as request:
            json.dump(request_of("llm", prompt_messages=[{"role": "user", "content": ENDLESS}]), request)
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 1
    server.settle()


def test_the_models_of_a_server_are_listed_and_cannot_control_the_terminal(
    server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--connection", SERVER]) == 0
    out = capsys.readouterr().out
    assert "chat" in out and "odd\\x1b[2J" in out and "\x1b" not in out
    assert main(["models", "--connection", SERVER, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [model["model"] for model in listed] == ["chat", "odd\x1b[2J"]


def test_the_embedded_models_are_listed_without_a_connection(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert "all-minilm-l6-v2" in capsys.readouterr().out


def test_a_server_that_is_not_there_is_a_failure(
    data: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VLLM_BASE_URL", "http://127.0.0.1:9/v1")
    assert main(["models", "--connection", SERVER]) == 1
    assert f"boomerang models: {SERVER}: " in capsys.readouterr().err
    assert main(["connections", "test", SERVER]) == 1
    assert capsys.readouterr().out.startswith("server                failed")


def test_what_an_operator_sees_is_shared_and_without_secrets(
    data: Store, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = {"api_key": SECRET, "headers": {"Authorization": SECRET}, "query": {"api-key": SECRET}}
    data.save(settings_of({"name": "ours", "base_url": "http://gpu:8000/v1"} | secret), "anna", shared=True)
    data.save(settings_of({"name": "hers", "base_url": "http://gpu:8001/v1"}), "anna")
    assert main(["connections", "list"]) == 0
    text = capsys.readouterr().out
    assert main(["connections", "list", "--json"]) == 0
    listed = capsys.readouterr().out
    assert [(entry["name"], entry["from"]) for entry in json.loads(listed)] == [
        ("embedded", "built in"),
        (SERVER, "environment"),
        ("ours", "saved"),
    ]
    assert "http://gpu:8000/v1" in text and "hers" not in text + listed and SECRET not in text + listed
    assert main(["models", "--connection", "hers"]) == 2


def test_what_was_saved_for_everyone_can_be_removed_and_nothing_else(
    data: Store, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    data.save(settings_of({"name": "ours", "base_url": "http://gpu:8001/v1"}), "boris")
    data.save(settings_of({"name": "ours", "base_url": "http://gpu:8000/v1"}), "anna", shared=True)
    data.save(settings_of({"name": "hers", "base_url": "http://gpu:8002/v1"}), "anna")
    for name, text in ((SERVER, "environment variable"), ("embedded", "built in"), ("hers", "there is no connection 'hers'")):
        assert main(["connections", "remove", name]) == 2
        assert text in capsys.readouterr().err
    assert main(["connections", "remove", "ours"]) == 0
    assert capsys.readouterr().out == "Removed ours.\n"
    assert [(saved.settings.name, saved.settings.base_url) for saved in data.load().saved] == [
        ("ours", "http://gpu:8001/v1"),
        ("hers", "http://gpu:8002/v1"),
    ]


def test_a_connection_is_tested_and_with_it_its_calls(server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["connections", "test", SERVER]) == 0
    assert "The server answers; models listed: 2." in capsys.readouterr().out
    main(["connections", "test", SERVER, "--calls"])
    rows = {line.split()[0]: line.split()[1] for line in capsys.readouterr().out.splitlines()}
    assert rows["server"] == rows["llm"] == "ok"


def test_weights_is_a_command(tmp_path: Path) -> None:
    process = started("weights", "--list", "--folder", str(tmp_path))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "moonshine-tiny-en" in out and "is not in" in out


def test_text_for_a_terminal_has_no_control_characters() -> None:
    assert printable("a\x1b[2J\n\u202eb é 中") == "a\\x1b[2J\\n\\u202eb é 中"
