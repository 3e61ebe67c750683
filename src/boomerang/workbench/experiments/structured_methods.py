"""Compare the methods of getting an object: structured output, a response format parameter, or a prompt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.llm.request import LLMModelConfig
from boomerang.invoker.llm_text.json_in_text import find
from boomerang.invoker.llm_text.json_schema import Checked, check
from boomerang.invoker.records.record import Record
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.results import llm_answer
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call

from .form_call import FormCall

Schema = Mapping[str, Any]

PROMPT = (
    "Answer with one JSON object that follows this JSON schema, and with nothing else: no explanation and no fence of code.\n\n"
)


@dataclass(frozen=True, slots=True)
class Way:
    """The result of one method."""

    label: str
    ended: bool
    seconds: float = 0.0
    error: Exception | None = None
    value: Any = None
    """The object; `None` if there is none."""
    text: str = ""
    """The answer's text, without thinking."""
    raw_text: str = ""
    checked: Checked | None = None
    """The object validated against the schema; `None` if there is none."""


def steps(form_call: FormCall, _settings: None) -> Sequence[Step[Schema]]:
    """Return the form's request for each method the model supports; empty while the form is incomplete."""
    schema = form_call.arguments.get("structured_output_schema")
    if schema is None or form_call.arguments.get("model_config") is None:
        return []
    made = routes(form_call.arguments, form_call.model)
    return [Step(name, call(member, arguments), schema) for name, (member, arguments) in made.items()]


def ways(series: Series[Schema], _settings: None) -> Sequence[Way]:
    """Parse and validate the objects of the calls that have ended."""
    return [_way(step) for step in series.steps]


def _way(step: Step[Schema]) -> Way:
    record = step.record
    if record is None or not step.ended:
        return Way(step.label, ended=False)
    if step.error is not None:
        return Way(step.label, True, record.elapsed, step.error)
    value, answer = spelled(record)
    checked = None if value is None else check(value, dict(step.facts))
    return Way(step.label, True, record.elapsed, None, value, answer.text, answer.fold.text, checked)


def routes(arguments: Mapping[str, Any], model: ListedModel | None) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the methods of requesting an object: name → member of `session.model`, and its arguments.

    Args:
        arguments: Arguments of `llm_structured_output.invoke`, from the form.
        model: The model, whose rules decide whether it takes a schema as a parameter.
    """
    schema = arguments["structured_output_schema"]
    plain = {name: value for name, value in arguments.items() if name != "structured_output_schema"}
    calls = {STRUCTURED: ("llm_structured_output", dict(arguments))}
    config = plain["model_config"]
    if takes_schema(model) and isinstance(config, LLMModelConfig):
        wrapped = json.dumps({"name": "answer", "schema": schema}, ensure_ascii=False)
        parameters = config.completion_params | {"response_format": "json_schema", "json_schema": wrapped}
        calls[PARAMETER] = ("llm", plain | {"model_config": config.model_copy(update={"completion_params": parameters})})
    calls[PROMPTED] = ("llm", plain | {"prompt_messages": prompted(plain["prompt_messages"], schema)})
    return calls


def takes_schema(model: ListedModel | None) -> bool:
    """Return whether a model has the parameter `response_format` with the option `json_schema`, and one for the schema."""
    rules = {rule.name: rule for rule in model.parameter_rules} if model else {}
    return "json_schema" in rules and "response_format" in rules and "json_schema" in rules["response_format"].options


def prompted(messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Add the instruction and the schema to the system message."""
    wish = PROMPT + json.dumps(schema, ensure_ascii=False)
    rest = [dict(message) for message in messages]
    if rest and rest[0]["role"] == "system":
        return [{"role": "system", "content": f"{rest[0]['content']}\n\n{wish}"}, *rest[1:]]
    return [{"role": "system", "content": wish}, *rest]


def spelled(record: Record[Any]) -> tuple[Any, llm_answer.Answer]:
    """Return the object of an answer, from its own field or parsed from its text; `None` if neither has one."""
    answer = llm_answer.read(record)
    if answer.fold.structured_output is not None:
        return dict(answer.fold.structured_output), answer
    parsed = find(answer.text)
    return (parsed.value if parsed else None), answer


STRUCTURED, PARAMETER, PROMPTED = N_("Structured call"), N_("response_format"), N_("Prompt only")
