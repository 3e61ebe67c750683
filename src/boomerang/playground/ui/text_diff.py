"""Two texts merged into one, with differences highlighted."""

from __future__ import annotations

import streamlit as st

from boomerang.workbench.analysis.text_diff import Span, SpanKind, diff
from boomerang.workbench.i18n.translate import _

from . import diff_markup

LONGEST = 20_000
"""Characters of each text that are compared: the time grows with the product of their word counts."""


def draw(left: str, right: str, headings: tuple[str, str], key: str) -> None:
    """Draw two texts as one.

    Args:
        left: Struck through where it differs.
        right: Underlined where it differs.
        headings: Descriptions for a screen reader, such as "only A".
        key: Unique per script run.
    """
    if left == right:
        st.caption(f":material/equal: {_('The texts are identical.')}")
        return
    spans = diff(left[:LONGEST], right[:LONGEST])
    st.caption(
        _("{share:.0%} of the text is the same. Struck through: {left}; underlined: {right}.").format(
            share=same(spans), left=headings[0], right=headings[1]
        )
    )
    parts = diff_markup.of_spans(spans)
    diff_markup.draw(parts, label=_("Differences"), first=headings[0], second=headings[1], key=key, scrolls=True)
    if max(len(left), len(right)) > LONGEST:
        st.caption(_("Only the first {count:,} characters of each are compared.").format(count=LONGEST))


def same(spans: list[Span]) -> float:
    """Return the share of both texts' characters that they have in common, 0 to 1; 1 for two empty texts."""
    sizes = {kind: sum(len(span.text) for span in spans if span.kind is kind) for kind in SpanKind}
    both = 2 * sizes[SpanKind.EQUAL]
    whole = both + sizes[SpanKind.DELETED] + sizes[SpanKind.INSERTED]
    return both / whole if whole else 1.0
