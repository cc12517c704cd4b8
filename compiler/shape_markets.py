"""The shapes of markets, and of what differs between them: copy and columns of the items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticKnownError

from compiler.shape import Shape
from compiler.values import Condition, Name, OneOrMany, SpokenName, Text

Cell = Literal["string", "double", "int", "bool", "image", "link"]
Copy = Annotated[str, Field(max_length=20_000)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Where = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]  # a market or a language; of items also a currency


class Market(Shape):
    """A market: whose visitors are in it, and what it speaks, pays with and when it is closed."""

    when: Condition | None = Field(None, examples=["when: 'request.country in [\"DE\", \"AT\"]'"], description="over request.* alone")
    language: Language | None = Field(None, examples=["language: de"])
    currency: Currency | None = Field(None, examples=["currency: EUR"])
    calendar: Name | None = Field(None, examples=["calendar: de_holidays"], description="a list of the days on which the market is closed")
    after: OneOrMany = Field((), examples=["after: germany"], description="the markets that come before it in the rollout")
    about: Text | None = None


class Variant(Shape, Mapping[str, str]):
    """A variant's fields (and `extends`), each a text, by name; `in_`: what takes their place in a market or a language."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Name, Copy] = Field(init=False)

    in_: dict[Where, dict[Name, Copy]] = Field({}, alias="in", examples=["in: {de: {headline: …}}"])

    def __getitem__(self, name: str) -> str:
        return (self.__pydantic_extra__ or {})[name]

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(self.__pydantic_extra__ or {})

    def __len__(self) -> int:
        return len(self.__pydantic_extra__ or {})


def _cell(value: Any) -> Any:
    """A bare type is that of a field without columns for markets."""
    if isinstance(value, str):
        if value not in get_args(Cell):
            raise PydanticKnownError("literal_error", {"expected": " or ".join(repr(word) for word in get_args(Cell))})
        return {"type": value}
    return value


class ItemField(Shape):
    """A field of the items, and the columns that take its place in a market, a currency or a language."""

    type: Cell = Field(examples=["type: double"])
    in_: dict[Where, SpokenName] = Field({}, alias="in", examples=["in: {germany: price_eur}"])


Column = Annotated[ItemField, BeforeValidator(_cell, json_schema_input_type=Cell | ItemField)]
