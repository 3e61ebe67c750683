"""Assign streamed fragments of tool calls to calls, for Dify, whose calls have an id and no index.

In OpenAI's format the first fragment of a call has index, id and name, and further ones the index and more of the arguments.
Servers omit the index or the id, send whole calls under one index, interleave calls, or repeat the name in each fragment with
a new id each time. So we use all fields of a fragment to assign it, and pass on the id only if it is needed.

Source: OpenAI API reference, "Chat completion chunk" (2026-10); for deviations, vLLM 0.7 with a named `tool_choice`, Gemini's
OpenAI surface, Ollama and llama.cpp.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from boomerang.invoker.backends.openai_compatible.response.numbers import as_int
from boomerang.invoker.entities.message import ToolCall, ToolCallFunction
from boomerang.invoker.http.redaction.masking import Hiding
from boomerang.invoker.llm_text.json_depth import is_deep

from .growing_value import Growing
from .text_channel import Channel, cleaned

Notice = Callable[..., None]
"""Receives the id of a message and its values, like `Run.notice`."""
_ARGUMENTS = ("arguments", "parameters", "args", "input")
"""Fields of a call that contain its arguments."""
MOST_LOOKS = 1_000
"""Maximum checks whether the arguments of one call are complete; each check costs their length."""
_READ = {"index", "id", "type", "function", "name", *_ARGUMENTS}
_READ_OF_FUNCTION = {"name", "description", *_ARGUMENTS}


class CallReader:
    """Reads the fragments of one answer, in order.

    Args:
        notice: Receives what was repaired.
        hiding: Masks credentials in arguments, even if split over pieces.
    """

    def __init__(self, notice: Notice, hiding: Hiding | None = None) -> None:
        self._notice = notice
        self._hiding = hiding or Hiding()
        self._by_index: dict[int, _Call] = {}
        """Index → the latest call with it."""
        self._by_id: dict[str, _Call] = {}
        """The server's id → the latest call with it."""
        self._ids: set[str] = set()
        self._calls: list[_Call] = []
        self._latest: _Call | None = None

    def read(self, place: int, value: Mapping[str, Any]) -> ToolCall:
        """Return a fragment, with its call's id if needed to assign it.

        Args:
            place: Position in the event's list; replaces a missing index.
            value: The fragment as the server wrote it.
        """
        function = value.get("function")
        if not isinstance(function, Mapping):
            function = {"name": function} | dict(value) if isinstance(function, str) else value
        given_id, name = (cleaned(_text(field), self._hiding) for field in (value.get("id"), function.get("name")))
        arguments = _arguments(function) or _arguments(value)
        index = as_int(value.get("index"))
        call = self._continued(index, place, given_id, name, arguments)
        if call is None:
            call = self._begun(place if index is None else index, given_id, name)
            shown = call.id
        else:
            name = call.renamed(name)
            shown = call.id if name or given_id == call.id or call is not self._latest else ""
        if arguments:
            call.fragments.append(arguments)
        call.keep(value, function)
        self._latest = call
        written = ToolCallFunction(name=name, arguments=call.channel.feed(arguments))
        return ToolCall(id=shown, type=_text(value.get("type")), function=written)

    def rest(self) -> list[ToolCall]:
        """Return the buffered rest of the arguments, which might have been the beginning of a credential."""
        return [
            ToolCall(id=call.id, type="", function=ToolCallFunction(name="", arguments=text))
            for call in self._calls
            if (text := call.channel.rest())
        ]

    @property
    def returned(self) -> dict[str, dict[str, Any]]:
        """Fields other than OpenAI's that a server may want back, such as Gemini's signatures, by call id."""
        return {call.id: cleaned(fields, self._hiding) for call in self._calls if (fields := call.returned)}

    def __len__(self) -> int:
        """Return the number of calls so far."""
        return len(self._calls)

    def _continued(self, index: int | None, place: int, given_id: str, name: str, arguments: str) -> _Call | None:
        """Return the call that a fragment continues; `None` if it begins one."""
        known = self._by_id.get(given_id) if given_id else None
        if known is not None and (not name or (index in (None, known.index) and not known.is_ended_by(given_id, name))):
            return known
        if index is None and given_id:
            return self._latest if known is None and self._is_torn(name, arguments) else None
        call = self._by_index.get(place if index is None else index)
        return None if call is None or call.is_ended_by(given_id, name) else call

    def _is_torn(self, name: str, arguments: str) -> bool:
        """Return whether a fragment with a new id and no index still belongs to the latest call."""
        latest = self._latest
        if latest is None or latest.is_whole() or arguments.lstrip().startswith("{"):
            return False
        return name in ("", latest.name) and bool(latest.fragments)

    def _begun(self, index: int, given_id: str, name: str) -> _Call:
        call = _Call(self._named(given_id), index, given_id, name, Channel(self._hiding))
        self._by_index[index] = call
        if given_id:
            self._by_id[given_id] = call
        self._calls.append(call)
        return call

    def _named(self, given_id: str) -> str:
        """Return the id of a new call: the server's own, if it is unique."""
        if not given_id:
            if not self._calls:
                self._notice("answers.made_ids")
            given_id = f"call_{uuid4().hex}"
        elif given_id in self._ids:
            self._notice("answers.same_id")
            given_id = f"{given_id}_{len(self._ids)}"
        self._ids.add(given_id)
        return given_id


