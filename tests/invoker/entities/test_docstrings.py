"""The docstrings beneath fields, as they come into JSON schemas."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from boomerang.invoker.entities.docstrings import field_docstrings
from boomerang.invoker.entities.entity import Entity
from boomerang.invoker.entities.llm_chunk import LLMUsage
from boomerang.invoker.entities.llm_result import LLMResult


class Kettle(Entity):
    """A kettle."""

    litres: float
    """How much
    it holds."""
    colour: str = "black"
    handles: int = Field(default=1, alias="Handles")
    """How many."""


class Teapot(Kettle):
    """A kettle for tea."""

    litres: float = 1.0
    spout: Kettle | None = None
    """Where it pours."""


def described(model: type[Entity], **how: Any) -> dict[str, str | None]:
    properties = model.model_json_schema(**how)["properties"]
    return {name: schema.get("description") for name, schema in properties.items()}


def test_a_docstring_beneath_a_field_describes_it() -> None:
    assert field_docstrings(Kettle) == {"litres": "How much\nit holds.", "handles": "How many."}
    assert described(Kettle) == {"litres": "How much\nit holds.", "colour": None, "Handles": "How many."}


def test_a_field_is_described_under_its_name_where_the_schema_uses_names() -> None:
    assert described(Kettle, by_alias=False)["handles"] == "How many."


def test_inherited_fields_keep_their_docstrings_unless_declared_anew() -> None:
    assert field_docstrings(Teapot) == {"handles": "How many.", "spout": "Where it pours."}


def test_entities_inside_an_entity_are_described_as_well() -> None:
    schema = LLMResult.model_json_schema()
    latency = schema["$defs"]["LLMUsage"]["properties"]["latency"]["description"]
    assert latency == LLMUsage.model_json_schema()["properties"]["latency"]["description"]
    assert latency == "Seconds from the request to the last token."


def test_a_field_that_a_dump_leaves_out_is_described_only_where_it_stands() -> None:
    assert described(LLMResult)["finish_reason"] is not None
    assert "finish_reason" not in described(LLMResult, mode="serialization")


def test_a_class_without_source_has_no_descriptions() -> None:
    namespace: dict[str, Any] = {"Entity": Entity, "__name__": __name__}
    exec("class Made(Entity):\n    size: int\n    'Litres.'\n", namespace)
    assert field_docstrings(namespace["Made"]) == {}
