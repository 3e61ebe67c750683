"""Tests for a model in memory: loaded once, one run at a time, stoppable while loading, released on close."""

from __future__ import annotations

import threading
from time import perf_counter

import pytest

from boomerang.invoker.backend import ModelState
from boomerang.invoker.backends.embedded.execution.model_lifecycle import Checkpoint, Engine
from boomerang.invoker.backends.embedded.execution.worker_thread import WorkerChannel
from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.events import Event, PhaseEntered
from boomerang.invoker.run import Run
from tests.invoker.backends.embedded.threads import BOUND, in_thread, stops_at_once


class Model:
    """A model that is slow to load."""

    def __init__(self) -> None:
        self.loads = 0
        self.closed = 0
        self.loading = threading.Event()
        self.go = threading.Event()
        self.error: Exception | None = None

    def load(self) -> Model:
        self.loads += 1
        self.loading.set()
        self.go.wait(BOUND)
        if self.error is not None:
            raise self.error
        return self

    def close(self) -> None:
        self.closed += 1


def engine_of(model: Model) -> Engine[Model]:
    return Engine(model.load, Model.close)


def ready() -> tuple[Engine[Model], Model]:
    model = Model()
    model.go.set()
    return engine_of(model), model


def identity(model: Model, check: Checkpoint) -> Model:
    check()
    return model


def test_many_runs_load_a_model_once() -> None:
    engine, model = ready()
    threads = [in_thread(lambda: engine.call(Run(), identity)) for _ in range(8)]
    for thread, outcome in threads:
        thread.join(BOUND)
        assert outcome == [model]
    assert model.loads == 1
    engine.close()


def test_the_state_follows_the_model() -> None:
    model = Model()
    engine = engine_of(model)
    states = [engine.state]
    phases: list[Event] = []
    thread, _ = in_thread(lambda: engine.model(Run(phases.append)))
    assert model.loading.wait(BOUND)
    states.append(engine.state)
    model.go.set()
    thread.join(BOUND)
    states.append(engine.state)
    assert [note.name for note in phases if isinstance(note, PhaseEntered)] == ["loading"]
    engine.close()
    states.append(engine.state)
    assert states == [ModelState.AVAILABLE, ModelState.LOADING, ModelState.LOADED, ModelState.AVAILABLE]


def test_a_run_stopped_while_the_model_loads_is_free_at_once_and_the_load_goes_on() -> None:
    model, run = Model(), Run()
    engine = engine_of(model)
    thread, outcome = in_thread(lambda: engine.call(run, identity))
    assert model.loading.wait(BOUND)
    stops_at_once(run, thread, outcome)
    model.go.set()
    assert engine.call(Run(), identity) is model
    assert model.loads == 1
    engine.close()


def test_a_load_that_failed_is_tried_again_by_the_next_run() -> None:
    engine, model = ready()
    model.error = InvokeServerUnavailableError("cut file")
    with pytest.raises(InvokeServerUnavailableError, match="cut file"):
        engine.call(Run(), identity)
    assert (engine.state, engine.reason) == (ModelState.UNAVAILABLE, "cut file")
    model.error = None
    assert engine.call(Run(), identity) is model
    assert (engine.state, engine.reason) == (ModelState.LOADED, None)
    engine.close()


def test_one_run_uses_the_model_at_a_time() -> None:
    engine, _ = ready()
    inside, most, lock = 0, 0, threading.Lock()

    def work(model: Model, emit: WorkerChannel[int]) -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        for number in range(50):
            emit(number)
        with lock:
            inside -= 1

    threads = [in_thread(lambda: list(engine.stream(Run(), work))) for _ in range(6)]
    for thread, outcome in threads:
        thread.join(BOUND)
        assert outcome == [list(range(50))]
    assert most == 1
    engine.close()