class _Call:
    """A call that may receive more fragments."""

    __slots__ = ("_fields", "_function_fields", "_looks", "channel", "fragments", "given_id", "id", "index", "name")

    def __init__(self, call_id: str, index: int, given_id: str, name: str, channel: Channel) -> None:
        self.id = call_id
        self.index = index
        self.given_id = given_id
        """Its id in the server's first fragment."""
        self.name = name
        self.fragments: list[str] = []
        """Its arguments so far."""
        self.channel = channel
        self._fields: dict[str, Growing] = {}
        self._function_fields: dict[str, Growing] = {}
        self._looks = 0

    @property
    def returned(self) -> dict[str, Any]:
        """Fields other than OpenAI's."""
        fields = {name: field.value for name, field in self._fields.items()}
        inner = {name: field.value for name, field in self._function_fields.items()}
        return fields | ({"function": inner} if inner else {})

    def keep(self, value: Mapping[str, Any], function: Mapping[str, Any]) -> None:
        """Keep fields other than OpenAI's: the server may want them back."""
        _keep(self._fields, value, _READ)
        if function is not value:
            _keep(self._function_fields, function, _READ_OF_FUNCTION)

    def is_ended_by(self, given_id: str, name: str) -> bool:
        """Return whether a fragment with the same index begins another call."""
        if not name or (given_id and given_id == self.given_id):
            return False
        if not self.fragments:
            return bool(given_id or not self.given_id)
        return name != self.name or self.is_whole()

    def renamed(self, name: str) -> str:
        """Handle the name in a later fragment: its continuation while there are no arguments, else a repetition.

        Returns:
            The name so far if it has grown, else an empty string.
        """
        if name in ("", self.name) or self.fragments:
            return ""
        self.name += name
        return self.name

    def is_whole(self) -> bool:
        """Return whether the arguments are complete; only checked if a server repeats the name or omits the index."""
        self._looks += 1
        if self._looks > MOST_LOOKS or not self.fragments or not self.fragments[-1].rstrip().endswith("}"):
            return False
        self.fragments = ["".join(self.fragments)]
        try:
            json.loads(self.fragments[0])
        except (ValueError, RecursionError):
            return False
        return True


def _keep(fields: dict[str, Growing], value: Mapping[str, Any], read: set[str]) -> None:
    for name, more in value.items():
        if name not in read and more is not None and not is_deep(more):
            fields.setdefault(name, Growing()).add(more)


def _text(value: Any) -> str:
    """Return an id, a name or a type as text; some servers number their calls."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _arguments(function: Mapping[str, Any]) -> str:
    """Return a call's arguments as JSON text, whatever their field is called."""
    value = next((function[name] for name in _ARGUMENTS if function.get(name) is not None), "")
    return value if isinstance(value, str) else "" if is_deep(value) else json.dumps(value, ensure_ascii=False)
