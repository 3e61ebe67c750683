"""Versions of Dify and their known limits."""

from __future__ import annotations

import pytest

from boomerang.invoker.backends.dify.versions import LIMITS, Version, cuts_folded_answers, failure_of, limits_of
from boomerang.invoker.request import InvokeType

ALWAYS = {InvokeType.SPEECH2TEXT, InvokeType.SYSTEM_SUMMARY, InvokeType.MULTIMODAL_RERANK}
NOT_YET = {InvokeType.MULTIMODAL_EMBEDDING, InvokeType.TEXT_EMBEDDING}


@pytest.mark.parametrize(
    ("text", "version"),
    [("1.16.0-rc1", Version(1, 16, 0)), ("1.9", Version(1, 9)), ("", None), (None, None), ("latest", None), ("1" * 99, None)],
)
def test_a_version_is_read_from_what_dify_sends(text: str | None, version: Version | None) -> None:
    assert Version.parse(text) == version


@pytest.mark.parametrize(
    ("version", "limited"),
    [
        ("1.4.1", ALWAYS | NOT_YET | {InvokeType.LLM_STRUCTURED_OUTPUT}),
        ("1.9.1", ALWAYS | NOT_YET),
        ("1.16.0-rc1", ALWAYS | NOT_YET),
        ("1.17.0", ALWAYS),
        ("", ALWAYS),
    ],
)
def test_each_version_has_its_limits(version: str, limited: set[InvokeType]) -> None:
    assert set(limits_of(Version.parse(version))) == limited


def test_only_old_or_unknown_versions_cut_an_answer_that_is_not_streamed() -> None:
    cut = [cuts_folded_answers(Version.parse(version)) for version in ("1.4.1", "1.9.1", "", "1.16.0")]
    assert cut == [True, True, True, False]


def test_a_summary_may_succeed_and_speech_never_does() -> None:
    assert failure_of(InvokeType.SYSTEM_SUMMARY, None) is None and failure_of(InvokeType.SPEECH2TEXT, None) is not None
    assert len({limit.invoke_type for limit in LIMITS}) == len(LIMITS)
