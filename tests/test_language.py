"""The glossary: words that names and texts of the UI do without, and what to say instead.

Identifiers that are defined here are checked, and names of files and folders. Not checked are prose, the text of a server, and
names from elsewhere. Participles such as `marked` are no whole name, but a part of one (`marked_rows`) may be clear.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = ("src", "pages", "app.py", "tests", "benchmarks", "scripts")

WORDS: Mapping[str, str] = {
    "told": "reported, stated, listed",
    "tell": "report, return, translate",
    "tells": "reports, returns",
    "telling": "reporting",
    "held": "kept, compared, page_state",
    "heard": "received, transcribed",
    "hears": "receives, expects",
    "whoever": "any caller",
    "nobody": "no server, no caller, unknown",
    "somebody": "another",
    "dear": "expensive",
    "anew": "again",
    "mend": "fix",
    "mends": "fixes",
    "mended": "repaired",
    "stand": "are",
    "stands": "is",
    "lacking": "missing",
    "lacks": "misses",
    "vain": "unusable",
    "afterwards": "then",
    "firsts": "sample_calls, starts",
    "marked": "highlighted",
    "leaving": "exiting, session_cleanup",
    "moderated": "moderation_details",
    "trial": "probe_request, attempt",
    "trials": "experiments, requests",
    "damage": "degradation, gap",
    "damages": "degradations",
    "variant": "perturbation",
    "variants": "perturbations",
    "snippets": "codegen",
    "wire": "http, connection, channel",
    "judge": "reranker, policy, score",
    "judging": "reranking",
    "judged": "scored, compared, checked",
    "patience": "timer, wait_seconds",
    "dialled": "connected",
    "setup": "connections",
}
"""Part of a name → what to say instead."""

WHOLE: Mapping[str, str] = {
    "found": "match, result, matches",
    "given": "values, settings, arguments",
    "asked": "request, requests",
    "words": "text, template, message",
    "said": "content, message",
    "noted": "events",
    "lost": "missing",
    "turn": "lock, step",
    "Found": "JsonInText, TextFacts",
    "Given": "ServedBody",
    "Asked": "ReceivedRequest",
    "Words": "Texts",
    "Said": "MessageFields, Feedback",
    "Patience": "KillTimer",
    "Turn": "FairLock",
    "Emit": "WorkerChannel",
    "not_carried": "unsupported_fields",
}
"""Whole name → what to say instead; participles and pronouns that do not say what a thing is."""

ALLOWED: Mapping[str, str] = {
    "WORDS": "the table of this test",
}
"""Name → why it is allowed."""

PHRASES: tuple[str, ...] = (
    "Above stands what Run is waiting for",
    "No numbers yet. Here will be where the time went",
    "What had arrived is kept",
    "Waiting for another run",
    "Where the time went",
    "The same numbers as a table",
    "Asking the back end",
    "Reading the input",
    "First to last piece",
    "To the end",
    "How many the back end yielded",
    "Largest gap",
    "As it went over the wire",
    "Dialled",
    "To the headers",
    "From there to the end",
    "Layers of the call",
    "How the stream grew",
    "Write it by hand",
    "Ticked ones are sent",
    "Run up to this message",
    "Offer tools to the model",
    "Answer calls with their mock results",
    "The same input to so many models",
    "Several calls on what stands in the form",
    "Play by itself",
    "What was really said",
    "What this call cannot carry",
    "One file for every player",
    "Sniffed type",
    "Score scale, guessed from the scores",
    "Went well",
    "Try a threshold",
    "This part of the text decided",
    "Three ways to an object",
    "Streamed or not",
    "One call or many",
    "a text spoken; it plays while it is made",
    "a text in short",
    "documents in the order in which they answer a query",
    "is a text sensitive?",
    "Where the key is",
    "typed here",
    "Up to and with /v1",
    "this session only / saved",
    "for everybody",
    "Test as it stands",
    "Put its models into the table",
    "Nobody listens at",
    "A clock ran out",
    "Seen before:",
    "Details, to copy",
    "not to be believed",
)
"""What the UI said before; the table of the glossary says what it says now."""


def defined(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield each name that is defined in a tree, and its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno
            case ast.alias(asname=str() as name):
                yield name, node.lineno
            case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                yield name, node.lineno


def parts(name: str) -> list[str]:
    """Split a name at underscores and capitals."""
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


def complaint(name: str) -> str | None:
    """Return what to say instead of a name; `None` if it is fine."""
    if name in ALLOWED:
        return None
    if instead := WHOLE.get(name.lstrip("_").lower() if name.isupper() else name.lstrip("_")):
        return instead
    return next((WORDS[part] for part in parts(name) if part in WORDS), None)


def complaints(source: str) -> list[str]:
    """Return the complaints about a source text."""
    checked = ((name, line, complaint(name)) for name, line in defined(ast.parse(source)))
    return [f"line {line}: {name} (better: {instead})" for name, line, instead in checked if instead is not None]


def sources() -> Iterator[Path]:
    for place in PLACES:
        path = ROOT / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def ui_texts(source: str) -> Iterator[str]:
    """Yield the texts that a module gives to the translation."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "N_", "ngettext"}:
            yield from (item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str))


def old_phrases(text: str) -> list[str]:
    return [phrase for phrase in PHRASES if re.search(rf"(?<!\w){re.escape(phrase)}", text)]


@pytest.mark.parametrize("word", [*WORDS, *WHOLE])
def test_each_word_is_refused_in_a_name(word: str) -> None:
    assert complaints(f"def {word}(): pass")
    assert complaints(f"def fine(*, {word}): pass")
    assert complaints(f"class A:\n    {word}: int = 0")
    assert complaints(f"self.{word} = 1")
    assert complaints(f"import module as {word}")


@pytest.mark.parametrize("word", WORDS)
def test_each_word_is_refused_as_a_part_of_a_name(word: str) -> None:
    assert complaints(f"first_{word} = 1") and complaints(f"class My{word.capitalize()}: pass")


def test_names_from_elsewhere_and_prose_are_not_checked() -> None:
    assert complaints('from hypothesis import given\n"""Nobody told."""\nx = message.told(words=1)') == []


@pytest.mark.parametrize("phrase", PHRASES)
def test_each_old_phrase_is_refused_in_the_ui(phrase: str) -> None:
    assert [old for text in ui_texts(f"st.caption(_({phrase!r}))") for old in old_phrases(text)]


def test_names_use_the_glossary() -> None:
    refused = [f"{path.relative_to(ROOT)}, {text}" for path in sources() for text in complaints(path.read_text("utf-8"))]
    assert not refused, "\n".join(
        ["rename these; or add a name to ALLOWED in tests/test_language.py, with the reason:", *refused]
    )


def test_names_of_files_and_folders_use_the_glossary() -> None:
    names = {name for path in sources() for name in path.relative_to(ROOT).with_suffix("").parts}
    refused = [f"{name} (better: {instead})" for name in sorted(names) if (instead := complaint(name)) is not None]
    assert not refused, "\n".join(["rename these files or folders:", *refused])


def test_the_ui_uses_the_glossary() -> None:
    texts = [(path, text) for path in sources() if "tests" not in path.parts for text in ui_texts(path.read_text("utf-8"))]
    assert [(path.name, text) for path, text in texts if old_phrases(text)] == []


def test_exceptions_are_needed() -> None:
    names = {name for path in sources() for name, _ in defined(ast.parse(path.read_text("utf-8")))}
    assert [name for name in ALLOWED if name not in names] == []
