"""Read answers: a stream of envelopes, or one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boomerang.invoker.entities.entity import Entity
from boomerang.invoker.errors import InvokeError
from boomerang.invoker.events import FrameReceived
from boomerang.invoker.http.errors import not_json
from boomerang.invoker.http.redaction.masking import SecretMask
from boomerang.invoker.http.response import Answer
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run

from .envelopes import EnvelopeReader
from .frames import Frame, split

LONGEST_FRAME = 16 * 1024
"""Most characters of a frame in its event."""
MOST_RECORDED = 4 * 2**20
"""Most characters of all frames of a run in their events."""
_PAGE = b"<"


def stream(answer: Answer, request: Request[Any], run: Run, mask: SecretMask) -> Iterator[Entity]:
    """Yield the chunks of a streamed answer as they arrive.

    Raises:
        InvokeError: A frame reports an error; chunks yielded before remain valid.
        ProtocolError: The answer is no stream of Dify, or was cut off.
    """
    reader = _reader(answer, request, run)
    report = _FrameRecorder(run, mask) if run.has_listener else None
    try:
        for count, frame in enumerate(split(_checked(answer, answer.pieces())), 1):
            answer.check_part(count, frame.data)
            data = answer.hide(frame.data)
            if report is not None:
                report(frame, data)
            del frame
            yield reader.read(data)
            del data
    except InvokeError as error:
        error.status_code = error.status_code or answer.status
        raise


def _checked(answer: Answer, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield pieces; refuse a web page, as a proxy or a front end sends."""
    first = True
    for piece in pieces:
        if first and piece:
            first = False
            if piece.lstrip()[:1] == _PAGE:
                raise not_json(answer.status, answer.text(piece[:LONGEST_FRAME]))
        yield piece


def unary(answer: Answer, request: Request[Any], run: Run) -> Entity:
    """Return the only chunk of an answer.

    Raises:
        InvokeError: It reports an error; Dify does so with status 200.
        ProtocolError: It is no answer of Dify.
    """
    return _reader(answer, request, run).read(answer.json_text())


def _reader(answer: Answer, request: Request[Any], run: Run) -> EnvelopeReader:
    return EnvelopeReader(request.invoke_type, getattr(request, "model", ""), answer.status, run.notice)


class _FrameRecorder:
    """Reports frames as events, their JSON up to a limit for the run."""

    def __init__(self, run: Run, mask: SecretMask) -> None:
        self._run = run
        self._mask = mask
        self._left = MOST_RECORDED

    def __call__(self, frame: Frame, data: bytes) -> None:
        """Report a frame.

        Args:
            frame: As received.
            data: Its JSON with credentials masked.
        """
        shown = data[: min(LONGEST_FRAME, self._left)]
        mask = self._mask if len(shown) == len(data) else self._mask.beginning
        text = mask(shown.decode("utf-8", "replace"))
        self._left -= min(len(text), self._left)
        self._run.report(FrameReceived(frame.offset, frame.size, text, len(shown) < len(data)))
