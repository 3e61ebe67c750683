"""Open a form file: check it against the page's form, replace the form, and report what the page did not use."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.playground.forms import connection_picker
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import app_state, visitor
from boomerang.playground.session.kept_form import FORMS, OpenForm
from boomerang.playground.shell.navigation import MENU, Entry
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.escape import code, plain
from boomerang.workbench.connections.registry import EMBEDDED
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.sharing import form_file
from boomerang.workbench.sharing.form_file import FormFile, FormFileFault

CONNECTION = "connection"
MOST_NAMES = 10
"""Most fields that a message names."""


@dataclass(slots=True)
class FormUpload:
    """State of the field that opens form files."""

    version: int = 0
    """Version of the field; a new one starts an empty widget."""
    fault: str = ""
    """Why the last file was not opened."""
    other_page: str = ""
    """The page that it belongs to."""


def draw(page: Pane) -> None:
    """Draw the field that opens a form file, and why the last one was not opened."""
    upload = page.state.kept(FormUpload)
    key = page.key(f"form.upload.{upload.version}")
    limit = form_file.MOST_BYTES // 2**20
    st.file_uploader(
        _("Open a form file"), type="json", max_upload_size=limit, key=key, on_change=_take, args=(page, key),
        help=_("Replaces every field on this page."),
    )  # fmt: skip
    if upload.fault:
        field_fault(None, upload.fault)
    if (entry := _entry(upload.other_page)) is not None:
        st.page_link(entry.page(), label=_("Open {page}").format(page=plain(_(entry.title))), icon=entry.icon)


def notice(page: Pane, slot: DeltaGenerator) -> None:
    """Report what a reload or a form file did not bring back, until the visitor closes the message."""
    form = page.state.kept(OpenForm)
    if not (form.is_gone or form.dropped or form.file_name):
        return
    key = page.key("form.notice.close")
    is_good = not (form.is_gone or form.dropped or form.unused)
    sign = ":green[:material/check:]" if is_good else ":orange[:material/warning:]"
    with slot, st.container(horizontal=True, vertical_alignment="center", key=page.key("form.notice").replace(".", "-")):
        st.markdown(f"{sign} {_message(form)}", width="content")
        with html_tables.icons(key):
            name = _("Close message")
            st.button(name, icon=":material/close:", key=key, help=name, type="tertiary", on_click=form.forget_origin)


def _message(form: OpenForm) -> str:
    if form.is_gone:
        limits = FORMS.limits
        return _(
            "Long texts and files of this form are no longer kept. They are kept in memory for the browser that entered "
            "them, up to {size} MB and for {hours} h after their last use."
        ).format(size=limits.visitor_bytes // 2**20, hours=f"{limits.age_seconds / 3600:g}")
    if form.dropped:
        return _("Lost by the reload, because they were too large to keep: {names}.").format(names=_names(form.dropped))
    name = plain(form.file_name)
    if form.unused:
        return _("{file} is open. The page does not use these fields of the file: {names}.").format(
            file=name, names=_names(form.unused)
        )
    return _("{file} is open.").format(file=name)


def _names(names: list[str] | tuple[str, ...]) -> str:
    listed = ", ".join(code(name[:80]) for name in names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return (
        listed
        if more <= 0
        else ngettext("{names} and one more", "{names} and {count} more", more).format(names=listed, count=more)
    )


def _take(page: Pane, key: str) -> None:
    """Open an uploaded file, a callback; nothing changes if there is a fault."""
    file = st.session_state.get(key)
    if file is None:
        return
    upload = page.state.kept(FormUpload)
    upload.version += 1  # a fresh field, so that the upload is freed
    upload.fault, upload.other_page = "", ""
    try:
        form = form_file.read(file.getvalue())
        _check(page, form)
    except FormFileFault as fault:
        upload.fault = str(fault)
        return
    _load(page, form, file.name)
    st.session_state[page.key("share")] = False


def _check(page: Pane, form: FormFile) -> None:
    """Raise a fault if a form does not fit the page."""
    if form.page != page.member:
        entry = _entry(form.page)
        if entry is None:
            template = _("The form file is for the page {page}, which this app does not have.")
            raise FormFileFault(template.format(page=form.page[:40]))
        page.state.kept(FormUpload).other_page = entry.name
        raise FormFileFault(_("The form file is for the page {page}. Open it there.").format(page=_(entry.title)))
    rules, values = page.address.rules, form.fields | form.view
    wrong = [name for name, value in values.items() if name in rules and not rules[name].fits(value)]
    accepts = page.address.file_rules
    wrong += [name for name, value in form.files.items() if name in accepts and not accepts[name](value)]
    if not isinstance(values.get(CONNECTION, ""), str):
        wrong = [CONNECTION, *(name for name in wrong if name != CONNECTION)]
    if wrong:
        names = ", ".join(name[:80] for name in wrong[:MOST_NAMES])
        template = ngettext(
            "The value of this field does not fit the page: {names}. Nothing was changed.",
            "The values of these fields do not fit the page: {names}. Nothing was changed.",
            len(wrong),
        )
        raise FormFileFault(template.format(names=names))


def _load(page: Pane, form: FormFile, name: str) -> None:
    page.reset()
    fields = form.fields | form.view
    if linked := fields.pop(CONNECTION, EMBEDDED):
        names = app_state.connections().names(visitor.owner())
        connection_picker.forget(connection_picker.PAGE)
        connection_picker.settle(connection_picker.PAGE, names, EMBEDDED, str(linked))
    opening = page.state.kept(OpenForm)
    opening.load(fields, form.files)
    opening.file_name, opening.optional = name, frozenset(form.view)


def _entry(name: str) -> Entry | None:
    return next((entry for entries in MENU.values() for entry in entries if entry.name == name), None)
