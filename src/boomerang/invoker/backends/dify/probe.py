"""Test a connection to a real Dify: wrong path, key, tenant, user and provider are told apart, without a language model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from boomerang.invoker.backend import Backend, ListedModel
from boomerang.invoker.connection_kind import Check
from boomerang.invoker.errors import InvokeConnectionError, InvokeError
from boomerang.invoker.events import Event, HTTPEnd, HTTPRequest, HTTPResponse
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .backend import DifyBackend

LONGEST_BODY = 2_000
MOST_PROVIDERS = 3


def probe(backend: Backend, run: Run, at_address: Callable[[str], Backend] | None = None, base_url: str = "") -> Check:
    """Test the connection; the arguments are those of a `Probe`. Finds no better address: nothing else answers like Dify.

    Raises:
        RunStoppedError: The test was stopped.
    """
    assert isinstance(backend, DifyBackend)
    events: list[Event] = []
    run.add_listener(events.append)
    began = perf_counter()
    try:
        version = backend.check_identity(run)
        listed = backend.catalogue(run)
    except InvokeError as error:
        return _check(False, _verdict(error), events, perf_counter() - began, error)
    for provider, model in _providers(backend.models()):
        if (refusal := backend.check_provider(provider, model, run)) is not None:
            hint = refusal.hint or ""
            verdict = Message("dify.provider_unknown", version=version, provider=provider, hint=hint)
            return _check(False, verdict, events, perf_counter() - began, refusal, listed or ())
    if listed is None:
        verdict = Message("dify.reached", version=version)
    else:
        verdict = Message("dify.reached_and_listed", version=version, count=len(listed))
    return _check(True, verdict, events, perf_counter() - began, listed=listed or ())


def _providers(models: Sequence[ListedModel]) -> list[tuple[str, str]]:
    """Return the first providers of the models, each with a model."""
    named: dict[str, str] = {}
    for model in models:
        named.setdefault(model.provider, model.model)
    return list(named.items())[:MOST_PROVIDERS]


def _verdict(error: InvokeError) -> Message:
    text = error.message or str(error)
    if isinstance(error, InvokeConnectionError):
        return Message("diagnosis.unreached", error=text)
    return Message("dify.failed", error=text, hint=error.hint or "")


def _check(
    ok: bool,
    verdict: Message,
    events: Sequence[Event],
    seconds: float,
    error: InvokeError | None = None,
    listed: Sequence[ListedModel] = (),
) -> Check:
    requests = [event.url for event in events if isinstance(event, HTTPRequest)]
    statuses = [event.status for event in events if isinstance(event, HTTPResponse)]
    ends = [event.body for event in events if isinstance(event, HTTPEnd)]
    return Check(
        ok,
        verdict,
        address=(error.url if error is not None else None) or (requests[-1] if requests else ""),
        status=(error.status_code if error is not None else None) or (statuses[-1] if statuses else None),
        seconds=seconds,
        body=((error.body if error is not None else None) or (ends[-1] if ends else ""))[:LONGEST_BODY],
        error=(error.message or str(error)) if error is not None else "",
        listed=tuple(listed),
    )
