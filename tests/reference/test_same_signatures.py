"""Tests that our methods have the reference SDK's argument names, order, kinds and defaults."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from boomerang.invoker.session import Session
from tests.invoker.answers import answering

from .environment import SECONDS, ReferenceSDK
from .signatures import methods


@pytest.fixture(scope="module")
def theirs(sdk: ReferenceSDK, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    answer = tmp_path_factory.mktemp("signatures") / "answer.json"
    command = [str(sdk.python), "-I", str(Path(__file__).with_name("signatures.py")), str(answer)]
    ran = subprocess.run(command, cwd=answer.parent, capture_output=True, text=True, timeout=SECONDS)
    assert ran.returncode == 0, ran.stderr
    result: dict[str, list[list[str]]] = json.loads(answer.read_text("utf-8"))
    return result


def test_arguments_have_the_names_order_and_defaults_of_the_sdk(theirs: dict[str, list[list[str]]]) -> None:
    assert methods(Session(answering()[0]).model) == theirs
