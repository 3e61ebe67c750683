"""The start page: the eight calls with their models and status, and a button that runs all samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.backend import ListedModel, ModelState
from boomerang.invoker.messages.message import translated
from boomerang.playground.forms import connection_picker
from boomerang.playground.forms.model_picker import WAIT_SECONDS, await_models
from boomerang.playground.run import error_panel, run_status
from boomerang.playground.run.pane import Arguments
from boomerang.playground.session import app_state, page_state, visitor
from boomerang.playground.session.url_state import Address
from boomerang.playground.shell.navigation import MENU, Entry
from boomerang.playground.ui.escape import code, plain
from boomerang.playground.ui.number_format import seconds
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.runs.background_work import follow
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.jobs import Job, JobOrigin
from boomerang.workbench.runs.session_calls import call
from boomerang.workbench.samples import sample_calls
from boomerang.workbench.store.app_folder import app_folder

TIMEOUT_SECONDS = 600.0
PART = "all"
PICKER_WIDTH = 260
STATES = {
    ModelState.AVAILABLE: (N_("Ready to load"), ":material/circle:", "blue"),
    ModelState.LOADING: (N_("Loading"), ":material/progress_activity:", "blue"),
    ModelState.LOADED: (N_("Loaded"), ":material/check_circle:", "green"),
    ModelState.UNAVAILABLE: (N_("Unavailable"), ":material/block:", "red"),
}
LISTED = (N_("On the server"), ":material/dns:", "blue")
"""Badge of a model whose server reports only its name."""
RUNS = {
    "running": (N_("Running"), ":material/progress_activity:", "blue"),
    "stopping": (N_("Stopping"), ":material/progress_activity:", "blue"),
    "done": (N_("Last run: done"), ":material/check_circle:", "green"),
    "empty": (N_("Last run: empty"), ":material/indeterminate_check_box:", "orange"),
    "stopped": (N_("Last run: stopped"), ":material/stop_circle:", "orange"),
    "failed": (N_("Last run: failed"), ":material/error:", "red"),
}
ENTRIES = [entry for entries in MENU.values() for entry in entries]


def draw() -> None:
    """Draw the button that runs all samples, and a card for each call; follow the runs until they end."""
    state = page_state.board()
    address = Address("", st.query_params.to_dict() if page_state.opened("start") else {})
    _attach(state, address)
    address.put("connection", connection_picker.unchosen(connection_picker.PAGE) or page_state.connection(), app_state.EMBEDDED)
    connection = page_state.connected()
    if connection.fetches:
        connection.fetch()
        connection.wait(WAIT_SECONDS)
    models = connection.backend.models()
    job = state.job if isinstance(state.job, Series) else None
    line = _buttons(state, models)
    places = _cards(models)
    if job is not None:
        address.put("run", job.id, None)
    address.publish()
    if job is not None and job.running:
        tick = _live(job, line, places)
        for _tick in follow([job]):
            tick()
        st.rerun()
    _finished(job, line)
    for entry in ENTRIES:
        with places[entry.name]:
            _draw_status(entry, models, _step(job, entry))
    await_models([connection])


def model_for(entry: Entry, models: Sequence[ListedModel]) -> ListedModel | None:
    """Return the model preselected for a call: the first available one of its type, or else the first."""
    fitting = [model for model in models if model.model_type is entry.model_type]
    return next((model for model in fitting if model.state is not ModelState.UNAVAILABLE), fitting[0] if fitting else None)


def steps(models: Sequence[ListedModel]) -> list[Step[Arguments]]:
    """Return the first sample of each call that has an available model."""
    planned = []
    for entry in ENTRIES:
        model = model_for(entry, models)
        if entry.invoke_type is not None and model is not None and model.state is not ModelState.UNAVAILABLE:
            arguments = sample_calls.arguments(entry.invoke_type, model)
            planned.append(Step(entry.name, call(entry.name, arguments), arguments))
    return planned


def _attach(state: page_state.PageState, address: Address) -> None:
    run_id = address.parameters.pop("run", None)
    job = app_state.jobs().find(str(run_id), visitor.owner()) if run_id and state.job is None else None
    if isinstance(job, Series):
        job.visitor, state.changed, state.job = visitor.visitor(), job.changed, job
        job.report_steps(_attaching_runs(job))


def _buttons(state: page_state.PageState, models: Sequence[ListedModel]) -> DeltaGenerator:
    job = state.job
    running = job is not None and job.running
    reason = connection_picker.reason(connection_picker.PAGE)
    with st.container(horizontal=True, vertical_alignment="center", key="board-toolbar"):
        pressed = st.button(
            _("Run all samples"),
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Mod+Enter",
            key="start.run",
            disabled=running or bool(reason),
            help=_("Runs each of the eight calls once with its page's first sample."),
        )
        st.button(
            _("Stop"),
            icon=":material/stop_circle:",
            shortcut="Escape",
            key="start.stop",
            disabled=not running,
            on_click=job.stop if job is not None else None,
        )
        line = st.empty()
        with st.container(width=PICKER_WIDTH):
            connection_picker.picker(connection_picker.PAGE, app_state.connections().names(visitor.owner()))
    text = _("To run: {reasons}.").format(reasons=reason) if reason else connection_picker.notice(connection_picker.PAGE)
    if text:
        st.markdown(f":orange[:material/info:] {plain(text)}")
    if pressed and not running:
        _start(state, models)
    return line


def _start(state: page_state.PageState, models: Sequence[ListedModel]) -> None:
    planned = steps(models)
    speaker = next((model_for(entry, models) for entry in ENTRIES if entry.name == "summary"), None)
    job = Series(
        planned,
        page_state.connected().backend,
        visitor=visitor.visitor(),
        owner=visitor.owner(),
        timeout=TIMEOUT_SECONDS,
        system_model=speaker.model if speaker else None,
        changed=state.changed,
        origin=JobOrigin(connection=page_state.connection()),
    )
    job.report_steps(_attaching_runs(job))
    jobs = app_state.jobs()
    state.job = job
    jobs.submit(job)
    connection_picker.forget(connection_picker.PAGE)
    st.rerun()


def _attaching_runs(job: Series[Arguments]) -> Callable[[Step[Arguments]], None]:
    """Return a function that shows a sample's run on its page, unless that page has had a run of its own since."""
    types = {entry.name: entry.invoke_type for entry in ENTRIES if entry.invoke_type is not None}
    pages = {name: page_state.page(invoke_type) for name, invoke_type in types.items()}
    history = page_state.earlier_runs()  # a callback in another thread cannot reach it
    jobs, backend, visit = app_state.jobs(), page_state.connected().backend, visitor.visitor()
    before = {name: page.job for name, page in pages.items()}

    def leave(step: Step[Arguments]) -> None:
        page = pages[step.label]
        if page.job is not before[step.label] or (page.job is not None and page.job.running):
            return
        run = Job(
            step.call, backend, visitor=visit, owner=job.owner, timeout=job.timeout, changed=page.changed,
            system_model=job.system_model,
            origin=JobOrigin(arguments=step.facts, connection=job.origin.connection, visit=visit),
        ).ended_with(step.record, step.error)  # fmt: skip
        page.job = jobs.remember(run)
        history.keep(run, types[step.label])

    return leave


