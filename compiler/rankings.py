"""What a ranking may show, decided as far as it can be when compiling: masks and boosts over the items, and what is left for the request.

A filter is a conjunction. Its parts that read the item alone become a mask, one bit an item. A part that reads one field of the
item and things of the request or the visitor becomes a table over that field's values, which the edge fills for each request. What
is left (parts that read several fields) is evaluated at the edge, row by row, in the order of the scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

from compiler import ir
from compiler.item_sections import MOST_CODES, codes
from compiler.lower import tree
from tessera.evaluate import evaluate, names

ITEM = "item."


@dataclass(frozen=True, slots=True)
class Filter:
    """`mask`: a bit an item, the lowest first, or None where all may be shown; `tables`: (field, tree); `rest`: a tree or None."""

    mask: bytes | None
    tables: tuple[tuple[str, tuple], ...]
    rest: tuple | None


@dataclass(frozen=True, slots=True)
class Boost:
    """`codes`: a byte an item; `factors`: what each code multiplies a score by."""

    codes: bytes
    factors: tuple[float, ...]


def filtered(where: ir.Expr | None, ids: Sequence[str], columns: Mapping[str, Sequence[Any]]) -> Filter:
    """Where each part of a filter is decided."""
    fixed, tables, rest = [], [], []
    for part in _parts(None if where is None else tree(where)):
        fields = sorted(name for name in names(part) if name.startswith(ITEM))
        if len(fields) == len(names(part)):
            fixed.append(part)
        elif len(fields) == 1 and len(set(columns.get(fields[0][len(ITEM) :], ()))) <= MOST_CODES and fields[0] != "item.id":
            tables.append((fields[0][len(ITEM) :], part))
        else:
            rest.append(part)
    mask = _mask([_holds(part, ids, columns) for part in fixed]) if fixed else None
    return Filter(mask, tuple(tables), None if not rest else rest[0] if len(rest) == 1 else ("and", *rest))


def boosted(boosts: Sequence[tuple[ir.Expr, float]], ids: Sequence[str], columns: Mapping[str, Sequence[Any]]) -> Boost | None:
    """The factors of the conditions that hold for an item, multiplied in their order; None where nothing is boosted.

    Raises:
        ValueError: where items have more than 256 different factors.
    """
    if not boosts:
        return None
    factors = [1.0] * len(ids)
    for when, factor in boosts:
        factors = [f * factor if holds else f for f, holds in zip(factors, _holds(tree(when), ids, columns))]
    numbers, distinct = codes(factors)
    if len(distinct) > 256:
        raise ValueError(f"{len(distinct)} different boosts, at most 256 are possible")
    return Boost(bytes(numbers), tuple(distinct))


class Rankings:
    """The plans of a program's rankings, each once, and what they need.

    Attributes:
        plans: as docs/format.md has them. masks, boosts: the bytes of a section → its name.
        coded: the fields of the items that limits and tables go by.
    """

    def __init__(self, program: ir.Program, columns: dict[str, tuple]) -> None:
        self.ids, self.columns = program.item_ids, columns
        self.plans: list[list[Any]] = []
        self.masks: dict[bytes, str] = {}
        self.boosts: dict[bytes, str] = {}
        self.coded: set[str] = set()
        self._known: dict[tuple, int] = {}

    def of(self, action: ir.Action) -> tuple[int, list[Any], Any]:
        """The plan of an action (-1: none), its tables, and what of its filter is left for the request."""
        where = filtered(action.where, self.ids, self.columns)
        boost = boosted(action.boost, self.ids, self.columns)
        self.coded.update(field for field, _ in (*action.at_most, *where.tables))
        tables = [[field, part] for field, part in where.tables]
        if where.mask is None and boost is None and not action.at_most:
            return -1, tables, where.rest
        key = (where.mask, boost, action.at_most)
        if key not in self._known:
            self._known[key] = len(self.plans)
            mask = None if where.mask is None else self.masks.setdefault(where.mask, f"mask/{len(self.masks)}")
            told = None if boost is None else [self.boosts.setdefault(boost.codes, f"boost/{len(self.boosts)}"), list(boost.factors)]
            self.plans.append([mask, told, action.at_most])
        return self._known[key], tables, where.rest



def holding(when: ir.Expr, ids: Sequence[str], columns: Mapping[str, Sequence[Any]]) -> list[bool]:
    """Of each item whether a condition over the item alone is true."""
    return _holds(tree(when), ids, columns)


def _parts(where: tuple | None) -> Iterator[tuple]:
    """The parts of a conjunction, however it is nested."""
    if where is None:
        return
    if where[0] == "and":
        for part in where[1:]:
            yield from _parts(part)
    else:
        yield where


def _holds(part: tuple, ids: Sequence[str], columns: Mapping[str, Sequence[Any]]) -> list[bool]:
    """Of each item whether a tree that reads the item alone is true; evaluated once for equal values of what it reads."""
    reads = sorted(name[len(ITEM) :] for name in names(part))
    read = [ids if field == "id" else columns[field] for field in reads]
    known: dict[tuple, bool] = {}
    found = []
    for values in zip(*read) if read else [()] * len(ids):
        key = tuple((type(value), value) for value in values)
        if key not in known:
            known[key] = evaluate(part, {ITEM + field: value for field, value in zip(reads, values)}) is True
        found.append(known[key])
    return found


def _mask(answers: Sequence[Sequence[bool]]) -> bytes:
    mask = bytearray(-(-len(answers[0]) // 8))
    for row, held in enumerate(zip(*answers)):
        mask[row >> 3] |= all(held) << (row & 7)
    return bytes(mask)
