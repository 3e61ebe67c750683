"""The table of connection kinds; the only module that knows them all.

Each part of a kind is loaded on first use, so unused back ends cost nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from boomerang.invoker.backend import Backend
from boomerang.invoker.connection_kind import Kind, Kinds, Opener, Preset, Probe
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import Message

if TYPE_CHECKING:
    from boomerang.invoker.connection_form import Form
    from boomerang.invoker.settings import ConnectionSettings


def connect(kind: str, **settings: Any) -> Backend:
    """Open a back end.

    Args:
        kind: One of `KINDS`.
        settings: The kind's settings; see its class.

    Raises:
        ConfigError: The kind is unknown, or a setting is unknown or invalid.
    """
    if kind not in KINDS:
        raise ConfigError(Message("runs.unknown_kind", kind=repr(kind), known=", ".join(sorted(KINDS))))
    backend_class = KINDS[kind].backend()
    try:
        inspect.signature(backend_class).bind(**settings)
    except TypeError as error:
        raise ConfigError(Message("runs.settings_of_kind", kind=repr(kind), fault=str(error))) from error
    return backend_class(**settings)


def _embedded() -> Callable[..., Backend]:
    from boomerang.invoker.backends.embedded.backend import EmbeddedBackend

    return EmbeddedBackend


def _embedded_settings() -> type[ConnectionSettings]:
    from boomerang.invoker.backends.embedded.settings import EmbeddedSettings

    return EmbeddedSettings


def _embedded_opener() -> Opener:
    from boomerang.invoker.backends.embedded.opening import opened

    return opened


def _openai_compatible() -> Callable[..., Backend]:
    from boomerang.invoker.backends.openai_compatible.backend import OpenAICompatibleBackend

    return OpenAICompatibleBackend


def _openai_compatible_settings() -> type[ConnectionSettings]:
    from boomerang.invoker.backends.openai_compatible.settings import OpenAICompatibleSettings

    return OpenAICompatibleSettings


def _openai_compatible_opener() -> Opener:
    from boomerang.invoker.backends.openai_compatible.opening import opened

    return opened


def _openai_compatible_form() -> Form:
    from boomerang.invoker.backends.openai_compatible.form import FORM

    return FORM


def _openai_compatible_presets() -> Mapping[str, Preset]:
    from boomerang.invoker.backends.openai_compatible.server_presets import PRESETS

    return PRESETS


def _dify() -> Callable[..., Backend]:
    from boomerang.invoker.backends.dify.backend import DifyBackend

    return DifyBackend


def _dify_settings() -> type[ConnectionSettings]:
    from boomerang.invoker.backends.dify.settings import DifySettings

    return DifySettings


def _dify_opener() -> Opener:
    from boomerang.invoker.backends.dify.opening import opened

    return opened


def _dify_probe() -> Probe:
    from boomerang.invoker.backends.dify.probe import probe

    return probe


def _dify_form() -> Form:
    from boomerang.invoker.backends.dify.form import FORM

    return FORM


def _dify_presets() -> Mapping[str, Preset]:
    from boomerang.invoker.backends.dify.form import PRESETS

    return PRESETS


def _scripted() -> Callable[..., Backend]:
    from boomerang.invoker.backends.scripted import Scripted

    return Scripted


KINDS: Kinds = {
    kind.name: kind
    for kind in (
        Kind("embedded", _embedded, _embedded_settings, _embedded_opener),
        Kind(
            "openai_compatible",
            _openai_compatible,
            _openai_compatible_settings,
            _openai_compatible_opener,
            form=_openai_compatible_form,
            presets=_openai_compatible_presets,
        ),
        Kind("dify", _dify, _dify_settings, _dify_opener, _dify_probe, form=_dify_form, presets=_dify_presets),
        Kind("scripted", _scripted),
    )
}
"""All kinds, by name."""
