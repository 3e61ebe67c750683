"""The inspector for Dify model plugins: Dify's reverse-invocation interface for models, over any back end.

::

    from boomerang import Session, connect

    session = Session(connect("embedded"))
    for chunk in session.model.llm.invoke(model_config, prompt_messages, stream=True): ...

Importing this package is cheap: each name is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boomerang.invoker.session import Session

    from .kinds import connect

__all__ = ["Session", "connect"]

_HOMES = {"Session": ".invoker.session", "connect": ".kinds"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
