"""Assignment as a pure function of salt and unit: units as text, their buckets, and the ranges that other tools lay over them.

The hash functions are in tessera.hashes, the arms in tessera.allocation.
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import isfinite
from typing import Iterable, Sequence

from tessera.hashes import HASHES, LINE, LONGEST, Scheme, bucket, edge, fnv1a32, growthbook, murmur3, prefix

__all__ = [
    "HASHES", "LINE", "LONGEST", "Scheme", "bucket", "edge", "fnv1a32", "growthbook", "murmur3", "prefix",
    "UNIT", "bucket_ranges", "choose", "disjoint", "equal_weights", "in_buckets", "in_namespace", "point", "query_override", "unit_text",
]  # fmt: skip

UNIT = 1024  # characters of a unit that count


def point(parts: int, whole: int) -> int:
    """The place of `parts` of `whole` on the allocation line, rounded down."""
    return LINE * parts // whole


def unit_text(value: object) -> str | None:
    """An attribute's value as a unit: its first 1,024 characters; bools and numbers as JavaScript's String() writes them.

    None for anything else, and for numbers that are not finite (an integer counts as the double next to it, as in JavaScript).
    """
    if isinstance(value, str):
        return value[:UNIT]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if -(2**53) <= value <= 2**53:
            return str(value)
        try:
            value = float(value)
        except OverflowError:
            return None
    return _number_text(value) if isinstance(value, float) and isfinite(value) else None


def _number_text(value: float) -> str:
    """ECMAScript's Number::toString for a finite double: the same digits as Python's, another layout."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    place = len(digits) - len(fraction) + int(power or 0)  # the value is 0.digits × 10^place
    digits = digits.rstrip("0")
    if len(digits) <= place <= 21:
        return sign + digits.ljust(place, "0")
    if 0 < place <= 21:
        return f"{sign}{digits[:place]}.{digits[place:]}"
    if -6 < place <= 0:
        return f"{sign}0.{'0' * -place}{digits}"
    return f"{sign}{digits[0]}{'.' if len(digits) > 1 else ''}{digits[1:]}e{place - 1:+d}"


# --- ranges as other tools have them ---------------------------------------------------------------------------------


def in_buckets(start: float, end: float, buckets: int) -> tuple[int, int]:
    """The pair [from, to) of those k for which start <= k / buckets < end, as doubles compare. Empty is (0, 0)."""
    first, last = _bucket_at(start, buckets), _bucket_at(end, buckets)
    return (first, last) if first < last else (0, 0)


def _bucket_at(bound: float, buckets: int) -> int:
    """The least k in [0, buckets] with k / buckets >= bound; `buckets` where there is none."""
    if not bound > 0:
        return 0
    k = int(min(bound, 1.0) * buckets)
    while k > 0 and (k - 1) / buckets >= bound:
        k -= 1
    while k < buckets and k / buckets < bound:
        k += 1
    return k


def disjoint(arms: Iterable[Iterable[Sequence[int]]]) -> list[list[tuple[int, int]]]:
    """Each arm's ranges [from, to) with the overlaps taken out: a bucket of several arms stays with the one that stands first."""
    arms = [[(start, end) for start, end in own if start < end] for own in arms]
    pairs = sorted((start, arm, end) for arm, own in enumerate(arms) for start, end in own)
    cuts = sorted({cut for start, _, end in pairs for cut in (start, end)})
    owned: list[list[tuple[int, int]]] = [[] for _ in arms]
    begun: list[tuple[int, int]] = []  # (arm, end), the first arm on top
    following = 0
    for start, end in zip(cuts, cuts[1:]):
        while following < len(pairs) and pairs[following][0] <= start:
            heappush(begun, pairs[following][1:])
            following += 1
        while begun and begun[0][1] <= start:
            heappop(begun)
        if begun:
            own = owned[begun[0][0]]
            own.append((own.pop()[0] if own and own[-1][1] == start else start, end))
    return owned


# --- GrowthBook's arithmetic of experiments -----------------------------------------------------------------------------


def choose(n: float, ranges: Sequence[Sequence[float]]) -> int:
    """The first range [from, to) that holds n, -1 where none does."""
    return next((number for number, (start, end) in enumerate(ranges) if start <= n < end), -1)


def in_namespace(unit: str, namespace: Sequence) -> bool:
    """Whether a unit lies in a namespace, [id, from, to] with the bounds in [0, 1]."""
    name, start, end = namespace
    return start <= growthbook(f"__{name}", unit, 1) < end


def equal_weights(n: int) -> list[float]:
    """1/n for each of n arms."""
    return [1 / n] * n if n > 0 else []


def bucket_ranges(n: int, coverage: float | None = None, weights: Sequence[float] | None = None) -> list[tuple[float, float]]:
    """The ranges of n arms in [0, 1]: each begins where the weights before it end and is `coverage` of its weight wide.

    Coverage lies between 0 and 1 (None for 1). Weights that are not n, or whose sum is not about 1, count as equal ones.
    """
    coverage = 1.0 if coverage is None else min(max(coverage, 0.0), 1.0)
    if not weights or len(weights) != n or not 0.99 <= _sum(weights) <= 1.01:
        weights = equal_weights(n)
    ranges, start = [], 0.0
    for weight in weights:
        ranges.append((start, start + coverage * weight))
        start += weight
    return ranges


def _sum(numbers: Iterable[float]) -> float:
    """One after the other, each step rounded: since Python 3.12 `sum` is more exact than the tools that are followed here."""
    total = 0.0
    for number in numbers:
        total += number
    return total


def query_override(key: str, url: str, n: int) -> int | None:
    """The arm that a URL forces by `?key=arm`, None where it names none in [0, n)."""
    _, search, *_ = url.split("?", 2) + [""]
    search = search.partition("#")[0]
    for pair in search.split("&"):
        name, value, *_ = pair.split("=", 2) + [""]
        if name == key:
            number = _leading_integer(value)
            return number if number is not None and 0 <= number < n else None
    return None


def _leading_integer(text: str) -> int | None:
    """What JavaScript's parseInt reads at the start of a text; None where it reads nothing, or more than 15 digits."""
    text = text.lstrip("\t\n\v\f\r \xa0\ufeff")
    negative = text[:1] == "-"
    text = text[1:] if text[:1] in ("-", "+") else text
    digits, base = ("0123456789abcdefABCDEF", 16) if text[:2] in ("0x", "0X") else ("0123456789", 10)
    text = text[2:] if base == 16 else text
    read = text[: len(text) - len(text.lstrip(digits))]
    if not read or len(read.lstrip("0")) > 15:
        return None
    return -int(read, base) if negative else int(read, base)
