"""A server's completion, streamed or whole, as Dify's chunks.

What servers do differently is taken as it comes: reasoning in a field of its own or between tags in the text, fragments of tool
calls by index, by id or whole, a usage in the last event or in none, a stream without `[DONE]`.

Source: OpenAI API reference, "Chat completion chunk" and "Completion" (2026-10). `reasoning_content` as DeepSeek and vLLM send
it, `reasoning` as OpenRouter and Ollama do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...entities.llm import LLMResultChunk, LLMResultChunkDelta, LLMUsage
from ...entities.message import AssistantPromptMessage, ToolCall
from ...errors import MISSHAPEN, InvokeError, ProtocolError, in_form, misshapen
from ...wire.faults import inside
from ...wire.sse import Event
from .fragments import CallReader

DONE = b"[DONE]"
LONGEST_SHOWN = 500
OPENED, CLOSED = "<think>\n", "\n</think>"
"""How Dify writes reasoning that came in a field of its own."""
REFUSED = "The model refused; what it says of that came in a field of its own and stands here as its text."
MORE_CHOICES = "The server gave more than one choice; the first one is shown, and all are under HTTP."
IMAGES = "The answer holds images beside its text; they are under HTTP."
_WORDS = ("message", "detail", "msg", "errors", "base_resp")
"""Fields of an event without choices in which a server says why there are none."""


class AnswerReader:
    """Turns a server's events into chunks, in order; one for each answer.

    Args:
        model: As it was asked for; the server's own name for it counts where it gives one.
        notice: Is told, once each, what of an answer Dify's chunks have no place for.
    """

    def __init__(self, model: str, notice: Callable[[str], None] = lambda _text: None) -> None:
        self._model = model
        self._notice = notice
        self._noticed: set[str] = set()
        self._fingerprint: str | None = None
        self._index = 0
        self._reasoning = False
        self._thought, self._text = _Letters(), _Letters()
        self._calls = CallReader(self._once)
        self._begun = False
        """Whether there was a choice, be it an empty one."""
        self._beside = ""
        """The last event without one."""
        self.finish_reason: str | None = None
        self.usage: Mapping[str, Any] | None = None
        self.done = False
        """Whether the server said that it has said all."""

    def read(self, event: Event) -> Sequence[LLMResultChunk]:
        """Take an event; give its chunks.

        Raises:
            InvokeError: It tells an error of the server.
            ProtocolError: It is not what a completion is made of.
        """
        if event.data.strip() == DONE:
            self.done = True
            return ()
        try:
            value = json.loads(event.data)
        except (ValueError, RecursionError) as error:
            text = event.data.decode("utf-8", "replace")
            if event.name == "error":
                raise self._told({"error": text}) from error
            raise ProtocolError(f"The stream has a line that is not JSON: {_shown(text)}.", body=text) from error
        if event.name == "error":
            raise self._told(value if isinstance(value, dict) and "error" in value else {"error": value})
        return self.take(value)

    def take(self, value: Any) -> Sequence[LLMResultChunk]:
        """Take an event's JSON, or that of a whole answer; give its chunks."""
        if isinstance(value, list) and len(value) == 1:
            (value,) = value
        if not isinstance(value, dict):
            raise ProtocolError(f"The stream has {_shown(json.dumps(value))} where an object was expected.")
        if value.get("error"):
            raise self._told(value)
        try:
            return self._taken(value)
        except MISSHAPEN as error:  # not by `in_form`: of an event that costs a tenth
            raise misshapen("An event of the stream", error) from error

    def _taken(self, value: Mapping[str, Any]) -> list[LLMResultChunk]:
        self._model = value.get("model") or self._model
        self._fingerprint = value.get("system_fingerprint") or self._fingerprint
        self.usage = value.get("usage") or self.usage
        if "x_groq" in value:
            self.usage = value["x_groq"].get("usage") or self.usage
        choices = value.get("choices")
        if not choices or not isinstance(choices, list):
            self._nothing(value)
            return []
        self._begun = True
        if len(choices) > 1 or choices[0].get("index"):
            self._once(MORE_CHOICES)
        return [chunk for choice in choices if choice.get("index") in (0, None) for chunk in self._choice(choice)]

    def _nothing(self, value: Mapping[str, Any]) -> None:
        """Take an event without choices: it tells a usage, or what the server keeps apart, or that something went wrong."""
        if value.get("choices") is None and not value.get("usage"):
            if value.get("object") == "error" or any(value.get(name) for name in _WORDS):
                raise self._told(value)
            self._beside = json.dumps(value)

    def last(self, latency: float) -> LLMResultChunk:
        """Give the last chunk: with finish reason, and with the usage if the server told one.

        Raises:
            ProtocolError: The stream broke off, or there was nothing in it.
        """
        if self.finish_reason is None and not self.done:
            raise ProtocolError("The stream broke off: it ended without a finish reason and without [DONE].", body=self._beside)
        if not self._begun:
            raise ProtocolError("The server answered without a choice: neither text nor a reason.", body=self._beside)
        usage = _usage(self.usage, latency) if isinstance(self.usage, Mapping) else None
        with in_form("The end of the answer"):
            rest = self._thought.rest() + (CLOSED if self._reasoning else "") + self._text.rest()
            return self._chunk(rest, [], usage, self.finish_reason)

    def _choice(self, choice: Mapping[str, Any]) -> Iterator[LLMResultChunk]:
        self.finish_reason = choice.get("finish_reason") or self.finish_reason
        if choice.get("error") or self.finish_reason == "error":
            raise self._told({"error": choice.get("error") or "the finish reason is “error”"})
        self.usage = choice.get("usage") or self.usage
        message = choice.get("delta") or choice.get("message") or {}
        thought = message.get("reasoning_content") or message.get("reasoning") or ""
        text = message.get("content") or choice.get("text") or ""
        if not isinstance(thought, str):
            thought = ""
        if not isinstance(text, str):
            thought, text = thought + _joined(text, "thinking"), _joined(text, "text")
        if message.get("refusal"):
            self._once(REFUSED)
            text += message["refusal"]
        if message.get("images"):
            self._once(IMAGES)
        thought, text = self._thought.whole(thought), self._text.whole(text)
        calls: list[ToolCall] = []
        if "tool_calls" in message or "function_call" in message:
            calls = [self._calls.read(place, call) for place, call in enumerate(_listed(message))]
        if thought and not self._reasoning:
            self._reasoning, thought = True, OPENED + thought
        elif self._reasoning and (text or calls) and not thought:
            self._reasoning, text = False, CLOSED + text
        if thought and text:
            self._reasoning, text = False, CLOSED + text
        if thought or text or calls:
            yield self._chunk(thought + text, calls)

    def _chunk(
        self, text: str, calls: list[ToolCall], usage: LLMUsage | None = None, finish_reason: str | None = None
    ) -> LLMResultChunk:
        message = AssistantPromptMessage(content=text, tool_calls=calls)
        delta = LLMResultChunkDelta(index=self._index, message=message, usage=usage, finish_reason=finish_reason)
        self._index += 1
        return LLMResultChunk(model=self._model, system_fingerprint=self._fingerprint, delta=delta)

    def _told(self, value: Mapping[str, Any]) -> InvokeError:
        """Give the error that a server wrote into its answer."""
        error = value.get("error")
        found = inside(error if isinstance(error, dict) else value, json.dumps(error or value, ensure_ascii=False))
        if self._begun:
            found.description = f"The server broke off its answer: {found.description}"
        return found

    def _once(self, text: str) -> None:
        if text not in self._noticed:
            self._noticed.add(text)
            self._notice(text)


