"""Columns: many small values as one blob, which C code takes apart, because msgpack is pure Python at the edge.

A packed column is one of: a str (texts joined by line feeds), bytes (numbers: one character of `struct` that tells
their kind, then all their lowest bytes, all their second bytes and so on, which compresses better), or a list
(anything else, as it is).
"""

from __future__ import annotations

import struct
from typing import Any, Sequence

_INTEGERS = (("B", 0, 2**8), ("b", -(2**7), 2**7), ("H", 0, 2**16), ("h", -(2**15), 2**15), ("I", 0, 2**32), ("q", -(2**63), 2**63))


def pack(values: Sequence[Any]) -> str | bytes | list:
    """The smallest form of a column that `unpack` reads back to equal values of the same types."""
    if values and all(type(v) is int for v in values):
        low, high = min(values), max(values)
        kind = next((kind for kind, start, end in _INTEGERS if start <= low and high < end), None)
        if kind is not None:
            return _planes(kind, values)
    if values and all(type(v) is float for v in values):
        return _planes("d", values)
    if values and all(type(v) is str and "\n" not in v for v in values):
        return "\n".join(values)
    return list(values)


def _planes(kind: str, values: Sequence[Any]) -> bytes:
    raw, width = struct.pack(f"<{len(values)}{kind}", *values), struct.calcsize(kind)
    return kind.encode() + b"".join(raw[plane::width] for plane in range(width))


def unpack(column: str | bytes | Sequence[Any]) -> Sequence[Any]:
    """The values of a packed column.

    Raises:
        ValueError, struct.error: where the bytes are no column.
    """
    if isinstance(column, str):
        return column.split("\n")
    if not isinstance(column, bytes):
        return column
    kind = column[:1].decode()
    if not kind or kind not in "BbHhIqd":
        raise ValueError(f"unknown kind of column {kind!r}")
    width = struct.calcsize(kind)
    count, rest = divmod(len(column) - 1, width)
    if rest:
        raise ValueError("a column ends within a number")
    raw = bytearray(count * width)
    for plane in range(width):
        raw[plane::width] = column[1 + plane * count : 1 + (plane + 1) * count]
    return struct.unpack(f"<{count}{kind}", raw)
