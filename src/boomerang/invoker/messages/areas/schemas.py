"""Messages about JSON schemas and checks against them."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "schemas.departs": "The object departs from the schema, first at {path}: expected {expected}, found {found}",
    "schemas.not_checked": "Not checked against the schema: {reason}",
    "schemas.pattern_not_checked": "Pattern not checked: {pattern} at {path} of the schema cannot be read here.",
    "schemas.undecided": "whether it fits depends on a pattern that cannot be read here.",
    "schemas.no_schema": "it is no JSON schema: {fault}",
    "schemas.unusable": "the schema cannot be applied: {reason}",
    "schemas.too_long": "the check took longer than {seconds:g} seconds.",
    "schemas.grammar_too_long": "llama.cpp took longer than {seconds:g} seconds to make a grammar of the schema.",
    "schemas.too_much_memory": "the check needs more than {mebibytes} MB of memory.",
    "schemas.too_deep": "nested too deeply.",
    "schemas.too_large": "schema and value have more than {mebibytes} MB of JSON.",
    "schemas.no_json": "the value or the schema cannot be written as JSON: {reason}",
    "schemas.busy": "too many other checks are running. Try again later.",
    "schemas.no_process": "the process for the check cannot be started: {reason}",
}
"""Id → English template, with `str.format` placeholders."""
