"""A ModelConfig from the form, as fields or as JSON."""

from __future__ import annotations

from typing import Any, TypeVar

import streamlit as st
from pydantic import ValidationError

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import BaseModelConfig
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import preferences
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import JsonFault, parse, pretty

from .fields import field_fault

ConfigT = TypeVar("ConfigT", bound=BaseModelConfig)


def config(page: Pane, config_class: type[ConfigT], model: ListedModel | None, **own: Any) -> ConfigT | None:
    """Draw the current ModelConfig or its JSON editor; show errors and return `None` while it is invalid."""
    fields = {"provider": model.provider, "model": model.model, "model_type": model.model_type.value} if model else {}
    made = fields | own
    if not preferences.expert():
        return _validated(page, config_class, made) if model else None
    with st.expander(f"ModelConfig · {config_class.__name__}", icon=":material/data_object:", expanded=True):
        by_hand = st.toggle(
            _("Edit as JSON"),
            key=page.hold("config.by_hand", False),
            persist_state="session",
            help=_("Dify accepts any JSON object with these fields and ignores extra keys. The form is inactive meanwhile."),
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


def _validated(page: Pane, config_class: type[ConfigT], value: dict[str, Any]) -> ConfigT | None:
    try:
        return config_class.model_validate(value)
    except ValidationError as error:
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"])
            field_fault(page, f"ModelConfig: {where}: {fault['msg']}")
        return None
