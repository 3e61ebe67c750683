"""The form of a connection: what stands in it becomes settings, which can be tried before they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from invoker.connections import PRESETS, Check, ConnectionSettings, Preset, SettingsError, settings_of
from invoker.errors import ConfigError
from invoker.wire.masking import MASK

from .. import resources, state
from ..checks import SERVER, Trial
from ..connection import Connection, Origin
from ..escape import plain
from ..forms import field_fault
from ..words import N_, _
from . import health, model_rows, progress, results
from .faults import TIMEOUTS, spoken, widget_of
from .held import Held
from .lines import as_lines, as_values, kept, kept_proxy, masked_proxy, with_scheme
from .progress import Tick
from .transfer import free_name

NO_KEY, TYPED, VARIABLE = "none", "typed", "variable"
KEYS = {NO_KEY: N_("none"), TYPED: N_("typed here"), VARIABLE: N_("from a variable")}
SESSION, SAVED, SHARED = "session", "saved", "shared"
KEEPING = {SESSION: N_("this session only"), SAVED: N_("saved, for me"), SHARED: N_("saved, for everybody")}
REACHING = ("base_url", "api_key", "api_key_env", "headers", "query", "proxy", "verify", "ca_file", "ca", "timeouts")
"""Fields on which depends what comes of trying."""


def begin(held: Held, preset: Preset) -> None:
    """Open the form for a new connection."""
    taken = set(resources.CONNECTIONS.names(state.owner()))
    title = preset.title if preset.base_url else _("My server")
    draft = {
        "name": free_name(title, taken),
        "base_url": preset.base_url or "http://localhost:8000/v1",
        "provider": preset.provider,
    }
    _fill(held, settings_of(draft | {"preset": preset.id}), None, SESSION)


def edit(held: Held, connection: Connection, base_url: str = "") -> None:
    """Open the form for a connection of one's own, perhaps with another address."""
    assert connection.settings is not None
    keeping = SESSION if connection.origin is Origin.SESSION else SHARED if connection.shared else SAVED
    settings = connection.settings.changed(base_url=base_url) if base_url else connection.settings
    _fill(held, settings, connection.name, keeping)


def duplicate(held: Held, connection: Connection) -> None:
    """Open the form for a copy; secrets are copied only by whom they belong to."""
    assert connection.settings is not None
    own = connection.may_change(state.owner())
    settings = connection.settings if own else settings_of(connection.settings.public() | {"api_key_env": ""})
    name = free_name(settings.name, set(resources.CONNECTIONS.names(state.owner())))
    _fill(held, settings.changed(name=name, ca_file=""), None, SESSION)


# Streamlit 1.67 takes what was typed into a password's field when the focus leaves it, but not when it goes by Tab to the eye
# that shows the password; what is then clicked would be done without the key. Nobody needs to see it here, nor a picture of it.
STYLE = """<style>[data-testid="stTextInput"] button[aria-pressed] { display: none; }</style>"""


def draw(held: Held) -> Tick:
    """Draw the form, and what it comes to; gives what keeps the progress of its test going."""
    draft = held.draft
    assert draft is not None
    slots: Slots = {}
    st.html(STYLE)
    st.markdown(f"#### {plain(_('Edit {name}').format(name=held.replacing) if held.replacing else _('New connection'))}")
    left, right = st.columns(2, gap="medium")
    with left:
        fields = _chief(held, draft, slots)
    with right:
        fields |= _key(held, draft, slots) | _more(held, draft, slots)
    fields |= model_rows.draw(held, draft)
    slots["models"] = st.container()
    return _actions(held, _settings(fields, slots))


Slots = dict[str, DeltaGenerator]
"""Field → the place under its widget."""


def _settings(fields: Mapping[str, Any], slots: Slots) -> ConnectionSettings | None:
    """Make settings of what stands in the fields; says under each what is wrong with it."""
    settings, faults = None, []
    try:
        settings = settings_of(fields)
    except SettingsError as error:
        faults = error.faults
    for fault in faults:
        with slots.get(widget_of(fault), slots["models"]):
            field_fault(None, spoken(fault, [model["model"] for model in fields["models"]]))
    for field, words in HELP.items():
        if not any(widget_of(fault) == field for fault in faults):
            slots[field].caption(plain(_(words).replace("`", "")))  # code is too pale in a caption
    return settings


HELP = {
    "base_url": N_("Up to and with `/v1`, such as `http://localhost:11434/v1`."),
    "provider": N_("The provider that would serve the same models in a Dify; it stands in every ModelConfig and in the code."),
}
"""What stands under a field as long as nothing is wrong with it: a tip that opens with the focus would hide what is."""


