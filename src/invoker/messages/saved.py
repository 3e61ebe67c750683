"""Messages about saved and configured connections, and which addresses visitors may call."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "saved.address_entry": (
        "{entry} is not a name, an address, a range or the word public. Examples: *.lab.example:8000, 10.0.0.0/8."
    ),
    "saved.address_link_local": "{address} is a link-local or cloud metadata address. Visitors' connections cannot call it.",
    "saved.address_link_local_hint": (
        "If it is a model server, the person who runs this app can list exactly {address} in {variable}."
    ),
    "saved.address_loopback": "{address} is the machine that this app runs on. Visitors' connections cannot call it here.",
    "saved.address_loopback_hint": (
        "Use the name or address of a server beside the app, such as host.docker.internal. The person who runs this app can "
        "add the server to connections.toml, list {address} in {allow}, or set {loopback}=allow."
    ),
    "saved.address_not_listed": "{address} is not among the addresses that may be called here.",
    "saved.address_not_listed_hint": "The person who runs this app can list it in {variable}.",
    "saved.address_not_public": "{address} is not a public address, and visitors' connections can call only those here.",
    "saved.address_not_public_hint": (
        "The person who runs this app can add the server to connections.toml, or list it in {variable} beside public."
    ),
    "saved.addresses_closed": "until this is fixed, visitors' connections cannot call any address",
    "saved.loopback_value": "expected allow or refuse",
    "saved.not_called": "The call was not made: {error} {hint}",
}
