"""Messages about the settings of a connection and what is saved of it."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "connections.address": "expected an address such as http://localhost:11434/v1",
    "connections.address_line": "must be one line of printable characters",
    "connections.ascii_line": "must be one line of ASCII characters",
    "connections.blanks": "must not begin or end with a space",
    "connections.fragment": "must not have a fragment: remove # and the text after it",
    "connections.header_blanks": "the value of {name} must not begin or end with a space",
    "connections.header_name": "{name} is no name of a header",
    "connections.header_packing": "{name} can be gzip, deflate or identity: no other compression is supported",
    "connections.header_reserved": "{name} cannot be set: each request sets it by itself",
    "connections.header_twice": "{name} is there twice",
    "connections.header_value": "the value of {name} must be one line of ASCII characters",
    "connections.long": "must have at most {most} characters",
    "connections.mapping": "must be names with values",
    "connections.proxy_address": "expected an address such as http://localhost:3128",
    "connections.proxy_end": "must end with its port; in a user or a password, / ? # and @ are written %2F %3F %23 and %40",
    "connections.query_name": "{name} is no name of a field of the query",
    "connections.query_twice": "the query of the address has {name} twice",
    "connections.query_value": "the value of {name} must be one line of printable characters",
    "connections.user": "must not hold a user or a password: use the header Authorization",
    "connections.value_kind": "the value of {name} must be a text",
    "connections.value_long": "the value of {name} must have at most {most} characters",
}
