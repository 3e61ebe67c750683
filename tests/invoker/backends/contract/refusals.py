"""Contract for refusals: calls that the back end doesn't support, and models that don't exist or have another type."""

from __future__ import annotations

import pytest

from boomerang.invoker.errors import InvokeBadRequestError, UnsupportedRequestError
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session

from .subject import MODEL_TYPES, Subject, call, config, every_config, must_have, must_know_names, read, unchecked


def test_a_call_that_is_incomplete_is_refused_as_such(subject: Subject) -> None:
    for invoke_type in subject.unsupported:
        with pytest.raises(UnsupportedRequestError, match=invoke_type.value) as caught:
            list(subject.backend.invoke(unchecked(subject, invoke_type), Run()))
        assert caught.value.backend == subject.backend.kind


@every_config
@pytest.mark.parametrize("field", ["provider", "model"])
def test_what_is_not_there_is_refused_by_its_name(subject: Subject, invoke_type: InvokeType, field: str) -> None:
    must_have(subject, invoke_type)
    must_know_names(subject)
    named = {**config(subject, invoke_type), field: "nobody"}
    with Session(subject.backend) as session, pytest.raises(UnsupportedRequestError, match="nobody") as caught:
        read(call(session, subject, invoke_type, model_config=named))
    assert caught.value.field == field
    assert (caught.value.backend, caught.value.provider, caught.value.model) == (
        subject.backend.kind,
        named["provider"],
        named["model"],
    )


@every_config
def test_a_model_of_another_type_is_refused(subject: Subject, invoke_type: InvokeType) -> None:
    must_have(subject, invoke_type)
    must_know_names(subject)
    supported = (name for name in MODEL_TYPES if name not in subject.unsupported)
    other = next((name for name in supported if MODEL_TYPES[name] is not MODEL_TYPES[invoke_type]), None)
    if other is None:
        pytest.skip("all models of this back end have one type")
    mixed = {**config(subject, invoke_type), "model": config(subject, other)["model"]}
    with Session(subject.backend) as session, pytest.raises(UnsupportedRequestError) as caught:
        read(call(session, subject, invoke_type, model_config=mixed))
    assert (caught.value.field, caught.value.model) == ("model", mixed["model"])


def test_an_unknown_system_model_is_refused(subject: Subject) -> None:
    must_know_names(subject)
    with Session(subject.backend, system_model="nobody") as session, pytest.raises(UnsupportedRequestError, match="nobody"):
        call(session, subject, InvokeType.SYSTEM_SUMMARY)


def test_a_refused_call_does_no_harm_to_the_next(subject: Subject) -> None:
    must_have(subject, InvokeType.LLM)
    with Session(subject.backend) as session:
        with pytest.raises(InvokeBadRequestError):  # refused by the back end or by its server
            read(call(session, subject, InvokeType.LLM, model_config={**config(subject, InvokeType.LLM), "model": "nobody"}))
        assert read(call(session, subject, InvokeType.LLM))
