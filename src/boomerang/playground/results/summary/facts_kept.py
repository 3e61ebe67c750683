"""Facts of a text that its summary kept (numbers, dates and names), and facts that only the summary has."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.data_table import data_table
from boomerang.workbench.analysis.facts import ComparedFact, Kind, State, share_kept
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.summary_details import facts, tally

STATES = {
    State.NEW: (N_("new"), "⚠", "red", ":material/warning:"),
    State.KEPT: (N_("kept"), "✓", "green", ":material/check:"),
    State.SHORTENED: (N_("shortened"), "~", "orange", ":material/content_cut:"),
    State.MISSING: (N_("missing"), "–", "gray", ":material/remove:"),
}
"""State → its name, sign, colour and icon; in the table's order."""
KINDS = {Kind.NUMBER: N_("number"), Kind.DATE: N_("date"), Kind.NAME: N_("name")}
MOST_ROWS = 500


def draw(page: Pane, source: str, summary: str) -> None:
    """Draw the counts, and each fact with its state."""
    compared = facts(source, summary)
    if not compared:
        st.caption(_("Neither text contains numbers, dates or names."))
        return
    count = tally(compared)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{_('Facts')}**", width="content")
        for state, (name, _sign, color, icon) in STATES.items():
            if count[state]:
                st.badge(f"{count[state]} {_(name)}", icon=icon, color=color)  # type: ignore[arg-type]
        share = share_kept(compared)
        if share is not None:
            st.caption(_("{share:.0%} kept").format(share=share), width="content")
    with st.expander(_("Numbers, dates and names")):
        about = _("Facts of the source and of the summary")
        data_table(rows(compared), height=320, alt=about, key=page.key("facts"))
        st.caption(
            _(
                "Detected by form only: names that appear only at the start of a sentence and spelled-out "
                "numbers above twelve are missed."
            )
        )


def rows(compared: Sequence[ComparedFact]) -> list[dict[str, str]]:
    """Return the table's rows: facts only in the summary first, then kept, shortened and missing ones."""
    order = list(STATES)
    return [
        {
            "": f"{STATES[one.state][1]} {_(STATES[one.state][0])}",
            _("fact"): drawable(one.fact.text),
            _("kind"): _(KINDS[one.fact.kind]),
        }
        for one in sorted(compared, key=lambda one: order.index(one.state))[:MOST_ROWS]
    ]
