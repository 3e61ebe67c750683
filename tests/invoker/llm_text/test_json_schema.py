"""JSON schemas: whether an object is one, and values checked against them, within limits."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.errors import RunStoppedError
from boomerang.invoker.events import Note
from boomerang.invoker.llm_text import json_schema
from boomerang.invoker.llm_text.json_schema import Checked, Fault, Outcome, UncheckedPattern, check, report, schema_fault
from boomerang.invoker.llm_text.schema_child import LONGEST, MOST_PATTERNS
from boomerang.invoker.run import Run
from tests.json_values import JSON_VALUES
from tests.loopback import Loopback, whole

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "temperature_c": {"type": "number"}, "sunny": {"type": "boolean"}},
    "required": ["city", "temperature_c", "sunny"],
}
GUEST = {"type": "object", "properties": {"name": {"type": "string"}, "role": {"enum": ["host", "guest"]}}}
PARTY = {"type": "object", "properties": {"people": {"type": "array", "items": GUEST}}}
DRAFTS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
}
UNREADABLE = r"^[\w-.]+$"


def doubling(levels: int = 40) -> dict[str, Any]:
    """Make a schema whose definitions each refer twice to the next: 2 to the power of `levels` steps for any engine."""
    twice = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**twice, f"d{levels}": {"type": "object"}}}


def nested(levels: int, make: Callable[[Any], Any], inner: Any) -> Any:
    return reduce(lambda value, _: make(value), range(levels), inner)


def reason(checked: Checked) -> str:
    assert checked.outcome is Outcome.NOT_CHECKED and checked.fault is None and checked.reason is not None
    return checked.reason.id


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither answers nor processes from before."""
    monkeypatch.setattr(json_schema, "_memory", json_schema._Memory())
    monkeypatch.setattr(json_schema, "_children", json_schema._Children())


def test_what_fits_has_no_fault() -> None:
    assert schema_fault(WEATHER) is None and schema_fault(PARTY) is None
    checked = check({"city": "Lisbon", "temperature_c": 24, "sunny": True}, WEATHER)
    assert checked == Checked() and checked.outcome is Outcome.FITS


def test_the_first_departure_says_where_what_was_expected_and_what_was_found() -> None:
    checked = check({"people": [{"name": "Ada", "role": "host"}, {"name": "Bob", "role": "cook"}]}, PARTY)
    assert checked == Checked(Fault("$.people[1].role", 'enum: ["host", "guest"]', '"cook"'))
    assert checked.outcome is Outcome.DEPARTS
    assert str(checked.fault) == '$.people[1].role: expected enum: ["host", "guest"], found "cook"'
    missing = check({"city": "Lisbon", "sunny": True}, WEATHER).fault
    assert missing and missing.path == "$" and missing.expected.startswith("required: ") and "temperature_c" in missing.expected


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ({"z": 1}, {"additionalProperties": False}, "additionalProperties: false"),
        ([1], {"items": False}, "items: false"),
        ("s", {"$ref": "#/$defs/x", "$defs": {"x": {"type": "integer"}}}, 'type: "integer"'),
        ({"a/b~c": "s"}, {"properties": {"a/b~c": {"type": "integer"}}}, 'type: "integer"'),
        ({"type": 7}, {"$ref": DRAFTS["2020-12"]}, "7 is not valid"),
        ("aa", {"maxLength": 1}, "maxLength: 1"),
    ],
)
def test_what_was_expected_is_a_keyword_with_its_value(value: Any, schema: dict[str, Any], expected: str) -> None:
    fault = check(value, schema).fault
    assert fault and fault.expected.startswith(expected)


