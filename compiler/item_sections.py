"""The catalogue as sections of the bundle: what edge/tessera/items.py reads. docs/format.md, "items"."""

from __future__ import annotations

import struct
from itertools import accumulate
from typing import Any, Collection, Iterator, Sequence
from zlib import crc32

from tessera.columns import pack
from tessera.items import ABSENT

MOST_CODES = 2**16 - 1
FEW = 256  # values that are worth a code each also in a small catalogue

Section = tuple[str, bytes]


def sections(ids: Sequence[str], columns: Sequence[tuple[str, Sequence[Any]]], coded: Collection[str]) -> tuple[dict[str, Any], list[Section]]:
    """The section `items`, and the raw ones beside it.

    Args:
        columns: field → a value an item. coded: the fields that must have codes, because limits or conditions go by them.
    """
    described, raw = [], []
    for field, values in columns:
        row, parts = _column(values, field in coded)
        described.append([field, row])
        raw += [(f"items/{field}/{number}", part) for number, part in enumerate(parts)]
    texts, ends = _texts(ids)
    return {"count": len(ids), "columns": described}, [("ids", texts), ("ids/ends", ends), ("ids/rows", _rows(ids)), *raw]


def codes(values: Sequence[Any]) -> tuple[list[int], list[Any]]:
    """Of each value its code, and the values that the codes stand for, in order of their first row. Equal values of other types differ."""
    found: dict[tuple[type, Any], int] = {}
    numbers = [found.setdefault((type(value), value), len(found)) for value in values]
    return numbers, [value for _, value in found]


def _column(values: Sequence[Any], must_be_coded: bool) -> tuple[list[Any], list[bytes]]:
    numbers, distinct = codes(values)
    if len(distinct) <= MOST_CODES and (must_be_coded or len(distinct) <= max(FEW, len(values) // 8)):
        return ["coded", pack(distinct)], [struct.pack(f"<{len(numbers)}H", *numbers)]
    kinds = {type(value) for value in values}
    if kinds == {float}:
        return ["double", None], [struct.pack(f"<{len(values)}d", *values)]
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in values):
        return ["int", None], [struct.pack(f"<{len(values)}q", *values)]
    if kinds == {str}:
        return ["texts", None], list(_texts(values))
    return ["plain", pack(list(values))], []


def _texts(texts: Sequence[str]) -> tuple[bytes, bytes]:
    """The texts in UTF-8, one after the other, and their n + 1 offsets."""
    raw = [text.encode() for text in texts]
    return b"".join(raw), struct.pack(f"<{len(raw) + 1}I", 0, *accumulate(map(len, raw)))


def _rows(ids: Sequence[str]) -> bytes:
    """The table of ids: a power of two, at most two thirds full."""
    size = 1 << (len(ids) + len(ids) // 2).bit_length()
    table = [ABSENT] * size
    for row, item in enumerate(ids):
        place = next(place for place in _places(item, size) if table[place] == ABSENT)
        table[place] = row
    return struct.pack(f"<{size}I", *table)


def _places(item: str, size: int) -> Iterator[int]:
    start = crc32(item.encode())
    return ((start + step) % size for step in range(size))