def test_a_run_behind_an_abandoned_one_waits_until_that_has_really_ended() -> None:
    engine, _ = ready()
    started, release, waiting = threading.Event(), threading.Event(), threading.Event()
    ended: list[str] = []

    def silent(model: Model, emit: WorkerChannel[int]) -> None:
        started.set()
        release.wait(BOUND)
        ended.append("first")

    first = Run()
    one, _ = in_thread(lambda: list(engine.stream(first, silent)))
    assert started.wait(BOUND)
    first.stop()
    one.join(BOUND)
    second = Run(lambda note: waiting.set())
    two, outcome = in_thread(lambda: engine.call(second, lambda model, check: list(ended)))
    assert waiting.wait(BOUND)
    release.set()
    two.join(BOUND)
    assert outcome == [["first"]]
    engine.close()


def test_closing_gives_the_model_back_and_ends_who_uses_it() -> None:
    engine, model = ready()
    started = threading.Event()

    def endless(model: Model, emit: WorkerChannel[int]) -> None:
        while True:
            emit(0)
            started.set()

    thread, outcome = in_thread(lambda: [None for _ in engine.stream(Run(), endless)])
    assert started.wait(BOUND)
    engine.close()
    thread.join(BOUND)
    assert model.closed == 1
    assert isinstance(outcome[0], InvokeServerUnavailableError)
    with pytest.raises(InvokeServerUnavailableError, match="closed"):
        engine.call(Run(), identity)


def test_closing_breaks_off_a_load_that_listens() -> None:
    model = Model()

    def load() -> Model:
        with engine.on_close(model.go.set):
            model.load()
        raise InvokeServerUnavailableError("broken off")

    engine = Engine(load)
    thread, outcome = in_thread(lambda: engine.call(Run(), identity))
    assert model.loading.wait(BOUND)
    begin = perf_counter()
    engine.close()
    thread.join(BOUND)
    assert perf_counter() - begin < 1.0
    assert str(outcome[0]) == "The model was closed."


def test_a_model_that_has_ended_by_itself_is_given_back_and_loaded_again() -> None:
    living: list[Model] = []
    closed: list[Model] = []

    def load() -> Model:
        living.append(Model())
        return living[0]

    engine: Engine[Model] = Engine(load, closed.append, lambda model: model in living)
    first = engine.call(Run(), identity)
    living.clear()
    assert (engine.state, engine.reason) == (ModelState.AVAILABLE, None)
    second = engine.call(Run(), identity)
    assert second is not first
    assert engine.state is ModelState.LOADED
    assert closed == [first]
    engine.close()
    assert closed == [first, second]


def test_a_run_that_waits_while_the_model_ends_gets_a_new_one() -> None:
    living: list[Model] = []
    release, started, waiting = threading.Event(), threading.Event(), threading.Event()

    def load() -> Model:
        living.append(Model())
        return living[0]

    def crash(model: Model, check: Checkpoint) -> Model:
        started.set()
        release.wait(BOUND)
        living.clear()
        return model

    engine: Engine[Model] = Engine(load, None, lambda model: model in living)
    one, first = in_thread(lambda: engine.call(Run(), crash))
    assert started.wait(BOUND)
    two, second = in_thread(lambda: engine.call(Run(lambda note: waiting.set()), identity))
    assert waiting.wait(BOUND)
    release.set()
    for thread in (one, two):
        thread.join(BOUND)
    assert isinstance(second[0], Model)
    assert second[0] is not first[0]
    engine.close()


def test_a_runtime_that_is_not_installed_is_said_to_be_missing() -> None:
    def load() -> Model:
        raise ImportError("libgomp.so.1: cannot open shared object file: No such file or directory")

    engine = Engine(load)
    with pytest.raises(InvokeServerUnavailableError, match=r"cannot be imported: libgomp\.so\.1") as caught:
        engine.call(Run(), identity)
    assert "apt-get install libgomp1" in str(caught.value.hint)
    assert engine.state is ModelState.UNAVAILABLE
    engine.close()


def test_an_engine_that_never_loaded_closes() -> None:
    model = Model()
    engine_of(model).close()
    assert (model.loads, model.closed) == (0, 0)
