"""The call of a page through a `Session`, for a job to run."""

from __future__ import annotations

import io
from typing import Any

from boomerang.invoker.request import InvokeType
from boomerang.invoker.session import Session

from .jobs import Call

MEMBERS = {InvokeType.SYSTEM_SUMMARY: "summary"}
"""Attributes of `session.model` that are not named as the invoke type."""


def call(member: str, arguments: dict[str, Any]) -> Call:
    """Make the call of one of Dify's members with arguments by name; a file is opened for each call anew."""
    values = dict(arguments)

    def invoke(session: Session) -> Any:
        opened = {name: io.BytesIO(value) if name == "file" else value for name, value in values.items()}
        return getattr(session.model, member).invoke(**opened)

    return invoke
