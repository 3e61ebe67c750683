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


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"'open_ai'.*embedded, openai_compatible, scripted"):
        connect("open_ai")


@pytest.mark.parametrize(
    ("kind", "settings", "text"),
    [("embedded", {"model_folder": "x"}, "'embedded'.*model_folder"), ("scripted", {}, "'scripted'.*answer")],
)
def test_settings_that_do_not_fit_are_refused_by_name(kind: str, settings: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        connect(kind, **settings)
