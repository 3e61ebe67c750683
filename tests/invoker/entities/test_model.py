"""Tests for models: labels, parameter rules and their templates, prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from boomerang.invoker.entities.entity import I18nObject
from boomerang.invoker.entities.llm.chunk import LLMUsage
from boomerang.invoker.entities.model import AIModelEntity, PriceConfig, PriceType, price
from boomerang.invoker.entities.parameter import DefaultParameterName, ParameterRule, ParameterType

DECLARED = {"model": "tiny", "model_type": "llm", "model_properties": {"mode": "chat", "context_size": 4096}}
PRICES = PriceConfig(input=Decimal(1), output=Decimal(2), unit=Decimal("0.000001"), currency="EUR")


def test_missing_languages_are_the_english_one_and_go_out_in_the_sdks_order() -> None:
    label = I18nObject.model_validate({"en_US": "Hello", "ja_JP": "こんにちは"})
    assert list(label.model_dump().items()) == [
        ("zh_Hans", "Hello"),
        ("pt_BR", "Hello"),
        ("ja_JP", "こんにちは"),
        ("en_US", "Hello"),
    ]
    assert str(label) == "Hello"
    assert I18nObject(en_us="Hello", ja_jp="こんにちは") == label


@pytest.mark.parametrize("label", [{}, {"label": None}, {"label": {}}])
def test_a_model_without_a_label_is_labelled_with_its_name(label: dict[str, Any]) -> None:
    declared = DECLARED | label
    assert str(AIModelEntity.model_validate(declared).label) == "tiny"
    assert declared == DECLARED | label, "what was given is not changed"


def test_a_model_without_a_name_is_refused_by_that_alone() -> None:
    with pytest.raises(ValidationError) as error:
        AIModelEntity.model_validate({key: value for key, value in DECLARED.items() if key != "model"})
    assert [line["loc"] for line in error.value.errors()] == [("model",)]


def test_an_unknown_property_is_refused() -> None:
    with pytest.raises(ValidationError):
        AIModelEntity.model_validate(DECLARED | {"model_properties": {"colour": "red"}})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("temperature", ("float", 0.0, 0.0, 1.0, 2, [])),
        ("top_p", ("float", 1.0, 0.0, 1.0, 2, [])),
        ("top_k", ("int", 50, 1.0, 100.0, 0, [])),
        ("presence_penalty", ("float", 0.0, 0.0, 1.0, 2, [])),
        ("frequency_penalty", ("float", 0.0, 0.0, 1.0, 2, [])),
        ("max_tokens", ("int", 64, 1.0, 2048.0, 0, [])),
        ("response_format", ("string", None, None, None, None, ["JSON", "XML"])),
        ("json_schema", ("text", None, None, None, None, [])),
    ],
)
def test_a_template_fills_a_rule(template: str, expected: tuple[Any, ...]) -> None:
    rule = ParameterRule.model_validate({"name": "x", "use_template": template})
    assert (rule.type.value, rule.default, rule.min, rule.max, rule.precision, rule.options) == expected
    assert rule.name == "x"
    assert rule.help is not None
    assert not rule.required


def test_every_name_has_a_template() -> None:
    assert {ParameterRule.template(name).name for name in DefaultParameterName} == set(DefaultParameterName)


def test_what_a_rule_says_itself_wins_over_its_template() -> None:
    rule = ParameterRule.template("max_tokens", default=512, max=4096, label={"en_US": "Length"})
    assert (rule.default, rule.max, rule.min, str(rule.label)) == (512, 4096.0, 1.0, "Length")


def test_an_unknown_template_is_ignored_and_the_label_is_the_name() -> None:
    rule = ParameterRule.model_validate({"name": "seed", "use_template": "magic", "type": "int"})
    assert (rule.type, str(rule.label), rule.use_template) == (ParameterType.INT, "seed", "magic")


@pytest.mark.parametrize(("rule", "field"), [({"name": "seed"}, "type"), ({"type": "int"}, "name"), ({"name": 1}, "name")])
def test_a_rule_without_name_or_type_is_refused(rule: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        ParameterRule.model_validate(rule)
    assert field in {line["loc"][0] for line in error.value.errors()}


def test_templates_are_not_changed_by_the_rules_made_from_them() -> None:
    ParameterRule.template("response_format").options.append("YAML")
    assert ParameterRule.template("response_format").options == ["JSON", "XML"]


def test_an_amount_is_rounded_half_up_to_seven_decimals() -> None:
    pricing = PriceConfig(input=Decimal("0.5"), unit=Decimal("0.0000001"), currency="EUR")
    assert price(pricing, PriceType.INPUT, 1).total_amount == Decimal("0.0000001")
    assert price(pricing, PriceType.INPUT, 2).model_dump(mode="json") == {
        "unit_price": "0.5",
        "unit": "1E-7",
        "total_amount": "1E-7",
        "currency": "EUR",
    }


def test_what_has_no_price_costs_nothing_in_dollars() -> None:
    free = {"unit_price": "0.0", "unit": "0.0", "total_amount": "0.0", "currency": "USD"}
    assert price(None, PriceType.INPUT, 7).model_dump(mode="json") == free
    no_output = PRICES.model_copy(update={"output": None})
    assert price(no_output, PriceType.OUTPUT, 7).model_dump(mode="json") == free


def test_a_usage_is_worked_out_from_counts_and_prices() -> None:
    usage = LLMUsage.priced(PRICES, prompt_tokens=7, completion_tokens=2, latency=0.5)
    assert usage.model_dump(mode="json") == {
        "prompt_tokens": 7,
        "prompt_unit_price": "1",
        "prompt_price_unit": "0.000001",
        "prompt_price": "0.0000070",
        "completion_tokens": 2,
        "completion_unit_price": "2",
        "completion_price_unit": "0.000001",
        "completion_price": "0.0000040",
        "total_tokens": 9,
        "total_price": "0.0000110",
        "currency": "EUR",
        "latency": 0.5,
    }
