"""Settings of a connection to the embedded models."""

from __future__ import annotations

from typing import Literal

from boomerang.invoker.settings import ConnectionSettings


class EmbeddedSettings(ConnectionSettings):
    """The models that run on this machine."""

    kind: Literal["embedded"] = "embedded"
    models_folder: str = ""
    """Folder of the weights; the app's own folder if empty."""
