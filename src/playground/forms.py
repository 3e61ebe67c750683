"""Widgets from a model's own description: which model, which parameters, and the ModelConfig that they come to.

A value outside its widget's limits never gets here: Streamlit 1.67 puts it back inside, whoever sent it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st
from pydantic import ValidationError

from invoker import ListedModel, ModelState
from invoker.entities.model import BaseModelConfig, ModelPropertyKey, ModelType, ParameterRule, ParameterType

from .frame import Page
from .jsontext import JsonFault, locate, parse, pretty
from .schemas import schema_fault

ConfigT = TypeVar("ConfigT", bound=BaseModelConfig)

MOST_SLIDER_STEPS = 400
SENT_AT_FIRST = ("temperature", "max_tokens")
"""Parameters whose switch is on at first, beside those that are required; everything else is left to the model."""
STATES = {
    ModelState.AVAILABLE: "ready to load",
    ModelState.LOADING: "loading",
    ModelState.LOADED: "loaded",
    ModelState.UNAVAILABLE: "unavailable",
}


def model_picker(page: Page, model_type: ModelType, label: str = "Model") -> ListedModel | None:
    """Draw the model selector in the toolbar: models of one type only. `None`, with the reason said, if there is none."""
    models = {model.model: model for model in page.backend.models() if model.model_type is model_type}
    if not models:
        page.require(False, f"the connection has no {model_type.value} model")
        return None
    key = page.key("model")
    if st.session_state.get(key) not in models:
        usable = [model.model for model in models.values() if model.state is not ModelState.UNAVAILABLE]
        st.session_state[key] = (usable or list(models))[0]
    with page.model_slot:
        name = st.selectbox(
            label,
            list(models),
            key=key,
            persist_state="session",
            format_func=lambda m: f"{m} — {STATES[models[m].state]}" if models[m].state is ModelState.UNAVAILABLE else m,
            help=f"Models of type {model_type.value} on this connection.",
        )
    model = models[str(name)]
    page.about_model = model.about or ""
    page.require(model.state is not ModelState.UNAVAILABLE, f"{model.model} is unavailable: {model.reason}")
    return model


def parameters(page: Page, model: ListedModel | None) -> dict[str, Any]:
    """Draw the model's parameter rules, each with a switch to send or omit it; give the ones that are sent."""
    values: dict[str, Any] = {}
    if model is None or not model.parameter_rules:
        return values
    with st.expander("Parameters", icon=":material/tune:", expanded=False):
        st.caption("Ticked ones are sent in `completion_params`; the others are left to the model.")
        for rule in model.parameter_rules:
            key = page.key(f"{model.model}.{rule.name}")
            st.session_state.setdefault(f"{key}.send", rule.required or rule.name in SENT_AT_FIRST)
            help_text = rule.help.en_us if rule.help else None
            send = st.checkbox(
                f"{rule.label.en_us if rule.label else rule.name} · `{rule.name}`",
                key=f"{key}.send",
                persist_state="session",
                help=help_text,
            )
            if send:
                values[rule.name] = _parameter(rule, key)
    return values


def config(page: Page, config_class: type[ConfigT], model: ListedModel | None, **own: Any) -> ConfigT | None:
    """Draw the live ModelConfig, or the editor to write it by hand; `None`, with the reason said, while it is not valid."""
    fields = {"provider": model.provider, "model": model.model, "model_type": model.model_type.value} if model else {}
    made = fields | own
    with st.expander(f"ModelConfig · {config_class.__name__}", icon=":material/data_object:", expanded=True):
        by_hand_key, text_key = page.key("config.by_hand"), page.key("config.text")
        by_hand = st.toggle(
            "Write it by hand",
            key=by_hand_key,
            persist_state="session",
            help="Dify accepts any JSON object with these fields; extra keys are ignored. The form has no effect meanwhile.",
        )
        if not by_hand:
            st.code(pretty(made), language="json", wrap_lines=True)
            return _validated(page, config_class, made) if model else None
        st.session_state.setdefault(text_key, pretty(made))
        text = st.text_area("ModelConfig as JSON", key=text_key, height=220, persist_state="session")
        value = parse(str(text or ""), dict)
        if isinstance(value, JsonFault):
            field_fault(page, f"ModelConfig: {value}")
            return None
        return _validated(page, config_class, value)


