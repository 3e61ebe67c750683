"""What is loaded ahead of the first result."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from playground.ahead import PARTS, parts


def test_each_part_is_there_once_in_the_streamlit_that_is_installed() -> None:
    static = Path(st.__file__).parent
    assert len(parts()) == len(PARTS)
    for path, name in zip(parts(), PARTS, strict=True):
        assert Path(path).name.startswith(f"{name}.")
        assert (static / "static" / "static" / "js" / Path(path).name).is_file()
