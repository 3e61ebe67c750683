"""Widgets from a model's own description: which parameters, and the ModelConfig that they come to.

A value outside its widget's limits never gets here: Streamlit 1.67 puts it back inside, whoever sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import streamlit as st
from pydantic import ValidationError

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import BaseModelConfig, I18nObject, ModelPropertyKey, ParameterRule, ParameterType
from boomerang.invoker.llm_text.json_schema import schema_fault
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import preferences
from boomerang.playground.ui.escape import code, plain
from boomerang.workbench.i18n.translate import _, language
from boomerang.workbench.parsing.json_text import JsonFault, locate, parse, pretty

ConfigT = TypeVar("ConfigT", bound=BaseModelConfig)

MOST_SLIDER_STEPS = 400
SENT_AT_FIRST = ("temperature", "max_tokens")
"""Parameters whose switch is on at first if their model has a value for them, beside those that are required."""
UNDECLARED = {"temperature": 1.0, "max_tokens": 1024, "top_p": 1.0}
"""What stands in the field of a parameter whose model has no value for it."""


def parameters(page: Pane, model: ListedModel | None) -> dict[str, Any]:
    """Draw the model's parameter rules, each with a switch to send or omit it; give the ones that are sent."""
    values: dict[str, Any] = {}
    if model is None:
        return values
    with st.expander(_("Parameters"), icon=":material/tune:", expanded=False):
        if model.parameter_rules:
            st.caption(_("Ticked ones are sent in `completion_params`; the others are left to the model."))
        for rule in model.parameter_rules:
            name = f"{model.model}.{rule.name}"
            send = st.checkbox(
                f"{plain(spoken(rule.label) or rule.name)} · {code(rule.name)}",
                key=page.hold(f"{name}.send", _is_sent_at_first(rule)),
                persist_state="session",
                help=plain(spoken(rule.help)) or None,
            )
            if send:
                values[rule.name] = _parameter(rule, page.hold(name, _initial(rule), partial(_fits, rule)))
        values |= _extra(page, model)
    return values


def _extra(page: Pane, model: ListedModel) -> dict[str, Any]:
    """Draw the field for parameters that no rule lists; gives what is in it."""
    text = st.text_area(
        _("Extra JSON"),
        key=page.hold("extra", ""),
        height="content",
        persist_state="session",
        placeholder='{"seed": 7}',
        help=_("An object that is merged over what stands above, for parameters that the model does not list."),
    )
    if not str(text or "").strip():
        return {}
    value = parse(str(text), dict)
    if isinstance(value, JsonFault):
        field_fault(page, _("Extra JSON: {fault}").format(fault=value))
        return {}
    unknown = [name for name in value if name not in {rule.name for rule in model.parameter_rules}]
    if unknown:
        notice = _("{model} does not list {names} among its parameters; sent all the same.")
        page.notices.append(notice.format(model=model.model, names=", ".join(unknown)))
    found: dict[str, Any] = value
    return found


def first_parameters(model: ListedModel) -> dict[str, Any]:
    """Give the parameters that are sent as long as nobody touches them."""
    rules = [rule for rule in model.parameter_rules if _is_sent_at_first(rule)]
    return {rule.name: _initial(rule) for rule in rules}


def config(page: Pane, config_class: type[ConfigT], model: ListedModel | None, **own: Any) -> ConfigT | None:
    """Draw the live ModelConfig, or the editor to write it by hand; `None`, with the reason said, while it is not valid."""
    fields = {"provider": model.provider, "model": model.model, "model_type": model.model_type.value} if model else {}
    made = fields | own
    if not preferences.expert():
        return _validated(page, config_class, made) if model else None
    with st.expander(f"ModelConfig · {config_class.__name__}", icon=":material/data_object:", expanded=True):
        by_hand = st.toggle(
            _("Write it by hand"),
            key=page.hold("config.by_hand", False),
            persist_state="session",
            help=_("Dify accepts any JSON object with these fields; extra keys are ignored. The form has no effect meanwhile."),
        )
        if not by_hand:
            st.code(pretty(made), language="json", wrap_lines=True)
            return _validated(page, config_class, made) if model else None
        key = page.hold("config.text", pretty(made))
        text = st.text_area(_("ModelConfig as JSON"), key=key, height=220, persist_state="session")
        value = parse(str(text or ""), dict)
        if isinstance(value, JsonFault):
            field_fault(page, f"ModelConfig: {value}")
            return None
        return _validated(page, config_class, value)


def json_field(
    page: Pane, name: str, label: str, expected: type, *, height: int = 200, help_text: str | None = None
) -> Any | None:
    """Draw a field for JSON; `None`, with line and column said, while it is not valid."""
    text = st.text_area(label, key=page.key(name), height=height, persist_state="session", help=help_text)
    value = parse(str(text or ""), expected)
    if isinstance(value, JsonFault):
        field_fault(page, f"{label}: {value}")
        return None
    return value


def text_area(page: Pane, name: str, label: str, *, sample: str = "", height: int = 140, help_text: str | None = None) -> str:
    """Draw a field for text, filled with the sample at first."""
    value = st.text_area(label, key=page.hold(name, sample), height=height, persist_state="session", help=help_text)
    return str(value or "")


def samples(page: Pane, choices: dict[str, dict[str, Any]]) -> None:
    """Draw chips that fill the form: each is a label and the values of fields by name; and the way back to the first one."""

    def fill() -> None:
        chosen = st.session_state.get(page.key("sample"))
        st.session_state[page.key("sample")] = None  # a chip is a button: the same one fills the form again
        for name, value in choices.get(str(chosen), {}).items():
            if name == "rows":
                page.state.rows = list(value)
                page.state.editor += 1
            else:
                st.session_state[page.key(name)] = value

    chips(page, list(choices), fill)


