"""Read the golden files."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "golden"


def compact(value: Any) -> str:
    """Return JSON as Dify's SDK writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def request_text(name: str) -> str:
    """Return the exact text of the `request` object in a captured reverse invocation."""
    line = (FOLDER / f"{name}_stdio.json").read_text("utf-8").rstrip("\n")
    start = line.index('"request":') + len('"request":')
    return line[start : -len("}}}")]


def request(name: str) -> dict[str, Any]:
    """Return the `request` object of a captured reverse invocation."""
    payload: dict[str, Any] = json.loads(request_text(name))
    return payload


def lines(name: str) -> list[Any]:
    """Return the objects of a JSON Lines file."""
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines() if line]


def frames(name: str) -> list[Any]:
    """Return the `data` objects of a file of inner-API frames."""
    raw, result, at = (FOLDER / name).read_bytes(), [], 0
    while at < len(raw):
        header, length = struct.unpack_from("<HI", raw, at + 2)
        at += 4 + header
        result.append(json.loads(raw[at : at + length])["data"])
        at += length
    return result


def aggregation() -> tuple[list[Any], dict[str, Any]]:
    """Return the chunks of the aggregation vector, and the SDK's result for them."""
    events = lines("llm_aggregation_vector.jsonl")
    return [event["data"] for event in events[:-1] if event["data"]], events[-1]["sdk_result"]
