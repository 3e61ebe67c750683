"""Tables with an entry for each call: in the code around a run, and in the tests that make every call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from boomerang.commands.invoke import CALLS as COMMANDS
from boomerang.invoker.invocations.request_types import CHUNK_TYPES, REQUEST_TYPES
from boomerang.invoker.records.metrics import MEASURES
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session
from boomerang.playground.connections.health_table import COLUMNS
from boomerang.playground.run.run_status import EMPTY
from boomerang.playground.shell.navigation import MENU
from boomerang.workbench.codegen.endings import AFTER
from boomerang.workbench.codegen.members import MEMBERS as CODE
from boomerang.workbench.connections.probe import CALLS as PROBES
from boomerang.workbench.runs.session_calls import MEMBERS
from boomerang.workbench.samples.sample_calls import ARGUMENTS
from tests import runs
from tests.invoker.answers import REQUESTS, answering, answers_to, request_of
from tests.invoker.backends.contract import subject
from tests.invoker.backends.embedded_subject import EmbeddedSubject
from tests.invoker.backends.test_contract_openai_compatible import ServerSubject
from tests.invoker.backends.test_contract_scripted import ScriptedSubject, answer
from tests.invoker.records.test_record_values import CHUNK_FIELDS, REQUEST_FIELDS
from tests.scripted import good_answer

Entry = Callable[[InvokeType], Any]
"""Returns a table's entry for a call; raises `KeyError` or `TypeError`, or returns `None`, if there is none."""

PAGES = [entry.invoke_type for entries in MENU.values() for entry in entries if entry.invoke_type is not None]
"""The calls that have a page: all but the multimodal ones."""


def member(invoke_type: InvokeType) -> str:
    """Return the member of `session.model` that makes a call with a page."""
    return MEMBERS.get(invoke_type, invoke_type.value)


def lengthy(kind: type[Any]) -> Entry:
    """Return the lengthy arguments of a subject, without its back end; unsupported calls need none."""
    bare: Any = object.__new__(kind)
    return lambda invoke_type: bare.unsupported.get(invoke_type) or bare.lengthy(invoke_type)


def arguments(invoke_type: InvokeType) -> Any:
    """Return the contract's arguments of a call."""
    return subject.arguments(ScriptedSubject(wrapped=False), invoke_type)


def method(invoke_type: InvokeType) -> Any:
    """Return the contract's method of a call."""
    return subject.method(Session(answering()[0]), invoke_type)


def scripted_answer(invoke_type: InvokeType) -> Any:
    """Return the answer of the contract's scripted back end."""
    config = {} if invoke_type is InvokeType.SYSTEM_SUMMARY else ScriptedSubject(wrapped=False).configs[invoke_type]
    return answer(request_of(invoke_type, **{name: config[name] for name in ("provider", "model") if name in config}), Run())


def playground_answer(invoke_type: InvokeType) -> Any:
    """Return the answer of the playground's scripted back end."""
    config = {} if invoke_type is InvokeType.SYSTEM_SUMMARY else {"model": "talker"}
    return good_answer(request_of(invoke_type, **config), Run())


EVERY_CALL: Mapping[str, Entry] = {
    "REQUEST_TYPES in invoker/invocations/request_types.py": REQUEST_TYPES.__getitem__,
    "CHUNK_TYPES in invoker/invocations/request_types.py": CHUNK_TYPES.__getitem__,
    "MEASURES in invoker/records/metrics.py": MEASURES.__getitem__,
    "REQUESTS in tests/invoker/answers.py": REQUESTS.__getitem__,
    "answers_to() in tests/invoker/answers.py": answers_to,
    "REQUEST_FIELDS in tests/invoker/records/test_record_values.py": REQUEST_FIELDS.__getitem__,
    "CHUNK_FIELDS in tests/invoker/records/test_record_values.py": lambda invoke_type: CHUNK_FIELDS[CHUNK_TYPES[invoke_type]],
    "arguments() in tests/invoker/backends/contract/subject.py": arguments,
    "method() in tests/invoker/backends/contract/subject.py": method,
    "answer() in test_contract_scripted.py": scripted_answer,
    "ScriptedSubject.lengthy in test_contract_scripted.py": lengthy(ScriptedSubject),
    "EmbeddedSubject.lengthy or .unsupported in embedded_subject.py": lengthy(EmbeddedSubject),
    "ServerSubject.lengthy or .unsupported in test_contract_openai_compatible.py": lengthy(ServerSubject),
}
"""Table → its entry for any call. The files of contracts and subjects are in `tests/invoker/backends/`."""
EVERY_PAGE: Mapping[str, Entry] = {
    "CALLS in commands/invoke.py": lambda invoke_type: COMMANDS[member(invoke_type)],
    "ARGUMENTS in workbench/samples/sample_calls.py": ARGUMENTS.__getitem__,
    "AFTER in workbench/codegen/endings.py": lambda invoke_type: AFTER[member(invoke_type)],
    "MEMBERS in workbench/codegen/members.py": lambda invoke_type: CODE[member(invoke_type)],
    "CALLS in workbench/connections/probe.py": lambda invoke_type: PROBES[member(invoke_type)],
    "COLUMNS in playground/connections/health_table.py": lambda invoke_type: COLUMNS[member(invoke_type)],
    "EMPTY in playground/run/run_status.py": EMPTY.__getitem__,
    "CALLS in tests/runs.py": lambda invoke_type: runs.CALLS[member(invoke_type)],
    "good_answer() in tests/scripted.py": playground_answer,
}
"""Table → its entry for a call that has a page."""


def has(entry: Entry, invoke_type: InvokeType) -> bool:
    """Return whether a table has an entry for a call."""
    try:
        return entry(invoke_type) is not None
    except (KeyError, TypeError):
        return False


@pytest.mark.parametrize("table", EVERY_CALL)
def test_a_table_has_every_call(table: str) -> None:
    missing = [invoke_type.value for invoke_type in InvokeType if not has(EVERY_CALL[table], invoke_type)]
    assert not missing, f"add to {table}: {', '.join(missing)}"


@pytest.mark.parametrize("table", EVERY_PAGE)
def test_a_table_has_every_call_with_a_page(table: str) -> None:
    missing = [invoke_type.value for invoke_type in PAGES if not has(EVERY_PAGE[table], invoke_type)]
    assert not missing, f"add to {table}: {', '.join(missing)}"


def test_a_missing_entry_is_noticed() -> None:
    assert not has({InvokeType.LLM: 1}.__getitem__, InvokeType.TTS) and not has(lambda _: None, InvokeType.TTS)
