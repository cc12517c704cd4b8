"""The types an attribute can have, as written in site.yaml. A leaf: imports nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SCALARS = ("string", "bool", "int", "double", "timestamp", "duration", "version", "ip", "any")
WRITTEN = "string, bool, int, double, timestamp, duration, version, ip, any, list<…>, map<string, …>, or the possible values: [a, b, c]"

_LIST = re.compile(r"list<(\w+)>")
_MAP = re.compile(r"map<string,(\w+)>")
_MEMBER = re.compile(r"[^\x00-\x1f\x7f\[\],]{1,128}")


@dataclass(frozen=True, slots=True)
class Type:
    """`name` is a scalar's name, `enum`, `list` or `map`; `element` the name of what a list or map holds."""

    name: str
    element: str = ""
    members: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The type as conditions carry it: like the text, but `enum` without its members."""
        if self.name == "list":
            return f"list<{self.element}>"
        return f"map<string, {self.element}>" if self.name == "map" else self.name

    def __str__(self) -> str:
        """The text that `parse` reads."""
        return f"[{', '.join(self.members)}]" if self.name == "enum" else self.kind


def parse(text: str) -> Type:
    """The type that a text names. Raises ValueError with a plain message for any other text."""
    tight = re.sub(r"\s+", "", text)
    if text.strip().startswith("[") and text.strip().endswith("]"):
        return enumeration(part.strip() for part in text.strip()[1:-1].split(","))
    if tight in SCALARS:
        return Type(tight)
    if (match := _LIST.fullmatch(tight)) and match[1] in (*SCALARS, "item"):
        return Type("list", match[1])
    if (match := _MAP.fullmatch(tight)) and match[1] in SCALARS:
        return Type("map", match[1])
    raise ValueError(f"'{text}' is not a type")


def enumeration(members: Iterable[str]) -> Type:
    """The enumeration of these values. Raises ValueError when there is none, or one is empty, repeated or not plain text."""
    values = tuple(members)
    if not values:
        raise ValueError("an enumeration needs at least one value")
    for value in values:
        if not isinstance(value, str) or not _MEMBER.fullmatch(value):
            raise ValueError(f"{value!r} cannot be a value of an enumeration: plain text without commas or brackets")
    if len(set(values)) < len(values):
        raise ValueError("an enumeration has a value twice")
    return Type("enum", members=values)
