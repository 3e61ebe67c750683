"""Faults that the stub shows on request (dify-protocol 8.2), as switches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .framing import oversized

MOST_DRIP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Faults:
    """The switches; numbers count frames from 1, and 0 is off."""

    mid_stream_error: int = 0
    """End each stream with an error frame after so many frames."""
    truncate: int = 0
    """End each stream inside this frame."""
    oversized: int = 0
    """Announce more than 30 MiB instead of this frame."""
    bad_magic: int = 0
    """Begin this frame with a wrong byte."""
    bad_reserved: int = 0
    """Set reserved bytes in this frame."""
    lose_every: int = 0
    """Leave out every n-th frame, as the daemon does for a slow plugin."""
    drip: float = 0.0
    """Seconds between single bytes of a stream."""
    speech_defect: bool = False
    """Decode speech files twice, as every real Dify does."""
    class_names: bool = False
    """Report mapped model errors of old versions as bare class names."""
    token_counting: bool = False
    """Summarize with the model; by default, a real Dify returns the text unchanged."""
    not_set_up: bool = False
    """Refuse every call, as an instance that was never set up."""
    web_front_end: bool = False
    """Answer as Dify's web front end does: with a page for every path."""
    server_error: bool = False
    """Answer every call with status 500."""

    def with_switch(self, text: str) -> Faults:
        """Return a copy with a switch set, from `NAME` or `NAME=VALUE`.

        Raises:
            ConfigError: No such switch, or no such value.
        """
        name, _, value = text.replace("-", "_").partition("=")
        field = next((field for field in fields(self) if field.name == name), None)
        if field is None:
            raise ConfigError(Message("connections.one_of", values=", ".join(NAMES)), field="--fault")
        try:
            parsed: Any = True if field.type == "bool" and not value else json.loads(value or "1")
        except ValueError:
            parsed = None
        if field.type == "bool":
            valid = isinstance(parsed, bool)
        else:
            valid = type(parsed) in ((int, float) if field.type == "float" else (int,)) and 0 <= parsed <= 10**6
        if not valid:
            raise ConfigError(Message("dify.switch_value", name=name, value=value), field="--fault")
        return replace(self, **{name: parsed})

    def envelopes(self, envelopes: Iterable[bytes], error: bytes) -> Iterator[bytes]:
        """Yield the envelopes of a stream with lost ones left out, up to an error.

        Args:
            envelopes: JSON of each.
            error: JSON of an error's.
        """
        for number, envelope in enumerate(envelopes, 1):
            if not (self.lose_every and number % self.lose_every == 0):
                yield envelope
            if number == self.mid_stream_error:
                yield error
                return

    def frames(self, frames: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the frames of a stream, one of them broken."""
        for number, frame in enumerate(frames, 1):
            if number == self.truncate:
                yield frame[: max(1, len(frame) // 2)]
                return
            if number == self.oversized:
                yield oversized()
                return
            if number == self.bad_magic:
                frame = b"\x10" + frame[1:]
            if number == self.bad_reserved:
                frame = frame[:8] + b"\x01" + frame[9:]
            yield frame

    def pieces(self, frames: Iterable[bytes], run: Run) -> Iterator[bytes]:
        """Yield the pieces to send."""
        for frame in frames:
            if not self.drip:
                yield frame
                continue
            for at in range(len(frame)):
                yield frame[at : at + 1]
                run.wait(min(self.drip, MOST_DRIP_SECONDS))


NAMES = tuple(field.name for field in fields(Faults))
"""Names of the switches."""
