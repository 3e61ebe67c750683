"""Read connections from files, using the valid parts and reporting the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from boomerang.invoker.connection_kind import Kinds, settings_of
from boomerang.invoker.settings import ConnectionModel, ConnectionSettings, Fault, SettingsError, faults


def readable(value: Any, kinds: Kinds) -> tuple[ConnectionSettings, tuple[Fault, ...]]:
    """Validate a connection, dropping malformed models.

    Returns:
        The connection, and the faults of the dropped models.

    Raises:
        SettingsError: More than the models is wrong; names each faulty field.
    """
    try:
        return settings_of(value, kinds), ()
    except SettingsError:
        models = value.get("models") if isinstance(value, Mapping) else None
        if not isinstance(models, list):
            raise
        checked = [(model, list(_faults(model, number))) for number, model in enumerate(models)]
        good = [model for model, wrong in checked if not wrong]
        try:
            settings = settings_of({**value, "models": good}, kinds)
        except SettingsError:
            pass  # the first error names all faults
        else:
            return settings, tuple(fault for _model, wrong in checked for fault in wrong)
        raise


def stamp(path: Path) -> tuple[int, ...]:
    """Return a value that changes when a file is replaced or becomes readable again, without reading the file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (error.errno or 0,)
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _faults(model: Any, number: int) -> Iterator[Fault]:
    try:
        ConnectionModel.model_validate(model)
    except ValidationError as error:
        yield from faults(error, f"models[{number}]")
