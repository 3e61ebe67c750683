"""Convert a server's completion, streamed or whole, to Dify's chunks.

The differences between servers are handled by `message_fields`, `tool_call_fragments`, `usage` and `stream_events` (events that
are not quite JSON). This module turns the pieces into chunks, and the rest into notices or errors.

Source: OpenAI API reference, "Chat completion chunk" and "Completion" (2026-10).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from boomerang.invoker.backends.openai_compatible.response.numbers import as_int
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkDelta, LLMUsage
from boomerang.invoker.entities.message import AssistantPromptMessage, ToolCall
from boomerang.invoker.errors import InvokeError, ProtocolError
from boomerang.invoker.http.body.sse import Event
from boomerang.invoker.http.errors import error_text, inside
from boomerang.invoker.http.redaction.masking import Hiding
from boomerang.invoker.llm_text.json_depth import is_deep
from boomerang.invoker.messages.message import Message

from . import message_fields, opaque_fields, stream_events
from .growing_value import Growing
from .message_fields import MessageFields
from .text_channel import Channel, cleaned
from .tool_call_fragments import CallReader, Notice
from .usage import UsageReader

LONGEST_SHOWN = 500
MOST_NOTICES = 30
MOST_LISTS = 3
"""Maximum nesting of lists around an event."""
OPENED, CLOSED = "<think>\n", "\n</think>"
"""Dify's notation for reasoning that arrives in its own field."""
_SAYS_NOTHING = frozenset(
    ("id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier", "provider", "type", "event")
) | frozenset(("x_groq", "prompt_filter_results", "obfuscation", "timings", "nvext", "timestamp"))
"""Fields of an event that do not explain why it has no choice."""

Keep = Callable[[str, Any], None]
"""Records the name and value of a field that has no place in a chunk."""