def chips(page: Pane, labels: Sequence[str], fill: Callable[[], None]) -> None:
    """Draw the row of samples, and the button that puts every field back."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container():  # so that they wrap beside the button, and keep their own widths
            st.pills(_("Samples"), labels, key=page.key("sample"), on_change=fill, wrap=True, format_func=_)
        st.button(
            _("Reset"),
            icon=":material/restart_alt:",
            key=page.key("reset"),
            type="tertiary",
            on_click=page.reset,
            help=_("Every field of this page back to the first sample."),
        )


def voices(model: ListedModel | None) -> dict[str, str]:
    """Give a model's voices: the value that a config takes → the name that people read."""
    listed = model.model_properties.get(ModelPropertyKey.VOICES, []) if model else []
    return {voice["mode"]: voice["name"] for voice in listed}


def spoken(text: I18nObject | None) -> str:
    """Give a model's own words in the visitor's language, or in English; empty if there are none."""
    if text is None:
        return ""
    return (text.zh_hans if language() == "zh_Hans" else None) or text.en_us or ""


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
    """Tell whether a value is one that the rule's widget takes."""
    if rule.type in (ParameterType.INT, ParameterType.FLOAT):
        return (rule.min is None or value >= rule.min) and (rule.max is None or value <= rule.max)
    return not rule.options or value in rule.options


def _is_sent_at_first(rule: ParameterRule) -> bool:
    return rule.required or (rule.name in SENT_AT_FIRST and rule.default is not None)


def _initial(rule: ParameterRule) -> Any:
    """Give a rule's default as its widget takes it: rules come from many hands, and a default may not fit its own rule."""
    match rule.type:
        case ParameterType.BOOLEAN:
            return bool(rule.default)
        case ParameterType.INT | ParameterType.FLOAT:
            try:
                value = float(rule.default if rule.default is not None else UNDECLARED.get(rule.name, rule.min or 0))
            except (TypeError, ValueError):
                value = rule.min or 0.0
            value = min(max(value, value if rule.min is None else rule.min), value if rule.max is None else rule.max)
            return int(value) if rule.type is ParameterType.INT else value
        case _ if rule.options:
            return rule.default if rule.default in rule.options else rule.options[0]
        case _:
            return "" if rule.default is None else str(rule.default)


def _validated(page: Pane, config_class: type[ConfigT], value: dict[str, Any]) -> ConfigT | None:
    try:
        return config_class.model_validate(value)
    except ValidationError as error:
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"])
            field_fault(page, f"ModelConfig: {where}: {fault['msg']}")
        return None


def field_fault(page: Pane | None, message: str, *, sendable: bool = False) -> None:
    """Say at the field what is wrong with it; with a page given, keep its Run disabled, as `Pane.require` does."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(":red[:material/error:]", width="content")
        st.text(message)
    if page is not None:
        page.require(False, message, sendable=sendable)


def schema(page: Pane, name: str, label: str, sample: dict[str, Any]) -> dict[str, Any] | None:
    """Draw a field for a JSON schema, with the place and the reason where it is none; `None` while it is no JSON object."""
    page.hold(name, pretty(sample))
    value = json_field(page, name, label, dict, height=260)
    if value is None:
        return None
    if wrong := schema_fault(value):
        line, column = locate(str(st.session_state[page.key(name)]), wrong.path)
        fault = _("{label}: Line {line}, column {column}, {fault}")
        field_fault(page, fault.format(label=label, line=line, column=column, fault=wrong), sendable=True)
    elif not value:
        field_fault(page, _("{label}: empty: Dify refuses a schema without content").format(label=label), sendable=True)
    found: dict[str, Any] = value
    return found


def stop_sequences(page: Pane) -> list[str] | None:
    """Draw the list of stop sequences; sent as `stop`, not in `completion_params`. `None` when there are none."""
    words = st.multiselect(
        _("Stop sequences"),
        [],
        key=page.hold("stop_words", []),
        accept_new_options=True,
        persist_state="session",
        placeholder=_("Type one and press Enter"),
        help=_("The answer ends where one of these would begin. Sent as `stop`."),
    )
    return [str(word) for word in words] or None


def voice(page: Pane, model: ListedModel | None) -> str:
    """Draw the voices of a model; any other name may be typed."""
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
        help=_("{count} listed by the model; any other name can be typed.").format(count=len(listed)),
    )
    return str(chosen or "")


def whole_number(page: Pane, name: str, label: str, default: int, help_text: str, *, least: int = 0) -> int:
    """Draw a field for a whole number."""
    key = page.hold(name, default, lambda value: value >= least)
    value = st.number_input(label, min_value=least, step=1, key=key, persist_state="session", help=help_text)
    return int(value or 0)


def following(page: Pane, name: str, label: str, count: int, help_text: str) -> int:
    """Draw a field for a number that follows a count until it is set to something else."""
    followed = page.state.extra.get(f"{name}.followed")
    asked = page.take(name, 0)
    if asked is not None and asked >= 0:
        st.session_state[page.key(name)] = asked
    elif followed is None or st.session_state.get(page.key(name)) == followed:
        st.session_state[page.key(name)] = count
    page.state.extra[f"{name}.followed"] = count
    return whole_number(page, name, label, count, help_text)


def decimal(page: Pane, name: str, label: str, default: float, help_text: str) -> float:
    """Draw a field for a number with decimals."""
    key = page.hold(name, default)
    value = st.number_input(label, step=0.05, format="%.2f", key=key, persist_state="session", help=help_text)
    return float(value or 0.0)
