"""How probable something is of one visitor (a purchase, that they stay away), by boosted trees or logistic weights.

Trees are not walked. Every leaf is a bit, from left to right, tree after tree. A question that is answered by "right" rules out
the leaves on its left, and of a feature all questions are answered at once: by the stretch between thresholds that its value
falls in. So a score is one search and one AND for each feature; the lowest bit left of each tree is the leaf that it comes to
(QuickScorer: Lucchese et al., SIGIR 2015). Scores are the library's but for the order in which doubles are added.

What is not known (None) goes where the library sends a missing value. The columns are in docs/format.md, "propensities".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from math import exp, fsum
from operator import and_, getitem
from struct import unpack as unpacked
from typing import Any, Callable, Mapping, NamedTuple, Sequence, Union

from tessera.columns import unpack

_LOWEST = bytes((byte & -byte).bit_length() - 1 if byte else 0 for byte in range(256))  # byte → its lowest bit
_WIDTHS = {1: "B", 2: "H", 4: "I", 8: "Q"}  # bytes of a tree → its kind for `struct`
NUMBER, CATEGORY = 0, 1  # kinds of features

Value = Union[float, int, bool, str, None]


class Numbers(NamedTuple):
    """A feature that is a number: `masks[i]` is what is left where i of the thresholds are below it; `missing` without it."""

    thresholds: Sequence[float]
    masks: tuple[int, ...]
    missing: int

    def mask(self, value: Value) -> int:
        return self.missing if value is None else self.masks[bisect_left(self.thresholds, float(value))]


class Categories(NamedTuple):
    """A feature with few values, by their texts; `other` is for those that training did not see."""

    masks: Mapping[str, int]
    other: int
    missing: int

    def mask(self, value: Value) -> int:
        return self.missing if value is None else self.masks.get(spelled(value), self.other)


class Trees(NamedTuple):
    """Boosted trees: `features` tell which leaves are left, `leaves` what each is worth; `width` bytes for each tree."""

    features: tuple[Numbers | Categories, ...]
    leaves: tuple[tuple[float, ...], ...]
    width: int
    everything: int

    def margin(self, values: Sequence[Value]) -> float:
        """The sum of the leaves that the values lead to (log odds before calibration)."""
        left = self.everything
        for feature, value in zip(self.features, values):
            left &= feature.mask(value)
        trees = left.to_bytes(len(self.leaves) * self.width, "little")
        if self.width == 1:
            return fsum(map(getitem, self.leaves, trees.translate(_LOWEST)))
        bits = unpacked(f"<{len(self.leaves)}{_WIDTHS[self.width]}", trees)
        return fsum([leaves[(one & -one).bit_length() - 1] for leaves, one in zip(self.leaves, bits)])


class Weights(NamedTuple):
    """Logistic weights: of each feature what a unit of it (a number), or each text (a category), adds; then what one adds that
    is not known, and of a category what any other text adds."""

    bias: float
    features: tuple[tuple[float | Mapping[str, float], float, float], ...]

    def margin(self, values: Sequence[Value]) -> float:
        """The weighted sum of the values (log odds before calibration)."""
        terms = [self.bias]
        for (weight, missing, other), value in zip(self.features, values):
            if value is None:
                terms.append(missing)
            elif isinstance(weight, float):
                terms.append(weight * float(value))
            else:
                terms.append(weight.get(spelled(value), other))
        return fsum(terms)


class Propensity(NamedTuple):
    """A model ready to score: `probability` of values in the order of its features."""

    model: Trees | Weights
    calibrate: Callable[[float], float]

    def probability(self, values: Sequence[Value]) -> float:
        """In [0, 1], calibrated where the model is."""
        return self.calibrate(self.model.margin(values))


def spelled(value: Any) -> str:
    """A value as the text of its category."""
    if isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def logistic(margin: float) -> float:
    """Log odds → probability."""
    if margin >= 0:
        return 1.0 / (1.0 + exp(-min(margin, 700.0)))
    odds = exp(max(margin, -700.0))
    return odds / (1.0 + odds)


# --- columns of a bundle → what scores -------------------------------------------------------------------------------


def prepare(body: Mapping[str, Any]) -> Propensity:
    """The model of a bundle's columns.

    Raises:
        ValueError, LookupError, TypeError, struct.error: where they do not fit each other.
    """
    model = _trees(body["trees"]) if "trees" in body else _weights(body["weights"])
    return Propensity(model, _calibration(body["calibration"]))


def _trees(columns: Mapping[str, Any]) -> Trees:
    sizes, values = unpack(columns["sizes"]), unpack(columns["leaves"])
    if sum(sizes) != len(values) or not sizes or not 1 <= min(sizes) <= max(sizes) <= 64:
        raise ValueError("the leaves of a propensity do not fit its trees")
    width = next(width for width in _WIDTHS if 8 * width >= max(sizes))
    starts = [0, *accumulate(sizes)]
    leaves = tuple(tuple(values[start:end]) for start, end in zip(starts, starts[1:]))
    everything = sum((1 << size) - 1 << 8 * width * tree for tree, size in enumerate(sizes))
    features = tuple(_feature(row, width, everything) for row in columns["features"])
    return Trees(features, leaves, width, everything)


def _feature(row: Sequence[Any], width: int, everything: int) -> Numbers | Categories:
    """[kind, thresholds or texts, of each question (tree, first leaf and how many leaves on the left, missing goes left,
    threshold or set), sets of texts]."""
    kind, known, trees, firsts, counts, missing, splits, sets = row
    known, splits = unpack(known), unpack(splits)
    left_of = zip(unpack(trees), unpack(firsts), unpack(counts))
    ruled_out = [everything & ~((1 << count) - 1 << 8 * width * tree + first) for tree, first, count in left_of]  # by an answer "right"
    absent = everything
    for mask, left in zip(ruled_out, unpack(missing)):
        absent &= everything if left else mask
    if kind == NUMBER:
        right = [everything] * len(known)  # by threshold: what is left where the value is above it
        for split, mask in zip(splits, ruled_out):
            right[split] &= mask
        return Numbers(known, (everything, *accumulate(right, and_)), absent)
    other = everything
    by_text = [everything] * len(known)
    for split, mask in zip(splits, ruled_out):
        other &= mask
        within = frozenset(unpack(sets[split]))
        by_text = [left if i in within else left & mask for i, left in enumerate(by_text)]
    return Categories(dict(zip(known, by_text)), other, absent)


def _weights(columns: Mapping[str, Any]) -> Weights:
    return Weights(columns["bias"], tuple((weight, missing, other) for weight, missing, other in columns["features"]))


def _calibration(row: Sequence[Any] | None) -> Callable[[float], float]:
    """Nil: none; [slope, intercept] of the log odds (Platt); or two columns, probabilities and what they come to (isotonic)."""
    if row is None:
        return logistic
    first, second = row
    if isinstance(first, float):
        return lambda margin: logistic(first * margin + second)
    return _Table(unpack(first), unpack(second)).probability


class _Table(NamedTuple):
    """Points of a line that rises: between them it is straight, outside of them level."""

    at: Sequence[float]
    of: Sequence[float]

    def probability(self, margin: float) -> float:
        value, at, of = logistic(margin), self.at, self.of
        above = bisect_right(at, value)
        if above == 0 or above == len(at):
            return of[0] if above == 0 else of[-1]
        start, end = at[above - 1], at[above]
        return of[above - 1] + (of[above] - of[above - 1]) * (value - start) / (end - start)
