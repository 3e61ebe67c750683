"""Write the arguments of the SDK's invocations. Runs in the reference SDK's environment, without our package.

Usage: ``signatures.py ANSWER``: writes a JSON object from ``attribute.method`` to a list of ``[name, kind, default]``.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any


def arguments(function: Any) -> list[list[str]]:
    """Return name, kind and default of each argument except `self`."""
    parameters = [parameter for name, parameter in inspect.signature(function).parameters.items() if name != "self"]
    return [[parameter.name, parameter.kind.name, default(parameter)] for parameter in parameters]


def default(parameter: inspect.Parameter) -> str:
    """Return a default as text, an enum's as its value."""
    if parameter.default is parameter.empty:
        return "required"
    return repr(getattr(parameter.default, "value", parameter.default))


def methods(model: Any) -> dict[str, list[list[str]]]:
    """Return the arguments of every method of the attributes of `session.model`."""
    return {
        f"{attribute}.{name}": arguments(method)
        for attribute, invocation in vars(model).items()
        for name, method in inspect.getmembers(type(invocation), inspect.isfunction)
        if name.startswith("invoke")
    }


def main(answer: Path) -> None:
    """Write the arguments of the SDK's `session.model`."""
    runtime: Any = importlib.import_module("dify_plugin.core.runtime")
    answer.write_text(json.dumps(methods(runtime.ModelInvocations(None))), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
