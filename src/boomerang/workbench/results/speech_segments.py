"""Predict the number of segments a text is split into for speech synthesis."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import ModelPropertyKey
from boomerang.workbench.i18n.translate import _, ngettext

# Source: Dify plugin SDK 0.10, interfaces/model/tts_model.py, `_split_text_into_sentences`, and openai_compatible/tts.py, which
# only splits texts longer than the model's `word_limit`.
_STOP = re.compile(r"[。.!?]")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”')]*\s+(?=[\"“'(]*[^a-z\s])|\n+")
"""Approximates where the embedded voice splits: after a sentence-ending mark, and at line ends."""
BY_SENTENCE = "embedded"
"""Kind of the back end that synthesizes sentence by sentence, so that the first audio arrives early."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The predicted segmentation of a text."""

    pieces: int
    limit: int | None
    """Most characters of a segment, as the model declares; `None` if it declares none."""
    by_sentence: bool
    """Whether each sentence is a segment; `pieces` is then an estimate."""


def foreseen(text: str, model: ListedModel | None, backend: str) -> Cut:
    """Predict how a text will be split.

    Args:
        text: The text to synthesize.
        model: The model to use.
        backend: Kind of the back end.
    """
    declared = model.model_properties.get(ModelPropertyKey.WORD_LIMIT) if model else None
    limit = declared if isinstance(declared, int) and declared > 0 else None
    if backend == BY_SENTENCE:
        spoken = [part for part in _SENTENCE.split(text) if any(char.isalnum() for char in part)]
        return Cut(sum(ceil(len(part.strip()) / (limit or len(part))) for part in spoken), limit, True)
    if not text.strip():
        return Cut(0, limit, False)
    return Cut(_as_the_sdk_cuts(text, limit) if limit and len(text) > limit else 1, limit, False)


def _as_the_sdk_cuts(text: str, limit: int) -> int:
    """Count the segments: as many characters as the limit allows, cut after the last sentence-ending mark if there is one."""
    pieces = start = 0
    while start < len(text):
        end = min(start + limit, len(text))
        stops = [match.end() for match in _STOP.finditer(text, start, end)] if end < len(text) else []
        start = stops[-1] if stops else end
        pieces += 1
    return pieces


def line(text: str, model: ListedModel | None, backend: str) -> str:
    """Describe the length of a text and the number of its segments."""
    characters = ngettext("{count:,} character", "{count:,} characters", len(text)).format(count=len(text))
    cut = foreseen(text, model, backend)
    if cut.by_sentence:
        segments = ngettext("about {count:,} segment", "about {count:,} segments", cut.pieces)
    elif cut.limit is not None:
        segments = ngettext(
            "a plugin splits it into {count:,} segment", "a plugin splits it into {count:,} segments", cut.pieces
        )
    else:
        segments = _("the model declares no word_limit")
    line = f"{characters} · {segments.format(count=cut.pieces)}"
    return line if cut.limit is None else f"{line} {_('(max {limit:,} each)').format(limit=cut.limit)}"
