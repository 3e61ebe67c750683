"""A server's completion, streamed or whole, as Dify's chunks.

What servers do differently is taken as it comes: reasoning in a field of its own or between tags in the text, fragments of tool
calls by index, by id or whole, a usage in the last event or in none, a stream without `[DONE]`.

Source: OpenAI API reference, "Chat completion chunk" and "Completion" (2026-10). `reasoning_content` as DeepSeek and vLLM send
it, `reasoning` as OpenRouter and Ollama do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...entities.llm import LLMResultChunk, LLMResultChunkDelta, LLMUsage
from ...entities.message import AssistantPromptMessage, ToolCall, ToolCallFunction
from ...errors import MISSHAPEN, InvokeError, InvokeServerUnavailableError, ProtocolError, in_form, misshapen
from ...wire.sse import Event

DONE = b"[DONE]"
LONGEST_SHOWN = 500
OPENED, CLOSED = "<think>\n", "\n</think>"
"""How Dify writes reasoning that came in a field of its own."""


class AnswerReader:
    """Turns a server's events into chunks, in order; one for each answer.

    Args:
        model: As it was asked for; the server's own name for it counts where it gives one.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._fingerprint: str | None = None
        self._index = 0
        self._reasoning = False
        self._thought, self._text = _Letters(), _Letters()
        self._ids: dict[int, str] = {}
        """Index of a tool call → its id."""
        self._latest: int | None = None
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
            return self._documents(event, error)
        return self.take(value)

    def take(self, value: Any) -> Sequence[LLMResultChunk]:
        """Take an event's JSON, or that of a whole answer; give its chunks."""
        if not isinstance(value, dict):
            raise ProtocolError(f"The stream has {_shown(json.dumps(value))} where an object was expected.")
        if value.get("error"):
            raise _told(value["error"])
        try:
            return self._taken(value)
        except MISSHAPEN as error:  # not by `in_form`: of an event that costs a tenth
            raise misshapen("An event of the stream", error) from error

    def _taken(self, value: Mapping[str, Any]) -> list[LLMResultChunk]:
        self._model = value.get("model") or self._model
        self._fingerprint = value.get("system_fingerprint") or self._fingerprint
        self.usage = value.get("usage") or self.usage
        choices = value.get("choices")
        if not isinstance(choices, list):
            if self.usage is None and value.get("object") not in ("chat.completion.chunk", "text_completion", None):
                raise ProtocolError(f"The stream has an event without choices: {_shown(json.dumps(value))}.")
            return []
        return [chunk for choice in choices if choice.get("index") in (0, None) for chunk in self._choice(choice)]

    def last(self, latency: float) -> LLMResultChunk:
        """Give the last chunk: with finish reason, and with the usage if the server told one.

        Raises:
            ProtocolError: The stream broke off.
        """
        if self.finish_reason is None and not self.done:
            raise ProtocolError("The stream broke off: it ended without a finish reason and without [DONE].")
        usage = None
        if isinstance(self.usage, Mapping):
            usage = LLMUsage.priced(
                None,
                prompt_tokens=_count(self.usage, "prompt_tokens", "input_tokens"),
                completion_tokens=_count(self.usage, "completion_tokens", "output_tokens"),
                latency=latency,
            )
        with in_form("The end of the answer"):
            rest = self._thought.rest() + (CLOSED if self._reasoning else "") + self._text.rest()
            return self._chunk(rest, [], usage, self.finish_reason)

    def _documents(self, event: Event, error: Exception) -> Sequence[LLMResultChunk]:
        """Read an event of several lines, each a document: some servers leave the blank line between events out."""
        lines = event.data.split(b"\n")
        if event.stray or len(lines) == 1:
            shown = _shown(event.data.decode("utf-8", "replace"))
            raise ProtocolError(f"The stream has a line that is not JSON: {shown}.") from error
        return [chunk for line in lines for chunk in self.read(Event(line, event.name))]

    def _choice(self, choice: Mapping[str, Any]) -> Iterator[LLMResultChunk]:
        self.finish_reason = choice.get("finish_reason") or self.finish_reason
        message = choice.get("delta") or choice.get("message") or {}
        thought = message.get("reasoning_content") or message.get("reasoning") or ""
        text = message.get("content") or choice.get("text") or ""
        if not isinstance(text, str):
            text = "".join(part.get("text", "") for part in text if isinstance(part, dict))
        if not isinstance(thought, str):
            thought = ""
        thought, text = self._thought.whole(thought), self._text.whole(text)
        calls = [self._call(place, call) for place, call in enumerate(message.get("tool_calls") or ())]
        if thought and not self._reasoning:
            self._reasoning, thought = True, OPENED + thought
        elif self._reasoning and (text or calls) and not thought:
            self._reasoning, text = False, CLOSED + text
        if thought and text:
            self._reasoning, text = False, CLOSED + text
        if thought or text or calls:
            yield self._chunk(thought + text, calls)

    def _call(self, place: int, call: Mapping[str, Any]) -> ToolCall:
        """Give a fragment; one that goes on with another call than the last one says whose it is."""
        index = call.get("index")
        index = place if index is None else int(index)
        function = call.get("function") or {}
        given = call.get("id") or ""
        known = self._ids.get(index)
        if known is None:
            self._ids[index] = given
        elif not given and index != self._latest:
            given = known
        self._latest = index
        arguments = function.get("arguments")
        return ToolCall(
            id=given,
            type=call.get("type") or "",
            function=ToolCallFunction(
                name=function.get("name") or "",
                arguments=arguments if isinstance(arguments, str) or arguments is None else json.dumps(arguments),
            ),
        )

    def _chunk(
        self, text: str, calls: list[ToolCall], usage: LLMUsage | None = None, finish_reason: str | None = None
    ) -> LLMResultChunk:
        message = AssistantPromptMessage(content=text, tool_calls=calls)
        delta = LLMResultChunkDelta(index=self._index, message=message, usage=usage, finish_reason=finish_reason)
        self._index += 1
        return LLMResultChunk(model=self._model, system_fingerprint=self._fingerprint, delta=delta)


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


def _told(error: Any) -> InvokeError:
    """Give the error that a server wrote into its stream."""
    words = error.get("message") if isinstance(error, dict) else error
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) else None
    body = json.dumps(error, ensure_ascii=False)
    return InvokeServerUnavailableError(f"The server broke off its answer: {words or body}", status_code=status, body=body)


def _count(usage: Mapping[str, Any], *names: str) -> int:
    return next((int(usage[name]) for name in names if isinstance(usage.get(name), int | float)), 0)


def _shown(text: str) -> str:
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…")