def _live(job: Series[Arguments], line: DeltaGenerator, places: dict[str, DeltaGenerator]) -> Callable[[], None]:
    drawn: dict[str, str] = {}

    def tick() -> None:
        run_status.line(line, job)
        for entry in ENTRIES:
            step = _step(job, entry)
            now = "" if step is None else f"{step.ended} {step.record is not None} {run_status.phase_of(step.record)}"
            if drawn.get(entry.name) != now:
                drawn[entry.name] = now
                models = page_state.connected().backend.models()
                with places[entry.name]:
                    _draw_status(entry, models, step)

    return tick


def _finished(job: Series[Arguments] | None, line: DeltaGenerator) -> None:
    if job is None:
        return
    ended, whole = job.done, len(job.steps)
    failed = sum(step.error is not None for step in job.steps)
    text = ngettext("{done} of {all} call finished in {time}", "{done} of {all} calls finished in {time}", whole)
    text = text.format(done=ended - failed, all=whole, time=seconds(run_status.spent(job)))
    with line.container(key=run_status.marker(job, PART)):
        good = ended == whole and not failed
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(text, icon=":material/check_circle:" if good else ":material/error:", color="green" if good else "orange")
            if named := run_status.where(job):
                st.caption(plain(named), width="content")


def _step(job: Series[Arguments] | None, entry: Entry) -> Step[Arguments] | None:
    return next((step for step in job.steps if step.label == entry.name), None) if job is not None else None


def _cards(models: Sequence[ListedModel]) -> dict[str, DeltaGenerator]:
    """Draw the static part of each card; return the places for the rest."""
    grid = st.grid(4, min_column_width=230, gap="small")
    places = {}
    for entry in ENTRIES:
        with grid.cell(), st.container(border=True, height="stretch", key=f"card-{entry.name}"):
            st.page_link(app_folder() / "pages" / f"{entry.name}.py", label=f"**{_(entry.title)}**", icon=entry.icon)
            st.caption(_(entry.about))
            model = model_for(entry, models)
            if model is not None:
                st.markdown(code(model.model))
            places[entry.name] = st.empty()
    return places


def _draw_status(entry: Entry, models: Sequence[ListedModel], step: Step[Arguments] | None) -> None:
    """Draw the status of a card's model and its last run."""
    with st.container():
        model = model_for(entry, models)
        if model is None:
            st.badge(_("No model"), icon=":material/block:", color="red")
            return
        remote = model.state is ModelState.AVAILABLE and page_state.connected().settings is not None
        label, icon, colour = LISTED if remote else STATES[model.state]
        with st.container(horizontal=True, gap="xsmall"):
            st.badge(_(label), icon=icon, color=colour)  # type: ignore[arg-type]
            if step is not None:
                _tick(step)
            else:
                _last_run(entry)
        if model.state is ModelState.UNAVAILABLE and model.reason:
            st.text(translated(model.reason, _))
        if step is not None and step.error is not None:
            with st.popover(_("Why"), icon=":material/error:"):
                error_panel.draw(step.error, f"start.{entry.name}")


def _tick(step: Step[Arguments]) -> None:
    if step.error is not None:
        st.badge(_("Sample failed"), icon=":material/error:", color="red")
    elif step.record is None:
        st.badge(_("Waiting"), icon=":material/schedule:", color="gray")
    elif step.record.seconds is None:
        st.badge(run_status.phase_of(step.record), icon=":material/progress_activity:", color="blue")
    else:
        st.badge(_("Sample {time}").format(time=seconds(step.record.seconds)), icon=":material/check_circle:", color="green")


def _last_run(entry: Entry) -> None:
    run = run_status.name(page_state.page(entry.invoke_type).job) if entry.invoke_type else "idle"
    if run in RUNS:
        label, icon, colour = RUNS[run]
        st.badge(_(label), icon=icon, color=colour)  # type: ignore[arg-type]
