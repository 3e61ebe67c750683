"""Length check: warns before sending which texts exceed the model's context size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import ModelPropertyKey
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import expander
from boomerang.playground.ui.charts.chart_style import label_text
from boomerang.playground.ui.data_table import data_table
from boomerang.workbench.analysis.token_estimate import estimate
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.results.drawable_text import drawable

MOST_NAMED = 5


@dataclass(slots=True)
class _TokenCounts:
    """Token estimates of the texts in the form."""

    by_text: dict[str, int] = field(default_factory=dict)


def context_size(model: ListedModel | None) -> int | None:
    """Return the tokens per text that a model declares to read; `None` if it does not say."""
    size = model.model_properties.get(ModelPropertyKey.CONTEXT_SIZE) if model else None
    return size if isinstance(size, int) and size > 0 else None


def draw(pane: Pane, texts: Sequence[str], model: ListedModel | None) -> None:
    """Draw the lengths, and add a notice to the page about texts that will probably be cut."""
    size, tokens = context_size(model), _estimated(pane, texts)
    over = [number for number, count in enumerate(tokens, 1) if size is not None and count > size]
    if size is not None and over:
        named = ", ".join(map(str, over[:MOST_NAMED])) + ("…" if len(over) > MOST_NAMED else "")
        notice = _("{model} reads at most {size:,} tokens per text. The end of row {rows} will probably be cut.")
        pane.notices.append(notice.format(model=model.model if model else "", size=size, rows=named))
    longest = max(tokens, default=0)
    about = (
        _("longest ≈ {longest:,} of {size:,} tokens")
        if size is not None
        else ngettext("longest ≈ {longest:,} token", "longest ≈ {longest:,} tokens", longest)
    )
    state = about.format(longest=longest, size=size or 0)
    with expander.draw(pane.state.kept(expander.Expanders), pane.key("lengths"), _("Lengths"), state) as opened:
        if opened.open:
            _table(pane, texts, tokens, size)


def _table(pane: Pane, texts: Sequence[str], tokens: Sequence[int], size: int | None) -> None:
    rows = [
        {
            "#": number,
            _("text"): label_text(drawable(text)),
            _("characters"): len(text),
            _("≈ tokens"): count,
            _("share of context"): None if size is None else 100 * count / size,
        }
        for number, (text, count) in enumerate(zip(texts, tokens, strict=True), 1)
    ]
    data_table(
        rows,
        height=min(320, 38 + 35 * max(1, len(rows))),
        column_config={
            "#": st.column_config.NumberColumn(width=40),
            _("text"): st.column_config.TextColumn(width=120),
            _("characters"): st.column_config.NumberColumn(width=80),
            _("≈ tokens"): st.column_config.NumberColumn(width=80),
            _("share of context"): st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100),
        },
        alt=_("Text lengths"),
        key=pane.key("lengths.table"),
    )
    if size is None:
        st.caption(_("The model does not declare its context size."))
    else:
        st.caption(
            _("Estimated without the model's tokenizer; may be off by about 10% near {size:,} tokens.").format(size=size)
        )


def _estimated(pane: Pane, texts: Sequence[str]) -> list[int]:
    """Estimate each text's tokens, reusing the last estimates."""
    kept = pane.state.kept(_TokenCounts)
    kept.by_text = estimates = {text: kept.by_text[text] if text in kept.by_text else estimate(text) for text in texts}
    return [estimates[text] for text in texts]
