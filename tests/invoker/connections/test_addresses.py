"""Which addresses may be called: the list, and what is never called; judged by the address that is really dialled."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from invoker import InvokeBadRequestError, Session
from invoker.connections import Allowed, allowed, opened, settings_of
from invoker.errors import ConfigError
from invoker.run import Run
from tests.loopback import Asked, Loopback, Wire, head, whole

METADATA = [
    "169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192",
    "168.63.129.16", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
]  # fmt: skip


def judged(rules: Allowed, host: str, address: str | None, port: int = 80) -> bool:
    """Tell whether an address may be called."""
    try:
        rules.judge(host, ipaddress.ip_address(address) if address else None, port)
    except InvokeBadRequestError as error:
        assert error.field == "base_url" and error.hint and "CONNECTIONS_ALLOW" in error.hint
        return False
    return True


@pytest.mark.parametrize("address", METADATA)
@pytest.mark.parametrize("rules", [None, "*", "metadata.example, *.example"])
def test_metadata_and_link_local_addresses_are_refused_under_any_name(address: str, rules: str | None) -> None:
    assert not judged(allowed(rules), "metadata.example", address)
    assert not judged(allowed(rules), address, address)
    assert not judged(allowed(rules), address, None), "behind a proxy the address itself is judged"


@pytest.mark.parametrize("address", METADATA)
def test_they_are_called_if_they_are_listed_themselves(address: str) -> None:
    plain = {"::ffff:169.254.169.254": "169.254.169.254", "64:ff9b::a9fe:a9fe": "169.254.169.254"}
    listed = plain.get(address) or ("169.254.0.0/16" if address.startswith("2002") else address)
    assert judged(allowed(listed if "." in listed or "/" in listed else f"[{listed}]"), address, address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "8.8.8.8", "::1", "fd12::1"])
def test_everything_else_is_called_where_nothing_is_listed(address: str) -> None:
    assert (
        judged(allowed(None), "name", address) and judged(allowed("  "), "name", address) and judged(allowed("*"), "n", address)
    )


@pytest.mark.parametrize(
    ("rules", "host", "address", "port", "expected"),
    [
        ("api.openai.com", "api.openai.com", "104.18.0.1", 443, True),
        ("api.openai.com", "API.OpenAI.com.", "104.18.0.1", 443, True),
        ("api.openai.com", "evil-api.openai.com", "104.18.0.1", 443, False),
        ("api.openai.com", "104.18.0.1", "104.18.0.1", 443, False),
        ("*.lab.example", "gpu.lab.example", "10.0.0.1", 8000, True),
        ("*.lab.example", "lab.example", "10.0.0.1", 8000, False),
        ("*.lab.example", "gpulab.example", "10.0.0.1", 8000, False),
        ("gpu:8000", "gpu", "10.0.0.1", 8000, True),
        ("gpu:8000", "gpu", "10.0.0.1", 22, False),
        ("10.0.0.0/8", "any.name", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "any.name", "11.1.2.3", 80, False),
        ("10.0.0.0/8:80", "any.name", "10.1.2.3", 81, False),
        ("[fd00::/8]:443", "any.name", "fd00::1", 443, True),
        ("127.0.0.1", "localhost", "127.0.0.1", 11434, True),
        ("127.0.0.1", "localhost", "::1", 11434, False),
        ("10.0.0.0/8", "proxied.name", None, 80, False),
        ("proxied.name", "proxied.name", None, 80, True),
    ],
)
def test_what_is_listed_is_called_and_nothing_else(
    rules: str, host: str, address: str | None, port: int, expected: bool
) -> None:
    assert judged(allowed(rules), host, address, port) is expected


@pytest.mark.parametrize("rules", ["http://a", "a b/c", "a:b", "-x", "10.0.0.0/99", "a, *b"])
def test_an_entry_that_is_none_is_refused(rules: str) -> None:
    with pytest.raises(ConfigError, match="CONNECTIONS_ALLOW: "):
        allowed(rules)


def test_a_refused_address_is_never_dialled() -> None:
    def script(_asked: Asked, wire: Wire) -> None:
        wire.send(whole({"data": []}))

    with Loopback(script) as server:
        backend: Any = opened(settings_of({"name": "a", "base_url": server.address}), allowed("10.0.0.0/8"), {})
        with pytest.raises(InvokeBadRequestError, match="is not among the addresses"):
            backend.fetch_models(Run())
        assert server.connections == []
        backend.close()


def test_a_refusal_names_an_ipv6_address_and_its_port_as_they_are_listed() -> None:
    with pytest.raises(InvokeBadRequestError, match=r"^\[::1\]:8080 is not among the addresses"):
        allowed("127.0.0.1").judge("::1", ipaddress.ip_address("::1"), 8080)


def test_a_redirect_to_a_refused_address_is_not_followed() -> None:
    def script(_asked: Asked, wire: Wire) -> None:
        wire.send(head(302, location="http://169.254.169.254/latest/meta-data/", content_length="0"))

    with Loopback(script) as server:
        backend: Any = opened(settings_of({"name": "a", "base_url": server.address}), Allowed(), {})
        with pytest.raises(InvokeBadRequestError, match=r"169\.254\.169\.254"):
            backend.fetch_models(Run())
        backend.close()


def test_the_address_behind_a_name_is_what_counts() -> None:
    """`localhost` leads to loopback here; only its address is listed, and only its address is refused."""
    families = {info[0] for info in socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)}
    first = "127.0.0.1" if socket.AF_INET in families else "::1"

    def script(_asked: Asked, wire: Wire) -> None:
        wire.send(whole({"data": [{"id": "m"}]}))

    with Loopback(script) as server:
        port = server.address.rpartition(":")[2]
        base_url = f"http://localhost:{port}"
        yes: Any = opened(settings_of({"name": "a", "base_url": base_url}), allowed("127.0.0.1, [::1]"), {})
        assert [model.model for model in yes.fetch_models(Run())] == ["m"], first
        no: Any = opened(settings_of({"name": "a", "base_url": base_url}), allowed("8.8.8.8"), {})
        with pytest.raises(InvokeBadRequestError):
            no.fetch_models(Run())
        yes.close()
        no.close()


def test_behind_a_proxy_the_target_is_judged_too() -> None:
    with Loopback(lambda _asked, wire: wire.send(whole({"data": []}))) as proxy:
        settings = settings_of({"name": "a", "base_url": "http://169.254.169.254/v1", "proxy": proxy.address})
        backend: Any = opened(settings, Allowed(), {})
        with Session(backend), pytest.raises(InvokeBadRequestError, match="metadata"):
            backend.fetch_models(Run())
        assert proxy.asked == []
        backend.close()


@pytest.mark.parametrize("host", ["metadata.google.internal", "Metadata.Google.Internal."])
@pytest.mark.parametrize("rules", [None, "*", "*.google.internal"])
def test_behind_a_proxy_a_clouds_metadata_is_refused_by_its_name(host: str, rules: str | None) -> None:
    with pytest.raises(InvokeBadRequestError, match="metadata"):
        allowed(rules).judge(host, None, 80)


@pytest.mark.parametrize("host", ["2852039166", "0xA9FEA9FE", "169.254.43518", "0251.0376.0251.0376", "169.254.169.254."])
def test_behind_a_proxy_an_address_written_in_an_old_way_is_judged_as_what_it_is(host: str) -> None:
    with pytest.raises(InvokeBadRequestError, match="link-local"):
        Allowed().judge(host, None, 80)


@pytest.mark.parametrize("host", ["api.openai.com", "123abc", "a.1", "пример.рф"])
def test_behind_a_proxy_a_name_is_no_address(host: str) -> None:
    Allowed().judge(host, None, 80)
