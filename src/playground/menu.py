"""The pages: file, title, icon, and what each does, in the order in which the menu and the start page show them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from invoker import InvokeType
from invoker.entities.model import ModelType


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the menu."""

    name: str
    """File in `pages/` and path in the address."""
    title: str
    icon: str
    about: str = ""
    invoke_type: InvokeType | None = None
    model_type: ModelType | None = None

    def page(self, root: Path) -> StreamlitPage:
        """Give Streamlit's page."""
        return st.Page(
            root / "pages" / f"{self.name}.py",
            title=self.title,
            icon=self.icon,
            url_path=self.name,
            default=self.invoke_type is None,
        )


START = Entry("start", "Start", ":material/home:")
MENU = {
    "Language": [
        Entry("llm", "LLM", ":material/forum:", "A conversation, streamed, with tools", InvokeType.LLM, ModelType.LLM),
        Entry(
            "llm_structured_output",
            "Structured output",
            ":material/data_object:",
            "An object that fits a JSON schema",
            InvokeType.LLM_STRUCTURED_OUTPUT,
            ModelType.LLM,
        ),
        Entry(
            "summary",
            "Summary",
            ":material/short_text:",
            "A text in short, by the system model",
            InvokeType.SYSTEM_SUMMARY,
            ModelType.LLM,
        ),
    ],
    "Retrieval": [
        Entry(
            "text_embedding",
            "Text embedding",
            ":material/scatter_plot:",
            "Texts as vectors",
            InvokeType.TEXT_EMBEDDING,
            ModelType.TEXT_EMBEDDING,
        ),
        Entry(
            "rerank",
            "Rerank",
            ":material/sort:",
            "Documents by how well they answer",
            InvokeType.RERANK,
            ModelType.RERANK,
        ),
    ],
    "Audio": [
        Entry("tts", "Text to speech", ":material/volume_up:", "A text spoken", InvokeType.TTS, ModelType.TTS),
        Entry(
            "speech2text",
            "Speech to text",
            ":material/mic:",
            "A recording written down",
            InvokeType.SPEECH2TEXT,
            ModelType.SPEECH2TEXT,
        ),
    ],
    "Safety": [
        Entry(
            "moderation",
            "Moderation",
            ":material/shield:",
            "Is a text sensitive?",
            InvokeType.MODERATION,
            ModelType.MODERATION,
        ),
    ],
}
"""Section → its pages."""
