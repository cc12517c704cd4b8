"""Vectors of items that nobody has met yet, predicted from what the catalogue says of them.

An item is what it has and has not: a value of a field, a word of a text, a number in one eighth of all numbers. Ridge regression
gives each of these a vector, so that their sum comes near to the vectors that are known; an item without one gets the sum of its
own, as long as the known vectors usually are. Sums are over integers or one number at a time, so that every machine gives the same
bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from compiler.quantize import FINE

MOST = 512  # features, those that most items with a vector have
EIGHTHS = 8
RIDGE = 2.0  # how many items' worth of doubt there is of each feature
_WORD = re.compile(r"\w+")


def completed(vectors: np.ndarray, known: np.ndarray, columns: Mapping[str, Sequence[Any]], fields: Sequence[str]) -> np.ndarray:
    """n × d float32: where an item is not known, its predicted vector; zeros where nothing that it is was met before.

    Args:
        vectors: n × d float32; known: n booleans, whose vectors count. columns: field → a value an item; fields: which of them to go by.
    """
    features = [set().union(*each) for each in zip(*(_features(field, columns[field], known) for field in fields))]
    places = _places(features, known)
    n, d = vectors.shape
    if not places or not known.any():
        return np.where(known[:, None], vectors, 0).astype(np.float32)
    has = np.zeros((n, len(places)), np.float64)
    for row, each in enumerate(features):
        for feature in each:
            if feature in places:
                has[row, places[feature]] = 1.0
    largest = float(np.abs(vectors[known]).max(initial=0.0)) or 1.0
    whole = np.rint(vectors[known] / (largest / FINE)).astype(np.float64)
    of_known = has[known]
    weights = _solved(of_known.T @ of_known + RIDGE * np.eye(len(places)), of_known.T @ whole)  # products of integers: exact
    usual = float(np.sort(_lengths(whole))[len(whole) // 2])
    made = np.zeros((n, d))
    cold = np.flatnonzero(~known)
    for place in range(len(places)):  # one number at a time
        rows = cold[has[cold, place] > 0]
        made[rows] += weights[place]
    lengths = _lengths(made)
    made *= (usual * (largest / FINE) / np.where(lengths > 0, lengths, 1.0))[:, None]
    return np.where(known[:, None], vectors, made).astype(np.float32)


def _features(field: str, values: Sequence[Any], known: np.ndarray) -> Iterator[set[tuple]]:
    """Of each item the features that a field gives it; none where the cell is empty."""
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if numbers:
        ordered = sorted(value for value, counts in zip(values, known) if counts and value is not None)
        bounds = [ordered[len(ordered) * eighth // EIGHTHS] for eighth in range(1, EIGHTHS)] if ordered else []
        yield from (set() if value is None else {(field, sum(value >= bound for bound in bounds))} for value in values)
        return
    for value in values:
        if isinstance(value, str):
            words = _WORD.findall(value.lower()[:10_000])
            yield {(field, "is", value), *((field, "has", word) for word in words)}
        else:
            yield set() if value is None else {(field, value)}


def _places(features: Sequence[set[tuple]], known: np.ndarray) -> dict[tuple, int]:
    """The most common features of known items, each with its place."""
    counts = Counter(feature for each, counted in zip(features, known) if counted for feature in each)
    common = sorted(counts, key=lambda feature: (-counts[feature], repr(feature)))[:MOST]
    return {feature: place for place, feature in enumerate(common)}


def _solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The solution of a symmetric positive definite system, by elimination without anything that a library may do in another order."""
    matrix, right = matrix.copy(), right.copy()
    size = len(matrix)
    for k in range(size):
        below = matrix[k + 1 :, k] / matrix[k, k]
        matrix[k + 1 :, k:] -= below[:, None] * matrix[k, k:]
        right[k + 1 :] -= below[:, None] * right[k]
    for k in range(size - 1, -1, -1):
        right[k] /= matrix[k, k]
        right[:k] -= matrix[:k, k, None] * right[k]
    return right


def _lengths(rows: np.ndarray) -> np.ndarray:
    total = np.zeros(len(rows))
    for column in rows.T:
        total += column * column
    return np.sqrt(total)
