"""Kinds of back ends by name; the only module that knows them all."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from boomerang.invoker.backend import Backend
from boomerang.invoker.errors import ConfigError


def connect(kind: str, **settings: Any) -> Backend:
    """Open a back end.

    Args:
        kind: One of `KINDS`.
        settings: What that kind needs; see its class.

    Raises:
        ConfigError: Unknown kind, or settings that the kind does not know or cannot use.
    """
    load = KINDS.get(kind)
    if load is None:
        raise ConfigError(f"unknown kind of back end {kind!r}: expected one of {', '.join(sorted(KINDS))}")
    backend_class = load()
    try:
        inspect.signature(backend_class).bind(**settings)
    except TypeError as error:
        raise ConfigError(f"settings of the back end {kind!r}: {error}") from error
    return backend_class(**settings)


# Each loader imports inside: a back end's runtime is loaded only by those who use it.


def _embedded() -> Callable[..., Backend]:
    from boomerang.invoker.backends.embedded.backend import EmbeddedBackend

    return EmbeddedBackend


def _scripted() -> Callable[..., Backend]:
    from boomerang.invoker.backends.scripted import Scripted

    return Scripted


def _openai_compatible() -> Callable[..., Backend]:
    from boomerang.invoker.backends.openai_compatible.backend import OpenAICompatibleBackend

    return OpenAICompatibleBackend


KINDS: Mapping[str, Callable[[], Callable[..., Backend]]] = {
    "embedded": _embedded,
    "openai_compatible": _openai_compatible,
    "scripted": _scripted,
}
