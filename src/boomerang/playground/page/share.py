"""The Share button: a link to the form, what the link cannot carry, and the form as a file that another person opens."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.playground.forms.fields import field_fault
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import copy_button
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.sharing import form_file
from boomerang.workbench.sharing.form_file import FormFile

from . import form_loading, link_gaps


def draw(page: Pane, slot: DeltaGenerator, notice_slot: DeltaGenerator) -> None:
    """Draw the Share button and the message about the form's origin; call it once the whole form is drawn.

    Args:
        page: The page.
        slot: Place of the button.
        notice_slot: Place of the message.
    """
    form_loading.notice(page, notice_slot)
    with slot:
        popover = st.popover(_("Share"), icon=":material/share:", key=page.key("share"), on_change="rerun")
    if popover.open:
        with popover:
            _link(page)
            _file(page)
            form_loading.draw(page)


def _link(page: Pane) -> None:
    query, left_out = page.address.link
    copy_button.draw_link(query, page.key("share.link"))
    st.caption(_("Opens this page with these fields, for anyone who can reach it. Your runs and results stay yours."))
    gaps = link_gaps.sentence({name: page.address.values[name] for name in left_out}, page.address.files)
    if gaps:
        st.markdown(f":orange[:material/warning:] {gaps} {_('Send a form file instead.')}")


def form_of(page: Pane) -> FormFile:
    """Return a page's form for a file."""
    address = page.address
    files = {name: field.value for name, field in address.files.items() if field.shared}
    return FormFile(page.member, address.shared(), address.shared(view=True), files)


def _file(page: Pane) -> None:
    form = form_of(page)
    if form_file.is_too_large(form):
        limit = form_file.MOST_BYTES // 2**20
        field_fault(None, _("The form is too large for a form file of at most {limit} MB.").format(limit=limit))
        return
    st.download_button(
        _("Download form file"),
        data=lambda: form_file.as_json(form),
        file_name=f"{page.member}.form.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key=page.key("share.file"),
        help=_("Every field and file of this page as JSON. Of a connection, only the name."),
    )
