"""Check JSON values against JSON schemas in a child process. Runs as a script; imports nothing from the project.

Why a process: the engine holds the GIL while it works, and a small schema can keep it busy for hours or make it allocate
memory until the system kills the process. Here each request has a time limit and the process a memory limit.

::

    each message: four bytes of length (big-endian), then the bytes
    stdin     {"schema": …}   or   {"schema": …, "value": …}              a request
    stdout    {"schema_fault": [path, words]}                             not a JSON schema
              {"unusable": words}                                         nothing can be checked against it
              {"too_deep": true}                                          nested too deeply for the engine
              {"undecided": true, "patterns": …}                          depends on a pattern that was left out
              {"fits": bool, "patterns": [[path, pattern], …]}            with the patterns that were left out
              {"departure": [path, expected, found]}                      a second message, if it does not fit
              {}                                                          the end

Each message is valid even if the process ends before the next one. The process ends with its stdin. The system ends it on
timeout (SIGALRM), out of memory (SIGABRT) or on stack overflow (SIGSEGV).
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

Path: TypeAlias = "list[str | int]"

MOST_PATTERNS = 20
"""Maximum patterns to leave out of a schema; with more, nothing is checked."""
LONGEST = 300
"""Maximum characters of a value to show."""
START_SECONDS = 60.0
"""Time limit for startup, on a busy machine."""
_INSTANCE = "\ue000"
"""Placeholder for the value in the engine's messages, which would otherwise contain all of it."""
_NOT_MONOTONE = frozenset({"not", "oneOf", "if", "maxContains"})
"""Keywords under which a more permissive subschema can make the whole schema stricter."""


class _Unusable(Exception):
    """The schema cannot be used for checking; says why."""


def limit(mebibytes: int) -> None:
    """Limit the memory of this process, if the system supports it."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (mebibytes << 20, mebibytes << 20))


def replies(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the messages that answer a request."""
    from jsonschema_rs import ReferencingError, ValidationError, ValidationErrorKind

    schema, patterns = request["schema"], list[tuple[Path, str]]()
    try:
        validator, schema, patterns = _compiled(schema)
        if "value" not in request:
            yield {"fits": True, "patterns": patterns}
            return
        value = request["value"]
        fits = validator.is_valid(value)
        if not fits and patterns and _is_not_monotone(schema):
            yield {"undecided": True, "patterns": patterns}
            return
        # Send this first, as it is quick: the engine computes the errors of all alternatives, which can be millions.
        yield {"fits": fits, "patterns": patterns}
        if not fits:
            try:
                validator.validate(value)
            except ValidationError as error:
                yield {"departure": _departure(error, schema, value)}
    except ValidationError as error:
        if isinstance(error.kind, ValidationErrorKind.Referencing):
            yield {"unusable": error.message[:LONGEST]}
        else:
            yield {"schema_fault": (error.instance_path, _sentence(error))}
    except (_Unusable, ReferencingError) as error:
        yield {"unusable": str(error)[:LONGEST]}
    except ValueError as error:
        # The engine has no exception type for this.
        yield {"too_deep": True} if "ecursion limit" in str(error) else {"unusable": str(error)[:LONGEST]}


def _compiled(schema: Any) -> tuple[Any, Any, list[tuple[Path, str]]]:
    """Compile a schema, without the patterns that the engine cannot parse.

    Returns:
        The validator, the schema that it checks, and the path and text of each pattern left out.
    """
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions, ValidationError, ValidationErrorKind, validator_for

    # Patterns that need no backtracking never backtrack; the others are limited by time.
    options = FancyRegexOptions(backtrack_limit=2**62)
    patterns: list[tuple[Path, str]] = []
    make: Any = validator_for
    while True:
        try:
            return make(schema, pattern_options=options, mask=_INSTANCE, offline=True), schema, patterns
        except ValidationError as error:
            if isinstance(error.kind, ValidationErrorKind.Referencing) and make is validator_for and "$schema" in schema:
                # Possibly an unknown dialect, which is treated as the newest; any other error will recur.
                make, schema = Draft202012Validator, {name: rule for name, rule in schema.items() if name != "$schema"}
                continue
            path = _unreadable(error, schema)
            if path is None:
                raise
        if len(patterns) == MOST_PATTERNS:
            raise _Unusable(f"more than {MOST_PATTERNS} patterns cannot be read") from None
        value = _at(schema, path)
        patterns.append((path, str(value if isinstance(value, str) else path[-1])[:LONGEST]))
        schema = _without(schema, path)


def _unreadable(error: ValidationError, schema: Any) -> Path | None:
    """Return the path of the pattern that made the engine reject a schema; `None` if the cause was something else."""
    if error.kind.as_dict() != {"format": "regex"}:
        return None
    path = list(error.instance_path)
    if path and path[-1] == "patternProperties" and isinstance(error.instance, str):  # drafts 6 and 7 name only the object
        path.append(error.instance)
    with suppress(LookupError, TypeError):
        _at(schema, path)
        return path
    return None


def _without(schema: Any, path: Path) -> Any:
    """Return a copy of a schema without one pattern, which thus matches everything."""
    head, *rest = path
    copy = schema.copy()
    if head == "patternProperties" and len(rest) == 1 and not isinstance(schema[head].get(rest[0]), str):
        kept = {pattern: value for pattern, value in schema[head].items() if pattern != rest[0]}
        copy[head] = {"": {}, **kept}  # so that `additionalProperties` does not reject properties that it may have matched
    elif rest:
        copy[head] = _without(schema[head], rest)
    else:
        del copy[head]
    return copy


def _is_not_monotone(schema: Any) -> bool:
    """Return whether removing a pattern may have made a schema stricter."""
    level = [schema]
    while level:
        if any(isinstance(item, dict) and item.keys() & _NOT_MONOTONE for item in level):
            return True
        insides = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [item for inside in insides for item in inside]
    return False


def _departure(error: ValidationError, schema: Any, value: Any) -> tuple[Path, str, str]:
    actual = short(_at(value, error.instance_path))
    keyword = error.schema_path[-1] if error.schema_path else ""
    try:
        expected = f"{keyword}: {short(_at(schema, error.schema_path))}" if keyword else "nothing"
    except (LookupError, TypeError):  # in another document, such as a draft's own
        expected = _sentence(error)
    return error.instance_path, expected, actual


def _sentence(error: ValidationError) -> str:
    return error.message[:LONGEST].replace(_INSTANCE, short(error.instance), 1)[:LONGEST]


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def short(value: Any) -> str:
    """Return a value as JSON, truncated to `LONGEST` characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def requests() -> Iterator[bytes]:
    """Yield requests until stdin ends."""
    while len(head := sys.stdin.buffer.read(4)) == 4:
        yield sys.stdin.buffer.read(int.from_bytes(head, "big"))


def send(reply: dict[str, Any]) -> None:
    """Write a message of a reply."""
    message = json.dumps(reply).encode()
    sys.stdout.buffer.write(len(message).to_bytes(4, "big") + message)
    sys.stdout.buffer.flush()


def main(folder: str, seconds: str, mebibytes: str) -> None:
    """Answer requests until stdin ends.

    Args:
        folder: Where the engine is installed.
        seconds: Time limit of a request.
        mebibytes: Memory limit of this process.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, START_SECONDS)
    limit(int(mebibytes))
    sys.path.append(folder)

    signal.setitimer(signal.ITIMER_REAL, 0)
    for request in requests():
        signal.setitimer(signal.ITIMER_REAL, float(seconds))
        try:
            for reply in replies(json.loads(request)):
                send(reply)
        except RecursionError:
            send({"too_deep": True})
        send({})
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
