"""Text to speech and speech to text of a server with OpenAI's interface.

Source: OpenAI API reference, "Create speech" and "Create transcription" (2026-10).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ...audio import Kind, kind_of, sniff
from ...entities.speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from ...entities.tts import RequestInvokeTTS, TTSResult
from ...errors import InvokeBadRequestError, InvokeError, ProtocolError
from ...request import Chunks
from ...run import NoteKind, Run
from ...wire.answer import Answer
from ...wire.faults import inside, not_json, said
from ...wire.http import Http
from ...wire.tolerant_json import read_json
from .unreadable import missing

SPEECH, TRANSCRIPTIONS = "audio/speech", "audio/transcriptions"
PIECE = 16 * 1024
"""Bytes of sound from which on a chunk is passed on; the first one goes as soon as its kind is known."""
TELLING = 64
"""Bytes that tell sound from words: a server's first piece may be shorter than the mark of its kind."""


def speak(http: Http, request: RequestInvokeTTS, run: Run) -> Chunks[TTSResult]:
    """Yield the sound as it comes, with the type that its bytes tell and not the one that was asked for.

    Raises:
        InvokeBadRequestError: There is no text.
        ProtocolError: What came is no sound, whatever its label says.
        InvokeError: It is an error of the server.
    """
    if not request.content_text.strip():
        raise InvokeBadRequestError("There is nothing to say: the text is empty.", field="content_text")
    body = {"model": request.model, "input": request.content_text, "voice": request.voice, "response_format": "mp3"}
    run.phase("reading")
    with http.post(SPEECH, run, json=body) as answer:
        pieces = answer.pieces()
        held = _beginning(pieces)
        media_type = _sound_type(answer, bytes(held))
        run.phase("answering")
        if media_type != "audio/mpeg":
            run.note(NoteKind.NOTICE, f"MP3 was asked for; the server sends {media_type or 'bytes of an unknown type'}.")
        yield TTSResult.of(bytes(held), media_type)
        held.clear()
        try:
            for piece in pieces:
                held += piece
                if len(held) >= PIECE:
                    yield TTSResult.of(bytes(held), media_type)
                    held.clear()
        except InvokeError:
            if held:
                yield TTSResult.of(bytes(held), media_type)
            raise
        if held:
            yield TTSResult.of(bytes(held), media_type)


def _beginning(pieces: Iterator[bytes]) -> bytearray:
    """Read on until it can be told what comes, or to the end."""
    held = bytearray()
    for piece in pieces:
        held += piece
        kind = kind_of(bytes(held))
        if len(held) >= TELLING or (kind and kind.audio):
            break
    return held


def _sound_type(answer: Answer, beginning: bytes) -> str | None:
    """Give the type of a sound; `None` if neither its bytes nor its label tell one.

    Raises:
        InvokeError: It is none.
    """
    kind = kind_of(beginning)
    if kind and kind.audio:
        return kind.media_type
    if kind or not beginning or _is_text(answer.media_type):
        raise _no_sound(answer, beginning, kind)
    return answer.media_type or None


def _no_sound(answer: Answer, beginning: bytes, kind: Kind | None) -> InvokeError:
    what = kind.name if kind else answer.media_type if beginning else "nothing"
    if not beginning or (kind and not _is_text(kind.media_type)):
        return ProtocolError(f"The server answered with {what} instead of sound.", status_code=answer.status)
    body = answer.text(beginning + answer.refusal())
    value = _json(answer, body)
    if isinstance(value, dict) and value.get("error"):
        return inside(value["error"], body, answer.status)
    return ProtocolError(
        f"The server answered with {what} instead of sound: {said(body)}", status_code=answer.status, body=body
    )


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type.endswith(("json", "xml"))


def listen(http: Http, request: RequestInvokeSpeech2Text, run: Run) -> Speech2TextResult:
    """Have a recording written down; the file is sent from where it lies, without a second copy of it.

    Raises:
        InvokeBadRequestError: There is no sound.
        ProtocolError: The answer has no text.
    """
    if not request.file:
        raise InvokeBadRequestError("The file is empty.", field="file")
    kind = kind_of(request.file)
    name = f"audio.{kind.extensions[0]}" if kind and kind.extensions else "audio.mp3"
    media_type = kind.media_type if kind else "application/octet-stream"
    run.phase("reading")
    files = {"file": (name, io.BytesIO(request.file), media_type)}
    with http.post(TRANSCRIPTIONS, run, data={"model": request.model, "response_format": "json"}, files=files) as answer:
        # Some servers write plain text whatever they are asked for, and some of JSON say that it is plain text.
        value = _plain(answer) if answer.media_type in ("", "text/plain") else answer.json()
        text = value.get("text") if isinstance(value, dict) else None
        if not isinstance(text, str):
            raise missing(answer, "text")
    return Speech2TextResult(result=text)


def _plain(answer: Answer) -> dict[str, Any]:
    """Read a transcription that is not labelled as JSON as what it would be in JSON.

    Raises:
        ProtocolError: It is a page, or is not labelled at all and no text.
        InvokeError: It is an error of the server.
    """
    body = answer.read()
    text = answer.text(body).removeprefix("\ufeff").strip()
    if sniff(body) == "text/html" or (not answer.media_type and (not text or "\ufffd" in text)):
        raise not_json(answer.status, text)
    value = _json(answer, text)
    if not isinstance(value, dict):  # somebody may have said "42", which is JSON as well
        return {"text": text}
    if value.get("error"):
        raise inside(value["error"], text, answer.status)
    return value


def _json(answer: Answer, text: str) -> Any:
    """Read a text of an answer as JSON; `None` if it is none."""
    try:
        value, oddities = read_json(text.encode())
    except ValueError:
        return None
    answer.report(oddities)
    return value
