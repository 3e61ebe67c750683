"""A server's completion, streamed or whole, as Dify's chunks.

What servers do differently is read by `dialects` (fields of a message), `fragments` (tool calls), `usage` and `events` (what is
not quite JSON). Here the pieces become chunks, and what is left of an answer becomes a notice or an error.

Source: OpenAI API reference, "Chat completion chunk" and "Completion" (2026-10).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from boomerang.invoker.backends.openai_compatible.response.numbers import as_int
from boomerang.invoker.entities.llm import LLMResultChunk, LLMResultChunkDelta, LLMUsage
from boomerang.invoker.entities.message import AssistantPromptMessage, ToolCall
from boomerang.invoker.errors import InvokeError, ProtocolError
from boomerang.invoker.http.body.sse import Event
from boomerang.invoker.http.errors import inside, said
from boomerang.invoker.http.redaction.masking import Hiding
from boomerang.invoker.llm_text.json_depth import is_deep
from boomerang.invoker.messages.message import Message

from . import message_fields, opaque_fields, stream_events
from .growing_value import Growing
from .message_fields import Said
from .text_channel import Channel, cleaned
from .tool_call_fragments import CallReader, Notice
from .usage import UsageReader

LONGEST_SHOWN = 500
MOST_NOTICES = 30
MOST_LISTS = 3
"""Lists inside one another in which an event is looked for."""
OPENED, CLOSED = "<think>\n", "\n</think>"
"""How Dify writes reasoning that came in a field of its own."""
_SAYS_NOTHING = frozenset(
    ("id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier", "provider", "type", "event")
) | frozenset(("x_groq", "prompt_filter_results", "obfuscation", "timings", "nvext", "timestamp"))
"""Fields of an event that are no reason why it has no choice."""

Keep = Callable[[str, Any], None]
"""Takes the name of a field and its value that has no place in a chunk, for the record."""


class AnswerReader:
    """Turns a server's events into chunks, in order; one for each answer.

    Args:
        model: As it was asked for; the server's own name for it counts where it gives one.
        notice: Takes the id of a message and its values, once each.
        keep: Takes what of an answer has no place in Dify's chunks.
        hiding: Masks credentials in text, reasoning and arguments, also where they come in pieces.
        choices: How many were asked for. If it was one, the only choice of an event counts whatever its index.
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
        """The field whose reasoning counts, as some servers send the same in two."""
        self._thought, self._text = Channel(self._hiding), Channel(self._hiding)
        self._calls = CallReader(self.notice, self._hiding)
        self._returned: dict[str, Growing] = {}
        self._usage = UsageReader()
        self._begun = False
        """Whether there was a choice, even an empty one."""
        self._skipped = 0
        """Events that only keep the connection open."""
        self._strange: list[dict[str, Any] | _Words] = []
        """Events that are not understood: JSON values, or text that is no JSON."""
        self._beside = ""
        """The last event without a choice."""
        self.finish_reason: str | None = None
        self.done = False
        """Whether the server said that its answer is complete."""

    def read(self, event: Event) -> Sequence[LLMResultChunk]:
        """Take an event; return its chunks.

        Raises:
            InvokeError: It reports an error of the server.
            ProtocolError: It is the beginning of an object.
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
        """Take an event's JSON, or that of a whole answer, perhaps inside lists; return its chunks."""
        if isinstance(value, dict):
            if value.get("error"):
                raise self._reported(value)
            return self._taken(value)
        if isinstance(value, list) and value and levels:
            return [chunk for item in value for chunk in self.take(item, levels - 1)]
        if not value or (isinstance(value, str) and stream_events.keeps_open(value)):
            self._skipped += 1
        else:
            self._strange.append(_Words(value if isinstance(value, str) else _written(value)))
        return ()

    def last(self, latency: float) -> LLMResultChunk:
        """Return the last chunk: with the finish reason, and with the usage if the server reported one.

        Raises:
            ProtocolError: The stream broke off, or there was nothing in it.
            InvokeError: It ended after an event that says why, in words that are no error by its form.
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

    def held(self) -> Iterator[LLMResultChunk]:
        """Yield what was held back of an answer that broke off, if there is something."""
        reasoning, text, calls = self._thought.rest(), self._text.rest(), self._calls.rest()
        if reasoning or text or calls:
            yield self._chunk(reasoning + text, calls)

    def notice(self, id: str, /, **values: Any) -> None:
        """Report something, once; of an answer that is odd in very many ways, the first ones."""
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
            self._strange.append(_Words(reading.rest))
        elif reading.rest or not reading.values:
            self._skipped += not reading.done
        self.done |= reading.done

    def _taken(self, value: dict[str, Any]) -> list[LLMResultChunk]:
        self._model = _name(value.get("model")) or self._model
        self._fingerprint = _name(value.get("system_fingerprint")) or self._fingerprint
        self._usage.read(value.get("usage"))
        if isinstance(groq := value.get("x_groq"), dict):
            self._usage.read(groq.get("usage"))
        choice = self._chosen(value.get("choices"))
        if choice is None:
            self._without_choice(value)
            return []
        self._begun = True
        return list(self._choice(choice))

    def _chosen(self, choices: Any) -> Mapping[str, Any] | None:
        """Return the choice that is the answer: the only one of an event, or of several the one with the lowest index."""
        if isinstance(choices, dict):  # one without a list, or numbered ones
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
        """Take an event without a choice: a usage, what only keeps the connection open, or something that is not understood."""
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
        if (text := _only_text(choice.get("delta"))) and not self._reasoning:  # nearly always
            if text := self._text.feed(text):
                yield self._text_chunk(text)
            return
        said = self._said(choice)
        for name, value in said.unknown.items():
            self.notice("answers.unknown_field", field=name)
            self._keep(name, _kept(value))
        if said.refused:
            self.notice("answers.refused")
        if said.pictures:
            self.notice("answers.pictures")
        for name, value in said.returned.items():
            if is_deep(value):
                self.notice("answers.too_deep", field=name)
                continue
            self._returned.setdefault(name, Growing()).add(value)
        thought, text = self._thought.feed(self._counted(said.reasoning)), self._text.feed(said.text)
        calls = [self._calls.read(place, call) for place, call in enumerate(said.calls)]
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

    def _said(self, choice: Mapping[str, Any]) -> Said:
        """Read a choice's piece, its whole message, or the text of a completion."""
        message = choice.get("delta")
        if not message:
            message = choice.get("message")
            if isinstance(message, dict) and self._repeats(message, choice):
                return Said()
        if isinstance(message, str | list):
            message = {"content": message}
        if isinstance(message, dict):
            said = message_fields.read(message)
            said.text = said.text or message_fields.text_of(choice.get("text"))
            return said
        return Said(text=message_fields.text_of(choice.get("text")), unknown={"delta": message} if message else {})

    def _repeats(self, message: Mapping[str, Any], choice: Mapping[str, Any]) -> bool:
        """Return whether a whole message says again what its pieces said before, as some servers end their stream."""
        could = "delta" in choice or (self.finish_reason is not None and self._index > 1)
        return could and self._index > 0 and self._text.was(message_fields.text_of(message.get("content")))

    def _counted(self, reasoning: Mapping[str, str]) -> str:
        """Return the reasoning of one field: servers send the same words in two, at once or one after the other."""
        if not reasoning:
            return ""
        if self._source not in reasoning:
            source = next(name for name in message_fields.REASONING if name in reasoning)
            if self._source and self._thought.was(reasoning[source]):
                return ""
            self._source = source
        return reasoning[self._source]

    def _text_chunk(self, text: str) -> LLMResultChunk:
        index = self._index
        self._index += 1
        return LLMResultChunk.of_text(text, model=self._model, index=index, system_fingerprint=self._fingerprint)

    def _chunk(
        self,
        text: str,
        calls: list[ToolCall],
        usage: LLMUsage | None = None,
        finish_reason: str | None = None,
        opaque_body: Any = None,
    ) -> LLMResultChunk:
        message = AssistantPromptMessage(content=text, tool_calls=calls, opaque_body=opaque_body)
        delta = LLMResultChunkDelta(index=self._index, message=message, usage=usage, finish_reason=finish_reason)
        self._index += 1
        return LLMResultChunk(model=self._model, system_fingerprint=self._fingerprint, delta=delta)

    def _reported(self, value: Mapping[str, Any]) -> InvokeError:
        """Return the error that a server wrote into its answer."""
        error = value.get("error")
        found = inside(error if isinstance(error, dict) else value, _written(error or value))
        return self._broken_off(found)

    def _broken_off(self, found: InvokeError) -> InvokeError:
        if self._begun:
            found.message = Message("answers.broken_off", words=found.description)
            found.description = str(found.message)
            found.args = (found.description,)
        return found

    def _unfinished(self, value: dict[str, Any] | _Words) -> InvokeError:
        """Return the error for an answer that ended after something that is not understood, in its words."""
        if isinstance(value, _Words):
            return self._broken_off(ProtocolError(Message("answers.not_json", line=_shown(value)), body=value))
        return self._reported(value)

    def _notice_what_was_skipped(self) -> None:
        if self._strange:
            value = self._strange[-1]
            words = value if isinstance(value, str) else said(_written(value))
            self.notice("answers.strange_events", count=len(self._strange), words=words[:LONGEST_SHOWN])
            for value in self._strange:
                self._keep("event", _kept(value))
        if self._skipped:
            self.notice("answers.skipped_events", count=self._skipped)


class _Words(str):
    """An event's text that is no JSON."""

    __slots__ = ()


def _only_text(delta: Any) -> str:
    """Return the text of a piece that has nothing else; empty for any other."""
    if not isinstance(delta, dict) or not delta.keys() <= _TEXT_FIELDS:
        return ""
    text = delta.get("content")
    return text if isinstance(text, str) else ""


_TEXT_FIELDS = {"content", "role"}


def _written(value: Any) -> str:
    """Write a value as JSON; the parser takes more levels than the writer."""
    return "…" if is_deep(value) else json.dumps(value, ensure_ascii=False)


def _kept(value: Any) -> Any:
    """Return a value as the log can hold it: nested too deep, it is left to the HTTP tab."""
    return "…" if is_deep(value) else value


def _name(value: Any) -> str:
    """Return a name, without halves of characters, which no chunk can hold."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _shown(text: str) -> str:
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…")
