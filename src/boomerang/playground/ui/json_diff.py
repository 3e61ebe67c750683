"""The differences of two JSON values as a table."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from boomerang.workbench.analysis import json_diff
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.results.drawable_text import drawable

from .data_table import data_table

KINDS = {
    json_diff.DifferenceKind.ADDED: N_("added"),
    json_diff.DifferenceKind.REMOVED: N_("removed"),
    json_diff.DifferenceKind.CHANGED: N_("changed"),
}
MOST_ROWS = 200


def objects_of(left: Any, right: Any, names: tuple[str, str]) -> None:
    """Draw the differences of two JSON values as a table."""
    differences = json_diff.diff(left, right)
    if not differences:
        st.caption(f":material/equal: {_('The objects are equal.')}")
        return
    st.caption(ngettext("{count} difference.", "{count} differences.", len(differences)).format(count=len(differences)))
    data_table(
        [
            {
                _("path"): drawable(difference.path),
                _("result"): _(KINDS[difference.kind]),
                names[0]: _shown(difference, json_diff.DifferenceKind.ADDED, difference.left),
                names[1]: _shown(difference, json_diff.DifferenceKind.REMOVED, difference.right),
            }
            for difference in differences[:MOST_ROWS]
        ],
        alt=_("Object differences"),
    )


def _shown(difference: json_diff.Difference, absent: json_diff.DifferenceKind, value: Any) -> str:
    return "" if difference.kind is absent else drawable(json.dumps(value, ensure_ascii=False))