def json_field(
    page: Page, name: str, label: str, expected: type, *, height: int = 200, help_text: str | None = None
) -> Any | None:
    """Draw a field for JSON; `None`, with line and column said, while it is not valid."""
    text = st.text_area(label, key=page.key(name), height=height, persist_state="session", help=help_text)
    value = parse(str(text or ""), expected)
    if isinstance(value, JsonFault):
        field_fault(page, f"{label}: {value}")
        return None
    return value


def text_area(page: Page, name: str, label: str, *, sample: str = "", height: int = 140, help_text: str | None = None) -> str:
    """Draw a field for text, filled with the sample at first."""
    st.session_state.setdefault(page.key(name), sample)
    value = st.text_area(label, key=page.key(name), height=height, persist_state="session", help=help_text)
    return str(value or "")


def samples(page: Page, choices: dict[str, dict[str, Any]]) -> None:
    """Draw chips that fill the form: each is a label and the values of fields by name."""

    def fill() -> None:
        chosen = st.session_state.get(page.key("sample"))
        st.session_state[page.key("sample")] = None  # a chip is a button: the same one fills the form again
        for name, value in choices.get(str(chosen), {}).items():
            if name == "rows":
                page.state.rows = list(value)
                page.state.editor += 1
            else:
                st.session_state[page.key(name)] = value

    st.pills("Samples", list(choices), key=page.key("sample"), on_change=fill, wrap=True)


def rows(page: Page, label: str, column: str, sample: Sequence[str]) -> list[str]:
    """Draw a table of texts, one a row; blank rows do not count."""
    held = page.state
    if not held.editor:
        held.rows, held.editor = list(sample), 1
    key = page.key(f"rows.{held.editor}")
    if key not in st.session_state:  # a fresh widget, or one that Streamlit forgot while another page was open
        held.extra["base"] = [{column: text} for text in held.rows] or [{column: ""}]
    st.markdown(label)
    edited = st.data_editor(
        held.extra["base"],
        num_rows="dynamic",
        key=key,
        # Of the base, not of the rows as they stand: another height makes another widget, and its edits would be lost.
        height=min(420, 74 + 35 * max(3, len(held.extra["base"]))),
        column_config={column: st.column_config.TextColumn(column, width="large")},
        alt=label,
    )
    held.rows = [str(row[column]) for row in edited if row.get(column) and str(row[column]).strip()]
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Paste lines", icon=":material/content_paste:"):
            st.text_area("One text a line", key=page.key("paste"), height=160)
            st.button("Add as rows", key=page.key("paste.add"), on_click=_add_lines, args=(page,))
        st.caption(f"{len(held.rows)} {column}{'' if len(held.rows) == 1 else 's'}")
    return list(held.rows)


def voices(model: ListedModel | None) -> dict[str, str]:
    """Give a model's voices: the value that a config takes → the name that people read."""
    listed = model.model_properties.get(ModelPropertyKey.VOICES, []) if model else []
    return {voice["mode"]: voice["name"] for voice in listed}


def _add_lines(page: Page) -> None:
    lines = [line.strip() for line in str(st.session_state.get(page.key("paste"), "")).splitlines() if line.strip()]
    page.state.rows = [*page.state.rows, *lines]
    page.state.editor += 1
    st.session_state[page.key("paste")] = ""


def _parameter(rule: ParameterRule, key: str) -> Any:
    st.session_state.setdefault(key, _initial(rule))
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