def test_long_values_are_cut() -> None:
    fault = check({"k": "x" * 10_000}, {"additionalProperties": {"enum": ["y" * 10_000]}}).fault
    assert fault and len(fault.found) <= LONGEST and len(fault.expected) <= LONGEST + 20
    unusable = check(1, {"$ref": "#/" + "x" * 10_000}).reason
    assert unusable and len(str(unusable)) <= LONGEST + 100


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "objekt"}, "$.type"),
        ({"properties": {"a": {"type": 5}}}, "$.properties.a.type"),
        ({"$schema": {}}, "$.$schema"),
        ({"$id": 5}, "$.$id"),
        ({"pattern": 5}, "$.pattern"),
        ({"required": "city"}, "$.required"),
        ({"allOf": [{"type": "x"}]}, "$.allOf[0].type"),
        ({"pattern": "(", "minItems": -1}, "$.minItems"),
    ],
)
def test_what_is_no_schema_is_named_with_its_place(schema: dict[str, Any], path: str) -> None:
    assert str(schema_fault(schema)).startswith(f"{path}: ")
    checked = check({}, schema)  # a record may have one that a back end accepted
    assert reason(checked) == "schemas.no_schema" and path in str(checked.reason)


@pytest.mark.parametrize(
    "address", ["http://{}/schema.json", "http://{}/s#/$defs/a", "other.json", "file:///etc/hostname", "#/no", "#no"]
)
@pytest.mark.parametrize("keyword", ["$ref", "$schema", "$dynamicRef"])
def test_a_reference_to_somewhere_else_is_never_fetched(address: str, keyword: str) -> None:
    with Loopback(lambda asked, wire: wire.send(whole({}))) as server:
        place = server.address.removeprefix("http://")
        schema = {"$id": f"{server.address}/root.json", "properties": {"a": {keyword: address.format(place)}}}
        assert schema_fault(schema) is None
        check({"a": 1}, schema)
        check({"a": 1}, {keyword: address.format(place)})
    assert server.connections == []


@pytest.mark.parametrize(
    "address", ["http://192.0.2.1/s", "https://example.com/s", "file:///etc/hostname", "#/no", "#no", "other.json"]
)
def test_a_reference_that_leads_nowhere_leaves_the_value_unchecked(address: str) -> None:
    assert schema_fault({"$ref": address}) is None
    assert reason(check({"a": 1}, {"$ref": address})) == "schemas.unusable"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"$dynamicAnchor": "node", "$dynamicRef": "#node"},
    ],
)
def test_a_schema_that_refers_to_itself_ends(schema: dict[str, Any]) -> None:
    assert schema_fault(schema) is None
    assert check({"a": 1}, schema).outcome is Outcome.FITS


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_draft_is_known(draft: str) -> None:
    schema = {"$schema": DRAFTS[draft], "properties": {"a": {"type": "integer"}}}
    assert schema_fault(schema) is None
    assert check({"a": 1}, schema).outcome is Outcome.FITS
    assert check({"a": 1.0}, schema).outcome is (Outcome.DEPARTS if draft == "4" else Outcome.FITS)
    assert check({"a": "x"}, schema).fault == Fault("$.a", 'type: "integer"', '"x"')
    assert check({"type": "object"}, {"$schema": DRAFTS[draft], "$ref": DRAFTS[draft]}).outcome is Outcome.FITS


@pytest.mark.parametrize("name", ["https://example.com/mine", "", "draft-07", "http://[", "mailto:x"])
def test_an_unknown_dialect_counts_as_the_newest(name: str) -> None:
    assert schema_fault({"$schema": name, "type": "object"}) is None
    assert check([], {"$schema": name, "type": "object"}).fault == Fault("$", 'type: "object"', "[]")
    assert check(["x"], {"$schema": name, "prefixItems": [{"type": "null"}]}).outcome is Outcome.DEPARTS


# Decimals


@pytest.mark.parametrize(
    ("value", "step", "fits"), [("19.99", "0.01", True), ("0.3", "0.1", True), ("4.35", "0.01", True), ("0.35", "0.1", False)]
)
def test_decimals_are_multiples_as_they_are_written(value: str, step: str, fits: bool) -> None:
    checked = check(json.loads(value), {"multipleOf": json.loads(step)})
    assert checked.outcome is (Outcome.FITS if fits else Outcome.DEPARTS)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**4), st.integers(0, 4))
def test_multiples_follow_decimal_arithmetic(count: int, step: int, places: int) -> None:
    number, divisor = Decimal(count).scaleb(-places), Decimal(step).scaleb(-places)
    checked = check(float(number), {"multipleOf": float(divisor)})
    assert (checked.outcome is Outcome.FITS) == (number % divisor == 0)


# Patterns


