"""The events of a run: one small class per kind of event, each with the time it happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from boomerang.invoker.entities.message import PromptMessage
from boomerang.invoker.messages.message import Message

from .request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Base of all events."""

    kind: ClassVar[str] = ""
    """Names the class in a dumped record."""
    seconds: float = 0.0
    """Seconds since the run was opened; filled in by `Run.report`."""


@dataclass(frozen=True, slots=True)
class PhaseEntered(Timed):
    """The run entered a phase, which lasts until the next one.

    `waiting` for another run to end; `loading` the model; `reading` the prompt, or `inference` if the model is not an LLM;
    `retrying` while a refused request waits for its next attempt; `generating` from the first piece of the answer on. A run
    that need not wait or load skips these phases; one that calls its model several times, such as a summary, enters
    `reading` and `generating` repeatedly.
    """

    kind = "phase"
    name: str


@dataclass(frozen=True, slots=True)
class QueuePosition(Timed):
    """How many runs come before this one; reported on each change while waiting."""

    kind = "queue"
    before: int


@dataclass(frozen=True, slots=True)
class Notice(Timed):
    """Something was done differently from what was requested, and the user should know."""

    kind = "notice"
    message: str | Message
    items: tuple[str | int, ...] = ()
    """The complete list of what the message is about, if the message shows only the first few."""


@dataclass(frozen=True, slots=True)
class RequestSent(Timed):
    """The request was modified before sending, or not sent at all (`None`)."""

    kind = "sent"
    request: Request[Any] | None


@dataclass(frozen=True, slots=True)
class ModelExchange(Timed):
    """An inner exchange with a model, such as one piece of a summary. Reported when it ends."""

    kind = "exchange"
    name: str
    messages: tuple[PromptMessage, ...] = ()
    answer: str = ""
    took: float | None = None
    """Seconds, if the back end measured them."""


@dataclass(frozen=True, slots=True)
class HTTPRequest(Timed):
    """A request as sent over the wire, without secrets."""

    kind = "http request"
    method: str
    url: str
    """Without user, password and query."""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    """The beginning; empty for a form."""
    form: Mapping[str, str] | None = None
    """The fields of a form."""
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The files of a form: field → `filename` and `content_type`."""
    bytes: int | None = None
    """Size of a form."""


@dataclass(frozen=True, slots=True)
class HTTPResponse(Timed):
    """Status and headers of the response to the last `HTTPRequest`."""

    kind = "http response"
    status: int
    reason: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    peer: str = ""
    """The address that was connected to."""
    took: float | None = None
    """Seconds from the request to the headers."""


@dataclass(frozen=True, slots=True)
class HTTPEnd(Timed):
    """The end of an exchange, however it ended."""

    kind = "http end"
    bytes: int
    """Bytes of the body that were read."""
    body: str = ""
    """The beginning."""
    took: float | None = None
    """Seconds from the request to here."""


@dataclass(frozen=True, slots=True)
class ModerationScores(Timed):
    """Details of a moderation beyond Dify's boolean."""

    kind = "moderation scores"
    categories: Mapping[str, float]
    """Category → score."""
    flagged: tuple[str, ...] = ()
    """The categories that the server flagged."""
    threshold: float | None = None
    """The score from which the back end flags."""
    category: str = ""
    """The deciding category."""
    sentence: str = ""
    """The deciding part of the text."""
    sentences: int | None = None
    """How many parts of the text were scored."""


@dataclass(frozen=True, slots=True)
class RerankScores(Timed):
    """The scores of all documents, including dropped ones."""

    kind = "rerank scores"
    scores: tuple[tuple[int, float], ...]
    """Pairs of index in the request and score."""
    shape: str = ""
    """Whose wire format the server uses."""
    path: str = ""
    """The path that was called."""


@dataclass(frozen=True, slots=True)
class TranscriptSegment(Timed):
    """A part of a recording was transcribed."""

    kind = "transcript segment"
    start: float
    """Seconds into the recording."""
    end: float
    text: str
    recording_seconds: float | None = None
    """Length of the recording, if its header states it."""


@dataclass(frozen=True, slots=True)
class ArgumentsNotSent(Timed):
    """Arguments of the call that the back end has no field for."""

    kind = "arguments not sent"
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UsageEstimated(Timed):
    """The usage is the back end's own estimate; the server reported none."""

    kind = "usage estimated"


@dataclass(frozen=True, slots=True)
class ServerField(Timed):
    """A field of the server's response that Dify's result has no place for."""

    kind = "server field"
    name: str
    value: Any
    """A JSON value."""


@dataclass(frozen=True, slots=True)
class FrameReceived(Timed):
    """One frame or line of a streamed answer of Dify, before it is read as a chunk."""

    kind = "frame"
    offset: int
    """Where it begins in the body."""
    size: int
    """Bytes of its JSON."""
    text: str = ""
    """The JSON, or its beginning; empty once a run has recorded enough of them."""
    cut: bool = False
    """Whether `text` is not the whole."""


@dataclass(frozen=True, slots=True)
class PluginEvent(Timed):
    """The `invoke` event that a plugin would have written to Dify's plugin daemon for this call."""

    kind = "plugin event"
    text: str
    """The JSON, or its beginning."""
    size: int
    """Bytes of the whole line."""


HTTPEvent: TypeAlias = HTTPRequest | HTTPResponse | HTTPEnd
Detail: TypeAlias = ModerationScores | RerankScores | TranscriptSegment | ArgumentsNotSent | UsageEstimated | ServerField
"""What the back end knows beyond Dify's result."""
DaemonView: TypeAlias = FrameReceived | PluginEvent
"""What Dify's plugin daemon would see of a call."""
Event: TypeAlias = PhaseEntered | QueuePosition | Notice | RequestSent | ModelExchange | HTTPEvent | Detail | DaemonView

EVENT_TYPES: tuple[type[Event], ...] = (
    PhaseEntered,
    QueuePosition,
    Notice,
    RequestSent,
    ModelExchange,
    HTTPRequest,
    HTTPResponse,
    HTTPEnd,
    ModerationScores,
    RerankScores,
    TranscriptSegment,
    ArgumentsNotSent,
    UsageEstimated,
    ServerField,
    FrameReceived,
    PluginEvent,
)
