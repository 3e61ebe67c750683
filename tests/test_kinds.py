"""Opening a back end by the name of its kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from boomerang.invoker.errors import ConfigError
from boomerang.kinds import KINDS, connect


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_the_back_ends_own_name(kind: str) -> None:
    assert KINDS[kind].name == KINDS[kind].backend().kind == kind  # type: ignore[attr-defined]


def test_settings_reach_the_back_end(tmp_path: Path) -> None:
    backend = connect("embedded", models_folder=tmp_path, system_model="smollm2-135m-instruct")
    chosen = backend.system_model()
    assert chosen is not None
    assert chosen.model == "smollm2-135m-instruct"
    assert str(tmp_path) in str(chosen.reason)
    backend.close()


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS.values() if kind.form is not None])
def test_a_kind_with_a_form_has_a_preset(kind: str) -> None:
    assert KINDS[kind].presets(), f"give the kind {kind} at least one preset in kinds.py: the Connections page offers presets"


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=f"'open_ai'.*{', '.join(sorted(KINDS))}"):
        connect("open_ai")


@pytest.mark.parametrize(
    ("kind", "settings", "text"),
    [("embedded", {"model_folder": "x"}, "'embedded'.*model_folder"), ("scripted", {}, "'scripted'.*answer")],
)
def test_settings_that_do_not_fit_are_refused_by_name(kind: str, settings: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        connect(kind, **settings)
