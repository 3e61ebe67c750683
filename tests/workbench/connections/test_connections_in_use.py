"""Test connections in use: model fetches and runs while they are changed, removed or closed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from boomerang.workbench.connections.registry import EMBEDDED
from boomerang.workbench.runs.jobs import Job
from tests.connection_settings import settings_of
from tests.loopback import BOUND, ClientConnection, Loopback, ReceivedRequest, whole
from tests.workbench.connections.registries import ANNA, BORIS, book, made


def test_models_are_fetched_once_in_the_background_and_again_when_asked() -> None:
    go_on = threading.Event()

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        go_on.wait(BOUND)
        connection.send(whole({"data": [{"id": "m"}]}))

    with Loopback(script) as server:
        connections = book()
        kept = connections.keep(settings_of({"name": "a", "base_url": server.address}), ANNA)
        kept.fetch()
        kept.fetch()
        assert kept.fetching and not kept.wait(0) and kept.backend.models() == []
        go_on.set()
        assert kept.wait(BOUND) and [model.model for model in kept.backend.models()] == ["m"] and kept.fetch_error is None
        kept.fetch()
        assert kept.wait(BOUND) and len(server.requests) == 1
        kept.fetch(again=True)
        assert kept.wait(BOUND) and len(server.requests) == 2
        connections.close()


def test_closing_ends_a_fetch_under_way_and_the_server_sees_it() -> None:
    with Loopback(lambda _request, connection: connection.wait_until_gone()) as server:
        connections = book()
        kept = connections.keep(settings_of({"name": "a", "base_url": server.address}), ANNA)
        kept.fetch()
        server.until(lambda server: server.requests)
        connections.close()
        assert kept.wait(BOUND) and server.connections[0].left.wait(1)


def test_visitors_who_make_and_drop_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    connections = book(tmp_path)
    faults: list[Exception] = []

    def visitor(owner: str) -> None:
        try:
            for number in range(8):
                connections.keep(made(f"c{number}"), owner, saved=number % 2 == 0)
                assert all(
                    connection.owner in ("", connections.get(f"c{number}", owner).owner)
                    for connection in connections.visible(owner)
                )
                connections.drop(f"c{number - 1}", owner)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=visitor, args=(f"visitor {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert faults == [] and all(connections.names(f"visitor {number}") == [EMBEDDED, "c7"] for number in range(6))


@pytest.mark.parametrize("opened", [True, False])
def test_who_still_holds_a_removed_connection_does_not_open_it_again(opened: bool, tmp_path: Path) -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": []}))) as server:
        file = tmp_path / "connections.toml"
        file.write_text(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}"')
        connections = book(None, file)
        lab = connections.get("lab")
        if opened:
            assert lab.backend.models() == []
        file.unlink()
        assert connections.names() == [EMBEDDED]
        lab.fetch()
        assert lab.wait(BOUND) and "The back end was closed" in str(lab.fetch_error)
        assert server.requests == [] and lab.backend is lab.backend


def test_a_run_on_a_connection_that_is_changed_ends_and_says_why() -> None:
    with Loopback(lambda _request, connection: connection.wait_until_gone()) as server:
        connections = book()
        kept = connections.keep(settings_of({"name": "a", "base_url": server.address}), ANNA)
        config = {"provider": "p", "model": "m", "mode": "chat", "completion_params": {}}
        messages = [{"role": "user", "content": "Hi."}]
        job = Job(lambda session: session.model.llm.invoke(config, messages), kept.backend).start()
        server.until(lambda server: server.requests)
        connections.keep(settings_of({"name": "b", "base_url": server.address}), ANNA, replacing="a")
        job.join(BOUND)
        assert not job.running and job.record is not None and job.record.outcome == "failed"
        assert "The back end was closed while it was answering." in str(job.error) and server.connections[0].left.wait(1)
        connections.close()


@pytest.mark.parametrize("removed", [True, False])
def test_a_run_goes_on_when_another_process_changes_its_connection(removed: bool, tmp_path: Path) -> None:
    go_on = threading.Event()

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        go_on.wait(BOUND)
        connection.send(whole({"data": [{"index": 0, "embedding": [1.0]}], "model": "m"}))

    with Loopback(script) as server:
        one, two = book(tmp_path), book(tmp_path)
        kept = one.keep(settings_of({"name": "a", "base_url": server.address}), ANNA, shared=True)
        job = Job(lambda session: session.model.text_embedding.invoke({"provider": "p", "model": "m"}, ["x"]), kept.backend)
        job.start()
        server.until(lambda server: server.requests)
        if removed:
            two.drop("a", ANNA)
        else:
            two.keep(made("a"), ANNA, replacing="a", shared=True)
        assert (one.get("a", BORIS).name == EMBEDDED) is removed and one.get("a", BORIS) is not kept
        go_on.set()
        job.join(BOUND)
        assert job.record is not None and job.record.outcome == "completed"
        kept.fetch()
        assert kept.wait(BOUND) and "The back end was closed" in str(kept.fetch_error), "closed once the run was over"
        one.close()
        two.close()
