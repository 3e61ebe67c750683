"""`boomerang invoke`: make one call of `session.model`. JSON in, JSON lines out.

Each line has a `type`; the last one is the outcome:

    {"type": "chunk", "seconds": 0.412, "chunk": {…}}
    {"type": "chunk", "seconds": 0.412, "bytes": 8064, "mime_type": "audio/mpeg", "audio": "<base64>"}
    {"type": "notice", "text": "Tools left out …"}
    {"type": "outcome", "outcome": "completed", "seconds": 1.9, "chunks": 25, "backend": "embedded"}
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from boomerang.invoker.backend import Backend
from boomerang.invoker.entities.llm.result import LLMResult
from boomerang.invoker.errors import ConfigError, InvokeBadRequestError, InvokeError, RunStoppedError
from boomerang.invoker.records.record import Record
from boomerang.invoker.session import Session

from .call_arguments import call_arguments, read_request
from .operator_connections import DEFAULT, find, operator_connections
from .record_lines import RecordLines
from .terminal import print_error

CALLS: Mapping[str, tuple[str, str]] = {
    "llm": ("llm", "invoke"),
    "llm_structured_output": ("llm_structured_output", "invoke"),
    "summary": ("summary", "invoke"),
    "text_embedding": ("text_embedding", "invoke"),
    "multimodal_embedding": ("text_embedding", "invoke_multimodal"),
    "rerank": ("rerank", "invoke"),
    "multimodal_rerank": ("rerank", "invoke_multimodal"),
    "tts": ("tts", "invoke"),
    "speech2text": ("speech2text", "invoke"),
    "moderation": ("moderation", "invoke"),
}
"""Call type → attribute of `session.model` and method."""
EPILOGUE = """the request is a JSON object with the arguments of Dify's session.model.TYPE.invoke:

  echo '{"model_config": {"provider": "embedded", "model": "qwen2.5-coder-0.5b-instruct", "mode": "chat"},
         "prompt_messages": [{"role": "user", "content": "Name a river."}]}' | boomerang invoke llm

The file of speech2text is a path, or {"base64": "…"}.

exit codes: 0 completed, 1 failed, 2 wrong input (nothing was sent), 130 stopped by Ctrl-C
"""


def main(arguments: Sequence[str]) -> int:
    """Make the call and return an exit code for its outcome.

    Raises:
        ConfigError: The input is wrong; names the field.
    """
    options = _parser().parse_args(arguments)
    if options.output and options.type != "tts":
        raise ConfigError("takes the audio of tts only", field="--output")
    request = read_request(options.request)
    with ExitStack() as stack:
        registry = stack.enter_context(operator_connections())
        backend = find(registry, options.connection).backend
        audio = stack.enter_context(_open_output(options.output)) if options.output else None
        return _invoke(backend, options.type, request, RecordLines(audio))


def _invoke(backend: Backend, call: str, request: Mapping[str, Any], lines: RecordLines) -> int:
    with Session(backend, record=lines.begin) as session, _signals_stop(session, lines) as signals:
        member, method = CALLS[call]
        invoke = getattr(getattr(session.model, member), method)
        error: Exception | None = None
        result: Any = None
        try:
            result = invoke(**call_arguments(invoke, request))
            if isinstance(result, Generator):
                with closing(result):  # also when writing a line fails
                    for _chunk in result:
                        lines.print_new()
        except (BrokenPipeError, ConfigError):
            raise
        except Exception as raised:
            if lines.record is None:  # the arguments were rejected before anything was sent
                raise _as_input_error(raised) from raised
            error = raised
        lines.print_outcome(result if isinstance(result, LLMResult) else None)
        if isinstance(error, RunStoppedError) and signals:
            return 128 + signals[0]
        if error is None:
            return 0
        _print_failure(error)
        return 1


def _as_input_error(error: Exception) -> Exception:
    return ConfigError(str(error)) if isinstance(error, InvokeBadRequestError) else error


def _print_failure(error: Exception) -> None:
    print_error(f"boomerang invoke: {type(error).__name__}: {error}")
    if isinstance(error, InvokeError) and error.hint:
        print_error(str(error.hint))


@contextmanager
def _signals_stop(session: Session, lines: RecordLines) -> Iterator[list[int]]:
    """Stop the run on SIGINT or SIGTERM; a second signal has its usual effect.

    Yields:
        The numbers of the signals received so far.
    """
    received: list[int] = []

    def stop(number: int, _frame: object) -> None:
        received.append(number)
        signal.signal(number, previous[signal.Signals(number)])
        # On another thread: the current one may hold one of the session's locks.
        threading.Thread(target=session.stop, name="stop").start()

    def stop_late(_record: Record[Any]) -> None:
        if received:  # the signal arrived before there was a run to stop
            session.stop()

    lines.when_begun(stop_late)
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in previous:
        signal.signal(number, stop)
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def _open_output(path: Path) -> Iterator[Callable[[bytes], object]]:
    try:
        with path.open("wb", buffering=0) as file:
            yield file.write
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise ConfigError(f"{path}: {error.strerror or error}", field="--output") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="boomerang invoke",
        description="Make one call: JSON in, JSON lines out.",
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("type", choices=CALLS, metavar="TYPE", help=", ".join(CALLS))
    parser.add_argument("request", nargs="?", default="-", metavar="FILE", help="the request (default: standard input)")
    parser.add_argument("--connection", default=DEFAULT, metavar="NAME", help="which one (default: %(default)s)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the audio of tts to this file instead of the lines")
    return parser
