"""Item-to-item lists → rows of the catalogue and 16-bit weights, the heaviest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compiler.quantize import FINE, Sections


@dataclass(frozen=True, slots=True)
class QuantizedLists:
    """CSR: of row i the rows `others[starts[i]:starts[i + 1]]` with int16 `weights`; weight × `unit` gives back what it was."""

    starts: np.ndarray
    others: np.ndarray
    weights: np.ndarray
    unit: float

    def sections(self) -> Sections:
        """The bytes that a bundle holds."""
        return ("starts", self.starts.astype("<u4").tobytes()), ("others", self.others.astype("<u4").tobytes()), ("weights", self.weights.astype("<i2").tobytes())


def heaviest(n: int, items: np.ndarray, others: np.ndarray, weights: np.ndarray, most: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs in order: by item, then the heaviest first, among equals the lower row; at most so many of each item.

    items, others, weights: item → other with a weight, no pair twice; rows of a catalogue of n.
    """
    order = np.lexsort((others, -weights, items))
    items, others, weights = items[order], others[order], weights[order]
    if most is None:
        return items, others, weights
    kept = np.arange(len(items)) - np.searchsorted(items, np.arange(n))[items] < most
    return items[kept], others[kept], weights[kept]


def quantize_lists(n: int, items: np.ndarray, others: np.ndarray, weights: np.ndarray) -> QuantizedLists:
    """Lists of n items with one scale for all weights; the pairs in the order of `heaviest`. Raises ValueError where they are not by item."""
    if (np.diff(items) < 0).any():
        raise ValueError("pairs that are not in the order of their items")
    largest = float(np.abs(weights).max(initial=0.0))
    unit = largest / FINE if largest else 1.0
    whole = np.rint(weights / unit).astype(np.int64)
    items, others, whole = items[whole != 0], others[whole != 0], whole[whole != 0]
    starts = np.concatenate(([0], np.cumsum(np.bincount(items, minlength=n))))
    return QuantizedLists(starts, others, whole.astype(np.int16), unit)
