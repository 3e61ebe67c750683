"""Tests for messages: every id has a template, every template is used, and the values match its placeholders."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from string import Formatter
from typing import Any

import pytest

from boomerang.invoker import errors
from boomerang.invoker.errors import ConfigError, InvokeBadRequestError
from boomerang.invoker.events import Notice
from boomerang.invoker.messages import areas
from boomerang.invoker.messages.message import TEMPLATES, Message, translated
from boomerang.invoker.records.error_values import dump_error
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.record_values import dump
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from boomerang.workbench.diagnosis.error_text import error_text
from boomerang.workbench.i18n import translate
from tests.invoker.answers import request_of

SRC = Path(__file__).parents[3] / "src"
REPORTING = {
    *(name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)),
    "ProcessGoneError",
    "Fault",
    "Problem",
    "Notice",
    "refused",
    "unusable",
    "_refusal",
    "_broken",
}
"""Callables that create an error or report something to users."""
PLAIN = {
    "boomerang/invoker/llm_text/json_schema.py": "its Fault is a value of schemas.departs, in the words of JSON Schema",
}
"""Files that may create one from an English sentence, and why."""
MAKING = {"Message", "notice", "_notice"}
"""Callables of the library that take an id first; elsewhere only `Message` does."""


@pytest.fixture
def template(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the id of a template of our own, so that the tests don't depend on the product's texts."""
    monkeypatch.setitem(TEMPLATES, "test.limit", "More than {count:,} chunks from {server}.")  # type: ignore[arg-type]
    return "test.limit"


def _is_making(node: ast.Call, making: set[str]) -> bool:
    if getattr(node.func, "id", getattr(node.func, "attr", "")) not in making or not node.args:
        return False
    first = node.args[0]
    return not isinstance(first, ast.Call) and not (isinstance(first, ast.Name) and first.id == "id")  # not what passes one on


def made() -> Iterator[tuple[str, ast.expr, frozenset[str]]]:
    """Yield every place that creates a message: location, id, and names of the values."""
    for path in sorted(SRC.rglob("*.py")):
        making = MAKING if path.is_relative_to(SRC / "boomerang" / "invoker") else {"Message"}
        if path == SRC / "boomerang" / "invoker" / "messages" / "message.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _is_making(node, making):
                names = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
                yield f"{path.relative_to(SRC)}:{node.lineno}", node.args[0], names


def ids(node: ast.expr) -> list[str]:
    """Return the ids in an expression: a literal, or one of two."""
    match node:
        case ast.Constant(value=str() as text):
            return [text]
        case ast.IfExp(body=body, orelse=orelse):
            return [*ids(body), *ids(orelse)]
    return []


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_message_has_a_template_with_the_same_placeholders() -> None:
    for place, node, names in made():
        assert ids(node), f"{place}: the id must be a literal"
        for result in ids(node):
            assert result in TEMPLATES, f"{place}: {result} has no template"
            assert placeholders(TEMPLATES[result]) == names, f"{place}: {result}"


def sentences(node: ast.AST, function: ast.AST) -> Iterator[str]:
    """Yield the English sentences in an expression and in assignments to its names; messages contain none."""
    match node:
        case ast.Call(func=ast.Name(id="Message") | ast.Attribute(attr="join" | "get")):
            return
        case ast.Constant(value=str() as text) if re.search(r"[a-z]{2,} [a-z]", text):
            yield text
        case ast.Name(id=name):
            for other in ast.walk(function):
                if isinstance(other, ast.Assign) and any(isinstance(n, ast.Name) and n.id == name for n in other.targets):
                    yield from sentences(other.value, ast.Module([], []))
        case _:
            for child in ast.iter_child_nodes(node):
                yield from sentences(child, function)


