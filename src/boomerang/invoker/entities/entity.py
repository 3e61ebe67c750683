"""The base of all entities, and Dify's multilingual text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Entity(BaseModel):
    """A value under Dify's name: ignores unknown keys on input, dumps all declared keys.

    Entities are mutable, as in Dify's SDK: code written for it assigns to their fields.
    """

    model_config = ConfigDict(protected_namespaces=())

    if not TYPE_CHECKING:  # otherwise mypy would accept any name as a field

        def __setattr__(self, name: str, value: Any) -> None:
            """Set a field; first give the entity its own set of the fields that were set."""
            share_fields_set(self, set(self.__pydantic_fields_set__))
            super().__setattr__(name, value)


def share_fields_set(entity: Entity, fields: set[str]) -> None:
    """Let entities share one set of fields that were set: a set takes more memory than a small entity's values."""
    object.__setattr__(entity, "__pydantic_fields_set__", fields)


class I18nObject(Entity):
    """A text in Dify's four languages; a missing one falls back to English.

    Keys on the wire are `zh_Hans, pt_BR, ja_JP, en_US`, in this order; Python names are accepted as well.
    """

    model_config = ConfigDict(serialize_by_alias=True, validate_by_alias=True, validate_by_name=True)

    zh_hans: str | None = Field(default=None, alias="zh_Hans")
    pt_br: str | None = Field(default=None, alias="pt_BR")
    ja_jp: str | None = Field(default=None, alias="ja_JP")
    en_us: str = Field(alias="en_US")

    @model_validator(mode="after")
    def _fill(self) -> Self:
        self.zh_hans = self.zh_hans or self.en_us
        self.pt_br = self.pt_br or self.en_us
        self.ja_jp = self.ja_jp or self.en_us
        return self

    def __str__(self) -> str:
        """Return the English text."""
        return self.en_us
