"""Test pasted tools: OpenAI's lists, Python functions, and messages for anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.llm_text.json_schema import schema_fault
from boomerang.workbench.parsing import tools as tool_import
from boomerang.workbench.samples.inputs import TOOLS

WEATHER = {"name": "get_weather", "description": "Tells it.", "parameters": {"type": "object", "properties": {}}}
FUNCTIONS = '''
import os
os.abort()

async def plan(self, city: str, unit: Literal["C", "F"] = "C", *tags: str, days: list[int] | None = None, **more) -> str:
    """Plan a day
    in a city.

    Args:
        city: Name of the city.
        unit (str): Of the temperature.
    """
    os.abort()

def add(a: Annotated[float, "First number"], b: "int | float", when: datetime.date, by: Optional[dict[str, int]] = None): ...

def _hidden(): ...
'''


@pytest.mark.parametrize(
    "pasted",
    [
        [{"type": "function", "function": WEATHER}],
        [WEATHER],
        WEATHER,
        {"model": "m", "tools": [{"type": "function", "function": WEATHER}]},
        {"name": "get_weather", "description": "Tells it.", "input_schema": WEATHER["parameters"]},
    ],
)
def test_each_shape_of_a_tool_list_gives_the_tool(pasted: Any) -> None:
    assert tool_import.read(json.dumps(pasted)) == [WEATHER]


def test_functions_become_tools_and_are_not_executed() -> None:
    plan, add = tool_import.read(FUNCTIONS)
    assert (plan["name"], plan["description"]) == ("plan", "Plan a day in a city.")
    assert plan["parameters"]["required"] == ["city"]
    assert plan["parameters"]["properties"] == {
        "city": {"type": "string", "description": "Name of the city."},
        "unit": {"enum": ["C", "F"], "description": "Of the temperature.", "default": "C"},
        "days": {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]},
    }
    assert add["parameters"]["properties"]["a"] == {"type": "number", "description": "First number"}
    assert add["parameters"]["properties"]["b"] == {"type": ["integer", "number"]}
    assert add["parameters"]["properties"]["when"] == {"type": "string", "format": "date"}
    assert add["parameters"]["required"] == ["a", "b", "when"]


@pytest.mark.parametrize(
    "line", ["def f(a: int) -> str", "def f(a: int) -> str:", "f(a: int) -> str", "async def f(a: int): ..."]
)
def test_a_signature_alone_is_enough(line: str) -> None:
    [tool] = tool_import.read(line)
    assert tool["name"] == "f" and tool["parameters"]["properties"] == {"a": {"type": "integer"}}


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("  ", "paste something"),
        ("[]", "empty"),
        ('[{"type": "function"}]', "tool 1 has no name"),
        ('[{"name": "a", "parameters": 5}]', "not a JSON schema"),
        ('[{"name": "a"', "Line 1, column"),
        ("x = 1", "no function"),
        ("def f(a: int", "line 1"),
        ("def f(a: " + "list[" * 3000 + "]" * 3000 + "): ...", "."),
        ("def f(a: " + " | ".join(["int"] * 5000) + "): ...", "deep|depth|nested"),
        ("\x00", "."),
    ],
)
def test_what_holds_no_tools_is_refused_with_a_reason(text: str, phrase: str) -> None:
    with pytest.raises(tool_import.ToolFault, match=phrase):
        tool_import.read(text)


def test_what_was_exported_is_imported_again() -> None:
    exported = tool_import.read(tool_import.written(TOOLS))
    assert exported == [{name: tool[name] for name in ("name", "description", "parameters")} for tool in TOOLS]


@given(st.text(alphabet="def f(a:int|str=None,*)->[]{}\"'\n 1.e9", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        tools = tool_import.read(text)
    except tool_import.ToolFault:
        return
    assert all(schema_fault(tool["parameters"]) is None or text.strip()[0] in "[{" for tool in tools)