class _Letters:
    """Puts characters together of which each half came in a piece of its own: JSON can spell a half, a page cannot show it."""

    def __init__(self) -> None:
        self._half = ""

    def whole(self, piece: str) -> str:
        """Give what of a piece is whole, with the half before it; a half that stays alone is U+FFFD."""
        if piece.isascii() and not self._half:  # nearly always
            return piece
        piece = self._half + piece
        self._half = piece[-1:] if "\ud800" <= piece[-1:] <= "\udbff" else ""
        piece = piece[: len(piece) - len(self._half)]
        return piece.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def rest(self) -> str:
        """Give what stands for a half whose other half never came."""
        return "\ufffd" if self._half else ""


def _listed(message: Mapping[str, Any]) -> list[Any]:
    """Give the fragments of calls in a message; the one call of OpenAI's older interface as if it stood in a list."""
    calls: list[Any] = message.get("tool_calls") or []
    return calls if calls or not message.get("function_call") else [{"index": 0, "function": message["function_call"]}]


def _joined(parts: Any, kind: str) -> str:
    """Join the parts of a kind in a content that is a list; thinking is itself a list of parts of text (Mistral)."""
    found = [part.get(kind) or "" for part in parts if isinstance(part, dict)]
    return "".join(text if isinstance(text, str) else _joined(text, "text") for text in found)


def _usage(told: Mapping[str, Any], latency: float) -> LLMUsage:
    """Give a usage as the server told it: its total too, which may count what is neither prompt nor completion."""
    usage = LLMUsage.priced(
        None,
        prompt_tokens=_count(told, "prompt_tokens", "input_tokens"),
        completion_tokens=_count(told, "completion_tokens", "output_tokens"),
        latency=latency,
    )
    return usage.model_copy(update={"total_tokens": _count(told, "total_tokens") or usage.total_tokens})


def _count(usage: Mapping[str, Any], *names: str) -> int:
    return next((int(usage[name]) for name in names if isinstance(usage.get(name), int | float)), 0)


def _shown(text: str) -> str:
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…")
