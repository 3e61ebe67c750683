"""What the library says, in the visitor's language: complete for what a visitor can do wrong, and nothing that nobody says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.audio.upload_check import require_audio
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.workbench.i18n import library_words
from boomerang.workbench.i18n import translate as words
from boomerang.workbench.i18n.library_words import TEMPLATES, error_text, told

SRC = Path(__file__).parents[3] / "src"
SAYING = {"InvokeBadRequestError", "UnsupportedRequestError", "unusable", "_refusal", "note"}
"""What makes a sentence for the person who asked; what is told of other faults is for who runs the server."""
FOR_VISITORS = (
    "boomerang/invoker/client_rules.py",
    "boomerang/invoker/llm_text/summarize_in_pieces.py",
    "boomerang/invoker/backends/embedded",
    "boomerang/invoker/audio/upload_check.py",
    "boomerang/invoker/http/address_policy.py",
)
OF_SERVERS = ("boomerang/invoker/backends/openai_compatible", "boomerang/invoker/http")
"""Where everything that can go wrong is for visitors: it is their server."""
SAYING_OF_SERVERS = SAYING | {"InvokeConnectionError", "InvokeTimeoutError", "ProtocolError"}
RETURNING = ("boomerang/workbench/diagnosis/connection_failures.py", "boomerang/workbench/connections/probe.py")
"""Modules whose functions give a sentence for visitors."""
NOT_FOR_VISITORS = {
    "The character {} has {} tokens; {} fit the context.",  # of a context of a few tokens
    "{} the mode chat.",  # the pages offer neither tools nor schemas for a completion
    "{} must be a JSON object, but is {}.",  # the pages' own fields refuse it before
    "{} is an {}; this model reads text only.",  # of the multimodal calls, which no page makes
    "Send contents of the type text, or choose a multimodal model.",  # the same
    "{} s heard",  # a detail, shown as a line of subtitles
    "{}: {}",  # of the schema's own words
}
COMPOSED = {
    "Check the address of the connection, and that its server runs. "
    "Inside a container localhost is the container itself: name the host, as host.docker.internal.",
}
"""Templates of sentences that are put together in a way that is not read here."""


def sentence(node: ast.expr) -> str | None:
    """Give a text with `{}` for what is filled in; `None` if it is none."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in values)  # type: ignore[misc]
    return None


def said(folder: str, by: set[str] | None = None) -> Iterator[str]:
    """Give the sentences of the code in a folder or file; those that certain calls take, or all."""
    path = SRC / folder
    for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            parts = [node] if by is None and isinstance(node, ast.expr) else []
            if by is not None and isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in by:
                parts = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "hint")]
            for text in map(sentence, parts):
                if text and " " in text:
                    yield re.sub(r"(\{\})+", "{}", text)


def fits(template: str, text: str) -> bool:
    """Tell whether a sentence is of a template, whatever is filled in."""
    pattern = "".join(".+?" if place % 2 else re.escape(part) for place, part in enumerate(re.split(r"(\{\w+\})", template)))
    return re.fullmatch(pattern, text.replace("{}", "x"), re.DOTALL) is not None


def test_every_template_is_a_sentence_that_is_said() -> None:
    every = {
        *said("boomerang/invoker"),
        *said("boomerang/workbench/runs"),
        *said("boomerang/workbench/connections"),
        *said("boomerang/workbench/diagnosis"),
    }
    every |= {text.partition(": ")[2] for text in every}  # behind the name of a setting
    assert [template for template in TEMPLATES if not any(fits(template, text) for text in every)] == [
        template for template in TEMPLATES if template in COMPOSED
    ]


def test_every_sentence_for_visitors_has_a_template() -> None:
    sentences = {text for place in FOR_VISITORS for text in said(place, SAYING)}
    sentences |= {text for place in OF_SERVERS for text in said(place, SAYING_OF_SERVERS)}
    sentences -= NOT_FOR_VISITORS
    assert len(sentences) > 40
    assert sorted(text for text in sentences if not any(fits(template, text) for template in TEMPLATES)) == []


def returned(file: str) -> Iterator[str]:
    """Give the sentences that the functions of a module return."""
    for node in ast.walk(ast.parse((SRC / file).read_text("utf-8"))):
        if isinstance(node, ast.Return) and node.value is not None:
            text = sentence(node.value)
            if text and " " in text:
                yield re.sub(r"(\{\})+", "{}", text)


def test_every_sentence_about_a_connection_that_was_tried_has_a_template() -> None:
    sentences = {text for file in RETURNING for text in returned(file)}
    assert len(sentences) > 20
    assert sorted(text for text in sentences if not any(fits(template, text) for template in TEMPLATES)) == []


@pytest.fixture
def chinese() -> Iterator[None]:
    """Speak Chinese."""
    words.use("zh_Hans")
    yield
    words.use("en")


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("`top_n` is 0, which keeps no document at all.", "`top_n` 为 0，一篇文档也不会保留。"),
        ("There is no model 'x' for llm; there are: a, b.", "没有可用于 llm 的模型 'x'；现有：a, b。"),
        ("temperature must be from 0 to 2, but is 3.", "temperature 必须在 0 到 2 之间，实际为 3。"),
        ("Rate limit reached for gpt-4o.", "Rate limit reached for gpt-4o."),
        ("", ""),
    ],
)
def test_a_sentence_of_the_library_is_translated_and_a_servers_is_not(text: str, translated: str) -> None:
    assert told(text) == translated


@pytest.mark.usefixtures("chinese")
def test_a_real_refusal_is_translated_with_its_hint() -> None:
    with pytest.raises(InvokeBadRequestError) as raised:
        require_audio(b"%PDF-1.7\n1 0 obj")
    assert error_text(raised.value).startswith("这不是音频：看起来是") and told(raised.value.hint or "").startswith(
        "可读取的有"
    )


@given(st.text(max_size=60) | st.sampled_from(["{model}", "%s", "There is no model {x} for y; there are: {0}."]))
def test_any_text_can_be_told_in_any_language(text: str) -> None:
    assert told(text) == text
    words.use("zh_Hans")
    try:
        assert told(text) or not text
    finally:
        words.use("en")


def by_expression(template: str, text: str) -> dict[str, str] | None:
    parts = re.split(r"\{(\w+)\}", template)
    pattern = "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    found = re.fullmatch(pattern, text, re.DOTALL)
    return found.groupdict() if found else None


@given(st.data())
def test_a_template_is_read_as_its_regular_expression_would(data: st.DataObject) -> None:
    template = data.draw(st.sampled_from(TEMPLATES))
    words, names = re.split(r"\{\w+\}", template), re.findall(r"\{\w+\}", template)
    fillers = [data.draw(st.lists(st.sampled_from([*words, "x", " "]), max_size=2).map("".join)) for _ in names]
    text = "".join(part for pair in zip(words, [*fillers, ""], strict=True) for part in pair)
    assert library_words._values(template, text) == by_expression(template, text)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_long_text_of_a_server_is_read_once(template: str) -> None:
    """With a regular expression one of these takes years, and everybody waits."""
    words = re.split(r"\{\w+\}", template)
    for text in (words[0] + "".join(f"x{word}" * 10_000 for word in words[1:]) + "\1", template * 1_000):
        library_words._values(template, text)
