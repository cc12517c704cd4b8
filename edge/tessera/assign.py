"""Assignment as a pure function of salt and unit: buckets, arms, coverage, layers, holdouts."""

from __future__ import annotations

from hashlib import sha256
from typing import Mapping, Sequence

LINE = 2**64  # the allocation line: every unit has one fixed point in [0, LINE) per salt


def bucket(salt: str, unit: str) -> int:
    """Map a unit to its fixed point on the allocation line.

    Args:
        salt: of the experiment, layer or holdout; not empty, no NUL (the compiler checks).
        unit: the identity that is randomised, any text.
    Returns:
        int in [0, 2**64): the first eight bytes, big-endian, of SHA-256 over salt, NUL, unit (UTF-8; lone
        surrogates as `surrogatepass`). The same on every build and in SQL: docs/format.md, "Assignment".
    """
    text = f"{salt}\0{unit}".encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(text).digest()[:8], "big")


def point(parts: int, whole: int) -> int:
    """The place of `parts` of `whole` on the allocation line, rounded down."""
    return LINE * parts // whole


def arm_of(at: int, weights: Sequence[int], share: tuple[int, int]) -> int:
    """The arm whose range holds a point, or -1 when the point lies outside the experiment's share.

    Arm i owns a stretch that starts at ⌊LINE·before/total⌋, where the cumulated weights before it end, and ends at
    ⌊LINE·(before·whole + weight·parts)/(total·whole)⌋: `share` (parts, whole) of its weight. So widening the share enrols more units and moves nobody to another arm.
    """
    total, before = sum(weights), 0
    parts, whole = share
    for arm, weight in enumerate(weights):
        if point(before, total) <= at < point(before * whole + weight * parts, total * whole):
            return arm
        before += weight
    return -1


def within(at: int, start: int, end: int) -> bool:
    """Whether a point lies in the slice [start, end) of a layer."""
    return start <= at < end


def unit_of(units: Mapping[str, str], kind: str) -> str | None:
    """The id that an experiment randomises, None where the visitor has none of that kind."""
    return units.get(kind) or None
