"""Summaries by models too small to choose and count: the text is split into as many parts as points are requested.

Asked for three points about a whole text, the default model copies it, or writes points until it is cut off. Asked for one
sentence about each third, it does well. So the counting is done here: the instruction sets the number of points, each part of
the text becomes one sentence, and a grammar ends the sentence.

Measured on the default model at temperature 0: without this, the bundled article took 8 to 13 s and became 12 points, or
one point repeated; with it, 3 points in 6 s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from boomerang.invoker.llm_text.summarize_in_pieces import CountTokens, Example, summarize

MOST_POINTS = 20
"""A larger number is ignored; each point takes a second or two."""
TOKENS_PER_POINT, USUAL_MOST = 100, 6
"""If the instruction gives no number: one sentence per `TOKENS_PER_POINT` tokens of text, at most `USUAL_MOST`."""

SENTENCE = (
    "%llguidance {}\n"
    r"start: /([^.!?。！？\n]|[.][0-9]|[A-Z][a-z]{0,2}[.]){4,350}[.!?。！？]/"
    "\n"
)
"""Grammar of a sentence. A period inside a number or after a short title, as in "Dr.", does not end it."""

EXAMPLES = (
    Example(
        "The ferry to Holm did not run on Tuesday because of high waves. About 300 passengers waited in the harbour until "
        "evening, when the wind fell. The company paid for their meals. On Wednesday it sailed again as planned.",
        "One sentence.",
        "High waves stopped the ferry to Holm on Tuesday, and 300 passengers waited until it sailed on Wednesday.",
    ),
    Example(
        "Two brothers from Varde built 40 model ships in a garage. It took them thirty years. After their death the family "
        "gave the ships to the museum, which had a hall repaired for the show. It opened on 12 May 2024, and entry is free on "
        "Sundays.",
        "One sentence, keep the dates.",
        "On 12 May 2024 the museum opened a show of 40 model ships that two brothers had built in thirty years.",
    ),
    Example(
        "小镇的面包店开了六十年。2021年3月，老板退休，两个女儿接过了店铺。她们保留了老烤炉，又添了一间小咖啡厅。每天早上都有人排队。",
        "一句话。",
        "2021年3月，两个女儿接过了父亲的面包店，保留老烤炉并添了咖啡厅。",
    ),
)
"""In two languages, or the model would summarise Chinese texts in English."""

_NUMBERS = {
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_SIGNS = dict(zip("一二三四五六七八九十", range(1, 11), strict=True)) | {"两": 2}
_ENGLISH = re.compile(
    rf"\b(?P<number>{'|'.join(_NUMBERS)}|\d{{1,2}})(?: (?!sentence|bullet|point|item)[\w-]+)?"
    r" (?P<unit>bullet points?|bullets?|points?|items?|sentences?)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"(?P<number>[一二两三四五六七八九十]|\d{1,2})\s*个?(?P<unit>句话|句|要点|点|条)")
_LISTED = re.compile(r"\b(?:bullets?|list)\b|列出|要点", re.IGNORECASE)
_CHINESE_SIGN = re.compile(r"[\u4e00-\u9fff]")
_SENTENCE_END = re.compile(r"(?:[.!?…][\"'”’)\]]*|\n)\s+|[。！？]\s*")


@dataclass(frozen=True, slots=True)
class Points:
    """The points that an instruction asks for."""

    count: int | None
    """Number of points; None if not specified."""
    listed: bool
    """Whether each point gets a line of its own."""
    instruction: str
    """The instruction for a single point."""


def requested_points(instruction: str, text: str) -> Points:
    """Parse how many points an instruction asks for."""
    for pattern, numbers, one in ((_ENGLISH, _NUMBERS, "one sentence"), (_CHINESE, _SIGNS, "一句话")):
        if (match := pattern.search(instruction)) is None:
            continue
        number = match["number"].lower()
        count = numbers[number] if number in numbers else int(number)
        vague = number == "a" and match["unit"].lower() != "sentence"  # "a few sentences", "a bullet list"
        if 1 <= count <= MOST_POINTS and not vague:
            before, behind = instruction[: match.start()], instruction[match.end() :]
            listed = not match["unit"].lower().startswith(("sentence", "句"))
            return Points(count, listed, before + (one if before else one.capitalize()) + behind)
    one = "用一句话概括。" if _is_chinese(text) else "One sentence."
    return Points(None, _LISTED.search(instruction) is not None, f"{one} {instruction}".strip())


def spread(text: str, count: int) -> list[str]:
    """Split a text between sentences into parts of similar length.

    Returns:
        At most `count` parts, fewer if the text has fewer sentences; joined, they are the text.
    """
    ends = [match.end() for match in _SENTENCE_END.finditer(text) if match.end() < len(text)]
    cuts = [0]
    for number in range(1, count):
        ideal = len(text) * number / count
        later = [end for end in ends if end > cuts[-1]]
        if not later:
            break
        cuts.append(min(later, key=lambda end: abs(end - ideal)))
    return [text[start:end] for start, end in pairwise([*cuts, len(text)])]


def summarize_points(text: str, instruction: str, *, count_tokens: CountTokens, **how: Any) -> str:
    """Summarise a text in as many points as the instruction asks for, or as the text's length suggests.

    Args:
        text: The text.
        instruction: What to pay attention to; may be empty.
        count_tokens: Counts the tokens of a text as the model does.
        how: The other arguments of `summarize_in_pieces.summarize`, which lists the errors; its `complete` should constrain the
            model to a `SENTENCE`.
    """
    text = text.strip()
    points = requested_points(instruction, text)
    count = points.count or max(1, min(USUAL_MOST, round(count_tokens(text) / TOKENS_PER_POINT)))
    parts = spread(text, count)
    names = [f"part {number} of {len(parts)}" if len(parts) > 1 else "" for number in range(1, len(parts) + 1)]
    sentences = [
        summarize(part, points.instruction, count_tokens=count_tokens, examples=EXAMPLES, part=name, **how)
        for part, name in zip(parts, names, strict=True)
    ]
    return _joined(sentences, points.listed)


def _joined(sentences: Sequence[str], listed: bool) -> str:
    if listed:
        return "\n".join(f"- {sentence}" for sentence in sentences)
    return "".join(sentences) if all(map(_is_chinese, sentences)) else " ".join(sentences)


def _is_chinese(text: str) -> bool:
    return len(_CHINESE_SIGN.findall(text)) * 4 > len(text)
