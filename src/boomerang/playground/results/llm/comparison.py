"""What the answers of a comparison have in common and not: texts word by word, objects path by path."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.llm_text.json_in_text import find
from boomerang.playground.page import comparison
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import text_diff
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.escape import drawable
from boomerang.workbench.analysis import json_diff
from boomerang.workbench.i18n.translate import N_, _, ngettext

from . import answer_body

KINDS = {
    json_diff.DifferenceKind.ADDED: N_("added"),
    json_diff.DifferenceKind.REMOVED: N_("removed"),
    json_diff.DifferenceKind.CHANGED: N_("changed"),
}
MOST_ROWS = 200


def texts(panes: Sequence[Pane]) -> None:
    """Draw what differs between the texts of two panes, and between their objects where both are JSON."""
    left, right = pair(panes)
    answers = [answer_body.read(pane.state.record) for pane in (left, right) if pane.state.record is not None]
    first, second = (answer.text for answer in answers)
    key = left.key(f"difference.{comparison.letter(left)}{comparison.letter(right)}")
    names = [_("only {pane}").format(pane=comparison.letter(pane)) for pane in (left, right)]
    text_diff.draw(first, second, (names[0], names[1]), key)
    found = find(first), find(second)
    if found[0] is not None and found[1] is not None:
        st.markdown(f"**{_('As JSON')}**")
        objects_of(found[0].value, found[1].value, (comparison.letter(left), comparison.letter(right)))
    calls = [[f"{call.function.name}({call.function.arguments})" for call in answer.fold.tool_calls] for answer in answers]
    if any(calls):
        st.markdown(f"**{_('Tool calls')}**")
        objects_of(calls[0], calls[1], (comparison.letter(left), comparison.letter(right)))


def objects(panes: Sequence[Pane]) -> None:
    """Draw what differs between the objects of two panes; between their texts where one has no object."""
    left, right = pair(panes)
    answers = [answer_body.read(pane.state.record) for pane in (left, right) if pane.state.record is not None]
    first, second = (answer.fold.structured_output for answer in answers)
    if first is None or second is None:
        texts([left, right])
        return
    objects_of(dict(first), dict(second), (comparison.letter(left), comparison.letter(right)))


def objects_of(left: Any, right: Any, names: tuple[str, str]) -> None:
    """Draw what differs between two JSON values, as a table."""
    found = json_diff.diff(left, right)
    if not found:
        st.caption(f":material/equal: {_('The same object, by value.')}")
        return
    st.caption(ngettext("They differ in {count} place.", "They differ in {count} places.", len(found)).format(count=len(found)))
    data_table(
        [
            {
                _("path"): drawable(difference.path),
                _("how"): _(KINDS[difference.kind]),
                names[0]: _shown(difference, json_diff.DifferenceKind.ADDED, difference.left),
                names[1]: _shown(difference, json_diff.DifferenceKind.REMOVED, difference.right),
            }
            for difference in found[:MOST_ROWS]
        ],
        alt=_("What differs between the objects"),
    )


def pair(panes: Sequence[Pane]) -> tuple[Pane, Pane]:
    """Give the two panes to compare; draws the choice where there are more."""
    if len(panes) == 2:
        return panes[0], panes[1]
    by_letter = {comparison.letter(pane): pane for pane in panes}
    pairs = [f"{one}{other}" for index, one in enumerate(by_letter) for other in list(by_letter)[index + 1 :]]
    key = panes[0].key("difference.pair")
    if st.session_state.get(key) not in pairs:
        st.session_state[key] = pairs[0]
    chosen = st.segmented_control(
        _("Difference between"), pairs, key=key, required=True, format_func=lambda both: f"{both[0]} – {both[1]}"
    )
    both = str(chosen or pairs[0])
    return by_letter[both[0]], by_letter[both[1]]


def _shown(difference: json_diff.Difference, absent: json_diff.DifferenceKind, value: Any) -> str:
    return "" if difference.kind is absent else drawable(json.dumps(value, ensure_ascii=False))
