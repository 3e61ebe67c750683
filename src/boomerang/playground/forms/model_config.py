"""A ModelConfig from the form, or written by hand as JSON."""

from __future__ import annotations

from typing import Any, TypeVar

import streamlit as st
from pydantic import ValidationError

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import BaseModelConfig
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import preferences
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import JsonFault, parse, pretty

from .fields import field_fault

ConfigT = TypeVar("ConfigT", bound=BaseModelConfig)
BY_HAND = "config.by_hand"
"""Field of the switch."""
TEXT = "config.text"
"""Field of the hand-written JSON."""


def config(page: Pane, config_class: type[ConfigT], model: ListedModel | None, **own: Any) -> ConfigT | None:
    """Draw the current ModelConfig or its JSON editor; show errors and return `None` while it is invalid."""
    fields = {"provider": model.provider, "model": model.model, "model_type": model.model_type.value} if model else {}
    made = fields | own
    if not preferences.expert():
        return _validated(page, config_class, made) if model else None
    with st.expander(f"ModelConfig · {config_class.__name__}", expanded=True):
        by_hand = st.toggle(
            _("Edit as JSON"),
            key=page.hold(BY_HAND, False),
            persist_state="session",
            help=_("Dify accepts any JSON object with these fields and ignores extra keys. The form is inactive meanwhile."),
        )
        if not by_hand:
            _keep_text(page)
            st.code(pretty(made), language="json", wrap_lines=True)
            return _validated(page, config_class, made) if model else None
        text = st.text_area(_("ModelConfig as JSON"), key=page.hold(TEXT, pretty(made)), height=220, persist_state="session")
        value = parse(str(text or ""), dict)
        _name_in_toolbar(page, {} if isinstance(value, JsonFault) else value)
        if isinstance(value, JsonFault):
            field_fault(page, f"ModelConfig: {value}")
            return None
        return _validated(page, config_class, value)


def is_by_hand(page: Pane) -> bool:
    """Return whether the ModelConfig is written by hand; the form's model then has no effect."""
    return preferences.expert() and bool(st.session_state[page.hold(BY_HAND, False)])


def _keep_text(page: Pane) -> None:
    """Keep what was written by hand in the URL while the form is used, so that it can be opened again."""
    if linked := page.take(TEXT, ""):
        st.session_state[page.key(TEXT)] = linked
    page.put(TEXT, st.session_state.get(page.key(TEXT)), None)


def _name_in_toolbar(page: Pane, value: dict[str, Any]) -> None:
    """Show the provider and model of a hand-written ModelConfig in place of the model picker, with the way back."""
    names = [name if isinstance(name := value.get(field), str) and name else UNKNOWN for field in ("provider", "model")]
    with page.model_slot, st.container(gap="xxsmall"):
        st.markdown(f":small[:material/edit_note: **{_('Hand-written ModelConfig')}** · {plain('/'.join(names))}]")
        st.button(
            _("Use the form"),
            icon=":material/undo:",
            width="stretch",
            key=page.key("config.form"),
            help=_("Your JSON is kept: edit it again under ModelConfig."),
            on_click=_use_form,
            args=(page.key(BY_HAND),),
        )


def _use_form(key: str) -> None:
    st.session_state[key] = False


def _validated(page: Pane, config_class: type[ConfigT], value: dict[str, Any]) -> ConfigT | None:
    try:
        return config_class.model_validate(value)
    except ValidationError as error:
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"])
            field_fault(page, f"ModelConfig: {where}: {fault['msg']}")
        return None