def key(held: Held, name: str) -> str:
    """Give the key of one of the form's widgets."""
    return f"connections.form.{held.version}.{name}"


def _chief(held: Held, draft: ConnectionSettings, slots: Slots) -> dict[str, Any]:
    name = st.text_input(_("Name"), draft.name, key=key(held, "name"), max_chars=60, persist_state="session")
    slots["name"] = st.container()
    base_url = st.text_input(
        _("Base address"),
        draft.base_url,
        key=key(held, "base_url"),
        persist_state="session",
        on_change=_complete,
        args=(key(held, "base_url"),),
    )
    slots["base_url"] = st.container()
    provider = st.text_input(
        _("Dify provider"),
        draft.provider,
        key=key(held, "provider"),
        persist_state="session",
    )
    slots["provider"] = st.container()
    return {"name": name, "base_url": base_url, "provider": provider, "preset": draft.preset}


def _complete(key: str) -> None:
    st.session_state[key] = with_scheme(str(st.session_state[key] or ""))


def _key(held: Held, draft: ConnectionSettings, slots: Slots) -> dict[str, Any]:
    variables = list(dict.fromkeys([*([draft.api_key_env] if draft.api_key_env else []), *resources.CONNECTIONS.variables]))
    kind = st.segmented_control(
        _("Where the key is"),
        [kind for kind in KEYS if kind != VARIABLE or variables],
        default=_first_kind(held, draft),
        format_func=lambda kind: _(KEYS[kind]),
        key=key(held, "key_kind"),
        required=True,
        persist_state="session",
    )
    found: dict[str, Any] = {}
    if kind == TYPED:
        typed = st.text_input(
            _("API key"),
            type="password",
            key=key(held, "api_key"),
            placeholder=_("kept as it is") if held.typed_key or draft.api_key else "sk-…",
            autocomplete="off",
            help=_("Sent as a bearer token. It is masked before anything is recorded."),
        )
        held.typed_key = typed or held.typed_key  # who leaves the page and comes back finds the field empty, and the key kept
        found["api_key"] = held.typed_key or draft.api_key
        slots["api_key"] = st.container()
    elif kind == VARIABLE:
        found["api_key_env"] = st.selectbox(
            _("Environment variable"),
            variables,
            key=key(held, "api_key_env"),
            persist_state="session",
            help=_("Of the machine that this app runs on. Whoever runs it lists in CONNECTIONS_ENV which ones may be named."),
        )
        slots["api_key_env"] = st.container()
    return found


def _first_kind(held: Held, draft: ConnectionSettings) -> str:
    preset = PRESETS.get(draft.preset)
    if held.typed_key or draft.api_key:
        return TYPED
    if draft.api_key_env:
        return VARIABLE
    return TYPED if held.replacing is None and preset is not None and preset.needs_key else NO_KEY


def _more(held: Held, draft: ConnectionSettings, slots: Slots) -> dict[str, Any]:
    found: dict[str, Any] = {}
    folded = st.expander(_("Headers, query, proxy, certificate, time limits"), icon=":material/tune:")
    slots["more"] = st.container()  # outside: what is wrong in there is seen while it is folded
    with folded:
        found["headers"] = _pairs(held, "headers", _("Headers"), draft.headers, "X-Team: qa", slots)
        found["query"] = _pairs(held, "query", _("Query"), draft.query, "api-version: 2026-01-01", slots)
        proxy = st.text_input(
            _("Proxy"),
            masked_proxy(draft.proxy),
            key=key(held, "proxy"),
            placeholder="http://proxy.example:3128",
            persist_state="session",
        )
        found["proxy"] = kept_proxy(proxy, draft.proxy)
        found["verify"] = st.toggle(
            _("Check the server's certificate"), draft.verify, key=key(held, "verify"), persist_state="session"
        )
        found["ca"] = st.text_area(
            _("Certificate of a private authority (PEM)"),
            draft.ca,
            key=key(held, "ca"),
            height=80,
            persist_state="session",
            placeholder="-----BEGIN CERTIFICATE-----",
        )
        columns = st.columns(2)
        timeouts = draft.timeouts.model_dump()
        found["timeouts"] = {}
        for place, (name, label) in enumerate(TIMEOUTS.items()):
            value = columns[place % 2].number_input(
                _("Seconds {what}").format(what=_(label)),
                min_value=0.1,
                value=timeouts[name],
                step=1.0,
                key=key(held, f"timeouts.{name}"),
                placeholder=_("as usual"),
                persist_state="session",
            )
            if value is not None:
                found["timeouts"][name] = value
    return found


