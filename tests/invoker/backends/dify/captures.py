"""What two real Dify servers answered to the same 46 calls; see tests/golden/README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from boomerang.invoker.backends.dify.requests import PATHS
from boomerang.invoker.invocations.request_types import REQUEST_TYPES
from boomerang.invoker.request import InvokeType, Request

FOLDER = Path(__file__).parents[3] / "golden" / "dify"
VERSIONS = ("1.16.0-rc1", "1.4.1")
TENANT = "00000000-0000-4000-8000-00000000000a"
USER = "5f0c1c2e-0000-4000-8000-0000000000aa"
KEY = "inner-secret-key"
TYPES: Mapping[str, InvokeType] = {f"/{path}": invoke_type for invoke_type, path in PATHS.items()}


@dataclass(frozen=True)
class Capture:
    """One call and its answer."""

    version: str
    name: str
    path: str
    request_text: str
    status: int
    content_type: str
    body: bytes

    @property
    def invoke_type(self) -> InvokeType | None:
        return TYPES.get(self.path)

    @property
    def streamed(self) -> bool:
        return self.content_type.startswith("text/event-stream")

    @property
    def fields(self) -> dict[str, Any]:
        """The request's JSON; empty if it is none."""
        try:
            value: dict[str, Any] = json.loads(self.request_text)
        except ValueError:
            return {}
        return value

    def request(self) -> Request[Any] | None:
        """Return the request as our entity; `None` if it is one that our entities refuse."""
        if self.invoke_type is None:
            return None
        try:
            return REQUEST_TYPES[self.invoke_type].model_validate(self.fields)
        except ValidationError:
            return None


@cache
def captures() -> tuple[Capture, ...]:
    """Return all captures of both versions."""
    result = []
    for version in VERSIONS:
        for line in (FOLDER / version / "index.jsonl").read_text("utf-8").splitlines():
            item = json.loads(line)
            body = (FOLDER / version / f"{item['name']}.body").read_bytes()
            values = (item["path"], item["request"], item["status"], item["content_type"], body)
            result.append(Capture(version, item["name"], *values))
    return tuple(result)


def capture(version: str, name: str) -> Capture:
    """Return one capture."""
    return next(item for item in captures() if (item.version, item.name) == (version, name))


def label(item: Capture) -> str:
    """Return the name of a test's case."""
    return f"{item.version}-{item.name}"


def envelopes(item: Capture) -> list[dict[str, Any]]:
    """Return the envelopes of a streamed body, read without our decoder."""
    if item.version == "1.4.1":
        return [json.loads(line) for line in item.body.split(b"\n\n") if line]
    result, at = [], 0
    while at < len(item.body):
        size = int.from_bytes(item.body[at + 4 : at + 8], "little")
        result.append(json.loads(item.body[at + 14 : at + 14 + size]))
        at += 14 + size
    return result
