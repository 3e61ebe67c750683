"""File attachments of a message: upload and samples, display, and checks against the model's features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.records.metrics import Metric, Unit
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import page_state
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import shown
from boomerang.workbench.conversations.attachments import ICONS, MOST_FILE_BYTES, part, refusal, size, undeclared
from boomerang.workbench.conversations.draft_messages import Draft
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.samples.inputs import ATTACHMENTS, CONVERSATIONS, Attachable

NAMES = {"image": N_("image"), "audio": N_("audio"), "video": N_("video"), "document": N_("document")}


@dataclass(slots=True)
class _Upload:
    """State of a message's upload field."""

    version: int = 0
    """Version of the field; a new one starts an empty widget."""
    refused: list[str] = field(default_factory=list)
    """Why files were refused."""


@dataclass(slots=True)
class _Uploads:
    by_draft: dict[str, _Upload] = field(default_factory=dict)

    def of(self, draft: Draft) -> _Upload:
        return self.by_draft.setdefault(draft.id, _Upload())


def picker(page: Pane, draft: Draft) -> None:
    """Draw the attach-files menu of a message."""
    name = _("Attach files")
    with st.popover(name, icon=":material/attach_file:", help=name, type="tertiary", key=page.key(f"{draft.id}.attach")):
        upload = page.state.kept(_Uploads).of(draft)
        key = page.key(f"{draft.id}.upload.{upload.version}")
        st.file_uploader(
            _("Image, audio, video or document"),
            accept_multiple_files=True,
            max_upload_size=MOST_FILE_BYTES // 2**20,
            key=key,
            on_change=_take,
            args=(page, draft, key),
        )
        for fault in upload.refused:
            field_fault(None, fault)
        st.caption(_("Or use a small sample file:"))
        with st.container(horizontal=True, gap="xsmall"):
            for sample in ATTACHMENTS:
                st.button(
                    _(sample.label),
                    key=page.key(f"{draft.id}.{sample.file}"),
                    icon=ICONS[part(sample.file, b"")["type"]],
                    on_click=_take_sample,
                    args=(page, draft, sample),
                )


def chips(page: Pane, draft: Draft) -> None:
    """Draw a message's files with type, size and name, and the detail level of images."""
    for index, attachment in enumerate(draft.attachments if draft.role == "user" else ()):
        kind = str(attachment["type"])
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.badge(f"{_(NAMES[kind])} · {_size(attachment)}", icon=ICONS[kind], color="blue")
            st.text(drawable(str(attachment["filename"])), width="content")
            st.caption(plain(str(attachment["mime_type"])), width="content")
            if kind == "image":
                _detail(page, attachment)
            key, name = page.key(f"{draft.id}.file.{index}.remove"), _("Remove file")
            with html_tables.icons(key):
                st.button(
                    name, icon=":material/close:", key=key, help=name, type="tertiary", on_click=_remove, args=(draft, index)
                )


def force(page: Pane) -> None:
    """Draw the switch that sends files to models that do not declare the feature; only if there are files."""
    key = page.hold("attach.force", False)
    if any(draft.attachments and draft.role == "user" for draft in page.state.drafts):
        st.toggle(
            _("Send files to any model"),
            key=key,
            persist_state="session",
            help=_("Also to models that do not declare the feature. The server decides."),
        )


def check(pane: Pane, model: ListedModel | None) -> None:
    """Check the conversation's files against a model's features; an undeclared one blocks Run unless forced."""
    page = page_state.page(pane.invoke_type)
    parts = [attachment for draft in page.drafts if draft.role == "user" for attachment in draft.attachments]
    if model is None or not model.features_known or not parts:
        return
    forced = bool(st.session_state.get(f"{pane.member}.attach.force"))
    for kind, feature in undeclared(parts, model.features):
        text = _("{model} does not declare {feature}, required for files of type {kind}").format(
            model=model.model, feature=feature.value, kind=_(NAMES[kind])
        )
        if forced:
            pane.notices.append(f"{text}.")
        else:
            pane.require(False, text)


def _detail(page: Pane, attachment: dict[str, Any]) -> None:
    key = page.key(f"file.{id(attachment):x}.detail")  # by file, because its index changes when another file is removed
    st.session_state.setdefault(key, attachment["detail"])
    chosen = st.selectbox(
        _("Detail"), ["low", "high"], key=key, persist_state="session", label_visibility="collapsed", width=90,
        help=_("Image detail level for the model."),
    )  # fmt: skip
    attachment["detail"] = chosen


def _take(page: Pane, draft: Draft, key: str) -> None:
    """Move uploaded files into the message and reset the field, so that the upload is freed."""
    upload = page.state.kept(_Uploads).of(draft)
    upload.version += 1
    upload.refused = []
    for file in st.session_state.get(key) or ():
        if fault := _add(page, draft, file.name, file.getvalue(), file.type):
            upload.refused.append(fault)


def _take_sample(page: Pane, draft: Draft, sample: Attachable) -> None:
    fault = _add(page, draft, sample.file, sample.path.read_bytes())
    page.state.kept(_Uploads).of(draft).refused = [fault] if fault else []
    key = page.key(f"{draft.id}.content")
    ours = {other.question for other in ATTACHMENTS} | {text for talk in CONVERSATIONS.values() for _role, text in talk}
    if not draft.content.strip() or draft.content in ours:  # keep text that the visitor typed
        st.session_state[key] = draft.content = sample.question


def _add(page: Pane, draft: Draft, name: str, data: bytes, declared: str = "") -> str | None:
    there = [attachment for other in page.state.drafts for attachment in other.attachments]
    fault = refusal(name, data, there)
    if fault is None:
        draft.attachments.append(part(name, data, declared))
    return fault


def _size(attachment: dict[str, Any]) -> str:
    return shown(Metric("size", size(attachment), Unit.BYTES))


def _remove(draft: Draft, index: int) -> None:
    if index < len(draft.attachments):
        del draft.attachments[index]