@pytest.mark.parametrize(
    ("pattern", "fitting", "departing"),
    [
        (r"^(a+)+$", "a" * 40, "a" * 40 + "!"),
        (r"(a|a)*b", "a" * 10_000 + "b", "a" * 10_000),
        (r"(x+x+)+y", "x" * 10_000 + "y", "x" * 10_000),
        (r"^\p{L}+$", "äöß", "a1"),
        (r"^\p{Script=Greek}$", "α", "a"),
        (r"(?<y>\d{4})", "2020", "20"),
        (r"^\u{1F600}$", "😀", "x"),
        (r"^\d$", "3", "٣"),
        (r"^\w$", "e", "é"),
        (r"^(?=.*\d)[a-z\d]+$", "a1", "ab"),
        (r"^(?!foo)", "bar", "foo"),
        (r"(?<=a)b", "ab", "cb"),
        (r"^(a)\1$", "aa", "ab"),
        (r"^\S+@\S+$", "a@b", "a"),
        (r"^a$", "a", "a\n"),
    ],
)
def test_patterns_are_those_of_ecma_262(pattern: str, fitting: str, departing: str) -> None:
    for schema, made in (({"pattern": pattern}, str), ({"propertyNames": {"pattern": pattern}}, lambda text: {text: 1})):
        assert schema_fault(schema) is None
        assert check(made(fitting), schema) == Checked()
        assert check(made(departing), schema).outcome is Outcome.DEPARTS
    named = {"patternProperties": {pattern: {"type": "integer"}}}
    assert check({departing: "x"}, named) == Checked()
    assert check({fitting: "x"}, named).outcome is Outcome.DEPARTS


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize("pattern", [UNREADABLE, "(", "(a{1000}){1000}", r"(?<y>a)\k<y>", r"\ud83d\ude00", "(?#c)a", "a{,3}{"])
def test_a_pattern_that_cannot_be_read_refuses_nothing_and_is_named(draft: str, pattern: str) -> None:
    schema = {"$schema": DRAFTS[draft], "properties": {"a": {"pattern": pattern}, "b": {"type": "integer"}}}
    left_out = (UncheckedPattern("$.properties.a.pattern", pattern),)
    assert schema_fault(schema) is None
    assert check({"a": "x", "b": 1}, schema) == Checked(patterns=left_out)
    assert check({"a": "x", "b": "y"}, schema) == Checked(Fault("$.b", 'type: "integer"', '"y"'), patterns=left_out)


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_key_of_pattern_properties_that_cannot_be_read_is_left_out(draft: str) -> None:
    schema = {
        "$schema": DRAFTS[draft],
        "patternProperties": {UNREADABLE: {"type": "integer"}, "^x": {"type": "null"}},
        "additionalProperties": False,
    }
    left_out = (UncheckedPattern(f"$.patternProperties.{UNREADABLE}", UNREADABLE),)
    assert schema_fault(schema) is None
    assert check({"a": "may be named by it"}, schema) == Checked(patterns=left_out)
    assert check({"x": 1}, schema).fault == Fault("$.x", 'type: "null"', "1")


def test_properties_with_the_names_of_keywords_are_properties() -> None:
    inner = {"patternProperties": {"pattern": UNREADABLE}, "pattern": {"patternProperties": {UNREADABLE: True}}}
    paths = {left_out.path for left_out in check({}, {"properties": inner}).patterns}
    assert paths == {"$.properties.patternProperties.pattern", f"$.properties.pattern.patternProperties.{UNREADABLE}"}


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"pattern": UNREADABLE}},
        {"oneOf": [{"pattern": UNREADABLE}, {"type": "string"}]},
        {"if": {"pattern": UNREADABLE}, "then": {"type": "null"}},
    ],
)
def test_where_a_pattern_decides_a_departure_nothing_is_claimed(schema: dict[str, Any]) -> None:
    checked = check("a", schema)
    assert reason(checked) == "schemas.undecided"
    assert [left_out.pattern for left_out in checked.patterns] == [UNREADABLE]


