"""Validate inputs with entities. Runs in the reference SDK's environment, without our package.

Usage: ``worker.py CASES ANSWERS``: reads a JSON list of ``[name, input]``, writes a JSON list of observations.
"""

from __future__ import annotations

import importlib
import json
import sys
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import ValidationError

MODULES = (
    "entities.model",
    "entities.model.message",
    "entities.model.llm",
    "entities.model.text_embedding",
    "entities.model.rerank",
    "entities.model.tts",
    "entities.model.speech2text",
    "entities.model.moderation",
    "entities.model.provider",
    "entities",
)


def observe(entity: Any, value: Any) -> dict[str, Any]:
    """Return the result of an input.

    Returns:
        `values` of an enum; otherwise `dump`, JSON values in dump order; or `refused`, the locations of the errors,
        None if the error was no `ValidationError` and so has none.
    """
    if issubclass(entity, Enum):
        return {"values": sorted(member.value for member in entity)}
    try:
        made = entity.model_validate(value)
    except ValidationError as error:
        return {"refused": [list(line["loc"]) for line in error.errors()]}
    except (KeyError, TypeError):
        return {"refused": None}
    return {"dump": made.model_dump(mode="json")}


def find(modules: list[Any], name: str) -> Any:
    """Find a class of the SDK; a dotted name is nested in another class."""
    first, *inner = name.split(".")
    result = next(getattr(module, first) for module in modules if hasattr(module, first))
    for part in inner:
        result = getattr(result, part)
    return result


def main(cases: Path, answers: Path) -> None:
    """Answer all cases."""
    modules = [importlib.import_module(f"dify_plugin.{name}") for name in MODULES]
    observed = [observe(find(modules, name), value) for name, value in json.loads(cases.read_text("utf-8"))]
    answers.write_text(json.dumps(observed), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
