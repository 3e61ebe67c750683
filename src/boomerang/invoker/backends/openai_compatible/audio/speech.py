"""Text to speech on a server with OpenAI's interface.

Source: OpenAI API reference, "Create speech" (2026-10).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from boomerang.invoker.audio.file_type import Kind, kind_of
from boomerang.invoker.audio.markers import only_tags
from boomerang.invoker.entities.tts import RequestInvokeTTS, TTSResult
from boomerang.invoker.errors import InvokeBadRequestError, InvokeError, ProtocolError
from boomerang.invoker.http.body.tolerant_json import read_json
from boomerang.invoker.http.errors import error_text, inside
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.http.response import Answer
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks
from boomerang.invoker.run import Run

from . import speech_events
from .audio_in_text import find_sound

PATH = "audio/speech"
PIECE = 16 * 1024
"""Minimum bytes of a chunk of sound; the first one is passed on as soon as its type is known."""
KIND_BYTES = 64
"""Bytes needed to tell sound from text: a server's first piece may be shorter than the signature of its type."""
TAGS = 1 << 20
"""Maximum bytes of tags to read before the sound, since only what follows them shows the type. For zeros the limit is `PIECE`,
as they may be silence at the start of raw samples."""


def speak(http: Http, request: RequestInvokeTTS, run: Run) -> Chunks[TTSResult]:
    """Yield the sound as it arrives, with the type that its bytes show, not the requested one.

    Raises:
        InvokeBadRequestError: The text is blank.
        ProtocolError: The response is not sound, whatever its label says.
        InvokeError: The response is an error of the server.
    """
    if not request.content_text.strip() and not run.unchecked:
        raise InvokeBadRequestError(Message("inputs.nothing_to_say"), field="content_text")
    body = {"model": request.model, "input": request.content_text, "voice": request.voice, "response_format": "mp3"}
    run.phase("inference")
    with http.post(PATH, run, json=body) as answer:
        pieces = answer.pieces()
        beginning = _beginning(pieces)
        sound, kind = pieces, kind_of(beginning)
        if kind and not kind.audio and beginning.lstrip().startswith(speech_events.STARTS):
            beginning, sound = _in_events(answer, beginning, pieces, run)
        elif kind and not kind.audio and beginning.lstrip().startswith((b"{", b"[")):
            beginning, sound = _in_json(answer, beginning, pieces, run), iter(())
        media_type = _sound_type(answer, beginning)
        run.phase("generating")
        if media_type != "audio/mpeg":
            run.notice("lists.not_mp3", kind=media_type or Message("lists.unknown_bytes"))
        yield from _chunks(beginning, sound, media_type)


def _chunks(beginning: bytes, sound: Iterable[bytes], media_type: str | None) -> Chunks[TTSResult]:
    """Yield the sound in chunks of a useful size; the first one unchanged."""
    yield TTSResult.of(beginning, media_type)
    kept = bytearray()
    try:
        for piece in sound:
            kept += piece
            if len(kept) >= PIECE:
                yield TTSResult.of(bytes(kept), media_type)
                kept.clear()
    except InvokeError:
        if kept:
            yield TTSResult.of(bytes(kept), media_type)
        raise
    if kept:
        yield TTSResult.of(bytes(kept), media_type)


def _beginning(pieces: Iterator[bytes]) -> bytes:
    """Read until the type of the data is clear, or to the end."""
    beginning, enough = bytearray(), KIND_BYTES
    for piece in pieces:
        beginning += piece
        if enough <= len(beginning) < (TAGS if any(beginning[:PIECE]) else PIECE) and only_tags(beginning):
            enough = 2 * len(beginning)  # each check starts from the beginning
        elif len(beginning) >= enough or (len(beginning) < KIND_BYTES and not only_tags(beginning) and _is_sound(beginning)):
            break
    return bytes(beginning)


def _in_events(answer: Answer, beginning: bytes, pieces: Iterator[bytes], run: Run) -> tuple[bytes, Iterator[bytes]]:
    """Return the beginning and the rest of the sound in a stream of events.

    Raises:
        InvokeError: The events contain no known audio, or an error of the server.
    """
    sound = speech_events.sound_of_events(chain([beginning], pieces), run, answer.status)
    first = _beginning(sound)
    kind = kind_of(first)
    if not kind or not kind.audio:
        text = bytes(answer.beginning)
        raise _no_sound(answer, text, kind_of(text))
    run.notice("lists.sound_in_events")
    return first, sound


def _in_json(answer: Answer, beginning: bytes, pieces: Iterator[bytes], run: Run) -> bytes:
    """Return the sound that a JSON response contains as text.

    Raises:
        InvokeError: The response contains no sound, or an error of the server.
    """
    body = b"".join((beginning, *pieces))
    value = _json(answer, body)
    if isinstance(value, dict) and value.get("error"):
        value = None
    if (sound := find_sound(value)) is None:
        raise _no_sound(answer, body, kind_of(body))
    run.notice("lists.sound_in_json", field=sound.field)
    return sound.sound


def _is_sound(beginning: bytearray) -> bool:
    kind = kind_of(beginning)
    return kind is not None and kind.audio


def _sound_type(answer: Answer, beginning: bytes) -> str | None:
    """Return the media type of a sound; `None` if neither its bytes nor its label show it.

    Raises:
        InvokeError: The data is not sound.
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
        return ProtocolError(Message("lists.no_sound", what=what), status_code=answer.status)
    body = answer.text(beginning + answer.refusal())
    value = _json(answer, body.encode("utf-8", "replace"))
    if isinstance(value, dict) and value.get("error"):
        return inside(value["error"], body, answer.status)
    return ProtocolError(
        Message("lists.words_for_sound", what=what, words=error_text(body)), status_code=answer.status, body=body
    )


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type.endswith(("json", "xml"))


def _json(answer: Answer, body: bytes) -> Any:
    """Parse JSON; `None` if it is invalid."""
    try:
        value, oddities = read_json(body)
    except ValueError:
        return None
    answer.report(oddities)
    return value
