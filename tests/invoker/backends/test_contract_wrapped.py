"""The contract for ending, on real models behind the recorder and the client rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from boomerang.invoker.backend import Backend, ListedModel, Wrapper
from boomerang.invoker.backends.embedded.backend import EmbeddedBackend
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.client_rules import ClientRules
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.errors import BackendClosedError
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.recorder import Recorded
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from tests.invoker.answers import listed, request_of
from tests.invoker.backends.contract.answers import test_a_stream_and_its_fold_come_to_the_same  # noqa: F401  runs here
from tests.invoker.backends.contract.opening import *  # noqa: F403  every test of these two runs here
from tests.invoker.backends.contract.stopping import *  # noqa: F403
from tests.invoker.backends.contract.subject import Subject

from .embedded_subject import SMALL, EmbeddedSubject

# The contracts of the scripted and OpenAI-compatible back ends also run behind these wrappers.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def subject() -> Iterator[Subject]:
    records: list[Record[Any]] = []

    def wrapped(backend: Backend) -> Backend:
        return Recorded(ClientRules(backend), records.append)

    embedded = EmbeddedBackend(system_model=SMALL)
    yield EmbeddedSubject(embedded, wrapped)
    embedded.close()
    assert {record.outcome for record in records} <= {"completed", "stopped", "failed"}, "no record is left running"


class Server(Scripted):
    """A back end with every ability, and a log of its calls."""

    can_fetch_models = True

    def __init__(self) -> None:
        self.requests: list[Any] = []
        super().__init__(lambda request, run: [], models=[listed(ModelType.LLM)])

    def fetch_models(self, run: Run | None = None) -> Sequence[ListedModel]:
        """Log the run."""
        self.requests.append(run)
        return self.models()

    def describe(self, model: str, model_type: ModelType) -> ListedModel | None:
        """Describe any name."""
        self.requests.append((model, model_type))
        return listed(model_type, model=model)

    def retire(self) -> None:
        """Log the end."""
        self.requests.append("retire")


def abilities() -> set[str]:
    """Return the names of what every back end can do."""
    return {name for name in vars(Backend) if not name.startswith("_")}


@pytest.mark.parametrize("wrap", [ClientRules, lambda backend: Recorded(backend, lambda record: None)])
def test_a_wrapper_passes_on_every_ability(wrap: Callable[[Backend], Backend]) -> None:
    server, run = Server(), Run()
    wrapped = wrap(server)
    assert (wrapped.kind, wrapped.can_fetch_models) == ("scripted", True)
    assert wrapped.models() == wrapped.fetch_models(run) == server.models()
    assert wrapped.system_model() == server.system_model()
    described = wrapped.describe("any", ModelType.TTS)
    assert described is not None and described.model == "any"
    wrapped.retire()
    assert server.requests == [run, ("any", ModelType.TTS), "retire"]
    wrapped.close()
    with pytest.raises(BackendClosedError):
        list(wrapped.invoke(request_of(InvokeType.LLM), run))
    assert abilities() <= set(dir(Wrapper)) | {"invoke"}


def test_a_back_end_with_built_in_models_has_the_default_abilities() -> None:
    model = listed(ModelType.LLM)
    backend = Scripted(lambda request, run: [], models=[model])
    assert not backend.can_fetch_models and list(backend.fetch_models()) == [model]
    assert backend.describe(model.model, ModelType.LLM) == model
    assert backend.describe(model.model, ModelType.TTS) is backend.describe("other", ModelType.LLM) is None
    backend.retire()
    with pytest.raises(BackendClosedError):
        list(backend.invoke(request_of(InvokeType.LLM), Run()))
