"""Experiments of the structured-output page; here three ways to an object, beside it the same call many times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.llm import LLMModelConfig
from boomerang.invoker.llm_text.json_in_text import find
from boomerang.invoker.llm_text.json_schema import check
from boomerang.invoker.records.record import Record
from boomerang.playground.results.llm import answer_body
from boomerang.playground.results.llm.comparison import objects_of
from boomerang.playground.results.structured_output import repair
from boomerang.playground.run.metrics_row import seconds
from boomerang.playground.run.pane import Pane, call
from boomerang.playground.ui import json_view, schema_verdict
from boomerang.playground.ui.escape import drawable, plain
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.runs.job_series import Series, Step

from . import structured_repeats
from .experiment_panel import Experiment

PROMPT = (
    "Answer with one JSON object that follows this JSON schema, and with nothing else: no explanation and no fence of code.\n\n"
)
STRUCTURED, PARAMETER, PROMPTED = N_("Structured call"), N_("response_format"), N_("Prompt only")


def routes(arguments: Mapping[str, Any], model: ListedModel | None) -> dict[str, tuple[str, dict[str, Any]]]:
    """Give the ways in which one can ask for an object: name → member of `session.model`, and its arguments.

    Args:
        arguments: Of `llm_structured_output.invoke`, as the form has them.
        model: Whose rules tell whether it takes a schema as a parameter.
    """
    schema = arguments["structured_output_schema"]
    plain = {name: value for name, value in arguments.items() if name != "structured_output_schema"}
    found = {STRUCTURED: ("llm_structured_output", dict(arguments))}
    config = plain["model_config"]
    if takes_schema(model) and isinstance(config, LLMModelConfig):
        wrapped = json.dumps({"name": "answer", "schema": schema}, ensure_ascii=False)
        parameters = config.completion_params | {"response_format": "json_schema", "json_schema": wrapped}
        found[PARAMETER] = ("llm", plain | {"model_config": config.model_copy(update={"completion_params": parameters})})
    found[PROMPTED] = ("llm", plain | {"prompt_messages": prompted(plain["prompt_messages"], schema)})
    return found


def takes_schema(model: ListedModel | None) -> bool:
    """Tell whether a model's rules have `response_format` with the option `json_schema`, and the parameter for the schema."""
    rules = {rule.name: rule for rule in model.parameter_rules} if model else {}
    return "json_schema" in rules and "response_format" in rules and "json_schema" in rules["response_format"].options


def prompted(messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put the wish and the schema into the system message."""
    wish = PROMPT + json.dumps(schema, ensure_ascii=False)
    rest = [dict(message) for message in messages]
    if rest and rest[0]["role"] == "system":
        return [{"role": "system", "content": f"{rest[0]['content']}\n\n{wish}"}, *rest[1:]]
    return [{"role": "system", "content": wish}, *rest]


def spelled(record: Record[Any]) -> tuple[Any, answer_body.Answer]:
    """Give the object of an answer, by whichever way it came: its own field, or what the text spells; `None` if neither."""
    answer = answer_body.read(record)
    if answer.fold.structured_output is not None:
        return dict(answer.fold.structured_output), answer
    found = find(answer.text)
    return (found.value if found else None), answer


def _ways(page: Pane, pane: Pane) -> Sequence[Step]:
    if page.arguments.get("structured_output_schema") is None or page.arguments.get("model_config") is None:
        return []
    if not takes_schema(page.model):
        words = _("{model} has no parameter for a schema, so that way is left out.")
        st.caption(f":material/info: {words.format(model=plain(page.model.model) if page.model else '')}")
    facts = {"schema": page.arguments["structured_output_schema"]}
    made = routes(page.arguments, page.model)
    return [Step(_(name), call(member, arguments), dict(facts)) for name, (member, arguments) in made.items()]


def _draw_ways(pane: Pane, series: Series) -> None:
    values: list[tuple[str, Any]] = []
    columns = st.columns(len(series.steps), gap="small")
    for number, (step, column) in enumerate(zip(series.steps, columns, strict=True)):
        with column, st.container(border=True, height="stretch", key=pane.key(f"way-{number}").replace(".", "-")):
            st.markdown(f"**{step.label}**")
            value = _way(step)
            if value is not None:
                values.append((step.label, value))
    for (first, left), (other, right) in pairwise(values):
        st.markdown(f"**{first} – {other}**")
        objects_of(left, right, (first, other))


def _way(step: Step) -> Any:
    record = step.record
    if record is None or not step.ended:
        st.caption(_("not yet"))
        return None
    st.caption(seconds(record.elapsed))
    if step.error is not None:
        st.badge(_("failed"), icon=":material/error:", color="red")
        st.text(drawable(str(step.error)))
        return None
    value, answer = spelled(record)
    if value is None:
        st.badge(_("no object"), icon=":material/cancel:", color="red")
    else:
        schema_verdict.draw(check(value, step.facts["schema"]))
        if isinstance(value, dict) and (how := repair(value, answer.text)):
            st.caption(f":material/healing: {_(how)}")
        json_view.text(json_view.written(value))
    with st.expander(_("Raw text")):
        json_view.text(answer.fold.text)
    return value


ROUTES = Experiment(
    name="routes",
    title=N_("Three ways to an object"),
    about=N_("The same request as a structured call, with the schema as a parameter where the model has one, and with the "
             "schema in the prompt only: which of them fits the schema, and what differs."),
    icon=":material/alt_route:",
    steps=_ways,
    draw=_draw_ways,
)  # fmt: skip
EXPERIMENTS = (ROUTES, structured_repeats.STABILITY)
