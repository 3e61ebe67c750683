"""Test values stored by class."""

from __future__ import annotations

from dataclasses import dataclass, field

from boomerang.workbench.runs.values_by_type import ValuesByType


@dataclass
class Names:
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Size:
    pixels: int


def test_a_value_is_found_by_its_class() -> None:
    values = ValuesByType(Size(3))
    assert values.get(Size) == Size(3)
    assert values.get(Names) is None


def test_a_value_is_created_once() -> None:
    values = ValuesByType()
    values.get_or_create(Names).names.append("Ann")
    assert values.get_or_create(Names).names == ["Ann"]


def test_a_later_value_takes_the_place_of_an_earlier_one() -> None:
    values = ValuesByType(Size(3))
    values.put(Size(4))
    assert list(values) == [Size(4)]


def test_a_dropped_value_is_gone() -> None:
    values = ValuesByType(Size(3), Names())
    values.drop(Size)
    values.drop(Size)
    assert list(values) == [Names()]
