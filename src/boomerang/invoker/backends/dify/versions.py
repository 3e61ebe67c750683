"""Versions of Dify, and what each cannot do (dify-protocol 4.10).

Read or run: 1.4.1, 1.9.1, 1.16.0-rc1; newer code was read. A limit of an unknown version is assumed for all versions up to the
last one that has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import InvokeType

_NUMBERS = re.compile(r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version as numbers; a pre-release counts as its release."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str | None) -> Version | None:
        """Return the version in a text such as `1.16.0-rc1`; `None` if it has none."""
        match = _NUMBERS.match((text or "").strip())
        return None if match is None else cls(int(match[1]), int(match[2]), int(match[3] or 0))


FIRST_STRUCTURED = Version(1, 5, 1)
FIRST_MERGED = Version(1, 14, 0)
"""About when `stream=false` stopped to cut an answer to its first chunk: March 2026 (dify #32766)."""
LAST_RUN = Version(1, 16, 0)
"""The newest version that was run; multimodal embedding, catalogue and nullable rerank limits came later."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A call that a version of Dify cannot serve as asked."""

    invoke_type: InvokeType
    reason: Message
    since: Version | None = None
    """First version that has the limit; all if `None`."""
    until: Version | None = None
    """First version without it; none if `None`."""
    always_fails: bool = True
    """Whether the call never succeeds; otherwise it answers, but differently than asked."""

    def applies(self, version: Version | None) -> bool:
        """Return whether a version has this limit; an unknown version has all that are not over in every version."""
        if version is None:
            return self.until is None
        return (self.since is None or version >= self.since) and (self.until is None or version < self.until)


_AFTER_LAST_RUN = Version(LAST_RUN.major, LAST_RUN.minor, LAST_RUN.patch + 1)
LIMITS: tuple[Limit, ...] = (
    Limit(InvokeType.SPEECH2TEXT, Message("dify.limit_speech2text")),
    Limit(InvokeType.SYSTEM_SUMMARY, Message("dify.limit_summary"), always_fails=False),
    Limit(InvokeType.MULTIMODAL_RERANK, Message("dify.limit_multimodal_rerank")),
    Limit(InvokeType.MULTIMODAL_EMBEDDING, Message("dify.limit_multimodal_embedding"), until=_AFTER_LAST_RUN),
    Limit(InvokeType.LLM_STRUCTURED_OUTPUT, Message("dify.limit_structured_output"), until=FIRST_STRUCTURED),
    Limit(InvokeType.TEXT_EMBEDDING, Message("dify.limit_input_type"), until=_AFTER_LAST_RUN, always_fails=False),
)
"""Every known limit, for pages to show."""


def limits_of(version: Version | None) -> Mapping[InvokeType, Message]:
    """Return call → reason for the limits of a version."""
    return {limit.invoke_type: limit.reason for limit in LIMITS if limit.applies(version)}


def failure_of(invoke_type: InvokeType, version: Version | None) -> Message | None:
    """Return why a call never succeeds in a version; `None` if it may."""
    limits = (limit for limit in LIMITS if limit.invoke_type is invoke_type and limit.always_fails)
    return next((limit.reason for limit in limits if limit.applies(version)), None)


def cuts_folded_answers(version: Version | None) -> bool:
    """Return whether `stream=false` may return the first chunk only."""
    return version is None or version < FIRST_MERGED
