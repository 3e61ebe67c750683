"""Limits on how much of a response is read. Only the operator can change them, through environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boomerang.invoker.errors import ConfigError, ProtocolError
from boomerang.invoker.messages.message import Message

ANSWER_VARIABLE = "BOOMERANG_MAX_ANSWER_MB"
EVENTS_VARIABLE = "BOOMERANG_MAX_EVENTS"
PARTS_PER_EVENT = 10
"""Stream lines, and network pieces, per event that a response may have."""
MEGABYTE = 2**20
MOST_SET = 10**9
"""Maximum value of both variables."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one response. Exceeding them is an error; what arrived before is kept."""

    answer_bytes: int = 256 * MEGABYTE
    """Bytes of the body after decompression; also the estimated memory of its JSON.

    Embeddings of 2,048 texts with 3,072 dimensions take 127 MB. Parsing blocks all other threads: 0.4 s for those, and about
    one second for the worst JSON within this limit, measured on two cores.
    """
    events: int = 200_000
    """Events of a stream. The longest outputs of current models are 131,072 tokens, usually one per event.

    A recorded chunk takes about 1.7 kB, so 200,000 take 340 MB. The limit for lines and network pieces is ten times as high
    (`PARTS_PER_EVENT`), whatever they contain.
    """

    @property
    def parts(self) -> int:
        """Maximum number of stream lines, and of network pieces."""
        return self.events * PARTS_PER_EVENT

    def check_bytes(self, size: int) -> None:
        """Raise if a response of `size` bytes is too large.

        Raises:
            ProtocolError: The size exceeds `answer_bytes`.
        """
        if size > self.answer_bytes:
            raise ProtocolError(Message("http.too_large", limit=self.answer_bytes, setting=ANSWER_VARIABLE))

    def check_memory(self, size: int) -> None:
        """Raise if JSON would take too much memory once parsed.

        Raises:
            ProtocolError: The size exceeds `answer_bytes`.
        """
        if size > self.answer_bytes:
            raise ProtocolError(Message("http.too_many_values", limit=self.answer_bytes, setting=ANSWER_VARIABLE))

    def check_events(self, count: int) -> None:
        """Raise if a stream has too many events.

        Raises:
            ProtocolError: The count exceeds `events`.
        """
        if count > self.events:
            raise ProtocolError(Message("http.too_many_events", limit=self.events, setting=EVENTS_VARIABLE))

    def check_parts(self, count: int) -> None:
        """Raise if a response has too many lines or network pieces.

        Raises:
            ProtocolError: The count exceeds `parts`.
        """
        if count > self.parts:
            raise ProtocolError(Message("http.too_many_parts", limit=self.parts, setting=EVENTS_VARIABLE))


DEFAULTS = Limits()


def limits(environment: Mapping[str, str]) -> Limits:
    """Read the limits from environment variables; unset ones have their defaults.

    Raises:
        ConfigError: A value is not a positive whole number.
    """
    return Limits(
        answer_bytes=_number(environment, ANSWER_VARIABLE, DEFAULTS.answer_bytes // MEGABYTE) * MEGABYTE,
        events=_number(environment, EVENTS_VARIABLE, DEFAULTS.events),
    )


def _number(environment: Mapping[str, str], variable: str, default: int) -> int:
    text = environment.get(variable, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_SET)) and 1 <= int(text) <= MOST_SET):
        raise ConfigError(Message("http.bad_limit", most=MOST_SET, value=text[:40]), field=variable)
    return int(text)
