"""Presets: parameters, stop sequences and system text of the LLM page, saved to and loaded from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from boomerang.invoker.entities.model import ParameterRule, ParameterType
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.run.pane import Pane
from boomerang.workbench.conversations.draft_messages import Draft
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import JsonFault, parse, pretty, written

from .conversation_editor import CHAT, MODES

MARK = "boomerang_preset"
VERSION = 1
MOST_BYTES = 200_000


@dataclass(slots=True)
class _PresetUpload:
    """State of the preset upload."""

    version: int = 0
    """Version of the field; a new one starts an empty widget."""
    fault: str | None = None
    """Error in the last file."""
    loaded: bool = False
    """Whether a preset was just loaded and this has not been shown yet."""


def draw(page: Pane) -> None:
    """Draw the preset menu; call it after `page.run`, because the file contains the form's final values."""
    with st.popover(_("Preset"), icon=":material/bookmark:"):
        st.caption(_("Parameters, stop sequences and system text as a JSON file. In a comparison, those of pane A."))
        st.download_button(
            _("Save to file"), data=written(preset(page), indent=2), file_name="preset.json", mime="application/json",
            icon=":material/download:", on_click="ignore", key=page.key("preset.save"),
        )  # fmt: skip
        kept = page.state.kept(_PresetUpload)
        key = page.key(f"preset.{kept.version}")
        st.file_uploader(_("Load from file"), type="json", key=key, on_change=_load, args=(page, key), max_upload_size=1)
        if kept.fault:
            field_fault(None, kept.fault)
    if kept.loaded:
        kept.loaded = False
        st.caption(f":material/check: {_('Preset loaded.')}")


def preset(page: Pane) -> dict[str, Any]:
    """Return the form's current preset."""
    config = page.arguments.get("model_config")
    return {
        MARK: VERSION,
        "model": getattr(config, "model", None),
        "mode": getattr(config, "mode", CHAT),
        "completion_params": dict(getattr(config, "completion_params", {})),
        "stop": page.arguments.get("stop") or [],
        "system": "\n\n".join(draft.content for draft in page.state.drafts if draft.role == "system"),
    }


def read(text: str) -> dict[str, Any] | str:
    """Parse a preset file; return an error message if it is not one."""
    value = parse(text, dict)
    if isinstance(value, JsonFault):
        return str(value)
    if value.get(MARK) != VERSION:
        return _("not a preset: {mark} is not {version}").format(mark=MARK, version=VERSION)
    wanted = {"completion_params": dict, "stop": list, "system": str, "mode": str}
    for name, kind in wanted.items():
        if not isinstance(value.get(name, kind()), kind):
            return _("{name} has the wrong type").format(name=name)
    preset: dict[str, Any] = value
    return preset


def fitting(rule: ParameterRule, value: Any) -> Any:
    """Return a value in the type of the rule's widget; `None` if it does not fit the rule."""
    match rule.type:
        case ParameterType.BOOLEAN:
            return value if isinstance(value, bool) else None
        case ParameterType.INT | ParameterType.FLOAT:
            if isinstance(value, bool) or not isinstance(value, int | float) or (rule.type is ParameterType.INT and value % 1):
                return None
            inside = (rule.min is None or value >= rule.min) and (rule.max is None or value <= rule.max)
            return (int(value) if rule.type is ParameterType.INT else float(value)) if inside else None
        case _:
            return value if isinstance(value, str) and (not rule.options or value in rule.options) else None


def _load(page: Pane, key: str) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    kept = page.state.kept(_PresetUpload)
    kept.version += 1  # a fresh field, so that the upload is freed
    text = file.getvalue()[:MOST_BYTES].decode("utf-8-sig", "replace")
    preset = read(text)
    kept.fault = preset if isinstance(preset, str) else None
    if isinstance(preset, dict):
        _apply(page, preset)


def _apply(page: Pane, preset: Mapping[str, Any]) -> None:
    """Apply a preset to the form. Parameters that do not fit a rule of the model go into the extra JSON, so nothing is lost."""
    left = dict(preset.get("completion_params", {}))
    for rule in page.model.parameter_rules if page.model else ():
        name = page.key(f"{page.model.model}.{rule.name}") if page.model else ""
        value = fitting(rule, left.get(rule.name)) if rule.name in left else None
        st.session_state[f"{name}.send"] = value is not None
        if value is not None:
            st.session_state[name] = value
            del left[rule.name]
    st.session_state[page.key("extra")] = pretty(left) if left else ""
    st.session_state[page.key("stop_words")] = [str(word) for word in preset.get("stop", [])]
    mode = preset.get("mode", CHAT)
    st.session_state[page.key("mode")] = mode if mode in MODES else CHAT
    drafts = [draft for draft in page.state.drafts if draft.role != "system"]
    system = str(preset.get("system", ""))
    page.state.drafts = [Draft(role="system", content=system), *drafts] if system else drafts or [Draft(role="user")]
    page.state.kept(_PresetUpload).loaded = True
