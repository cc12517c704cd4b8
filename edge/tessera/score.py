"""The visitor's side of a ranking: how much each item that is known of them counts, and vectors as the kernels take them."""

from __future__ import annotations

import struct
from math import isfinite, ldexp
from typing import Mapping, Sequence

from tessera.kernel import quantize
from tessera.types import ListedItem

WHOLE = 1_024  # the integer weight of an item just seen, where the kernel adds up integers
STEPS = 64  # of a half-life; so that ages weigh the same by every library's powers
_FADING = tuple(round(2.0 ** (-step / STEPS) * 2**40) / 2**40 for step in range(STEPS))


def faded(age: float, half_life: float) -> float:
    """What is left of a weight of 1 after some seconds: a half after each `half_life`, in steps of a 64th; all of it where that is 0.

    The same double on every machine: the steps are rounded to 40 bits, which any library's power gets right.
    """
    if half_life <= 0:
        return 1.0
    step = min(age / half_life, 2_000.0) * STEPS
    whole, part = divmod(int(step), STEPS)
    return ldexp(_FADING[part], -whole)


def weighed(recent: Sequence[ListedItem], row_of: Mapping[str, int], half_life: float, at: float) -> list[tuple[int, float]]:
    """(row, weight) of the items that are in the catalogue, newest first.

    An item without a time counts as seen `half_life / 8` before the one in front of it.
    """
    found = []
    for order, item in enumerate(recent):
        row = row_of.get(item.id)
        if row is not None:
            age = order * half_life / 8 if item.at is None else max(0.0, at - item.at)
            found.append((row, faded(age, half_life)))
    return found


def rows_and_weights(weighed: Sequence[tuple[int, float]]) -> tuple[bytes, bytes]:
    """What a kernel makes a mean of: rows (unsigned 32-bit), and weights (doubles)."""
    count = len(weighed)
    return struct.pack(f"<{count}I", *(row for row, _ in weighed)), struct.pack(f"<{count}d", *(weight for _, weight in weighed))


def counted(weighed: Sequence[tuple[int, float]]) -> bytes:
    """What a kernel adds up lists by: rows, then integer weights; empty where nothing is left of any."""
    found = [(row, whole) for row, weight in weighed if (whole := round(weight * WHOLE))]
    return struct.pack(f"<{len(found)}I{len(found)}i", *(row for row, _ in found), *(whole for _, whole in found))


def quantized(vector: Sequence[float], dimensions: int) -> bytes:
    """A vector as symmetric int8, padded to the model's dimensions; empty for one that is zero, too long or not finite."""
    if len(vector) > dimensions or not all(map(isfinite, vector)):
        return b""
    integers, scale = quantize(vector)
    return struct.pack(f"<{dimensions}b", *integers, *(0,) * (dimensions - len(vector))) if scale else b""
