"""The contract on a back end that supports only two calls, neither of them an LLM's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from boomerang.invoker.backend import Backend
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.errors import UnsupportedRequestError
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run
from tests.invoker.backends.contract.subject import Subject
from tests.invoker.backends.test_contract_scripted import MODELS, ScriptedSubject, answer

from .contract import *  # noqa: F403  every test of the contract runs here

SUPPORTED = {InvokeType.TEXT_EMBEDDING, InvokeType.MODERATION}
TYPES = {ModelType.TEXT_EMBEDDING, ModelType.MODERATION}


def partial_answer(request: Request[Any], run: Run) -> Iterable[Any]:
    """Answer the supported calls and refuse the others."""
    if request.invoke_type not in SUPPORTED:
        raise UnsupportedRequestError(f"no call {request.invoke_type.value}")
    return answer(request, run)


class PartialSubject(ScriptedSubject):
    """A scripted back end with two calls, and with models of their types only."""

    unsupported: Mapping[InvokeType, str] = {
        invoke_type: "not one of the two calls of this back end" for invoke_type in InvokeType if invoke_type not in SUPPORTED
    }

    def fresh(self) -> Backend:
        return Scripted(partial_answer, models=[model for model in MODELS if model.model_type in TYPES])


@pytest.fixture(scope="module")
def subject() -> Subject:
    return PartialSubject(wrapped=False)