def _initial(rule: ParameterRule) -> Any:
    """Give a rule's default as its widget takes it: rules come from many hands, and a default may not fit its own rule."""
    match rule.type:
        case ParameterType.BOOLEAN:
            return bool(rule.default)
        case ParameterType.INT | ParameterType.FLOAT:
            try:
                value = float(rule.default if rule.default is not None else rule.min or 0)
            except (TypeError, ValueError):
                value = rule.min or 0.0
            value = min(max(value, value if rule.min is None else rule.min), value if rule.max is None else rule.max)
            return int(value) if rule.type is ParameterType.INT else value
        case _ if rule.options:
            return rule.default if rule.default in rule.options else rule.options[0]
        case _:
            return "" if rule.default is None else str(rule.default)


def _validated(page: Page, config_class: type[ConfigT], value: dict[str, Any]) -> ConfigT | None:
    try:
        return config_class.model_validate(value)
    except ValidationError as error:
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"])
            field_fault(page, f"ModelConfig: {where}: {fault['msg']}")
        return None


def field_fault(page: Page | None, message: str) -> None:
    """Say at the field what is wrong with it; with a page given, keep its Run disabled."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(":red[:material/error:]", width="content")
        st.text(message)
    if page is not None:
        page.require(False, message)


def schema(page: Page, name: str, label: str, sample: dict[str, Any]) -> dict[str, Any] | None:
    """Draw a field for a JSON schema; `None`, with the place and the reason said, while it is none."""
    st.session_state.setdefault(page.key(name), pretty(sample))
    value = json_field(page, name, label, dict, height=260)
    if value is None:
        return None
    if wrong := schema_fault(value):
        line, column = locate(str(st.session_state[page.key(name)]), wrong.path)
        field_fault(page, f"{label}: Line {line}, column {column}, {wrong}")
        return None
    if not value:
        field_fault(page, f"{label}: empty: Dify refuses a schema without content")
        return None
    found: dict[str, Any] = value
    return found


def stop_sequences(page: Page) -> list[str] | None:
    """Draw the list of stop sequences; sent as `stop`, not in `completion_params`. `None` when there are none."""
    words = st.multiselect(
        "Stop sequences",
        [],
        key=page.key("stop_words"),
        accept_new_options=True,
        persist_state="session",
        placeholder="Type one and press Enter",
        help="The answer ends where one of these would begin. Sent as `stop`.",
    )
    return [str(word) for word in words] or None


def voice(page: Page, model: ListedModel | None) -> str:
    """Draw the voices of a model; any other name may be typed."""
    listed = voices(model)
    key = page.key("voice")
    if model and not st.session_state.get(key):
        default = model.model_properties.get(ModelPropertyKey.DEFAULT_VOICE)
        st.session_state[key] = default or next(iter(listed), None)
    current = st.session_state.get(key)
    options = [*listed, *([current] if current and current not in listed else [])]
    chosen = st.selectbox(
        "Voice",
        options,
        key=key,
        accept_new_options=True,
        persist_state="session",
        format_func=lambda mode: f"{listed[mode]} ({mode})" if mode in listed else f"{mode} (typed)",
        help=f"{len(listed)} listed by the model; any other name can be typed.",
    )
    return str(chosen or "")


def whole_number(page: Page, name: str, label: str, default: int, help_text: str, *, least: int = 0) -> int:
    """Draw a field for a whole number."""
    st.session_state.setdefault(page.key(name), default)
    value = st.number_input(label, min_value=least, step=1, key=page.key(name), persist_state="session", help=help_text)
    return int(value or 0)


def following(page: Page, name: str, label: str, count: int, help_text: str) -> int:
    """Draw a field for a number that follows a count until it is set to something else."""
    followed = page.state.extra.get(f"{name}.followed")
    if followed is None or st.session_state.get(page.key(name)) == followed:
        st.session_state[page.key(name)] = count
    page.state.extra[f"{name}.followed"] = count
    return whole_number(page, name, label, count, help_text)


def decimal(page: Page, name: str, label: str, default: float, help_text: str) -> float:
    """Draw a field for a number with decimals."""
    st.session_state.setdefault(page.key(name), default)
    value = st.number_input(label, step=0.05, format="%.2f", key=page.key(name), persist_state="session", help=help_text)
    return float(value or 0.0)
