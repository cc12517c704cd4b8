"""The shape of what `models/*.yaml` says of a propensity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field

from compiler.shape import Shape
from compiler.values import LONGEST_TEXT, File, refused

AttributeName = Annotated[str, Field(pattern=r"^(visitor|account|request)\.[a-z][a-z0-9_]*$", max_length=128)]
Features = dict[Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)], AttributeName]


class Propensity(Shape):
    """A model that tells how probable something is of a visitor, as `tessera propensity` writes it."""

    file: File = Field(examples=["file: models/intent.json"])


def checked(propensity: Propensity | None, features: Mapping[str, str], others: Iterable[str]) -> bool:
    """Whether a model is a propensity.

    Args:
        others: the other kinds of models that it says it is.
    Raises:
        PydanticCustomError: where its keys do not go together.
    """
    if propensity is None and features:
        raise refused("`features` are those of a propensity", "add `propensity: {file: models/intent.json}`, or remove them", "E016")
    if propensity is None:
        return False
    if named := [*others]:
        raise refused(f"a propensity ranks nothing, so it has no `{named[0]}`", "write the ranker as a model of its own", "E016")
    if not features:
        raise refused("a propensity needs the attributes that it is told of", "add `features: {PageValues: visitor.page_values}`", "E016")
    return True