def test_very_many_patterns_that_cannot_be_read_leave_the_value_unchecked() -> None:
    schema = {"allOf": [{"pattern": f"{UNREADABLE}{n}"} for n in range(2_000)]}
    assert schema_fault(schema) is None
    assert reason(check("a", schema)) == "schemas.unusable"
    assert len(check("a", {"allOf": schema["allOf"][:MOST_PATTERNS]}).patterns) == MOST_PATTERNS


# Limits


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ([{"a": n, "b": [n]} for n in range(4_000)], {"uniqueItems": True}),
        ([{"k1": 1}] * 6_000, {"items": {"oneOf": [{"type": "object", "required": [f"k{n}"]} for n in range(300)]}}),
        ({f"k{n}": 1 for n in range(1_000)}, {"patternProperties": {f"^(a+)+${n}": {"type": "null"} for n in range(1_000)}}),
        ({f"k{n}": 1 for n in range(1_000)}, nested(60, lambda inner: {"allOf": [inner], "unevaluatedProperties": True}, {})),
        ([1] * 99_999, {"contains": {"const": 1}, "minContains": 99_999}),
        ("a" * 100, {"allOf": [{"pattern": f"^(a|b{n})*$"} for n in range(5_000)]}),
        (nested(200, lambda inner: [inner], 1), {"$ref": "#/$defs/d", "$defs": {"d": {"items": {"$ref": "#/$defs/d"}}}}),
    ],
)
def test_large_cases_are_checked(value: Any, schema: dict[str, Any]) -> None:
    assert schema_fault(schema) is None
    assert check(value, schema) == Checked()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (["x"] * 6_000, {"anyOf": [{"items": {"const": n}} for n in range(300)]}),
        (
            nested(30, lambda inner: [inner], 1),
            {"$ref": "#/$defs/t", "$defs": {"t": {"anyOf": [{"items": {"$ref": "#/$defs/t"}, "type": "array"}] * 2}}},
        ),
    ],
)
def test_a_departure_counts_even_where_its_place_takes_too_long_to_find(
    value: Any, schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_schema, "SECONDS", 0.5)
    fault = check(value, schema).fault
    assert fault and fault.path == "$" and fault.found.startswith("[")


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({}, doubling()),
        ("a" * 1_000_000, {"pattern": "(a{1000}){100}$"}),
        ([{"a": 19_999}] * 60_000, {"items": {"enum": [{"a": n} for n in range(20_000)]}}),
    ],
)
def test_what_takes_too_long_is_not_checked(value: Any, schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "SECONDS", 0.5)
    assert schema_fault(schema) is None
    assert reason(check(value, schema)) == "schemas.too_long"
    assert check({}, {"type": "object"}) == Checked(), "the next check has a process again"


@pytest.mark.usefixtures("fresh")
def test_what_needs_too_much_memory_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "MEBIBYTES", 64)
    monkeypatch.setattr(json_schema, "SECONDS", 60)
    assert reason(check([{}] * 1_000_000, {"uniqueItems": True})) == "schemas.too_much_memory"
    assert check({}, {"type": "object"}) == Checked()


def test_what_is_too_large_is_not_sent_to_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "LARGEST", 1_000)
    assert reason(check("x" * 1_000, {})) == "schemas.too_large"
    assert schema_fault({"description": "x" * 1_000}) is None


@pytest.mark.parametrize("levels", [2_000, 10_000, 100_000])
def test_what_is_nested_too_deeply_is_not_checked(levels: int) -> None:
    schema = nested(levels, lambda inner: {"not": inner}, {})
    assert str(schema_fault(schema)) == "$: nested too deeply"
    assert reason(check({}, schema)) == "schemas.too_deep"
    assert check(nested(levels, lambda inner: [inner], 1), {"items": {"$ref": "#"}}).outcome is not Outcome.DEPARTS


def test_half_characters_and_numbers_that_are_none_are_checked() -> None:
    assert check("\ud800", {"maxLength": 1}) == Checked()
    assert check({"\udc00": "\ud800"}, {"properties": {"a": {"const": "\ud800"}}}) == Checked()
    assert check(float("nan"), {"type": "number"}).fault == Fault("$", 'type: "number"', "NaN")
    assert check(10**400, {"type": "integer"}) == Checked()


