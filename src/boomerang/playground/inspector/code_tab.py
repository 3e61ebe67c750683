"""The call as code: as a Dify plugin, or its last HTTP request as curl or httpx."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from boomerang.invoker.records.record import Record
from boomerang.playground.ui.escape import code
from boomerang.workbench.codegen import http as http_code
from boomerang.workbench.codegen import manifest, plugin
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.http_exchanges import last_request

from .choice import choice

PLUGIN, CURL, HTTPX = "plugin", "curl", "httpx"
KINDS = {PLUGIN: N_("Dify plugin"), CURL: "curl", HTTPX: "httpx"}
MADE, FORM = "made", "form"
CALLS = {MADE: N_("Call made"), FORM: N_("Form as it is")}
FIXED, SELECTOR = "fixed", "selector"
MODELS = {FIXED: N_("Fixed model"), SELECTOR: N_("From a model-selector parameter")}
SNIPPET, TOOL = "snippet", "tool"
PARTS = {SNIPPET: N_("Snippet"), TOOL: N_("Whole Tool class")}


@dataclass(frozen=True, slots=True)
class Calls:
    """The two calls that the tab can show."""

    member: str
    """Attribute of `session.model`."""
    form: Mapping[str, Any]
    """Arguments as the form has them now; `None` for a field that is not valid yet."""
    made: Mapping[str, Any]
    """Arguments of the running or last run; empty before the first one."""


def draw(record: Record[Any] | None, calls: Calls, key: str, variable: str | None) -> None:
    """Draw the choices and the code.

    Args:
        record: The running or last run, for its HTTP request and what it showed about the answer.
        calls: The calls to choose from.
        key: Unique on the page.
        variable: Environment variable of the server's key; `None` if there is no server and thus no HTTP.
    """
    kind = PLUGIN if variable is None else choice(_("Code for"), KINDS, f"{key}.code")
    if kind == PLUGIN:
        _plugin(record, calls, key)
    else:
        _http(record, kind, str(variable))


def _plugin(record: Record[Any] | None, calls: Calls, key: str) -> None:
    name, media_type = calls.member, _media_type(record)
    with st.container(horizontal=True, key=f"{key}.choices"):
        chosen = _call(calls, key)
        arguments = calls.made if chosen == MADE else calls.form
        has_model = plugin.takes_selector(name)
        selector = has_model and choice(_("Model"), MODELS, f"{key}.model") == SELECTOR
        whole_tool = choice(_("Code as"), PARTS, f"{key}.part") == TOOL
    about = _("The call of the last run.") if chosen == MADE else _("The call with the form's current values.")
    st.caption(f"{about} {_('Plugins never see model keys.')}")
    generate = partial(plugin.tool if whole_tool else plugin.code, media_type=media_type)
    path = f"tools/{manifest.file_name(name)}"
    if whole_tool:
        _block(generate(name, arguments, selector=selector), "python", f"{path}.py")
        _block(manifest.tool_yaml(name, arguments, selector=selector), "yaml", f"{path}.yaml")
        _block(manifest.permission(name), "yaml", "manifest.yaml")
        return
    _block(generate(name, arguments, selector=selector), "python")
    if parameters := manifest.parameters(name, arguments, selector=selector):
        _block(f"parameters:\n{parameters}", "yaml", f"{path}.yaml")


def _call(calls: Calls, key: str) -> str:
    """Return which call to show; it is a choice only if the two have different code."""
    if not calls.made:
        return FORM
    if plugin.code(calls.member, calls.made) == plugin.code(calls.member, calls.form):
        return MADE
    return choice(_("Call"), CALLS, f"{key}.call", kept=False)  # each new difference begins with the call made


def _media_type(record: Record[Any] | None) -> str:
    """Return the media type of a run's speech."""
    types = (getattr(chunk, "mime_type", None) for chunk in (record.chunks[:1] if record is not None else ()))
    return next(filter(None, types), None) or plugin.MEDIA_TYPE


def _http(record: Record[Any] | None, kind: str, variable: str) -> None:
    request = last_request(record)
    if request is None:
        st.caption(_("The HTTP request as code appears here after a run."))
        return
    caption = _("The last request of this run, as sent.")
    if needed := http_code.variables(request, variable):
        caption += " " + _("Set these secrets first: {names}.").format(names=", ".join(code(name) for name in needed))
    st.caption(caption)
    if kind == CURL:
        _block(drawable(http_code.curl(request, variable)), "bash")
    else:
        _block(drawable(http_code.httpx(request, variable)), "python")


def _block(source: str, language: str, file: str = "") -> None:
    """Draw code with its copy button, under the name of the file it belongs to."""
    if file:
        st.markdown(f"**{code(file)}**")
    st.code(source, language=language, wrap_lines=True)
