"""The catalogue at the edge: ids and columns as raw bytes that are read where they lie, so that 100,000 items load at once.

A column is `coded` (few values: a 16-bit code a row), `numbers` (doubles or integers), `texts` (UTF-8 with offsets) or `plain`
(anything else, packed as columns.py says). docs/format.md, "items", is the normative text.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence
from zlib import crc32

from tessera.columns import unpack

MOST_KNOWN = 4_096  # ids whose rows are kept once they were looked up
ABSENT = 0xFFFF_FFFF  # an empty place of the table of ids


class Texts(Sequence[str]):
    """Texts in UTF-8, one after the other; `ends` has n + 1 offsets, unsigned 32-bit, little-endian."""

    __slots__ = ("_raw", "_ends")

    def __init__(self, raw: memoryview, ends: memoryview) -> None:
        self._raw, self._ends = raw, ends.cast("I")
        if not len(self._ends) or self._ends[0] != 0 or self._ends[-1] != len(raw):
            raise ValueError("texts do not fit their offsets")

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, row: int) -> str:
        return str(self.raw(row), "utf-8")

    def raw(self, row: int) -> memoryview:
        """The text's bytes."""
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self._raw[self._ends[row] : self._ends[row + 1]]


class Coded(Sequence[Any]):
    """A column of few values: `codes` (unsigned 16-bit, little-endian) are indices of `values`; one that is none stands for None."""

    __slots__ = ("codes", "values")

    def __init__(self, codes: memoryview, values: Sequence[Any]) -> None:
        self.codes, self.values = codes.cast("H"), values

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> Any:
        code = self.codes[row]
        return self.values[code] if code < len(self.values) else None


class Rows(Mapping[str, int]):
    """Id → row, by an open-addressing table that the compiler made: the place of an id is the CRC-32 of its UTF-8 bytes, then on."""

    __slots__ = ("_ids", "_table", "_known")

    def __init__(self, ids: Texts, table: memoryview) -> None:
        self._ids, self._table, self._known = ids, table.cast("I"), {}
        size = len(self._table)
        if size & (size - 1) or size <= len(ids):  # a place is always left empty, so that looking ends
            raise ValueError("the table of ids has no size that it can have")

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __getitem__(self, item: str) -> int:
        row = self._known.get(item)
        if row is None:
            row = self._look(item)
            if len(self._known) < MOST_KNOWN:
                self._known[item] = row
        return row

    def get(self, item: Any, default: Any = None) -> Any:
        """The row of an id; `default` for whatever is none."""
        try:
            return self[item]
        except (KeyError, TypeError, AttributeError):
            return default

    def _look(self, item: str) -> int:
        sought, table, ids = item.encode("utf-8", "surrogatepass"), self._table, self._ids
        last = len(table) - 1
        place = crc32(sought) & last
        for _ in range(last + 1):
            row = table[place]
            if row == ABSENT:
                break
            if ids.raw(row) == sought:
                return row
            place = place + 1 & last
        raise KeyError(item)


def column(row: Sequence[Any], raw: Sequence[memoryview]) -> Sequence[Any]:
    """A column from its description in the section `items` and the raw sections that belong to it.

    Raises:
        ValueError, LookupError: where they do not fit each other.
    """
    kind, values = row
    if kind == "coded":
        return Coded(raw[0], unpack(values))
    if kind == "double":
        return raw[0].cast("d")
    if kind == "int":
        return raw[0].cast("q")
    if kind == "texts":
        return Texts(*raw)
    if kind == "plain":
        return unpack(values)
    raise ValueError(f"an unknown kind of column: {kind}")
