"""The list of a page's earlier runs under its result: open one, restore its form, compare it with the latest, clear all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from boomerang.playground.forms import connection_picker
from boomerang.playground.forms.conversation.conversation_editor import ConversationState
from boomerang.playground.run import run_status
from boomerang.playground.run.pane import Pane
from boomerang.playground.run.pane_names import LETTERS
from boomerang.playground.session import app_state, kept_form, page_state, visitor
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.conversations.draft_messages import draft_of_message
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.runs.earlier_runs import EarlierRun
from boomerang.workbench.runs.jobs import Job

from . import earlier_comparison
from .local_time import clock

ROWS = 20
"""Runs on one page of the list."""
SCROLLS_FROM = 7
"""Rows from which the list scrolls by itself."""
HIGHEST = 400
STATES = {
    "running": (N_("Running"), ":blue[:material/progress_activity:]"),
    "stopping": (N_("Stopping"), ":blue[:material/progress_activity:]"),
    "done": (N_("Done"), ":green[:material/check_circle:]"),
    "empty": (N_("Empty result"), ":orange[:material/indeterminate_check_box:]"),
    "stopped": (N_("Stopped"), ":orange[:material/stop_circle:]"),
    "failed": (N_("Failed"), ":red[:material/error:]"),
}
"""State of a job → its label and icon."""


def draw_marker(pane: Pane) -> None:
    """Draw a line above an opened earlier run, with the way back; nothing above the latest run."""
    opened = pane.state.opened
    if opened is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(_("Earlier run of {time}").format(time=clock(opened.started_at)), icon=":material/history:", color="violet")
        st.button(
            _("Back to the latest"),
            icon=":material/arrow_forward:",
            key=pane.key("earlier.close"),
            type="tertiary",
            on_click=pane.state.open,
            args=(None,),
        )


def draw(page: Pane, panes: Sequence[Pane], compare: Callable[[Sequence[Pane]], None] | None) -> None:
    """Draw the list, which is read only while it is unfolded, and the comparison of chosen runs.

    Args:
        page: The page.
        panes: Its panes; their latest runs are not in the list.
        compare: Draws the differences between the results of panes.
    """
    history = page_state.earlier_runs()
    history.measure()
    latest = {pane.job.id for pane in panes if pane.job is not None}
    runs = [run for run in history.runs(page.invoke_type) if run.job.id not in latest]
    if not runs:
        return
    label = _("Earlier runs · {count}").format(count=len(runs))
    with st.expander(label, key=page.key("earlier"), on_change="rerun") as unfolded:
        if unfolded.open:
            _list(page, panes, runs)
    if compare is not None:
        earlier_comparison.draw(page, compare)


def restore(page: Pane, run: EarlierRun) -> None:
    """Put the values that a run's form had into the form; a callback, which runs before the form is drawn."""
    origin = run.job.origin
    form = {name: value for name, value in origin.form.items() if name.rpartition(".")[2] != "run"}
    if form.pop("connection", None) in app_state.connections().names(visitor.owner()):
        st.session_state[connection_picker.PAGE] = origin.connection
    if form.pop("messages", None) is not None:  # without files, which the call has
        page.state.drafts = [draft_of_message(message) for message in origin.arguments.get("prompt_messages", ())]
        page.state.kept(ConversationState).reset()
    for name in [name for name in form if f"{page.member}.{name}" in page.address.widgets]:
        st.session_state[f"{page.member}.{name}"] = form.pop(name)
    page.state.kept(kept_form.OpenForm).load(form, origin.files)
    st.toast(_("Form restored from the run of {time}.").format(time=clock(run.started_at)), icon=":material/edit_note:")


def _list(page: Pane, panes: Sequence[Pane], runs: Sequence[EarlierRun]) -> None:
    pages = -(-len(runs) // ROWS)
    number = 1
    if pages > 1:
        key = page.key("earlier.page")
        st.session_state[key] = min(max(int(st.session_state.get(key) or 1), 1), pages)
        number = st.pagination(pages, key=key)
    shown = runs[(number - 1) * ROWS : number * ROWS]
    with st.container(height=HIGHEST if len(shown) > SCROLLS_FROM else "content", border=False, gap="xsmall"):
        for run in shown:
            _row(page, panes, run)
    st.button(
        _("Clear"),
        icon=":material/delete_sweep:",
        key=page.key("earlier.clear"),
        type="tertiary",
        on_click=_clear,
        args=(page, panes),
        help=_("Forgets these runs. They are kept in memory only, and also forgotten soon after you close the page."),
    )


def _clear(page: Pane, panes: Sequence[Pane]) -> None:
    for pane in panes:
        pane.state.open(None)
    page_state.earlier_runs().clear(page.invoke_type)


def _row(page: Pane, panes: Sequence[Pane], run: EarlierRun) -> None:
    time, job = clock(run.started_at), run.job
    target = next((pane for pane in panes if pane.part == run.part), page)
    compared = page.state.kept(earlier_comparison.ComparedRuns)
    chosen = run in compared.runs
    compare = _("Don't compare the run of {time}") if chosen else _("Compare the run of {time} with the latest")
    compare_icon = ":material/close:" if chosen else ":material/compare:"
    buttons = (
        ("open", ":material/visibility:", _("Open the run of {time}"), run.opened, target.state.open, (run,)),
        ("restore", ":material/edit_note:", _("Restore the form of {time}"), not job.origin.form, restore, (page, run)),
        ("compare", compare_icon, compare, job.record is None, compared.toggle, (run,)),
    )
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
        st.markdown(_line(run), width="stretch")
        with html_tables.icons(page.key(f"earlier.{run.number}").replace(".", "-")):
            for name, icon, label, disabled, act, args in buttons:
                named = label.format(time=time)
                st.button(
                    named, icon=icon, key=page.key(f"earlier.{name}.{run.number}"), type="tertiary", disabled=disabled,
                    help=named, on_click=act, args=args,
                )  # fmt: skip


def _line(run: EarlierRun) -> str:
    """Return a run's line as markdown: time, state, duration, model; under it the first words."""
    job = run.job
    label, icon = STATES[run_status.name(job)]
    facts = [_(label), _duration(job), plain(run_status.where(job))]
    if run.opened:
        facts.insert(0, f":violet[{_('Shown above')}]")
    if letter := _letter(run):
        facts.insert(0, f"**{letter}**")
    first = f"**{clock(run.started_at)}** {icon} :small[{' · '.join(facts)}]"
    preview = "" if job.running else plain(earlier_comparison.preview(job))
    return f"{first}  \n:gray[:small[{preview}]]" if preview else first


def _duration(job: Job) -> str:
    return seconds(job.record.elapsed) if job.record is not None else UNKNOWN


def _letter(run: EarlierRun) -> str:
    """Return the letter of the run's pane in a comparison; empty for a run of the page alone."""
    count = run.job.origin.form.get("panes")
    if not run.part and (not isinstance(count, int) or count < 2):
        return ""
    return LETTERS[int(run.part.removeprefix("pane") or 1) - 1]
