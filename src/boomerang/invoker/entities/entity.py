"""What every entity shares, and Dify's text in several languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema


class Entity(BaseModel):
    """A value under Dify's name: unknown keys are ignored on input, every declared key is present on output.

    Entities may be changed after they were made, as in Dify's SDK: code written for it assigns to their fields.
    """

    model_config = ConfigDict(protected_namespaces=())

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe each property with the docstring beneath its field.

        Pydantic's own `use_attribute_docstrings` reads every class' source when the class is made, which was a fifth of the
        time of `import boomerang`; here it is read when someone asks for a schema.
        """
        from .docstrings import field_docstrings

        reference = handler(core_schema)
        properties = handler.resolve_ref_schema(reference).get("properties", {})
        for name, text in field_docstrings(cls).items():
            # Under its alias, or under neither name where a dump leaves the field out.
            described = properties.get(name) or properties.get(cls.model_fields[name].alias or name)
            if described is not None:
                described.setdefault("description", text)
        return reference


class I18nObject(Entity):
    """A text in Dify's four languages; one that is missing is the English one.

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
        """Give the English text."""
        return self.en_us
