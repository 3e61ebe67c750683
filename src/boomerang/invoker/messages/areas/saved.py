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
    "saved.entry_kept": "“{name}” cannot be used and stays in the file as it is",
    "saved.entry_unusable": "“{name}” cannot be used",
    "saved.folder_busy": "the folder {folder} is in use by another process; try again",
    "saved.models_left_out": "“{name}” is used without some of its models",
    "saved.name_given": "the name “{name}” is taken by the environment or the app; this connection is not used",
    "saved.name_taken": "there is a connection {name} already; choose another name",
    "saved.name_twice": "the name “{name}” is there twice; the first connection is used",
    "saved.other_key": "its secrets were encrypted with another key; type them again",
    "saved.secrets_unreadable": "its secrets cannot be read: {fault}",
    "saved.shared_twice": "another shared connection has the name “{name}”; only you can use this one until you rename it",
    "saved.addresses_closed": "until this is fixed, visitors' connections cannot call any address",
    "saved.loopback_value": "expected allow or refuse",
    # files
    "saved.at": "{where}: {fault}",
    "saved.too_large": "has more than {most} MB; a file of connections is small",
    "saved.no_list": "expected a list named connections: [[connections]] in TOML",
    "saved.no_list_but": "expected a list named connections: [[connections]] in TOML; found {names}",
    "saved.not_utf8": "is no text in UTF-8",
    "saved.not_json": "is no JSON: {fault}",
    "saved.not_toml": "is no TOML: {fault}",
    "saved.unreadable": "{path} cannot be read: {fault}",
    "saved.unwritable": "{path} cannot be written: {fault}",
    "saved.not_ours": "{path} is not what was saved there: {fault}",
    "saved.list_expected": "expected a list named connections",
    "saved.folder": "the folder {folder} cannot be used: {fault}",
    "saved.no_folder": "nothing can be saved here: the app was started without a data folder",
    "saved.too_many": "you have {count} connections, which is the most; remove one",
    "saved.key_unusable": "the key {path} cannot be used: {fault}",
    "saved.key_readable": "{path} can be read by others than its owner; make it private: {command}",
    "saved.no_key": "{where} is no key; make one: {command}",
}
