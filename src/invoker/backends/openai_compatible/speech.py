"""Text to speech and speech to text of a server with OpenAI's interface.

Source: OpenAI API reference, "Create speech" and "Create transcription" (2026-10).
"""

from __future__ import annotations

import io

from ...audio import kind_of, sniff
from ...entities.speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from ...entities.tts import RequestInvokeTTS, TTSResult
from ...errors import InvokeBadRequestError, ProtocolError
from ...request import Chunks
from ...run import NoteKind, Run
from ...wire.http import Http

SPEECH, TRANSCRIPTIONS = "audio/speech", "audio/transcriptions"
PIECE = 16 * 1024
"""Bytes of sound from which on a chunk is passed on; the first one goes as it comes."""


def speak(http: Http, request: RequestInvokeTTS, run: Run) -> Chunks[TTSResult]:
    """Yield the sound as it comes, with the type that its bytes tell and not the one that was asked for.

    Raises:
        InvokeBadRequestError: There is no text.
        ProtocolError: What came is no sound.
    """
    if not request.content_text.strip():
        raise InvokeBadRequestError("There is nothing to say: the text is empty.", field="content_text")
    body = {"model": request.model, "input": request.content_text, "voice": request.voice, "response_format": "mp3"}
    run.phase("reading")
    with http.post(SPEECH, run, json=body) as answer:
        if answer.media_type in ("application/json", "text/html"):
            raise ProtocolError(
                f"The server answered with {answer.media_type} instead of sound.", body=answer.text(answer.read(2048))
            )
        media_type: str | None = None
        held = bytearray()
        for piece in answer.pieces():
            held += piece
            if media_type is None and piece:
                run.phase("answering")
                media_type = sniff(bytes(held)) or answer.media_type or None
                if media_type != "audio/mpeg":
                    run.note(
                        NoteKind.NOTICE, f"MP3 was asked for; the server sends {media_type or 'bytes of an unknown type'}."
                    )
            elif len(held) < PIECE:
                continue
            yield TTSResult.of(bytes(held), media_type)
            held.clear()
        if held:
            yield TTSResult.of(bytes(held), media_type)


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
        if answer.media_type.startswith("text/plain"):  # as some servers do, whatever they are asked for
            return Speech2TextResult(result=answer.text(answer.read()).strip())
        value = answer.json()
    text = value.get("text") if isinstance(value, dict) else None
    if not isinstance(text, str):
        raise ProtocolError("The transcription has no `text`.")
    return Speech2TextResult(result=text)
