"""The common ground of all shapes, and the values that several of them hold."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema

from compiler.values import refused

Channel = Literal["web", "email", "mobile", "push", "sms", "ads"]
Level = Literal["individual", "segment", "cohort", "default"]
_UNIT = r"^(visitor|account|session|(visitor|account|request)\.[a-z][a-z0-9_]*)$"


def _unit(value: str) -> str:
    if not re.fullmatch(_UNIT, value):
        raise refused(f"'{value}' is nothing that can be randomised", "write visitor, account, session, or an attribute such as visitor.user_id")
    return value


Unit = Annotated[str, AfterValidator(_unit), WithJsonSchema({"type": "string", "pattern": _UNIT})]
LEVELS = ("individual", "segment", "cohort")


class Shape(BaseModel):
    """The common ground: exact types, no unknown keys, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)