@pytest.mark.usefixtures("fresh")
def test_stop_ends_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "SECONDS", 600.0)
    asked: SimpleQueue[None] = SimpleQueue()
    ask = json_schema._Child.ask
    monkeypatch.setattr(json_schema._Child, "ask", lambda child, request: (asked.put(None), ask(child, request))[1])
    run = Run()
    stopper = threading.Thread(target=lambda: (asked.get(), run.stop()))
    stopper.start()
    with pytest.raises(RunStoppedError):
        check({}, doubling(), run)
    stopper.join()


@pytest.mark.usefixtures("fresh")
def test_stop_ends_the_wait_for_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(json_schema, "WAIT_SECONDS", 600.0)
    run = Run()
    stopper = threading.Thread(target=run.stop)
    stopper.start()
    with pytest.raises(RunStoppedError):
        check({}, {}, run)
    stopper.join()


@pytest.mark.usefixtures("fresh")
def test_a_check_that_gets_no_turn_or_no_process_is_none_and_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(json_schema, "MOST_AT_ONCE", 0)
        patched.setattr(json_schema, "WAIT_SECONDS", 0.0)
        assert reason(check({}, {"type": "object"})) == "schemas.busy"
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/nowhere/python")
        assert reason(check({}, {"type": "object"})) == "schemas.no_process"
    assert check({}, {"type": "object"}) == Checked()


@pytest.mark.usefixtures("fresh")
def test_checks_at_the_same_time_have_a_process_each() -> None:
    found: SimpleQueue[Checked] = SimpleQueue()
    threads = [threading.Thread(target=lambda n=n: found.put(check(n, {"const": n}))) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found.get() for _ in threads] == [Checked()] * 12


@pytest.mark.usefixtures("fresh")
def test_a_process_that_has_ended_is_replaced() -> None:
    assert check(1, {}) == Checked()
    [child] = json_schema._children._idle
    child.kill()
    child._process.wait()
    assert check(2, {}) == Checked()


def test_the_process_ends_with_its_parent_even_in_the_middle_of_a_check(tmp_path: Path) -> None:
    """What a killed app leaves behind ends by its own clock."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import threading, time, json, sys\n"
        "from boomerang.invoker.llm_text import json_schema\n"
        f"schema = json.loads({json.dumps(json.dumps(doubling()))})\n"
        "json_schema.check({}, {})\n"
        "print(json_schema._children._idle[0]._process.pid, flush=True)\n"
        "json_schema.check({}, schema)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(json_schema.__file__).parents[3])}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    try:
        assert select.select([child], [], [], 30)[0], "the child has not ended"
    finally:
        os.close(child)


def test_what_was_found_becomes_notices() -> None:
    notes: list[Note] = []
    run = Run(notes.append)
    fault, left_out = Fault("$.a", "type: 1", "2"), UncheckedPattern("$.pattern", "(")
    report(Checked(), run)
    assert notes == []
    report(Checked(fault, patterns=(left_out,)), run)
    report(check({}, {"$ref": "#/no"}), run)
    assert [note.message.id for note in notes if note.message] == [
        "schemas.departs",
        "schemas.pattern_not_checked",
        "schemas.not_checked",
    ]
    assert "(" in notes[1].text and "$.pattern" in notes[1].text


@given(
    st.dictionaries(
        st.sampled_from(["type", "properties", "items", "$ref", "enum", "$schema", "required", "pattern", "x"]), JSON_VALUES
    ),
    JSON_VALUES,
)
def test_no_schema_and_no_value_make_it_raise(schema: dict[str, Any], value: Any) -> None:
    wrong = schema_fault(schema)
    assert wrong is None or str(wrong)
    checked = check(value, schema)
    assert wrong is None or checked.outcome is Outcome.NOT_CHECKED
    assert str(checked.reason or checked.fault or "fits")


@given(st.text(), JSON_VALUES)
def test_no_pattern_refuses_a_schema(pattern: str, value: Any) -> None:
    for schema in (
        {"pattern": pattern},
        {"patternProperties": {pattern: {"type": "null"}}},
        {"propertyNames": {"pattern": pattern}},
    ):
        assert schema_fault(schema) is None
        assert check(value, schema).outcome in Outcome
