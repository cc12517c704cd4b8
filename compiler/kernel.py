"""The scoring kernel in NumPy: what the compiler decides, tests and simulates with, bit for bit as the edge does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tessera.kernel import HEAVY, WIDEST, Groups, Tables, check, greedy, packed, quantize

EXACT = 2**24  # integers up to it are exact in float32


@dataclass(slots=True)
class _Vectors:
    """`rows`: n × dimensions int8, unpacked. `_wide`: the same as floats, made when first asked: products of matrices of integers are slow."""

    rows: np.ndarray
    scales: np.ndarray
    _wide: np.ndarray | None = None

    def query(self, query: bytes) -> np.ndarray:
        check(len(query) == self.rows.shape[1], f"a query of {len(query)} dimensions for {self.rows.shape[1]}")
        return np.frombuffer(query, np.int8)

    def scores(self, query: bytes) -> np.ndarray:
        wanted = self.query(query)
        if self._wide is None:
            self._wide = self.rows.astype(np.float32 if 128 * 128 * len(wanted) <= EXACT else np.float64)
        dots = (self._wide @ wanted.astype(self._wide.dtype)).astype(np.float64) + 0.0  # no zero has a sign
        return dots * self.scales.astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Lists:
    starts: np.ndarray
    others: np.ndarray
    weights: np.ndarray
    n: int

    def scores(self, query: bytes) -> np.ndarray:
        """0.0 where a row is no candidate."""
        check(len(query) % 8 == 0, "a query's rows")
        asked, weights = np.frombuffer(query, "<u4", len(query) // 8), np.frombuffer(query, "<i4", offset=len(query) // 2)
        check(not len(asked) or int(asked.max()) < self.n, "a query's rows")
        sums = np.zeros(self.n, np.int64)
        for row, weight in zip(asked, weights.astype(np.int64)):
            listed = slice(self.starts[row], self.starts[row + 1])
            np.add.at(sums, self.others[listed], weight * self.weights[listed])
        return np.maximum(sums, 0).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Order:
    rows: np.ndarray
    by_row: np.ndarray

    def scores(self, query: bytes) -> np.ndarray:
        check(not query, "an order takes no query")
        return self.by_row


@dataclass(frozen=True, slots=True)
class _Plan:
    mask: np.ndarray | None
    codes: np.ndarray | None
    factors: np.ndarray
    groups: tuple[tuple[np.ndarray, int], ...] = field(default=())


class NumpyKernel:
    """A `tessera.kernel.Kernel`. body: the bundle's, as bytes."""

    def __init__(self, body: memoryview) -> None:
        self._body = memoryview(body).cast("B")
        self._held: list[Any] = []

    def hold(self, offset: int, size: int) -> int:
        check(0 <= offset <= offset + size <= len(self._body), "a section outside the body")
        return self._keep(self._body[offset : offset + size])

    def int8(self, rows: int, scales: int, n: int, stride: int) -> int:
        return self._vectors(self._rows(rows, n, stride, stride), scales, n)

    def int4(self, rows: int, scales: int, n: int, stride: int) -> int:
        pairs = self._rows(rows, n, stride, 2 * stride)
        return self._vectors(np.stack((pairs << 4 >> 4, pairs >> 4), axis=2).reshape(n, 2 * stride), scales, n)

    def pq(self, codes: int, books: int, scales: int, n: int, parts: int, width: int) -> int:
        check(n >= 0 and 0 < parts and 0 < width and parts * width <= WIDEST, "the size of a model")
        chosen = self._section(codes, "u1", n * parts).reshape(n, parts)
        entries = self._section(books, "i1", 256 * parts * width).reshape(parts, 256, width)
        return self._vectors(entries[np.arange(parts), chosen].reshape(n, parts * width), scales, n)

    def lists(self, starts: int, others: int, weights: int, n: int) -> int:
        check(n >= 0, "the size of a model")
        begins = self._section(starts, "<u4", n + 1).astype(np.int64)
        check(begins[0] == 0 and bool((np.diff(begins) >= 0).all()), "starts that go back")
        listed = self._section(others, "<u4", int(begins[n]))
        check(not len(listed) or int(listed.max()) < n, "a row that is not there")
        return self._keep(_Lists(begins, listed, self._section(weights, "<i2", len(listed)).astype(np.int64), n))

    def order(self, rows: int, scores: int, n: int) -> int:
        check(n >= 0, "the size of a model")
        ordered, by_row = self._section(rows, "<u4", n), self._section(scores, "<f8", n)
        check((not n or int(ordered.max()) < n) and bool(np.isfinite(by_row).all()), "a row or a score that cannot be")
        before, after = ordered[:-1], ordered[1:]
        fine = (by_row[before] > by_row[after]) | ((by_row[before] == by_row[after]) & (before < after))
        check(bool(fine.all()), "rows that are not in the order of their scores")
        return self._keep(_Order(ordered, by_row))

    def plan(self, mask: int, codes: int, factors: bytes, groups: Groups) -> int:
        boosts = self._section(codes, "u1") if codes else None
        known = _numbers(factors, "<f8", "factors")
        with np.errstate(divide="ignore", over="ignore"):
            check(bool((known > 0).all() and np.isfinite(known).all() and np.isfinite(1.0 / known).all()), "a boost that is not above 0")
        check(boosts is None or not len(boosts) or int(boosts.max()) < len(known), "a code without its boost")
        check(all(most >= 0 for _, most in groups), "groups")
        limits = tuple((self._section(section, "<u2"), most) for section, most in groups)
        return self._keep(_Plan(self._section(mask, "u1") if mask else None, boosts, known, limits))

    def mean(self, model: int, rows: bytes, weights: bytes) -> bytes:
        vectors = self._of(model, _Vectors)
        wanted, heavy = _numbers(rows, "<u4", "rows"), _numbers(weights, "<f8", "weights")
        check(len(wanted) == len(heavy) and (not len(wanted) or int(wanted.max()) < len(vectors.scales)), "rows to take the mean of")
        check(bool((np.abs(heavy) <= HEAVY).all()), "a weight that is too large")
        total = np.zeros(vectors.rows.shape[1])
        for row, weight in zip(wanted, heavy):
            total += (weight * np.float64(vectors.scales[row])) * vectors.rows[row]
        query, scale = quantize(total.tolist())
        return np.array(query, np.int8).tobytes() if scale else b""

    def top(self, model: int, query: bytes, plan: int, take: int, spare: int, without: bytes, tables: Tables) -> bytes:
        asked = self._of(model, (_Vectors, _Lists, _Order))
        check(take >= 0 and spare >= 0, "how many rows to take")
        scores = asked.scores(query)
        planned = self._of(plan, _Plan) if plan else _Plan(None, None, np.empty(0))
        rows = np.flatnonzero(self._admissible(planned, len(scores), without, tables) & (not isinstance(asked, _Lists) or scores > 0))
        found = scores[rows]
        if planned.codes is not None:
            factors = planned.factors[planned.codes[rows]]
            with np.errstate(over="ignore", under="ignore"):
                found = found * np.where(found > 0, factors, 1.0 / factors)
        if not planned.groups and take + spare < len(rows):
            worst = -np.partition(-found, take + spare)[take + spare]  # what is as good as it may be needed, by its row
            rows, found = rows[found >= worst], found[found >= worst]
        places = np.lexsort((rows, -found))
        best, chosen = greedy(range(len(places)), take, spare, [(codes[rows[places]].tolist(), most) for codes, most in planned.groups])
        return packed(best, found[places[chosen]].tolist(), rows[places[chosen]].tolist())

    def row(self, model: int, row: int) -> tuple[bytes, float]:
        vectors = self._of(model, _Vectors)
        check(0 <= row < len(vectors.scales), "a row that is not there")
        return vectors.rows[row].tobytes(), float(vectors.scales[row])

    def scores(self, model: int, query: bytes, rows: bytes) -> bytes:
        every, wanted = self._of(model, (_Vectors, _Lists, _Order)).scores(query), _numbers(rows, "<u4", "rows")
        check(not len(wanted) or int(wanted.max()) < len(every), "a row that is not there")
        return every[wanted].tobytes()

    def _admissible(self, plan: _Plan, n: int, without: bytes, tables: Tables) -> np.ndarray:
        if plan.mask is None:
            found = np.ones(n, bool)
        else:
            check(len(plan.mask) == (n + 7) // 8, "a plan for another model")
            found = np.unpackbits(plan.mask, bitorder="little")[:n].astype(bool)
        check(plan.codes is None or len(plan.codes) == n, "a plan for another model")
        check(all(len(codes) == n for codes, _ in plan.groups), "a plan for another model")
        for section, table in tables:
            codes = self._section(section, "<u2", n)
            check(not n or int(codes.max()) < len(table), "a code out of its table")
            found &= np.frombuffer(table, "u1")[codes] != 0 if n else True
        gone = _numbers(without, "<u4", "without")
        found[gone[gone < n]] = False
        return found

    def _rows(self, rows: int, n: int, stride: int, dimensions: int) -> np.ndarray:
        check(n >= 0 and 0 < stride and stride % 16 == 0 and dimensions <= WIDEST, "the size of a model")
        return self._section(rows, "i1", n * stride).reshape(n, stride)

    def _vectors(self, rows: np.ndarray, scales: int, n: int) -> int:
        known = self._section(scales, "<f4", n)
        check(bool(np.isfinite(known).all()), "a scale that is not finite")
        return self._keep(_Vectors(rows, known))

    def _section(self, handle: int, kind: str, count: int | None = None) -> np.ndarray:
        raw = self._of(handle, memoryview)
        found = _numbers(raw, kind, "a section")
        check(count is None or len(found) == count, f"a section of {len(raw)} bytes")
        return found

    def _keep(self, thing: Any) -> int:
        self._held.append(thing)
        return len(self._held)

    def _of(self, handle: int, kind: Any) -> Any:
        found = self._held[handle - 1] if 0 < handle <= len(self._held) else None
        check(isinstance(found, kind), f"handle {handle} is something else")
        return found


def _numbers(given: bytes | memoryview, kind: str, what: str) -> np.ndarray:
    check(len(given) % np.dtype(kind).itemsize == 0, f"{what}: {len(given)} bytes are no whole numbers")
    return np.frombuffer(given, kind)
