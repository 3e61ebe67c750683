"""Generate the YAML that a tool plugin needs beside its code: the manifest's permission and the tool's parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import indent
from typing import Any

from .arguments import FILE, SELECTED
from .members import MEMBERS
from .plugin import takes_selector

_SELECTOR = """\
- name: {name}
  type: model-selector
  scope: {scope}
  required: true
  form: form
  label:
    en_US: Model
  human_description:
    en_US: The model to call
"""
_FILE = """\
- name: {name}
  type: file
  required: true
  form: llm
  label:
    en_US: Recording
  human_description:
    en_US: The recording to transcribe
  llm_description: The recording to transcribe
"""
_TOOL = """\
identity:
  name: {name}
  author: your-name
  label:
    en_US: {label}
description:
  human:
    en_US: {about}
  llm: {about}
parameters:{parameters}
extra:
  python:
    source: tools/{name}.py
"""


def permission(name: str) -> str:
    """Return the part of `manifest.yaml` that lets a plugin make a call: without it, Dify denies the call."""
    return f"resource:\n  permission:\n    model:\n      enabled: true\n      {MEMBERS[name].permission}: true\n"


def tool_yaml(name: str, arguments: Mapping[str, Any], *, selector: bool = False) -> str:
    """Return the tool's own YAML, with the parameters that its code reads."""
    written = parameters(name, arguments, selector=selector)
    return _TOOL.format(
        name=file_name(name),
        label=_spaced(MEMBERS[name].tool),
        about=MEMBERS[name].about,
        parameters="\n" + indent(written, "  ").rstrip("\n") if written else " []",
    )


def parameters(name: str, arguments: Mapping[str, Any], *, selector: bool = False) -> str:
    """Return the tool parameters that the code reads, as YAML; empty if there are none."""
    written = ""
    if selector and takes_selector(name):
        features = "tool-call&" if arguments.get("tools") else ""
        written += _SELECTOR.format(name=SELECTED, scope=features + MEMBERS[name].scope)
    if "file" in arguments:
        written += _FILE.format(name=FILE)
    return written


def file_name(name: str) -> str:
    """Return the name of the tool's files, without extension."""
    return _spaced(MEMBERS[name].tool).lower().replace(" ", "_")


def _spaced(class_name: str) -> str:
    first, *rest = re.findall("[A-Z][a-z]*", class_name)
    return " ".join([first, *(word.lower() for word in rest)])
