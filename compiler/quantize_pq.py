"""Product quantization: a vector is cut into parts, and of each part the nearest of 256 typical ones is kept: a byte a part.

The typical ones (a codebook a part) are found by k-means over integers: distances, sums and means are exact, the first rows are
drawn by a fixed formula, ties go to the lower number. So the same vectors give the same bytes on every machine and by every BLAS.
A codebook takes 256 bytes a dimension, which only pays for large catalogues.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compiler.quantize import FINE, LEVELS, Sections

CODES = 256
ROUNDS = 12
SAMPLE = 16_384  # rows that the codebooks are made of
CHUNK = 65_536  # rows at a time, so that distances take bounded memory
EXACT = 2**24  # integers up to it are exact in float32


@dataclass(frozen=True, slots=True)
class Product:
    """`codes`: n × parts uint8; `books`: parts × 256 × width int8; a vector is its books' rows end to end × `scales` (n float32)."""

    codes: np.ndarray
    books: np.ndarray
    scales: np.ndarray

    @property
    def dimensions(self) -> int:
        return self.books.shape[0] * self.books.shape[2]

    def sections(self) -> Sections:
        """The bytes that a bundle holds."""
        return ("codes", self.codes.tobytes()), ("books", self.books.tobytes()), ("scales", self.scales.astype("<f4").tobytes())


def quantize_pq(vectors: np.ndarray, parts: int) -> Product:
    """Cut n × d float32 into parts of equal width, padded with zeros where d is no multiple."""
    n, d = vectors.shape
    width = -(-d // parts)
    largest = np.abs(vectors).max(axis=1, initial=0.0).astype(np.float64)
    fine = np.rint(vectors / np.where(largest > 0, largest / FINE, 1.0)[:, None]).astype(np.int64)
    lengths = np.sqrt((fine * fine).sum(axis=1).astype(np.float64))  # of a row, in steps of its own
    widest = float((FINE / lengths[lengths > 0]).max(initial=0.0)) or 1.0  # the largest number of any row, were its length 1
    steps = np.maximum(lengths, 1.0) * widest / LEVELS
    whole = np.zeros((n, parts * width), np.int16)
    whole[:, :d] = np.rint(fine / steps[:, None])
    chosen = _drawn(n)
    books, codes = np.zeros((parts, CODES, width), np.int8), np.zeros((n, parts), np.uint8)
    for part in range(parts):
        rows = whole[:, part * width : (part + 1) * width]
        books[part] = _book(rows[chosen])
        codes[:, part] = _nearest(rows, books[part])
    back = books[np.arange(parts), codes].reshape(n, parts * width)[:, :d].astype(np.int64)
    both, own = (fine * back).sum(axis=1), (back * back).sum(axis=1)
    best = np.where(own > 0, both / np.maximum(own, 1), 0.0)  # the scale that gives back the vector best
    return Product(codes, books, (best * (largest / FINE)).astype("<f4"))


def _drawn(n: int) -> np.ndarray:
    """Rows that stand for all: those of the least products with a large prime, modulo 2**32."""
    mixed = (np.arange(n, dtype=np.uint64) * np.uint64(2_654_435_761) + np.uint64(97)) & np.uint64(0xFFFF_FFFF)
    return np.sort(np.argsort(mixed, kind="stable")[:SAMPLE])


def _book(rows: np.ndarray) -> np.ndarray:
    """256 typical rows, int8; where there are fewer different ones, the rest is zero."""
    distinct = np.unique(rows, axis=0)
    if len(distinct) <= CODES:
        return np.pad(distinct, ((0, CODES - len(distinct)), (0, 0))).astype(np.int8)
    first = distinct[np.argsort((np.arange(len(distinct), dtype=np.uint64) * np.uint64(2_654_435_761)) & np.uint64(0xFFFF_FFFF), kind="stable")[:CODES]]
    book = first.astype(np.int64)
    for _ in range(ROUNDS):
        near = _nearest(rows, book)
        counts = np.bincount(near, minlength=CODES)
        sums = np.stack([np.bincount(near, weights=column, minlength=CODES) for column in rows.T.astype(np.float64)], axis=1)  # of integers: exact
        moved = np.rint(sums / np.maximum(counts, 1)[:, None]).astype(np.int64)
        empty = np.flatnonzero(counts == 0)
        if len(empty):  # they begin anew where rows are farthest from what stands for them
            far = ((rows.astype(np.int64) - book[near]) ** 2).sum(axis=1)
            moved[empty] = rows[np.argsort(-far, kind="stable")[: len(empty)]]
        if (moved == book).all():
            break
        book = moved
    return book.astype(np.int8)


def _nearest(rows: np.ndarray, book: np.ndarray) -> np.ndarray:
    """Of each row the number of the book's nearest row, among equals the lower one."""
    kind = np.float32 if 4 * LEVELS * LEVELS * rows.shape[1] <= EXACT else np.float64
    typical = book.astype(kind)
    lengths = (typical * typical).sum(axis=1)
    found = np.empty(len(rows), np.int64)
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK].astype(kind)
        found[start : start + CHUNK] = np.argmin(lengths - 2 * (part @ typical.T), axis=1)
    return found
