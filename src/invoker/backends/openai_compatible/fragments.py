"""The fragments of tool calls as servers stream them, told apart for Dify, whose calls have an id and no index.

By OpenAI's rules the first fragment of a call has index, id and name, and each further one the index and more of the arguments.
Servers leave out the index or the id, send whole calls under one index, or repeat the name in each fragment, each time with
another id. So whose a fragment is, is judged by all that it says, and it is passed on with as much of the id as keeps it there.

Source: OpenAI API reference, "Chat completion chunk" (2026-10); vLLM 0.7 with a named `tool_choice`, Gemini's OpenAI surface,
Ollama and llama.cpp for what departs from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from ...entities.message import ToolCall, ToolCallFunction

MADE_ID = "The server gives its tool calls no ids; they were given some here, so that their results can be told apart."
SAME_ID = "The server gave two tool calls one id; the later one was given another."


class CallReader:
    """Reads the fragments of one answer, in order.

    Args:
        notice: Is told what had to be mended.
    """

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self._begun: dict[int, _Begun] = {}
        """Index → the call that was begun last under it."""
        self._ids: set[str] = set()
        self._latest: _Begun | None = None

    def read(self, place: int, value: Mapping[str, Any]) -> ToolCall:
        """Give a fragment with its call's id where that is needed to tell whose it is.

        Args:
            place: Position in the event's list; stands for the index where there is none.
            value: The fragment as the server wrote it.
        """
        index = place if value.get("index") is None else int(value["index"])
        function = value.get("function") or {}
        given, name, arguments = value.get("id") or "", function.get("name") or "", function.get("arguments")
        if arguments is not None and not isinstance(arguments, str):
            arguments = json.dumps(arguments)
        call = self._begun.get(index)
        if call is None or call.ended_by(given, name):
            call = self._begun[index] = _Begun(self._named(given), given, name)
            shown = call.id
        else:
            name = call.renamed(name)
            shown = call.id if name or given == call.id or call is not self._latest else ""
        if arguments:
            call.said.append(arguments)
        self._latest = call
        return ToolCall(id=shown, type=value.get("type") or "", function=ToolCallFunction(name=name, arguments=arguments))

    def _named(self, given: str) -> str:
        """Give the id of a new call: the server's own, where it tells the call apart."""
        if not given:
            if not self._begun:
                self._notice(MADE_ID)
            given = f"call_{uuid4().hex}"
        elif given in self._ids:
            self._notice(SAME_ID)
            given = f"{given}_{len(self._ids)}"
        self._ids.add(given)
        return given


class _Begun:
    """A call whose fragments may still come."""

    __slots__ = ("given", "id", "name", "said")

    def __init__(self, call_id: str, given: str, name: str) -> None:
        self.id = call_id
        self.given = given
        """Its id in the server's first fragment."""
        self.name = name
        self.said: list[str] = []
        """Its arguments so far."""

    def ended_by(self, given: str, name: str) -> bool:
        """Tell whether a fragment under the same index begins another call."""
        if not name or (given and given == self.given):
            return False
        if not self.said:
            return bool(given or not self.given)
        return name != self.name or self._whole()

    def renamed(self, name: str) -> str:
        """Take the name in a further fragment: more of it, as long as there are no arguments, or else the same once more.

        Returns:
            The name so far, where it has grown; else nothing.
        """
        if name in ("", self.name) or self.said:
            return ""
        self.name += name
        return self.name

    def _whole(self) -> bool:
        """Tell whether the arguments are complete; is asked only where a server repeats the name."""
        if not self.said[-1].rstrip().endswith("}"):
            return False
        self.said = ["".join(self.said)]
        try:
            json.loads(self.said[0])
        except ValueError:
            return False
        return True
