"""Schemas for the tests of schema checks."""

from __future__ import annotations

from typing import Any

from boomerang.invoker.llm_text.json_schema import Checked, Outcome

DRAFTS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
}


def doubling(levels: int = 40) -> dict[str, Any]:
    """Return a schema whose definitions each refer twice to the next: 2 to the power of `levels` steps for any engine."""
    twice = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**twice, f"d{levels}": {"type": "object"}}}


def reason(checked: Checked) -> str:
    assert checked.outcome is Outcome.NOT_CHECKED and checked.fault is None and checked.reason is not None
    return checked.reason.id
