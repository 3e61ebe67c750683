"""Our entity classes by module, as the worker has the SDK's."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType

from boomerang.invoker import entities
from boomerang.invoker.invocations import request_types

MODULES: list[ModuleType] = [
    *(import_module(module.name) for module in pkgutil.walk_packages(entities.__path__, f"{entities.__name__}.")),
    request_types,
]


def classes() -> set[type]:
    """Return the public classes that our entities' modules define."""
    return {
        item
        for module in MODULES
        for name, item in vars(module).items()
        if isinstance(item, type) and item.__module__ == module.__name__ and not name.startswith("_")
    }
