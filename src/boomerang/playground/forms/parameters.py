"""A model's adjustable parameters as form fields."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import ModelPropertyKey, ParameterRule, ParameterType
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.escape import code, plain
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import JsonFault, parse
from boomerang.workbench.samples.model_defaults import initial_value, is_sent_at_first, spoken, voices

from .fields import field_fault

MOST_SLIDER_STEPS = 400


def parameters(page: Pane, model: ListedModel | None) -> dict[str, Any]:
    """Draw the model's parameter rules, each with a switch to send or omit it; return the parameters to send."""
    values: dict[str, Any] = {}
    if model is None:
        return values
    with st.expander(_("Parameters"), icon=":material/tune:", expanded=False):
        if model.parameter_rules:
            st.caption(_("Only checked parameters are sent, as `completion_params`."))
        for rule in model.parameter_rules:
            name = f"{model.model}.{rule.name}"
            send = st.checkbox(
                f"{plain(spoken(rule.label) or rule.name)} · {code(rule.name)}",
                key=page.hold(f"{name}.send", is_sent_at_first(rule)),
                persist_state="session",
                help=plain(spoken(rule.help)) or None,
            )
            if send:
                values[rule.name] = _parameter(rule, page.hold(name, initial_value(rule), partial(_fits, rule)))
        values |= _extra(page, model)
    return values


def _extra(page: Pane, model: ListedModel) -> dict[str, Any]:
    """Draw the field for parameters without a rule; return its value."""
    text = st.text_area(
        _("Extra JSON"),
        key=page.hold("extra", ""),
        height="content",
        persist_state="session",
        placeholder='{"seed": 7}',
        help=_("Merged over the parameters above. Use it for parameters that the model does not list."),
    )
    if not str(text or "").strip():
        return {}
    value = parse(str(text), dict)
    if isinstance(value, JsonFault):
        field_fault(page, _("Extra JSON: {fault}").format(fault=value))
        return {}
    unknown = [name for name in value if name not in {rule.name for rule in model.parameter_rules}]
    if unknown:
        notice = _("{model} does not list {names} as parameters; sent anyway.")
        page.notices.append(notice.format(model=model.model, names=", ".join(unknown)))
    parameters: dict[str, Any] = value
    return parameters


def _parameter(rule: ParameterRule, key: str) -> Any:
    label = rule.name
    match rule.type:
        case ParameterType.BOOLEAN:
            return st.toggle(label, key=key, persist_state="session", label_visibility="collapsed")
        case ParameterType.TEXT:
            return st.text_area(label, key=key, height=120, persist_state="session", label_visibility="collapsed")
        case ParameterType.STRING if rule.options:
            return st.selectbox(label, rule.options, key=key, persist_state="session", label_visibility="collapsed")
        case ParameterType.STRING:
            return st.text_input(label, key=key, persist_state="session", label_visibility="collapsed")
        case _:
            return _number(rule, key)


def _number(rule: ParameterRule, key: str) -> int | float:
    whole = rule.type is ParameterType.INT
    kind: type[int] | type[float] = int if whole else float
    step = kind(1) if whole else kind(10 ** -(rule.precision if rule.precision is not None else 2))
    low = None if rule.min is None else kind(rule.min)
    high = None if rule.max is None else kind(rule.max)
    if low is not None and high is not None and (high - low) / step <= MOST_SLIDER_STEPS:
        value = st.slider(rule.name, low, high, step=step, key=key, persist_state="session", label_visibility="collapsed")
    else:
        value = st.number_input(rule.name, low, high, step=step, key=key, persist_state="session", label_visibility="collapsed")
    return kind(value or 0)


def _fits(rule: ParameterRule, value: Any) -> bool:
    """Return whether the rule's widget accepts a value."""
    if rule.type in (ParameterType.INT, ParameterType.FLOAT):
        return (rule.min is None or value >= rule.min) and (rule.max is None or value <= rule.max)
    return not rule.options or value in rule.options


def voice(page: Pane, model: ListedModel | None) -> str:
    """Draw a model's voices; any other name may be typed."""
    listed = voices(model)
    default = model.model_properties.get(ModelPropertyKey.DEFAULT_VOICE) if model else None
    default = default or next(iter(listed), None)
    key = page.hold("voice", default)
    if not st.session_state.get(key):
        st.session_state[key] = default
    current = st.session_state.get(key)
    options = [*listed, *([current] if current and current not in listed else [])]
    chosen = st.selectbox(
        _("Voice"),
        options,
        key=key,
        accept_new_options=True,
        persist_state="session",
        format_func=lambda mode: f"{listed[mode]} ({mode})" if mode in listed else f"{mode} ({_('typed')})",
        help=_("{count} listed by the model. You can type any other name.").format(count=len(listed)),
    )
    return str(chosen or "")
