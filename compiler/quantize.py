"""Float vectors → small integers with a scale each, as the kernels read them: the same bytes on every machine.

int8 takes a byte a dimension, int4 half of one. Product quantization is in quantize_pq, item-to-item lists in quantize_lists. What
was lost is measured by model_quality. Only operations that IEEE 754 defines to the last bit take part, one number at a time; what is
added up is added up in integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVELS = 127
NIBBLE = 7  # the largest of four bits; -8 is never used
PADDED = 16  # bytes of a row: whole registers of a kernel
FINE = 32_767
SHRUNK = tuple(range(16, 9, -1))  # sixteenths of a vector's largest number at which four bits may end

Sections = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Quantized:
    """`rows`: n × d integers (int8), `scales`: n float32, so that rows × scales gives back the vectors. kind: `int8` or `int4`."""

    rows: np.ndarray
    scales: np.ndarray
    kind: str = "int8"

    @property
    def dimensions(self) -> int:
        """Of a vector, padded to whole registers of a kernel."""
        step = PADDED * 2 if self.kind == "int4" else PADDED
        return -(-self.rows.shape[1] // step) * step

    def sections(self) -> Sections:
        """The bytes that a bundle holds."""
        padded = np.pad(self.rows, ((0, 0), (0, self.dimensions - self.rows.shape[1])))
        if self.kind == "int4":
            nibbles = padded.view(np.uint8) & 15
            padded = nibbles[:, ::2] | nibbles[:, 1::2] << 4
        return ("rows", padded.tobytes()), ("scales", self.scales.astype("<f4").tobytes())


def quantize(vectors: np.ndarray) -> Quantized:
    """Symmetric int8 per row (n × d float32, finite)."""
    largest = _largest(vectors)
    rows = np.rint(vectors / _over(largest, LEVELS)[:, None]).astype(np.int8)
    return Quantized(rows, (largest / LEVELS).astype("<f4"))


def quantize4(vectors: np.ndarray) -> Quantized:
    """Symmetric int4 per row. The largest numbers of a row may be cut off where that serves the others: the least squared error counts."""
    largest = _largest(vectors)
    fine = np.rint(vectors / _over(largest, FINE)[:, None]).astype(np.int64)
    least = np.full(len(vectors), np.iinfo(np.int64).max)
    rows, steps = np.zeros(vectors.shape, np.int8), np.zeros(len(vectors))
    for sixteenths in SHRUNK:
        step = FINE * sixteenths / (16 * NIBBLE)
        tried = np.clip(np.rint(fine / step), -NIBBLE, NIBBLE).astype(np.int64)
        both, own = (fine * tried).sum(axis=1), (tried * tried).sum(axis=1)
        best = both / np.maximum(own, 1)  # the scale that these integers serve best with
        error = ((fine - np.rint(tried * best[:, None]).astype(np.int64)) ** 2).sum(axis=1)
        better = error < least
        least[better], rows[better], steps[better] = error[better], tried[better], best[better]
    return Quantized(rows, (steps * (largest / FINE)).astype("<f4"), "int4")


def _largest(vectors: np.ndarray) -> np.ndarray:
    return np.abs(vectors).max(axis=1, initial=0.0).astype(np.float64)


def _over(largest: np.ndarray, levels: int) -> np.ndarray:
    """The step of each row; 1 for a row of zeros."""
    return np.where(largest > 0, largest / levels, 1.0)
