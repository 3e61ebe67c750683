"""The pages: file, title, icon and description, in the order of the menu and the start page."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.request import InvokeType
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.store.app_folder import app_folder


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the menu."""

    name: str
    """File name in `pages/` and URL path."""
    title: str
    icon: str
    about: str = ""
    invoke_type: InvokeType | None = None
    model_type: ModelType | None = None

    def page(self, state: str = "") -> StreamlitPage:
        """Return Streamlit's page; in the menu, the state of its run follows its title."""
        return st.Page(
            app_folder() / "pages" / f"{self.name}.py",
            title=" · ".join(filter(None, (_(self.title), state))),
            icon=self.icon,
            url_path=self.name,
            default=self is START,
        )


START = Entry("start", N_("Start"), ":material/home:")
CONNECTIONS = Entry("connections", N_("Connections"), ":material/cable:")
MENU = {
    N_("Language"): [
        Entry(
            "llm",
            N_("LLM"),
            ":material/forum:",
            N_("Chat with a large language model, with streaming and tools"),
            InvokeType.LLM,
            ModelType.LLM,
        ),
        Entry(
            "llm_structured_output",
            N_("Structured output"),
            ":material/data_object:",
            N_("Generate an object that matches a JSON schema"),
            InvokeType.LLM_STRUCTURED_OUTPUT,
            ModelType.LLM,
        ),
        Entry(
            "summary",
            N_("Summary"),
            ":material/short_text:",
            N_("Summarize with the system model"),
            InvokeType.SYSTEM_SUMMARY,
            ModelType.LLM,
        ),
    ],
    N_("Retrieval"): [
        Entry(
            "text_embedding",
            N_("Text embedding"),
            ":material/scatter_plot:",
            N_("Turn texts into vectors"),
            InvokeType.TEXT_EMBEDDING,
            ModelType.TEXT_EMBEDDING,
        ),
        Entry(
            "rerank",
            N_("Rerank"),
            ":material/sort:",
            N_("Rank documents by relevance"),
            InvokeType.RERANK,
            ModelType.RERANK,
        ),
    ],
    N_("Audio"): [
        Entry("tts", N_("Text to speech"), ":material/volume_up:", N_("Synthesize speech"), InvokeType.TTS, ModelType.TTS),
        Entry(
            "speech2text",
            N_("Speech to text"),
            ":material/mic:",
            N_("Transcribe audio"),
            InvokeType.SPEECH2TEXT,
            ModelType.SPEECH2TEXT,
        ),
    ],
    N_("Safety"): [
        Entry(
            "moderation",
            N_("Moderation"),
            ":material/shield:",
            N_("Flag sensitive text"),
            InvokeType.MODERATION,
            ModelType.MODERATION,
        ),
    ],
}
"""Section → its pages."""
