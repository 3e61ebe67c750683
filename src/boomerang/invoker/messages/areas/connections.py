"""Messages about the settings of a connection."""

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
    # a field of the wrong type
    "connections.missing": "is missing",
    "connections.unknown": "is no field that is known here",
    "connections.text": "must be a text",
    "connections.empty": "must not be empty",
    "connections.variable": "must be a name of letters, digits and _",
    "connections.number": "must be a number",
    "connections.more_than": "must be more than {least}",
    "connections.at_most": "must be at most {most}",
    "connections.boolean": "must be true or false",
    "connections.list": "must be a list",
    "connections.entries": "must have at most {most} entries",
    "connections.one_of": "must be one of: {values}",
    "connections.one_key": "give api_key or api_key_env, not both",
    "connections.one_authority": "give ca or ca_file, not both",
    "connections.whole_number": "{name}: expected a whole number from 1 to {most}",
    "connections.mode": "mode: expected chat or completion",
    "connections.default_voice": "default_voice: expected a name",
    "connections.voices": "voices: expected a list of names, or of {{mode, name, language}}",
    "connections.voice": "voices: expected a name, or {{mode, name, language}}",
    "connections.not_pem": "is no certificate in PEM: {fault}",
    "connections.no_authorities": "{file} is no file of certificates: {fault}",
    "connections.file_refused": "only connections.toml may name a file of the server; paste the certificate as text instead",
    "connections.folder_refused": "only connections.toml may name a folder of the server",
    "connections.kind_refused": "only connections.toml may have a connection of the kind {kind}",
    "connections.variable_refused": (
        "the variable {name} may not be named by a visitor; type the key, "
        "or have whoever runs this app list it in CONNECTIONS_ENV"
    ),
    "connections.variable_unset": "the environment variable {name} is not set where this app runs",
    "connections.variable_line": "the environment variable {name} must hold one line of ASCII characters",
    "connections.preset": "expected one of {values}",
}
