"""Tests for which addresses may be called: the allow list, and addresses that are always refused, judged by what is dialled."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.openai_compatible.opening import opened
from boomerang.invoker.errors import ConfigError, InvokeBadRequestError
from boomerang.invoker.http.address_policy import Allowed, allowed
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session
from boomerang.kinds import connect
from boomerang.workbench.connections.probe import check_connection
from tests.connection_settings import settings_of
from tests.loopback import ClientConnection, Loopback, ReceivedRequest, head, whole

METADATA = [
    "169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192",
    "168.63.129.16", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
]  # fmt: skip

FORMS = ["::ffff:{}", "::{}", "::ffff:0:{}", "64:ff9b::{}", "64:ff9b:1::{}", "2002:{}::1", "teredo"]
"""Notations of an IPv4 address inside an IPv6 one."""


def checked(rules: Allowed, host: str, address: str | None, port: int = 80) -> bool:
    """Return whether an address may be called."""
    try:
        rules.check(host, ipaddress.ip_address(address) if address else None, port)
    except InvokeBadRequestError as error:
        assert error.field == "base_url" and "CONNECTIONS_ALLOW" in str(error.hint)
        return False
    return True


@pytest.mark.parametrize("address", METADATA)
@pytest.mark.parametrize("rules", [None, "*", "metadata.example, *.example"])
def test_metadata_and_link_local_addresses_are_refused_under_any_name(address: str, rules: str | None) -> None:
    assert not checked(allowed(rules), "metadata.example", address)
    assert not checked(allowed(rules), address, address)
    assert not checked(allowed(rules), address, None), "behind a proxy the address itself is judged"


@pytest.mark.parametrize("address", METADATA)
def test_they_are_called_if_they_are_listed_one_by_one(address: str) -> None:
    listed = f"[{address}]:80" if ":" in address else f"{address}/32"
    assert checked(allowed(listed), address, address) and checked(allowed(f"public {listed}"), address, None)
    assert not checked(allowed(listed.replace(":80", ":81").replace("/32", ":81")), address, address)


@pytest.mark.parametrize("address", METADATA)
@pytest.mark.parametrize(
    "rules",
    [
        "0.0.0.0/0, ::/0",
        "169.254.0.0/16 fe80::/10 fc00::/7 100.64.0.0/10",
        "128.0.0.0/1, 8000::/1",
        "*:80",
        "public",
        "0.0.0.0/0:80",
    ],
)
def test_no_range_or_pattern_opens_them(address: str, rules: str) -> None:
    assert not checked(allowed(rules), "name", address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "8.8.8.8", "::1", "fd12::1"])
def test_everything_else_is_called_where_nothing_is_listed(address: str) -> None:
    assert (
        checked(allowed(None), "name", address)
        and checked(allowed("  "), "name", address)
        and checked(allowed("*"), "n", address)
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
        ("*:443", "any.name", "10.0.0.1", 443, True),
        ("*:443", "any.name", "10.0.0.1", 80, False),
        ("public:443", "any.name", "8.8.8.8", 443, True),
        ("public:443", "any.name", "8.8.8.8", 80, False),
        ("PUBLIC, 10.0.0.5", "any.name", "10.0.0.5", 80, True),
        ("public, 10.0.0.5", "any.name", "10.0.0.6", 80, False),
        ("public, gpu.lab", "gpu.lab", "10.0.0.6", 80, True),
        ("::ffff:10.0.0.5", "any.name", "10.0.0.5", 80, True),
        ("10.0.0.5", "any.name", "::ffff:10.0.0.5", 80, True),
    ],
)
def test_what_is_listed_is_called_and_nothing_else(
    rules: str, host: str, address: str | None, port: int, expected: bool
) -> None:
    assert checked(allowed(rules), host, address, port) is expected


@pytest.mark.parametrize("rules", ["http://a", "a b/c", "a:b", "-x", "10.0.0.0/99", "a, *b", "a:99999", "**", "public/24"])
def test_an_entry_that_is_none_is_refused(rules: str) -> None:
    with pytest.raises(ConfigError, match="CONNECTIONS_ALLOW: "):
        allowed(rules)


def test_a_refused_address_is_never_called() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"data": []}))

    with Loopback(script) as server:
        backend: Any = opened(settings_of({"name": "a", "base_url": server.address}), allowed("10.0.0.0/8"), {})
        with pytest.raises(InvokeBadRequestError, match="is not among the addresses"):
            backend.fetch_models(Run())
        assert server.connections == []
        backend.close()


def test_a_refusal_names_an_ipv6_address_and_its_port_as_they_are_listed() -> None:
    with pytest.raises(InvokeBadRequestError, match=r"^\[::1\]:8080 is not among the addresses"):
        allowed("127.0.0.1").check("::1", ipaddress.ip_address("::1"), 8080)


def test_a_redirect_to_a_refused_address_is_not_followed() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(302, location="http://169.254.169.254/latest/meta-data/", content_length="0"))

    with Loopback(script) as server:
        backend: Any = opened(settings_of({"name": "a", "base_url": server.address}), Allowed(), {})
        with pytest.raises(InvokeBadRequestError, match=r"169\.254\.169\.254"):
            backend.fetch_models(Run())
        backend.close()


def test_the_address_behind_a_name_is_what_counts() -> None:
    """`localhost` leads to loopback here; only its address is listed, and only its address is refused."""
    families = {info[0] for info in socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)}
    first = "127.0.0.1" if socket.AF_INET in families else "::1"

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"data": [{"id": "m"}]}))

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


def test_behind_a_proxy_the_target_is_checked_too() -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": []}))) as proxy:
        settings = settings_of({"name": "a", "base_url": "http://169.254.169.254/v1", "proxy": proxy.address})
        backend: Any = opened(settings, Allowed(), {})
        with Session(backend), pytest.raises(InvokeBadRequestError, match="metadata"):
            backend.fetch_models(Run())
        assert proxy.requests == []
        backend.close()


@pytest.mark.parametrize("host", ["metadata.google.internal", "Metadata.Google.Internal."])
@pytest.mark.parametrize("rules", [None, "*", "*.google.internal"])
def test_behind_a_proxy_a_clouds_metadata_is_refused_by_its_name(host: str, rules: str | None) -> None:
    with pytest.raises(InvokeBadRequestError, match="metadata"):
        allowed(rules).check(host, None, 80)


@pytest.mark.parametrize("host", ["2852039166", "0xA9FEA9FE", "169.254.43518", "0251.0376.0251.0376", "169.254.169.254."])
def test_behind_a_proxy_an_address_written_in_an_old_way_is_checked_as_what_it_is(host: str) -> None:
    with pytest.raises(InvokeBadRequestError, match="link-local"):
        Allowed().check(host, None, 80)


@pytest.mark.parametrize("host", ["api.openai.com", "123abc", "a.1", "пример.рф"])
def test_behind_a_proxy_a_name_is_no_address(host: str) -> None:
    Allowed().check(host, None, 80)


LOOPBACK = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.0.0.1", "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::127.0.0.1",
    "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b:1::7f00:1", "2002:7f00:1::1",
]  # fmt: skip
PRIVATE = [
    "10.0.0.7", "172.17.0.1", "192.168.1.9", "100.64.0.1", "fd12::1", "fec0::1", "::ffff:10.0.0.7", "64:ff9b::a00:7",
    "2002:a00:7::1", "198.18.0.1", "192.0.2.1", "2001:db8::1", "240.0.0.1",
]  # fmt: skip
NOT_ONE_MACHINE = ["224.0.0.1", "239.1.2.3", "255.255.255.255", "ff02::1", "ff0e::1"]
ON_THE_INTERNET = ["8.8.8.8", "104.18.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
TEREDO = "2001:0:4136:e378:8000:63bf:{:04x}:{:04x}"


def teredo(inside: str) -> str:
    """Return the Teredo address of a client."""
    client = ~int(ipaddress.IPv4Address(inside)) & 0xFFFFFFFF
    return TEREDO.format(client >> 16, client & 0xFFFF)


IN_THE_IMAGE = allowed(None, "refuse")


@pytest.mark.parametrize("address", [*LOOPBACK, teredo("127.0.0.1")])
@pytest.mark.parametrize("rules", [None, "*", "public", "0.0.0.0/0 ::/0", "*.example", "name", "10.0.0.0/8", "96.0.0.0/3"])
def test_in_the_image_no_visitor_calls_the_machine_itself(address: str, rules: str | None) -> None:
    rule = allowed(rules, "refuse")
    assert not checked(rule, "name", address) and not checked(rule, "a.example", address)
    assert not checked(rule, address, None), "behind a proxy too"


@pytest.mark.parametrize("address", [*PRIVATE, *ON_THE_INTERNET, teredo("10.0.0.7")])
def test_in_the_image_a_server_beside_the_app_is_called(address: str) -> None:
    assert checked(IN_THE_IMAGE, "name", address) and checked(IN_THE_IMAGE, "gpu", None)


@pytest.mark.parametrize(
    ("rules", "host", "address", "expected"),
    [
        ("127.0.0.1:80", "name", "127.0.0.1", True),
        ("127.0.0.1:81", "name", "127.0.0.1", False),
        ("127.0.0.0/8", "name", "127.0.0.9", True),
        ("127.0.0.0/8", "name", "::1", False),
        ("[::1]", "name", "::1", True),
        ("localhost", "localhost", "127.0.0.1", True),
        ("localhost:80", "LOCALHOST.", "::1", True),
        ("localhost:81", "localhost", "127.0.0.1", False),
        ("localhost", "name", "127.0.0.1", False),
        ("127.0.0.1", "localhost", None, True),
        ("*, 127.0.0.1", "name", "127.0.0.1", True),
        ("*, 127.0.0.1", "name", "127.0.0.2", False),
    ],
)
def test_in_the_image_an_entry_has_to_mean_the_machine_itself(
    rules: str, host: str, address: str | None, expected: bool
) -> None:
    assert checked(allowed(rules, "refuse"), host, address) is expected


@pytest.mark.parametrize("loopback", ["allow", "refuse"])
def test_public_is_the_internet_and_nothing_else(loopback: str) -> None:
    rule = allowed("public", loopback)
    for address in [*LOOPBACK, *PRIVATE, *NOT_ONE_MACHINE, *METADATA, teredo("10.0.0.7")]:
        assert not checked(rule, "name", address) and not checked(rule, address, None), address
    for address in [*ON_THE_INTERNET, teredo("8.8.8.8")]:
        assert checked(rule, "name", address) and checked(rule, address, None), address
    assert checked(rule, "api.example", None), "what a proxy on the internet looks up is on the internet"


LOCAL_NAMES = [
    "localhost", "localhost.", "LocalHost", "a.localhost", "ip6-localhost", "localhost.localdomain", "127.1", "2130706433",
    "0x7f000001", "0177.0.0.1", "[::1]", "0", "127.0.0.1.",
]  # fmt: skip


@pytest.mark.parametrize("host", LOCAL_NAMES)
@pytest.mark.parametrize("rules", [None, "public", "0.0.0.0/0, ::/0"])
def test_behind_a_proxy_a_name_of_the_machine_itself_is_its_address(host: str, rules: str | None) -> None:
    assert not checked(allowed(rules, "refuse"), host, None)
    assert checked(allowed(rules), host, None) is (rules != "public")


@pytest.mark.parametrize(("value", "reachable"), [(None, True), ("", True), ("allow", True), (" REFUSE ", False)])
def test_loopback_is_refused_only_where_it_says_so(value: str | None, reachable: bool) -> None:
    assert checked(allowed(None, value), "localhost", "127.0.0.1") is reachable


@pytest.mark.parametrize("value", ["no", "true", "refused"])
def test_another_word_for_loopback_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="CONNECTIONS_LOOPBACK: expected allow or refuse"):
        allowed(None, value)


@given(st.integers(0, 2**32 - 1) | st.sampled_from([0x7F000001, 0xA9FEA9FE, 0x0A000001, 0x64400001]), st.sampled_from(FORMS))
def test_an_ipv4_address_inside_of_an_ipv6_one_is_checked_as_what_it_is(number: int, form: str) -> None:
    plain = ipaddress.IPv4Address(number)
    inside = teredo(str(plain)) if form == "teredo" else form.format(f"{number >> 16:x}:{number & 0xFFFF:x}")
    for rule in (Allowed(), IN_THE_IMAGE, allowed("public"), allowed("10.0.0.0/8, 192.168.0.0/16")):
        if form == "::{}" and number < 2:
            continue  # these are :: and ::1 themselves
        assert checked(rule, "name", inside) == checked(rule, "name", str(plain))


def test_a_visitors_proxy_is_checked_as_a_server_is() -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": []}))) as proxy:
        settings = settings_of({"name": "a", "base_url": "http://api.example/v1", "proxy": proxy.address})
        backend: Any = opened(settings, IN_THE_IMAGE, {})
        with pytest.raises(InvokeBadRequestError, match="machine that this app runs on"):
            backend.fetch_models(Run())
        assert proxy.connections == []
        backend.close()


@pytest.mark.parametrize("host", ["gpu.example", "127.0.0.1", "localhost.", "127.1", "2130706433", "0x7f.1", "[::ffff:7f00:1]"])
def test_nothing_that_leads_to_loopback_is_called_in_the_image(host: str) -> None:
    def search(_host: str, port: int, **_more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with Loopback(lambda _request, connection: connection.send(whole({"data": []}))) as server:
        base_url = f"http://{host}:{server.address.rpartition(':')[2]}"
        backend: Any = connect("openai_compatible", base_url=base_url, check_address=IN_THE_IMAGE.check, search=search)
        with pytest.raises(InvokeBadRequestError, match="is the machine that this app runs on") as raised:
            backend.fetch_models(Run())
        assert server.connections == [] and "CONNECTIONS_LOOPBACK=allow" in str(raised.value.hint)
        backend.close()


def test_what_is_not_checked_is_called_wherever_it_is() -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": [{"id": "m"}]}))) as server:
        backend: Any = opened(
            settings_of({"name": "a", "base_url": server.address, "headers": {"Host": "localhost"}}), None, {}
        )
        assert [model.model for model in backend.fetch_models(Run())] == ["m"]
        backend.close()


def test_a_check_says_who_can_open_an_address() -> None:
    backend: Any = opened(settings_of({"name": "a", "base_url": "http://127.0.0.1:9/v1"}), IN_THE_IMAGE, {})
    check = check_connection(backend, Run(), base_url="http://127.0.0.1:9/v1")
    assert str(check.verdict).startswith("The call was not made: 127.0.0.1 is the machine that this app runs on.")
    assert "CONNECTIONS_LOOPBACK=allow" in str(check.verdict) and isinstance(check.error, Message)
    backend.close()
