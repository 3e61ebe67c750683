"""Speech to text on a server with OpenAI's interface.

Source: OpenAI API reference, "Create transcription" (2026-10).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from boomerang.invoker.audio.file_type import kind_of, sniff
from boomerang.invoker.backends.openai_compatible.response.response_errors import displayable, missing
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.http.body.tolerant_json import read_json
from boomerang.invoker.http.errors import inside, not_json
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.http.response import Answer
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .transcript_events import MEDIA_TYPE, EventReader, is_events
from .transcript_formats import find_text

PATH = "audio/transcriptions"
_OF_TEXT = ("", "text/plain", MEDIA_TYPE)
"""Content types of responses that may be text, JSON or events: some servers send plain text whatever was requested, and some
label JSON as plain text."""
_EVENT_STARTS = frozenset({b"d", b"e", b"i", b"r", b":"})
"""First bytes of `data:`, `event:`, `id:`, `retry:` and of a comment; no JSON begins with these."""


def transcribe(http: Http, request: RequestInvokeSpeech2Text, run: Run) -> Iterator[Speech2TextResult]:
    """Have a recording transcribed; the file is sent without copying it.

    Raises:
        InvokeBadRequestError: The file is empty.
        ProtocolError: The response has no text.
    """
    if not request.file and not run.unchecked:
        raise InvokeBadRequestError(Message("inputs.empty_file"), field="file")
    kind = kind_of(request.file)
    name = f"audio.{kind.extensions[0]}" if kind and kind.extensions else "audio.mp3"
    media_type = kind.media_type if kind else "application/octet-stream"
    run.phase("inference")
    files = {"file": (name, io.BytesIO(request.file), media_type)}
    with http.post(PATH, run, data={"model": request.model, "response_format": "json"}, files=files) as answer:
        transcript = displayable(_transcript(answer, run))
    yield Speech2TextResult(result=transcript)


def _transcript(answer: Answer, run: Run) -> str:
    is_text = answer.media_type in _OF_TEXT
    if not is_text and answer.peek()[:1] not in _EVENT_STARTS:
        return _in_json(answer.json(), answer, run)
    body = answer.read()
    text = answer.text(body).removeprefix("\ufeff").strip()
    if is_events(text):
        if (transcript := EventReader(run, answer.status).read(text)) is None:
            raise missing(answer, "text")
        return transcript
    unlabelled = not answer.media_type and (not text or "\ufffd" in text)
    if not is_text or unlabelled or sniff(body) == "text/html":
        raise not_json(answer.status, text)
    value = _parsed(text, answer)
    if not isinstance(value, dict | list) or (isinstance(value, list) and find_text(value) is None):
        return text  # the recording may say "42", which is also JSON
    if isinstance(value, dict) and value.get("error"):
        raise inside(value["error"], text, answer.status)
    return _in_json(value, answer, run)


def _in_json(value: Any, answer: Answer, run: Run) -> str:
    """Return the text of a JSON response, also from a field other than OpenAI's."""
    if (transcript := find_text(value)) is None:
        raise missing(answer, "text")
    if transcript.field not in ("text", ""):
        run.notice("lists.transcript_found", field=transcript.field)
    return transcript.text


def _parsed(text: str, answer: Answer) -> Any:
    """Parse a text as JSON; `None` if it is invalid."""
    try:
        value, oddities = read_json(text.encode("utf-8", "replace"))
    except ValueError:
        return None
    answer.report(oddities)
    return value
