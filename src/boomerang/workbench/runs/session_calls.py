"""The call of a page, for a job to make through a `Session`."""

from __future__ import annotations

import io
from typing import Any

from boomerang.invoker.request import InvokeType
from boomerang.invoker.session import Session

from .jobs import Call

MEMBERS = {InvokeType.SYSTEM_SUMMARY: "summary"}
"""Attributes of `session.model` that are named differently from the invoke type."""


def call(member: str, arguments: dict[str, Any]) -> Call:
    """Return a call of one of Dify's members with keyword arguments; a file is opened again for each call."""
    values = dict(arguments)

    def invoke(session: Session) -> Any:
        opened = {name: io.BytesIO(value) if name == "file" else value for name, value in values.items()}
        return getattr(session.model, member).invoke(**opened)

    return invoke
