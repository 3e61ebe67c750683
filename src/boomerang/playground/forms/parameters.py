"""A model's adjustable parameters as form fields."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeAlias

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import ModelPropertyKey, ParameterRule, ParameterType
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import expander
from boomerang.playground.ui.escape import code, plain
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.parsing.json_text import JsonFault, parse
from boomerang.workbench.samples.model_defaults import initial_value, is_sent_at_first, spoken, voices

from .fields import field_fault

MOST_SLIDER_STEPS = 400
Number: TypeAlias = int | float


def parameters(page: Pane, model: ListedModel | None) -> dict[str, Any]:
    """Draw the model's parameter rules, each with a switch to send or omit it; return the parameters to send."""
    if model is None:
        return {}
    sent = {rule.name: _value(page, model, rule) for rule in model.parameter_rules if _is_sent(page, model, rule)}
    extra = _extra(page, model)
    expanders = page.state.kept(expander.Expanders)
    with expander.draw(expanders, page.key("settings.open"), _("Parameters"), _state(sent, extra)) as shown:
        if shown.open:
            _draw(page, model, extra)
    return sent if isinstance(extra, str) else sent | extra


def _state(sent: Mapping[str, Any], extra: Mapping[str, Any] | str) -> str:
    if isinstance(extra, str):
        return _("check: {names}").format(names=_("Extra JSON"))
    count = len({*sent, *extra})
    return ngettext("{count} set", "{count} set", count).format(count=count)


def _is_sent(page: Pane, model: ListedModel, rule: ParameterRule) -> bool:
    return bool(st.session_state[page.hold(f"{model.model}.{rule.name}.send", is_sent_at_first(rule))])


def _value(page: Pane, model: ListedModel, rule: ParameterRule) -> Any:
    """Return a parameter's value, within its rule: without its widget, Streamlit does not check it."""
    key = page.hold(f"{model.model}.{rule.name}", initial_value(rule), partial(_fits, rule))
    value = within_rule(rule, st.session_state[key])
    if (type(value), value) != (type(st.session_state[key]), st.session_state[key]):
        st.session_state[key] = value
    return value


def within_rule(rule: ParameterRule, value: Any) -> Any:
    """Return a value as the rule's widget would: in its type, and within its limits or among its options."""
    match rule.type:
        case ParameterType.BOOLEAN:
            return bool(value)
        case ParameterType.STRING if rule.options:
            return value if value in rule.options else initial_value(rule)
        case ParameterType.TEXT | ParameterType.STRING:
            return "" if value is None else str(value)
        case _:
            low, high, step = _limits(rule)
            number = type(step)(value or 0)
            number = number if low is None else max(number, low)
            return number if high is None else min(number, high)


def _extra(page: Pane, model: ListedModel) -> dict[str, Any] | str:
    """Return the parameters without a rule, or what is wrong with their JSON, which disables Run."""
    text = str(st.session_state[page.hold("extra", "")] or "")
    if not text.strip():
        return {}
    value = parse(text, dict)
    if isinstance(value, JsonFault):
        fault = _("Extra JSON: {fault}").format(fault=value)
        page.require(False, fault)
        return fault
    unknown = [name for name in value if name not in {rule.name for rule in model.parameter_rules}]
    if unknown:
        notice = _("{model} does not list {names} as parameters; sent anyway.")
        page.notices.append(notice.format(model=model.model, names=", ".join(unknown)))
    parameters: dict[str, Any] = value
    return parameters


def _draw(page: Pane, model: ListedModel, extra: Mapping[str, Any] | str) -> None:
    if model.parameter_rules:
        st.caption(_("Only checked parameters are sent, as `completion_params`."))
    for rule in model.parameter_rules:
        key = page.key(f"{model.model}.{rule.name}")
        is_sent = st.checkbox(
            f"{plain(spoken(rule.label) or rule.name)} · {code(rule.name)}",
            key=f"{key}.send",
            persist_state="session",
            help=plain(spoken(rule.help)) or None,
        )
        if is_sent:
            _widget(rule, key)
    st.text_area(
        _("Extra JSON"),
        key=page.key("extra"),
        height="content",
        persist_state="session",
        placeholder='{"seed": 7}',
        help=_("Merged over the parameters above. Use it for parameters that the model does not list."),
    )
    if isinstance(extra, str):
        field_fault(None, extra)


def _widget(rule: ParameterRule, key: str) -> None:
    label = rule.name
    match rule.type:
        case ParameterType.BOOLEAN:
            st.toggle(label, key=key, persist_state="session", label_visibility="collapsed")
        case ParameterType.TEXT:
            st.text_area(label, key=key, height=120, persist_state="session", label_visibility="collapsed")
        case ParameterType.STRING if rule.options:
            st.selectbox(label, rule.options, key=key, persist_state="session", label_visibility="collapsed")
        case ParameterType.STRING:
            st.text_input(label, key=key, persist_state="session", label_visibility="collapsed")
        case _:
            _number(rule, key)


def _number(rule: ParameterRule, key: str) -> None:
    low, high, step = _limits(rule)
    if low is not None and high is not None and (high - low) / step <= MOST_SLIDER_STEPS:
        st.slider(rule.name, low, high, step=step, key=key, persist_state="session", label_visibility="collapsed")
    else:
        st.number_input(rule.name, low, high, step=step, key=key, persist_state="session", label_visibility="collapsed")


def _limits(rule: ParameterRule) -> tuple[Number | None, Number | None, Number]:
    """Return minimum, maximum and step of a number, each in the number's type."""
    whole = rule.type is ParameterType.INT
    kind: type[int] | type[float] = int if whole else float
    step = kind(1) if whole else kind(10 ** -(rule.precision if rule.precision is not None else 2))
    return None if rule.min is None else kind(rule.min), None if rule.max is None else kind(rule.max), step


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