def test_no_error_and_no_notice_is_made_from_an_english_sentence() -> None:
    """Messages of a server or the system are in variables."""
    result = set()
    for path in sorted(path for layer in ("invoker", "workbench") for path in (SRC / "boomerang" / layer).rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for function in functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in REPORTING:
                    hints = [keyword.value for keyword in node.keywords if keyword.arg == "hint"]
                    for text in (text for part in (*node.args, *hints) for text in sentences(part, function)):
                        result.add((str(path.relative_to(SRC)), text))
    english = sorted(f"{file}: {text!r}" for file, text in result if file not in PLAIN)
    next_step = "use Message(id, ...) instead, with a template of that id in invoker/messages/areas/<area>.py:"
    assert not english, "\n".join([next_step, *english])
    assert PLAIN.keys() <= {place for place, _text in result}, "an exception that is not needed"


def test_a_sentence_is_found_in_an_argument_a_hint_and_a_variable() -> None:
    source = """
def broken(words):
    text = f"it went wrong: {words}"
    raise InvokeError(text if words else "it went", hint="try once more")
"""
    [function] = ast.parse(source).body
    [call] = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    parts = [*call.args, *(keyword.value for keyword in call.keywords)]
    assert [text for part in parts for text in sentences(part, function)] == ["it went wrong: ", "it went", "try once more"]


def test_every_template_is_used() -> None:
    used = {result for _, node, _ in made() for result in ids(node)}
    assert sorted(set(TEMPLATES) - used) == []


def test_no_id_is_in_two_areas() -> None:
    modules = [import_module(f"{areas.__name__}.{module.name}") for module in iter_modules(areas.__path__)]
    ids = Counter(id for module in modules for id in module.TEMPLATES)
    assert [id for id, count in ids.items() if count > 1] == []
    missing = sorted(set(ids) - set(TEMPLATES))
    assert not missing, f"register the area of these ids in invoker/messages/message.py: {missing}"


def test_a_message_renders_in_english_and_in_any_language(template: str) -> None:
    message = Message(template, count=100000, server="a {server}")
    assert str(message) == "More than 100,000 chunks from a {server}."
    assert message.render({TEMPLATES[template]: "{server}: {count}"}.__getitem__) == "a {server}: 100000"
    assert translated("a server's own words", str.upper) == "a server's own words"


def test_a_value_may_be_a_message(template: str) -> None:
    message = Message(template, count=1, server=Message(template, count=2, server="x"))
    assert str(message) == "More than 1 chunks from More than 2 chunks from x.."
    assert message.dump()["values"]["server"] == {"id": template, "values": {"count": 2, "server": "x"}}
    assert message.masked(lambda text: text.replace("x", "•••")).values["server"] == Message(template, count=2, server="•••")


def test_an_error_keeps_its_message_and_hint_and_masks_them(template: str) -> None:
    message = Message(template, count=1, server="sk-1234")
    error = InvokeBadRequestError(message, hint=message)
    assert str(error) == str(message) and error.message == message
    error.masked(lambda text: text.replace("sk-1234", "•••"))
    assert str(error) == str(error.hint) == "More than 1 chunks from •••."
    assert dump_error(error)["message"] == {"id": template, "values": {"count": 1, "server": "•••"}}
    assert dump_error(error)["hint"] == "More than 1 chunks from •••."
    assert "message" not in dump_error(InvokeBadRequestError("in the server's words"))


def test_a_wrong_setting_is_named_before_its_message(template: str) -> None:
    error = ConfigError(Message(template, count=1, server="x"), field="headers")
    assert str(error) == "headers: More than 1 chunks from x."
    assert dump_error(error)["message"]["id"] == template


def test_a_notice_reaches_the_record_as_id_and_values(template: str) -> None:
    record: Record[Any] = Record(request_of(InvokeType.LLM), "scripted")
    Run(record.events.append).notice(template, count=3, server="x")
    assert record.notices() == [Message(template, count=3, server="x")]
    (note,) = dump(record)["events"]
    assert (note["kind"], note["text"]) == ("notice", "More than 3 chunks from x.")
    assert note["message"] == {"id": template, "values": {"count": 3, "server": "x"}}
    assert Notice("words").message == "words"


def test_a_page_shows_messages_in_the_visitors_language(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boomerang.workbench.diagnosis.error_text._", lambda text: f"zh {text}")
    translate.use("zh_Hans")
    try:
        message = Message(template, count=1, server="x")
        assert translated(message, lambda text: f"zh {text}") == "zh More than 1 chunks from x."
        assert error_text(InvokeBadRequestError(message)) == "zh More than 1 chunks from x."
        assert error_text(ConfigError(message, field="headers")) == "headers: zh More than 1 chunks from x."
    finally:
        translate.use("en")
