"""What tokens cost."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from .entity import Entity

_STEP = Decimal("0.0000001")
"""Amounts are rounded to seven decimals, as in Dify."""


class PriceType(StrEnum):
    """Which side of an invocation is paid for."""

    INPUT = "input"
    OUTPUT = "output"


class PriceInfo(Entity):
    """What one side of an invocation cost."""

    unit_price: Decimal
    unit: Decimal
    """What one token is in terms of `unit_price`: 0.000001 where the price is for a million tokens."""
    total_amount: Decimal
    """Tokens × unit price × unit."""
    currency: str


class NumTokensResult(PriceInfo):
    """What one side of an invocation cost, and for how many tokens."""

    tokens: int


class PriceConfig(Entity):
    """The prices of a model."""

    input: Decimal
    output: Decimal | None = None
    unit: Decimal
    """What one token is in terms of the prices: 0.000001 where they are for a million tokens."""
    currency: str


def price(pricing: PriceConfig | None, price_type: PriceType, tokens: int) -> PriceInfo:
    """Compute what so many tokens cost, rounded half up to seven decimals.

    A model without prices, or without an output price on the output side, costs 0.0 USD, as in Dify.

    Source: Dify plugin SDK 0.10.2, `interfaces/model/ai_model.py`, `get_price`.
    """
    unit_price = None
    if pricing is not None:
        unit_price = pricing.input if price_type is PriceType.INPUT else pricing.output
    if pricing is None or unit_price is None:
        zero = Decimal("0.0")
        return PriceInfo(unit_price=zero, unit=zero, total_amount=zero, currency="USD")
    amount = (tokens * unit_price * pricing.unit).quantize(_STEP, rounding=ROUND_HALF_UP)
    return PriceInfo(unit_price=unit_price, unit=pricing.unit, total_amount=amount, currency=pricing.currency)
