"""How much of an answer is read. The operator sets it by environment variables, and no connection can change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boomerang.invoker.errors import ConfigError, ProtocolError
from boomerang.invoker.messages.message import Message

ANSWER_VARIABLE = "BOOMERANG_MAX_ANSWER_MB"
EVENTS_VARIABLE = "BOOMERANG_MAX_EVENTS"
PARTS_PER_EVENT = 10
"""Lines of a stream, and pieces from the network, for each event that an answer may have."""
MEGABYTE = 2**20
MOST_SET = 10**9
"""Upper end of both variables."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one answer of a server. What exceeds them is an error; what arrived before it is kept."""

    answer_bytes: int = 256 * MEGABYTE
    """Bytes of the body after decompression; also the estimated memory of its JSON.

    Embeddings of 2,048 texts with 3,072 dimensions have 127 MB. Parsing holds up every other thread: 0.4 s for those, and about
    one second for the worst JSON within this limit, measured on two cores.
    """
    events: int = 200_000
    """Events of a stream. The longest answers of today's models have 131,072 tokens, usually one per event.

    A recorded chunk takes about 1.7 kB, so 200,000 take 340 MB. Ten times as many lines and network pieces are read
    (`PARTS_PER_EVENT`), whatever they contain.
    """

    @property
    def parts(self) -> int:
        """Lines of a stream, and pieces from the network, that are read."""
        return self.events * PARTS_PER_EVENT

    def check_bytes(self, size: int) -> None:
        """Raise if an answer of `size` bytes is too large.

        Raises:
            ProtocolError: It is.
        """
        if size > self.answer_bytes:
            raise ProtocolError(Message("http.too_large", limit=self.answer_bytes, setting=ANSWER_VARIABLE))

    def check_memory(self, size: int) -> None:
        """Raise if JSON would take more than the limit in memory.

        Raises:
            ProtocolError: It would.
        """
        if size > self.answer_bytes:
            raise ProtocolError(Message("http.too_many_values", limit=self.answer_bytes, setting=ANSWER_VARIABLE))

    def check_events(self, count: int) -> None:
        """Raise if a stream has too many events.

        Raises:
            ProtocolError: It has.
        """
        if count > self.events:
            raise ProtocolError(Message("http.too_many_events", limit=self.events, setting=EVENTS_VARIABLE))

    def check_parts(self, count: int) -> None:
        """Raise if an answer has too many lines or network pieces.

        Raises:
            ProtocolError: It has.
        """
        if count > self.parts:
            raise ProtocolError(Message("http.too_many_parts", limit=self.parts, setting=EVENTS_VARIABLE))


DEFAULTS = Limits()


def limits(environment: Mapping[str, str]) -> Limits:
    """Read the limits from environment variables; the defaults apply to those that are not set.

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