class AnswerReader:
    """Converts a server's events to chunks, in order. Use one reader per answer.

    Args:
        model: The requested model; replaced by the server's own name for it, if any.
        notice: Receives the id of a message and its values, once each.
        keep: Receives parts of an answer that have no place in Dify's chunks.
        hiding: Masks credentials in text, reasoning and arguments, even if split over pieces.
        choices: Number of choices requested. If it is 1, the only choice of an event counts, whatever its index.
    """

    def __init__(
        self,
        model: str,
        notice: Notice = lambda _id, **_values: None,
        keep: Keep = lambda _name, _value: None,
        hiding: Hiding | None = None,
        choices: int = 1,
    ) -> None:
        self._model = model
        self._notice = notice
        self._noticed: set[tuple[Any, ...]] = set()
        self._keep = keep
        self._hiding = hiding or Hiding()
        self._choices = choices
        self._fingerprint: str | None = None
        self._index = 0
        self._reasoning = False
        self._source = ""
        """The field whose reasoning counts; some servers send it in two."""
        self._thought, self._text = Channel(self._hiding), Channel(self._hiding)
        self._calls = CallReader(self.notice, self._hiding)
        self._returned: dict[str, Growing] = {}
        self._usage = UsageReader()
        self._begun = False
        """Whether there was a choice, even an empty one."""
        self._skipped = 0
        """Events that only keep the connection open."""
        self._strange: list[dict[str, Any] | _PlainText] = []
        """Events that were not understood: JSON values, or text that is not JSON."""
        self._beside = ""
        """The last event without a choice."""
        self.finish_reason: str | None = None
        self.done = False
        """Whether the server marked its answer as complete."""

    def read(self, event: Event) -> Sequence[LLMResultChunk]:
        """Read an event; return its chunks.

        Raises:
            InvokeError: The event reports an error of the server.
            ProtocolError: The event is a truncated object.
        """
        if event.data == b"[DONE]":
            self.done = True
            return ()
        try:
            value = json.loads(event.data)
        except (ValueError, RecursionError):
            return list(self._read_odd(event))
        if event.name == "error":
            raise self._reported(value if isinstance(value, dict) and "error" in value else {"error": value})
        return self.take(value)

    def take(self, value: Any, levels: int = MOST_LISTS) -> Sequence[LLMResultChunk]:
        """Read the JSON of an event or a whole answer, possibly inside lists; return its chunks."""
        if isinstance(value, dict):
            if value.get("error"):
                raise self._reported(value)
            self._model = _name(value.get("model")) or self._model
            self._fingerprint = _name(value.get("system_fingerprint")) or self._fingerprint
            self._usage.read(value.get("usage"))
            if isinstance(groq := value.get("x_groq"), dict):
                self._usage.read(groq.get("usage"))
            choice = self._chosen(value.get("choices"))
            if choice is None:
                self._without_choice(value)
                return ()
            self._begun = True
            return list(self._choice(choice))
        if isinstance(value, list) and value and levels:
            return [chunk for item in value for chunk in self.take(item, levels - 1)]
        if not value or (isinstance(value, str) and stream_events.keeps_open(value)):
            self._skipped += 1
        else:
            self._strange.append(_PlainText(value if isinstance(value, str) else _written(value)))
        return ()

    def last(self, latency: float) -> LLMResultChunk:
        """Return the last chunk, with the finish reason and, if the server reported it, the usage.

        Raises:
            ProtocolError: The stream broke off, or was empty.
            InvokeError: The stream ended after an event that explains why, without the form of an error.
        """
        if self.finish_reason is None and self._strange:
            raise self._unfinished(self._strange[-1])
        if self.finish_reason is None and not self.done:
            raise ProtocolError(Message("answers.unfinished"), body=self._beside)
        if not self._begun:
            raise ProtocolError(Message("answers.no_choice"), body=self._beside)
        self._notice_what_was_skipped()
        reasoning, text = self._thought.rest(), self._text.rest()
        calls = self._calls.rest()
        closing = CLOSED if self._reasoning else ""
        fields = cleaned({name: field.value for name, field in self._returned.items()}, self._hiding)
        body = opaque_fields.kept(fields, self._calls.returned, bool(self._calls))
        return self._chunk(reasoning + closing + text, calls, self._usage.usage(latency), self.finish_reason, body)

    def rest(self) -> Iterator[LLMResultChunk]:
        """Yield the buffered rest of an answer that broke off, if any."""
        reasoning, text, calls = self._thought.rest(), self._text.rest(), self._calls.rest()
        if reasoning or text or calls:
            yield self._chunk(reasoning + text, calls)

    def notice(self, id: str, /, **values: Any) -> None:
        """Report a notice once; of an answer that is odd in very many ways, only the first ones."""
        key = (id, *values.values())
        if key in self._noticed or len(self._noticed) > MOST_NOTICES:
            return
        self._noticed.add(key)
        if len(self._noticed) > MOST_NOTICES:
            self._notice("answers.many_oddities", most=MOST_NOTICES)
        else:
            self._notice(id, **values)

    def _read_odd(self, event: Event) -> Iterator[LLMResultChunk]:
        """Read an event that is not quite JSON."""
        reading = stream_events.read(event.data)
        if event.name == "error" and not reading.values:
            raise self._reported({"error": reading.rest})
        if reading.control_characters:
            self.notice("answers.control_characters")
        if reading.broken_utf8:
            self.notice("answers.broken_characters")
        if len(reading.values) > 1 or (reading.values and (reading.rest or reading.done)):
            self.notice("answers.several_in_one_event")
        for value in reading.values:
            yield from self.take(value)
        if reading.is_cut:
            shown = _shown(reading.rest)
            raise ProtocolError(Message("answers.cut_event", line=shown), body=reading.rest)
        if reading.rest and not stream_events.keeps_open(reading.rest):
            self._strange.append(_PlainText(reading.rest))
        elif reading.rest or not reading.values:
            self._skipped += not reading.done
        self.done |= reading.done

    def _chosen(self, choices: Any) -> Mapping[str, Any] | None:
        """Return the choice that is the answer: the only one of an event, or the one with the lowest index."""
        if isinstance(choices, dict):  # a bare choice, or numbered ones
            choices = [choices] if {"delta", "message", "text"} & set(choices) else list(choices.values())
        if not isinstance(choices, list) or not choices:
            return None
        usable = [{"text": choice} if isinstance(choice, str) else choice for choice in choices]
        usable = [choice for choice in usable if isinstance(choice, dict)]
        if len(usable) < len(choices):
            self.notice("answers.empty_choice")
        if self._choices > 1:
            first = [choice for choice in usable if not as_int(choice.get("index"))]
            if len(first) < len(usable):
                self.notice("answers.more_choices")
            return first[0] if first else {}
        if len(usable) > 1:
            self.notice("answers.more_choices")
            return min(usable, key=lambda choice: as_int(choice.get("index")) or 0)
        return usable[0] if usable else {}

    def _without_choice(self, value: dict[str, Any]) -> None:
        """Read an event without a choice: usage, a keep-alive, or something that is not understood."""
        if value.get("object") == "error":
            raise self._reported(value)
        self._beside = _written(value)
        if any(more for name, more in value.items() if name not in _SAYS_NOTHING):
            self._strange.append(value)
        elif "choices" not in value and not value.get("usage"):
            self._skipped += 1

    def _choice(self, choice: Mapping[str, Any]) -> Iterator[LLMResultChunk]:
        self._finish(choice.get("finish_reason"))
        if choice.get("error") or self.finish_reason == "error":
            raise self._reported({"error": choice.get("error") or "the finish reason is “error”"})
        self._usage.read(choice.get("usage"))
        if (text := _only_text(choice.get("delta"))) and not self._reasoning:  # the common case
            if text := self._text.feed(text):
                yield self._text_chunk(text)
            return
        fields = self._fields(choice)
        for name, value in fields.unknown.items():
            self.notice("answers.unknown_field", field=name)
            self._keep(name, _kept(value))
        if fields.refused:
            self.notice("answers.refused")
        if fields.pictures:
            self.notice("answers.pictures")
        for name, value in fields.returned.items():
            if is_deep(value):
                self.notice("answers.too_deep", field=name)
                continue
            self._returned.setdefault(name, Growing()).add(value)
        thought, text = self._thought.feed(self._counted(fields.reasoning)), self._text.feed(fields.text)
        calls = [self._calls.read(place, call) for place, call in enumerate(fields.calls)]
        if thought and not self._reasoning:
            self._reasoning, thought = True, OPENED + thought
        elif self._reasoning and (text or calls) and not thought:
            self._reasoning, text = False, CLOSED + text
        if thought and text:
            self._reasoning, text = False, CLOSED + text
        if thought or text or calls:
            yield self._chunk(thought + text, calls) if calls else self._text_chunk(thought + text)

    def _finish(self, reason: Any) -> None:
        if reason:
            self.finish_reason = _name(reason) or _written(reason)

    def _fields(self, choice: Mapping[str, Any]) -> MessageFields:
        """Read the delta of a choice, its whole message, or the text of a completion."""
        message = choice.get("delta")
        if not message:
            message = choice.get("message")
            if isinstance(message, dict) and self._repeats(message, choice):
                return MessageFields()
        if isinstance(message, str | list):
            message = {"content": message}
        if isinstance(message, dict):
            fields = message_fields.read(message)
            fields.text = fields.text or message_fields.text_of(choice.get("text"))
            return fields
        return MessageFields(text=message_fields.text_of(choice.get("text")), unknown={"delta": message} if message else {})

    def _repeats(self, message: Mapping[str, Any], choice: Mapping[str, Any]) -> bool:
        """Return whether a whole message repeats the text of its pieces, as some servers end their stream."""
        could = "delta" in choice or (self.finish_reason is not None and self._index > 1)
        return could and self._index > 0 and self._text.was(message_fields.text_of(message.get("content")))

    def _counted(self, reasoning: Mapping[str, str]) -> str:
        """Return the reasoning of one field: servers send the same text in two, at once or one after the other."""
        if not reasoning:
            return ""
        if self._source not in reasoning:
            source = next(name for name in message_fields.REASONING if name in reasoning)
            if self._source and self._thought.was(reasoning[source]):
                return ""
            self._source = source
        return reasoning[self._source]

    def _text_chunk(self, text: str, usage: LLMUsage | None = None, finish_reason: str | None = None) -> LLMResultChunk:
        index = self._index
        self._index += 1
        return LLMResultChunk.of_text(
            text,
            model=self._model,
            index=index,
            system_fingerprint=self._fingerprint,
            usage=usage,
            finish_reason=finish_reason,
        )

    def _chunk(
        self,
        text: str,
        calls: list[ToolCall],
        usage: LLMUsage | None = None,
        finish_reason: str | None = None,
        opaque_body: Any = None,
    ) -> LLMResultChunk:
        if not calls and opaque_body is None:
            return self._text_chunk(text, usage, finish_reason)
        message = AssistantPromptMessage(content=text, tool_calls=calls, opaque_body=opaque_body)
        delta = LLMResultChunkDelta(index=self._index, message=message, usage=usage, finish_reason=finish_reason)
        self._index += 1
        return LLMResultChunk(model=self._model, system_fingerprint=self._fingerprint, delta=delta)

    def _reported(self, value: Mapping[str, Any]) -> InvokeError:
        """Return the error that a server reported inside its answer."""
        error = value.get("error")
        reported = inside(error if isinstance(error, dict) else value, _written(error or value))
        return self._broken_off(reported)

    def _broken_off(self, error: InvokeError) -> InvokeError:
        if self._begun:
            error.message = Message("answers.broken_off", words=error.description)
            error.description = str(error.message)
            error.args = (error.description,)
        return error

    def _unfinished(self, value: dict[str, Any] | _PlainText) -> InvokeError:
        """Return the error for an answer that ended after something that is not understood, quoting it."""
        if isinstance(value, _PlainText):
            return self._broken_off(ProtocolError(Message("answers.not_json", line=_shown(value)), body=value))
        return self._reported(value)

    def _notice_what_was_skipped(self) -> None:
        if self._strange:
            value = self._strange[-1]
            text = value if isinstance(value, str) else error_text(_written(value))
            self.notice("answers.strange_events", count=len(self._strange), words=text[:LONGEST_SHOWN])
            for value in self._strange:
                self._keep("event", _kept(value))
        if self._skipped:
            self.notice("answers.skipped_events", count=self._skipped)


class _PlainText(str):
    """The text of an event that is not JSON."""

    __slots__ = ()


def _only_text(delta: Any) -> str:
    """Return the text of a delta that has no other fields; otherwise an empty string."""
    if not isinstance(delta, dict) or not delta.keys() <= _TEXT_FIELDS:
        return ""
    text = delta.get("content")
    return text if isinstance(text, str) else ""


_TEXT_FIELDS = {"content", "role"}


def _written(value: Any) -> str:
    """Write a value as JSON; the parser accepts deeper nesting than the writer."""
    return "…" if is_deep(value) else json.dumps(value, ensure_ascii=False)


def _kept(value: Any) -> Any:
    """Return a value for the record; one that is nested too deep is only in the HTTP tab."""
    return "…" if is_deep(value) else value


def _name(value: Any) -> str:
    """Return a name without lone surrogates, which no chunk can contain."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _shown(text: str) -> str:
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…")