def _pairs(held: Held, name: str, label: str, values: Mapping[str, str], example: str, slots: Slots) -> dict[str, str]:
    text = st.text_area(
        label,
        as_lines(values, name),
        key=key(held, name),
        height=80,
        persist_state="session",
        placeholder=example,
        help=_(
            "One on a line, with a colon. What is secret shows as {mask}, and stays as it is while that stands there."
        ).format(mask=MASK),
    )
    found, wrong = as_values(str(text or ""))
    for line in wrong:
        with slots["more"]:
            field_fault(None, _("{label}: no colon in {line}").format(label=label, line=line))
    return kept(found, values)


def _actions(held: Held, settings: ConnectionSettings | None) -> Tick:
    keeping = _keeping(held)
    running = held.checks is not None and held.checks.running
    with st.container(horizontal=True, vertical_alignment="center"):
        save = st.button(_("Save"), type="primary", icon=":material/save:", key=key(held, "save"), disabled=settings is None)
        test = st.button(
            _("Test as it stands"),
            icon=":material/network_check:",
            key=key(held, "test"),
            disabled=settings is None or running,
            help=_("Asks the server for its models, before anything is saved."),
        )
        st.button(_("Cancel"), key=key(held, "cancel"), on_click=close, args=(held,))
        tick = progress.draw(held, _tried_name(held)[0], key(held, "stop"))
    if held.said.fault:
        st.error(plain(held.said.fault), icon=":material/error:")
    if settings is not None and test:
        _test(held, settings)
    if settings is not None and save:
        _save(held, settings, keeping)
    check = held.found.get(_tried_name(held))
    # What came of another address or another key would be taken for what comes of these.
    if check is not None and settings is not None and held.tried is not None and _reach(settings) == _reach(held.tried):
        _result(held, check)
    return tick


def _keeping(held: Held) -> str:
    return str(
        st.segmented_control(
            _("Keep it"),
            list(KEEPING) if resources.CONNECTIONS.saves else [SESSION],
            default=held.keeping,
            format_func=lambda kind: _(KEEPING[kind]),
            key=key(held, "keep"),
            required=True,
            persist_state="session",
            help=_(
                "What is saved outlives a restart; its secrets are encrypted. "
                "What is for everybody, everybody can call with its key."
            ),
        )
    )


def _result(held: Held, check: Check) -> None:
    results.draw([(_("Server"), check)])
    if check.better:
        st.button(
            _("Use this address"),
            icon=":material/move_up:",
            key=key(held, "better"),
            on_click=_use_address,
            args=(key(held, "base_url"), check.better),
        )
    if check.listed:
        st.button(
            _("Put its models into the table ({count})").format(count=len(check.listed)),
            icon=":material/playlist_add:",
            key=key(held, "bring"),
            on_click=model_rows.bring,
            args=(held, check.listed),
            help=_("To correct their types, or to say which is the default. Those that stay as they are, are not saved."),
        )


def _use_address(key: str, address: str) -> None:
    st.session_state[key] = address


def _reach(settings: ConnectionSettings) -> dict[str, Any]:
    return settings.model_dump(include=set(REACHING))


def _tried_name(held: Held) -> tuple[str, str]:
    return (f"\0{held.version}", SERVER)  # no connection's name has such a character


def _test(held: Held, settings: ConnectionSettings) -> None:
    held.tried = settings
    held.found.pop(_tried_name(held), None)
    trial = resources.CONNECTIONS.trial(settings)
    name = _tried_name(held)[0]
    health.start(held, [Trial(name, trial.opened, settings.base_url, trial.at, {SERVER: None}, close=True)])
    st.rerun()


def _save(held: Held, settings: ConnectionSettings, keeping: str) -> None:
    try:
        resources.CONNECTIONS.keep(
            settings,
            state.owner(),
            replacing=held.replacing,
            saved=keeping in (SAVED, SHARED),
            shared=keeping == SHARED,
        )
    except ConfigError as error:
        held.to_say.fault = spoken(str(error))
    else:
        if state.connection() == held.replacing and settings.name != held.replacing:
            st.session_state[state.RENAMED] = settings.name
        for name in [name for name in held.found if name[0] in (held.replacing, settings.name)]:
            del held.found[name]  # of what it was before
        held.open = settings.name
        held.to_say.told = _("{name} is there.").format(name=settings.name)
        close(held)
    st.rerun()


def close(held: Held) -> None:
    """Close the form; what stands in it is forgotten."""
    held.found.pop(_tried_name(held), None)
    held.draft, held.replacing, held.typed_key, held.tried = None, None, "", None
    held.version += 1


def _fill(held: Held, settings: ConnectionSettings, replacing: str | None, keeping: str) -> None:
    held.version += 1
    held.draft, held.replacing, held.keeping, held.typed_key = settings, replacing, keeping, ""
    model_rows.fill(held, settings)
