"""Int8 scoring: a visitor's vector from recent items, exact integer dot products, top-k under constraints."""

from __future__ import annotations

from operator import mul
from typing import Any, Callable, Mapping, Sequence

from tessera.types import ListedItem, Ranked

LEVELS = 127
TINY = 2.0**-1000  # a vector that is smaller than this everywhere counts as zero: its scale would lose its digits


class Vectors:
    """An int8 section: n rows of d signed bytes, never unpacked into lists, with a float scale per row."""

    __slots__ = ("rows", "dimensions", "scales")

    def __init__(self, raw: memoryview, scales: memoryview, dimensions: int) -> None:
        self.rows = raw.cast("b")
        self.scales = scales.cast("f")
        self.dimensions = dimensions

    def __len__(self) -> int:
        return len(self.scales)

    def row(self, number: int) -> memoryview:
        return self.rows[number * self.dimensions : (number + 1) * self.dimensions]


def quantize(vector: Sequence[float]) -> tuple[list[int], float]:
    """Symmetric int8: the integers and the scale that gives back the vector. A zero vector (see TINY) has scale 0."""
    largest = max(map(abs, vector), default=0.0)
    if largest < TINY:
        return [0] * len(vector), 0.0
    scale = largest / LEVELS
    return [round(x / scale) for x in vector], scale


def taste(vectors: Vectors, recent: Sequence[ListedItem], row_of: Mapping[str, int], half_life: float, at: float) -> list[int] | None:
    """The visitor's int8 vector: the mean of the recent items' vectors, halved in weight every `half_life` seconds.

    An item without a time counts as seen `half_life / 8` before the one in front of it (the list is newest first).
    None where no recent item is in the catalogue, or all were seen so long ago that nothing is left of them.
    """
    total, found = [0.0] * vectors.dimensions, False
    for order, item in enumerate(recent):
        row = row_of.get(item.id)
        if row is None:
            continue
        age = order * half_life / 8 if item.at is None else max(0.0, at - item.at)
        weight = 0.5 ** (age / half_life) * vectors.scales[row]
        total = [sum_ + weight * x for sum_, x in zip(total, vectors.row(row))]
        found = True
    query = quantize(total)[0]
    return query if found and any(query) else None


def scores(vectors: Vectors, query: Sequence[int]) -> list[float]:
    """Score of every row: the exact integer dot product times the row's scale (one rounding, the same everywhere)."""
    return [sum(map(mul, query, vectors.row(row))) * vectors.scales[row] for row in range(len(vectors))]


def top(
    order: Sequence[float],
    take: int,
    keep: Callable[[int], bool],
    groups: Sequence[tuple[Sequence[Any], int]] = (),
    spare: int = 3,
) -> tuple[list[Ranked], list[Ranked]]:
    """The best rows by score (ties: the earlier row), and the next `spare` that were also admissible.

    Args:
        order: a score for each row. keep: the filter, asked during the scan.
        groups: (value of each row, at most n of one value) each.
    """
    best: list[Ranked] = []
    after: list[Ranked] = []
    counts: list[dict] = [{} for _ in groups]
    for row in sorted(range(len(order)), key=lambda r: (-order[r], r)):
        if not keep(row):
            continue
        if len(best) == take:
            after.append(Ranked(row, order[row]))
            if len(after) == spare:
                break
            continue
        if any(count.get(values[row], 0) >= most for count, (values, most) in zip(counts, groups)):
            continue
        for count, (values, _) in zip(counts, groups):
            count[values[row]] = count.get(values[row], 0) + 1
        best.append(Ranked(row, order[row]))
    return best, after
