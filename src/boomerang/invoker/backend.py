"""The waist: what every way to reach models can do. A wrapper passes on every ability of what it wraps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol

from pydantic import InstanceOf, field_validator

from boomerang.invoker.entities.model import AIModelEntity, I18nObject, ModelType
from boomerang.invoker.messages.message import Message

from .request import Chunks, ChunkT, Request
from .run import Run


class ModelState(StrEnum):
    """Where a listed model stands."""

    AVAILABLE = "available"
    """Can be used; not in memory, or not known to be."""
    LOADING = "loading"
    LOADED = "loaded"
    UNAVAILABLE = "unavailable"
    """Cannot be used; the reason says why."""


class TypeFrom(StrEnum):
    """Who says of which type a model is."""

    DECLARED = "declared"
    """Its maker, or a person."""
    STATED = "told"
    """The server, in its list."""
    GUESSED = "guessed"
    """Nobody: its name only sounds like it."""


class ListedModel(AIModelEntity):
    """A model that a back end offers."""

    provider: str
    """What a ModelConfig names as its provider."""
    type_from: TypeFrom = TypeFrom.DECLARED
    features_known: bool = True
    """Whether `features` are all that it has; if not, nobody declared any, and what it can do is for its server to say."""
    state: ModelState = ModelState.AVAILABLE
    reason: str | InstanceOf[Message] | None = None
    """Why the model is unavailable, and what to do about it."""
    about: I18nObject | None = None
    """A sentence or two for the person who chooses: what it is good for, what it is not. A plain string is English."""

    @field_validator("about", mode="before")
    @classmethod
    def _in_english(cls, about: Any) -> Any:
        return {"en_US": about} if isinstance(about, str) else about


class Backend(Protocol):
    """A way to reach models. Safe to call from several threads."""

    @property
    def kind(self) -> str:
        """The kind's name, as in `connect(kind)`."""
        ...

    def models(self) -> Sequence[ListedModel]:
        """List the models as they stand now, the default of each type first."""
        ...

    def system_model(self) -> ListedModel | None:
        """Return the LLM that plays Dify's workspace default, used by `summary`."""
        ...

    @property
    def can_fetch_models(self) -> bool:
        """Whether `fetch_models` asks a server; if not, the list is built in."""
        ...

    def fetch_models(self, run: Run | None = None) -> Sequence[ListedModel]:
        """Bring the list of models up to date, and return it.

        Raises:
            InvokeError: The server was not reached, refused, or has no list.
        """
        ...

    def describe(self, model: str, model_type: ModelType) -> ListedModel | None:
        """Describe a model by its name, also one that is not listed where any name may be called; else `None`."""
        ...

    def invoke(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        """Answer a request.

        The stream is lazy: nothing is opened or loaded before the first `next`. It ends by itself, by an `InvokeError`, by
        `run.stop()` from any thread (the stop's cause is raised), or by `close()`; every way out stops the work behind it.
        """
        ...

    def close(self) -> None:
        """Stop what runs and give back what is held. A closed back end is not used again."""
        ...

    def retire(self) -> None:
        """Close when no run is under way any more."""
        ...


class BuiltInModels(ABC):
    """The answers of a back end whose models are known without asking a server."""

    can_fetch_models = False

    @abstractmethod
    def models(self) -> Sequence[ListedModel]:
        """List the models."""

    @abstractmethod
    def close(self) -> None:
        """Stop what runs."""

    def fetch_models(self, run: Run | None = None) -> Sequence[ListedModel]:
        """Return the list as it is."""
        return self.models()

    def describe(self, model: str, model_type: ModelType) -> ListedModel | None:
        """Return a listed model."""
        return next((listed for listed in self.models() if (listed.model, listed.model_type) == (model, model_type)), None)

    def retire(self) -> None:
        """Close at once: what runs here is stopped."""
        self.close()


class Wrapper:
    """What a back end around another one has in common with it: everything but `invoke`, which is the wrapper's own.

    Args:
        backend: The back end inside.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def kind(self) -> str:
        """The wrapped back end's kind."""
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

    def close(self) -> None:
        """Close the wrapped back end."""
        self._backend.close()

    def retire(self) -> None:
        """Retire the wrapped back end."""
        self._backend.retire()
