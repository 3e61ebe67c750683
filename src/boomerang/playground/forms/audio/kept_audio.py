"""The page's audio files by source, kept over a reload, a change of the page and a form file.

Streamlit cannot fill upload and microphone fields, which lose their file with their page: it is shown beside them then.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import streamlit as st

from boomerang.invoker.audio.upload_check import UPLOAD_LIMIT_BYTES
from boomerang.invoker.records.metrics import Metric, Unit
from boomerang.playground.run.pane import Pane
from boomerang.playground.session.kept_form import OpenForm
from boomerang.playground.session.page_state import FormState
from boomerang.playground.ui.number_format import shown
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable

FIELD = "audio"
RELOADED = N_("{name} · {size}, kept from before the reload")
FROM_FILE = N_("{name} · {size}, from the form file {file}")
FROM_EARLIER = N_("{name} · {size}, kept from your last visit to this page")


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A source's file."""

    name: str
    data: bytes
    text: str = ""
    """Its known transcript."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(slots=True)
class KeptAudio(FormState):
    """Files by source."""

    files: dict[str, AudioFile] = field(default_factory=dict)
    restored: dict[str, str] = field(default_factory=dict)
    """Source of a file that its field did not get from the visitor → template of its line."""
    file_name: str = ""
    """Name of the form file that they came from."""
    version: int = 0
    """Version of the fields; a new one starts empty widgets."""

    def reset(self) -> None:
        """Remove all files."""
        self.files, self.restored, self.version = {}, {}, self.version + 1


def key(page: Pane, name: str) -> str:
    """Return the key of an upload or microphone field."""
    version = page.state.kept(KeptAudio).version
    return page.key(f"{name}.{version}" if version else name)


def put(page: Pane, source: str, file: AudioFile | None) -> None:
    """Replace a source's file."""
    kept = page.state.kept(KeptAudio)
    kept.files.pop(source, None)
    kept.restored.pop(source, None)
    if file is not None:
        kept.files[source] = file


def current(page: Pane, source: str, *, widget_is_empty: bool = False) -> AudioFile | None:
    """Return a source's file; draw its name and a button that removes it if the source's own field is empty."""
    kept = page.state.kept(KeptAudio)
    file = kept.files.get(source)
    if file is not None and widget_is_empty:
        size = shown(Metric("size", len(file.data), Unit.BYTES))
        template = _(kept.restored.get(source, FROM_EARLIER))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(template.format(name=drawable(file.name), size=size, file=drawable(kept.file_name)), width="content")
            st.button(
                _("Remove"), icon=":material/close:", type="tertiary", key=page.key("audio.remove"),
                on_click=put, args=(page, source, None),
            )  # fmt: skip
    return file


def restore(page: Pane, sources: Iterable[str]) -> None:
    """Take the files that a reload or a form file brings back."""
    kept, form = page.state.kept(KeptAudio), page.state.kept(OpenForm)
    for source in sources:
        restored = page.take_files(f"{FIELD}.{source}")
        if restored is not None:
            kept.files[source] = AudioFile(**restored)
            kept.restored[source] = FROM_FILE if form.file_name else RELOADED
            kept.file_name = form.file_name


def keep(page: Pane, sources: Iterable[str], chosen: str) -> None:
    """Keep the files for a reload; a form file contains only the chosen one."""
    files = page.state.kept(KeptAudio).files
    for source in sources:
        value = asdict(files[source]) if source in files else None
        page.put_files(f"{FIELD}.{source}", value, is_file, shared=source == chosen)


def is_file(value: Any) -> bool:
    """Return whether a value from a form file is what `keep` writes."""
    return (
        isinstance(value, dict)
        and value.keys() == {"name", "data", "text", "id"}
        and isinstance(value["data"], bytes)
        and len(value["data"]) <= UPLOAD_LIMIT_BYTES
        and all(isinstance(value[name], str) for name in ("name", "text", "id"))
    )
