"""Comparison of two answers: texts word by word, objects path by path."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.invoker.llm_text.json_in_text import find
from boomerang.playground.run import pane_names
from boomerang.playground.run.pane import Pane
from boomerang.playground.run.pane_names import pair
from boomerang.playground.ui import text_diff
from boomerang.playground.ui.json_diff import objects_of
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results import llm_answer


def compare_texts(panes: Sequence[Pane]) -> None:
    """Draw the differences between two panes' texts, and between their objects if both are JSON."""
    left, right = pair(panes)
    answers = [llm_answer.read(pane.state.record) for pane in (left, right) if pane.state.record is not None]
    first, second = (answer.text for answer in answers)
    key = left.key(f"difference.{pane_names.letter(left)}{pane_names.letter(right)}")
    names = [_("only {pane}").format(pane=pane_names.letter(pane)) for pane in (left, right)]
    text_diff.draw(first, second, (names[0], names[1]), key)
    parsed = find(first), find(second)
    if parsed[0] is not None and parsed[1] is not None:
        st.markdown(f"**{_('As JSON')}**")
        objects_of(parsed[0].value, parsed[1].value, (pane_names.letter(left), pane_names.letter(right)))
    calls = [[f"{call.function.name}({call.function.arguments})" for call in answer.fold.tool_calls] for answer in answers]
    if any(calls):
        st.markdown(f"**{_('Tool calls')}**")
        objects_of(calls[0], calls[1], (pane_names.letter(left), pane_names.letter(right)))


def compare_objects(panes: Sequence[Pane]) -> None:
    """Draw the differences between two panes' objects; between their texts if one has no object."""
    left, right = pair(panes)
    answers = [llm_answer.read(pane.state.record) for pane in (left, right) if pane.state.record is not None]
    first, second = (answer.fold.structured_output for answer in answers)
    if first is None or second is None:
        compare_texts([left, right])
        return
    objects_of(dict(first), dict(second), (pane_names.letter(left), pane_names.letter(right)))
