"""What every importer makes of a foreign file: a Tessera site as plain values, ready to be written as YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


RESERVED = frozenset(  # words of CEL, which no attribute or segment can be called, and the variant that leaves everything as it is
    "true false null in as break const continue else for function if import let loop package namespace return var void while none".split()
)


class ImportRefused(Exception):
    """The text is not in the tool's format. `line` and `column` count from 1 (0: not known)."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something of the foreign file that has no counterpart: where (`flag new-checkout, rule 2`), what, and why.

    `fix`: what to do about it; nothing where no more can be said than of everything that was left out.
    """

    where: str
    what: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of `visitor`; `original` is the name under which callers supply it."""

    name: str
    original: str
    type: str = "any"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a condition (CEL) and either a variant to show or an experiment that decides. `comment` is written above it."""

    name: str
    when: str
    show: str | None = None
    test: str | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """A slot without pages. `values`: variant name → JSON value; `default`: a variant's name, or "none"."""

    name: str
    original: str
    values: dict[str, Any]
    rules: tuple[Rule, ...]
    default: str
    comment: str = ""
    metadata: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm that shows a variant; by weight, or by explicit ranges [from, to) of buckets."""

    name: str
    show: str
    weight: int | None = None
    ranges: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """See experiments/*.yaml. `start` and `end`: ISO 8601 texts."""

    name: str
    original: str
    unit: str
    hash: str
    salt: str
    arms: tuple[Arm, ...]
    buckets: int | None = None
    fallback_unit: str | None = None
    sticky: bool = False
    version: int = 0
    min_version: int = 0
    start: str | None = None
    end: str | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A named condition that several rules use."""

    name: str
    original: str
    when: str


@dataclass(frozen=True, slots=True)
class Site:
    """An imported site, in the order of the foreign file."""

    tool: str
    attributes: tuple[Attribute, ...]
    flags: tuple[Flag, ...]
    experiments: tuple[Experiment, ...] = ()
    segments: tuple[Segment, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()


@dataclass
class Names:
    """Foreign names → names of Tessera: snake_case, unique, the same name for the same foreign one."""

    taken: dict[str, str] = field(default_factory=dict)

    def of(self, original: str) -> str:
        """The name for a foreign one: `new-checkout` → `new_checkout`; a number is added where another has it already."""
        if original in self.taken:
            return self.taken[original]
        text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", original).lower()
        text = re.sub(r"[^a-z0-9]+", "_", text).strip("_")[:56]
        base = text if text and text[0].isalpha() else f"n_{text}".rstrip("_")
        name, number = base, 1
        while name in RESERVED or name in self.taken.values():
            number += 1
            name = f"{base}_{number}"
        self.taken[original] = name
        return name

    def another(self, original: str) -> str:
        """A name that no other has been given, for one more of the same foreign name."""
        number, unique = 1, original
        while unique in self.taken:
            number += 1
            unique = f"{original} {number}"
        return self.of(unique)
