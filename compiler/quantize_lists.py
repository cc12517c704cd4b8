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


def quantize_lists(n: int, items: np.ndarray, others: np.ndarray, weights: np.ndarray, most: int | None = None) -> QuantizedLists:
    """Lists of n items with one scale for all weights.

    Args:
        items, others, weights: item → other with a weight, in any order, no pair twice; rows of the catalogue.
        most: how many others each item keeps: those of the largest weights, among equals the lower rows.
    """
    order = np.lexsort((others, -weights, items))
    items, others, weights = items[order], others[order], weights[order]
    if most is not None:
        starts = np.searchsorted(items, np.arange(n))
        kept = np.arange(len(items)) - starts[items] < most
        items, others, weights = items[kept], others[kept], weights[kept]
    largest = float(np.abs(weights).max(initial=0.0))
    unit = largest / FINE if largest else 1.0
    whole = np.rint(weights / unit).astype(np.int64)
    items, others, whole = items[whole != 0], others[whole != 0], whole[whole != 0]
    starts = np.concatenate(([0], np.cumsum(np.bincount(items, minlength=n))))
    return QuantizedLists(starts, others, whole.astype(np.int16), unit)
