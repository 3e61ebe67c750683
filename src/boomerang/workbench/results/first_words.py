"""The first words of a run's answer, to recognise it in a list."""

from __future__ import annotations

import re
from typing import Any

from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType
from boomerang.workbench.i18n.translate import _, ngettext

from . import llm_answer
from .drawable_text import drawable
from .moderation_details import CLEAR, SENSITIVE, verdict

MOST_CHARACTERS = 80
_READ_CHARACTERS = 500
"""Characters that are looked at: more than are shown, because spaces are joined."""
_SPACES = re.compile(r"\s+")


def first_words(record: Record[Any]) -> str:
    """Return the first words of an ended run's answer; for speech, those of its text; empty if there are none."""
    return shortened(_answer(record)) if record.chunks else ""


def shortened(text: str) -> str:
    """Return the beginning of a text on one line, with an ellipsis if it is longer."""
    line = _SPACES.sub(" ", drawable(text[:_READ_CHARACTERS])).strip()
    cut = len(line) > MOST_CHARACTERS or len(text) > _READ_CHARACTERS
    return line[: MOST_CHARACTERS - 1].rstrip() + "…" if cut else line


def _answer(record: Record[Any]) -> str:
    request: Any = record.request
    first: Any = record.chunks[0]
    match request.invoke_type:
        case InvokeType.LLM | InvokeType.LLM_STRUCTURED_OUTPUT:
            answer = llm_answer.read(record)
            calls = [f"{call.function.name}({call.function.arguments[:_READ_CHARACTERS]})" for call in answer.fold.tool_calls]
            return answer.text.strip() or "; ".join(calls[:3]) or answer.thinking
        case InvokeType.SYSTEM_SUMMARY:
            return str(first.summary)
        case InvokeType.SPEECH2TEXT:
            return str(first.result)
        case InvokeType.TTS:
            return str(request.content_text)
        case InvokeType.MODERATION:
            return f"{_(SENSITIVE if verdict(record) else CLEAR)} · {request.text[:_READ_CHARACTERS]}"
        case InvokeType.RERANK:
            return str(first.docs[0].text) if first.docs else ""
        case InvokeType.TEXT_EMBEDDING:
            vectors = first.embeddings
            count = ngettext("{count} vector", "{count} vectors", len(vectors)).format(count=len(vectors))
            return f"{count} · {str(request.texts[0])[:_READ_CHARACTERS]}" if request.texts else count
    return ""
