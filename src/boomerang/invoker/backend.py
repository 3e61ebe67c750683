"""The `Backend` protocol: what every way to reach models can do. A wrapper forwards every method of the back end it wraps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from pydantic import InstanceOf, field_validator

from boomerang.invoker.entities.model import AIModelEntity, I18nObject, ModelType
from boomerang.invoker.messages.message import Message

from .request import Chunks, ChunkT, InvokeType, Request
from .run import Run


class ModelState(StrEnum):
    """State of a listed model."""

    AVAILABLE = "available"
    """Usable; not in memory, or not known to be."""
    LOADING = "loading"
    LOADED = "loaded"
    UNAVAILABLE = "unavailable"
    """Not usable; see `reason`."""


class TypeFrom(StrEnum):
    """Source of a model's type."""

    DECLARED = "declared"
    """Declared by its maker or a person."""
    STATED = "told"
    """Reported in the server's model list."""
    GUESSED = "guessed"
    """Guessed from its name."""


class ListedModel(AIModelEntity):
    """A model that a back end offers."""

    provider: str
    """The provider to name in a ModelConfig."""
    type_from: TypeFrom = TypeFrom.DECLARED
    features_known: bool = True
    """Whether `features` is complete. If not, they are undeclared, and only the server knows what the model can do."""
    state: ModelState = ModelState.AVAILABLE
    reason: str | InstanceOf[Message] | None = None
    """Why the model is unavailable, and what to do about it."""
    about: I18nObject | None = None
    """A sentence or two on what the model is good for and what not, for choosing one. A plain string is English."""

    @field_validator("about", mode="before")
    @classmethod
    def _in_english(cls, about: Any) -> Any:
        return {"en_US": about} if isinstance(about, str) else about


class Backend(Protocol):
    """A way to reach models. Thread-safe."""

    @property
    def kind(self) -> str:
        """Name of the kind, as in `connect(kind)`."""
        ...

    def models(self) -> Sequence[ListedModel]:
        """List the models as currently known, the default of each type first.

        Forms are built from the list: each model has the `model_properties` of its type, and an LLM also has parameter rules,
        at least for `temperature` and `max_tokens`.
        """
        ...

    def system_model(self) -> ListedModel | None:
        """Return the LLM that plays Dify's workspace default, used by `summary`."""
        ...

    @property
    def can_fetch_models(self) -> bool:
        """Whether `fetch_models` asks a server; if not, the list is built in."""
        ...

    def fetch_models(self, run: Run | None = None) -> Sequence[ListedModel]:
        """Update the list of models and return it.

        Raises:
            InvokeError: The server was unreachable, refused, or has no list.
        """
        ...

    def describe(self, model: str, model_type: ModelType) -> ListedModel | None:
        """Describe a model by name, even an unlisted one if any name may be called; else return `None`."""
        ...

    def known_limits(self) -> Mapping[InvokeType, Message]:
        """Return the calls that its server is known not to serve as asked, with the reasons, for pages to show beforehand."""
        ...

    def invoke(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        """Answer a request.

        The stream is lazy: nothing is opened or loaded before the first `next`. It ends when exhausted, by an `InvokeError`,
        by `run.stop()` from any thread (raises the stop's cause), or by `close()`; each of these stops the underlying work.
        """
        ...

    def close(self) -> None:
        """Stop all runs and release all resources. The back end must not be used again."""
        ...

    def retire(self) -> None:
        """Close once no run is in progress."""
        ...


class BuiltInModels(ABC):
    """Methods of a back end that knows its models without asking a server."""

    can_fetch_models = False

    @abstractmethod
    def models(self) -> Sequence[ListedModel]:
        """List the models."""

    @abstractmethod
    def close(self) -> None:
        """Stop all runs."""

    def fetch_models(self, run: Run | None = None) -> Sequence[ListedModel]:
        """Return the current list."""
        return self.models()

    def describe(self, model: str, model_type: ModelType) -> ListedModel | None:
        """Return a listed model."""
        return next((listed for listed in self.models() if (listed.model, listed.model_type) == (model, model_type)), None)

    def known_limits(self) -> Mapping[InvokeType, Message]:
        """Return nothing: what such a back end cannot do, it refuses."""
        return {}

    def retire(self) -> None:
        """Close at once, stopping all runs."""
        self.close()


class Wrapper:
    """Base of a back end that wraps another: forwards everything but `invoke`, which the wrapper defines.

    Args:
        backend: The wrapped back end.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def kind(self) -> str:
        """Kind of the wrapped back end."""
        return self._backend.kind

    def models(self) -> Sequence[ListedModel]:
        """List the wrapped back end's models."""
        return self._backend.models()

    def system_model(self) -> ListedModel | None:
        """Return the wrapped back end's system model."""
        return self._backend.system_model()

    @property
    def can_fetch_models(self) -> bool:
        """Whether the wrapped back end asks a server for its models."""
        return self._backend.can_fetch_models

    def fetch_models(self, run: Run | None = None) -> Sequence[ListedModel]:
        """Fetch the wrapped back end's models."""
        return self._backend.fetch_models(run)

    def describe(self, model: str, model_type: ModelType) -> ListedModel | None:
        """Describe a model of the wrapped back end."""
        return self._backend.describe(model, model_type)

    def known_limits(self) -> Mapping[InvokeType, Message]:
        """Return the limits of the wrapped back end."""
        return self._backend.known_limits()

    def close(self) -> None:
        """Close the wrapped back end."""
        self._backend.close()

    def retire(self) -> None:
        """Retire the wrapped back end."""
        self._backend.retire()
