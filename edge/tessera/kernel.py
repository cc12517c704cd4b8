"""Scoring kernels: the best rows of a catalogue for a visitor. What a kernel is, and the one in Python alone.

`edge/kernel.c` (through `edge/wasm_kernel.py`) and `compiler/kernel.py` (NumPy) are the others; all give the same bytes for the
same calls. This one serves where there is no WebAssembly, and it is the one to read. It scores all rows at once, with integers
as long as the catalogue: a dimension's values of all rows lie side by side in one int, 32 bits each, so that one multiplication
by the query's value in that dimension does the work of a row each. That takes four bytes for each dimension of each row, made
when a model is first asked.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from array import array
from heapq import nlargest
from itertools import compress, islice
from math import inf, isfinite
from operator import getitem, mul
from typing import Callable, Iterable, Mapping, Protocol, Sequence

LEVELS = 127
TINY = 2.0**-1000  # a vector that is smaller than this everywhere counts as zero: its scale would lose its digits
HEAVY = 2.0**500  # a weight beyond it could make sums that are not finite
WIDEST = 65_536  # dimensions: sums of their products still fit 32 bits
SORTED = 1024  # so many rows are sorted as a whole; of more, a heap keeps the best
_ONES = b"\0" + b"\1" * 255
_BITS = tuple(bytes(byte >> bit & 1 for bit in range(8)) for byte in range(256))

Groups = Sequence[tuple[int, int]]
Tables = Sequence[tuple[int, bytes]]


class Kernel(Protocol):
    """Holds sections of one bundle's body, models and plans over them; answers with bytes (little-endian), the same in every kernel.

    A handle is an int from 1; 0 stands for "none". Vectors are int8, padded with zeros to the model's dimensions: `stride` for
    int8, twice that for int4, parts × width for pq.

    Raises:
        ValueError: wherever sizes do not fit or a value is out of its range: n rows, a table's length, finite numbers.
    """

    def hold(self, offset: int, size: int) -> int:
        """Bytes [offset, offset + size) of the body, as a section."""

    def int8(self, rows: int, scales: int, n: int, stride: int) -> int:
        """Model of n vectors. rows: n × stride int8, stride a multiple of 16. scales: float32[n]."""

    def int4(self, rows: int, scales: int, n: int, stride: int) -> int:
        """Model of n vectors of 4-bit numbers in two's complement, two a byte, the low nibble first. stride: bytes, a multiple of 16."""

    def pq(self, codes: int, books: int, scales: int, n: int, parts: int, width: int) -> int:
        """Model of n product-quantised vectors. codes: u8[n][parts]; books: int8[parts][256][width]; a vector is the books' rows end to end."""

    def lists(self, starts: int, others: int, weights: int, n: int) -> int:
        """Model of item-to-item lists. starts: u32[n + 1]; others: u32[]; weights: i16[]."""

    def order(self, rows: int, scores: int, n: int) -> int:
        """Model of one order for everybody. rows: u32[n], best first, among equals the lower row first; scores: float64[n] by row."""

    def plan(self, mask: int, codes: int, factors: bytes, groups: Groups) -> int:
        """What does not change between visitors.

        Args:
            mask: section of one bit a row, the low bit first, 1 = admissible; or 0.
            codes: section of u8[n], or 0. factors: float64[] > 0; a row's boost is factors[codes[row]].
            groups: (section of u16[n], most) each: at most so many rows with one code.
        """

    def mean(self, model: int, rows: bytes, weights: bytes) -> bytes:
        """The weighted mean of some vectors, as a query. rows: u32[]; weights: float64[]. Empty where nothing is left of it."""

    def top(self, model: int, query: bytes, plan: int, take: int, spare: int, without: bytes, tables: Tables) -> bytes:
        """The best `take` rows under the plan's limits, and the next `spare` admissible rows after the last of them.

        Score: vectors: dot product × the row's scale; lists: Σ weight × list weight, rows with a sum of 0 or less are out; order:
        its own. A boost multiplies scores above 0, and 1 / boost those below. Higher scores come first, then lower rows. A row whose
        code is taken often enough in any group is passed over; runners-up are not asked for their groups.

        Args:
            query: a vector; for lists u32 rows[k], then i32 weights[k]; for order nothing.
            plan: or 0.
            without: u32[] rows that are out; such from n on mean nothing.
            tables: (section of u16[n], u8[]) each: a row is out where the table has 0 for its code.
        Returns:
            u32 how many are best, u32 how many in all, float64 scores, u32 rows. No runners-up where fewer than `take` are best.
        """

    def row(self, model: int, row: int) -> tuple[bytes, float]:
        """A vector as int8, and its scale."""

    def scores(self, model: int, query: bytes, rows: bytes) -> bytes:
        """float64 scores of some rows (u32[]), without filters and boosts; 0.0 for rows that lists leave out."""


def quantize(vector: Sequence[float]) -> tuple[list[int], float]:
    """Symmetric int8: the integers and the scale that gives back the vector. A zero vector (see TINY) has scale 0."""
    largest = max(map(abs, vector), default=0.0)
    if largest < TINY:
        return [0] * len(vector), 0.0
    scale = largest / LEVELS
    return [round(x / scale) for x in vector], scale


def packed(best: int, scores: Sequence[float], rows: Sequence[int]) -> bytes:
    """What `top` returns."""
    count = len(rows)
    return struct.pack(f"<2I{count}d{count}I", best, count, *scores, *rows)


def unpacked(answer: bytes) -> tuple[int, tuple[float, ...], tuple[int, ...]]:
    """What `top` returned: how many are best, scores, rows."""
    best, count = struct.unpack_from("<2I", answer)
    found = struct.unpack_from(f"<{count}d{count}I", answer, 8)
    return best, found[:count], found[count:]


def numbers(given: bytes, code: str, what: str) -> memoryview:
    """Bytes as numbers of a struct code."""
    try:
        return memoryview(given).cast(code)
    except TypeError:
        raise ValueError(f"{what}: {len(given)} bytes are no whole numbers") from None


def check(holds: bool, what: str) -> None:
    """Refuse what does not hold."""
    if not holds:
        raise ValueError(what)


def greedy(ordered: Iterable[int], take: int, spare: int, groups: Sequence[tuple[Sequence[int], int]]) -> tuple[int, list[int]]:
    """Choose from rows, best first: how many are best, and those rows with the runners-up behind them."""
    if not groups:
        found = list(islice(ordered, take + spare))
        return min(take, len(found)), found
    counts: list[dict[int, int]] = [{} for _ in groups]
    chosen: list[int] = []
    rows = iter(ordered)
    while len(chosen) < take:
        row = next(rows, None)
        if row is None:
            return len(chosen), chosen
        if any(count.get(codes[row], 0) >= most for count, (codes, most) in zip(counts, groups)):
            continue
        for count, (codes, _) in zip(counts, groups):
            count[codes[row]] = count.get(codes[row], 0) + 1
        chosen.append(row)
    return take, chosen + list(islice(rows, spare))


class _Section:
    """Bytes of the body; as codes where they are asked for as such."""

    __slots__ = ("raw", "_most")

    def __init__(self, raw: memoryview) -> None:
        self.raw = raw
        self._most = -1

    def of(self, code: str, count: int, what: str) -> memoryview:
        """As so many numbers of a struct code, no fewer and no more."""
        check(count >= 0 and len(self.raw) == count * struct.calcsize(code), f"{what}: {len(self.raw)} bytes")
        return self.raw.cast(code)

    def codes(self, n: int) -> memoryview:
        return self.of("H", n, "codes")

    def most(self) -> int:
        """The largest of its codes; -1 where there are none."""
        if self._most < 0:
            self._most = max(self.raw.cast("H"), default=-1)
        return self._most


class _Plan:
    """`flags`: a byte a row and up to seven more, 1 = admissible; None where all are."""

    __slots__ = ("size", "flags", "boosts", "factors", "groups")

    def __init__(self, mask: _Section | None, codes: _Section | None, factors: bytes, groups: Sequence[tuple[_Section, int]]) -> None:
        self.size = len(mask.raw) if mask else -1
        self.flags = b"".join(map(_BITS.__getitem__, mask.raw)) if mask else None
        self.boosts = codes.raw if codes else None
        self.factors = tuple(numbers(factors, "d", "factors"))
        check(all(0 < factor < inf and 1.0 / factor < inf for factor in self.factors), "a boost that is not above 0")
        check(self.boosts is None or max(self.boosts, default=-1) < len(self.factors), "a code without its boost")
        check(all(len(section.raw) % 2 == 0 and most >= 0 for section, most in groups), "groups")
        self.groups = groups

    def check(self, n: int) -> None:
        """Refuse a model of another size."""
        check(self.size in (-1, (n + 7) // 8) and (self.boosts is None or len(self.boosts) == n), "a plan for another model")


class _Vectors(ABC):
    """What int8, int4 and pq share: n vectors with a scale each."""

    __slots__ = ("n", "dimensions", "scales")

    def __init__(self, scales: _Section, n: int, dimensions: int) -> None:
        check(n >= 0 and 0 < dimensions <= WIDEST, "the size of a model")
        self.n, self.dimensions = n, dimensions
        self.scales = scales.of("f", n, "scales")
        check(all(map(isfinite, self.scales)), "a scale that is not finite")

    def query(self, query: bytes) -> memoryview:
        check(len(query) == self.dimensions, f"a query of {len(query)} dimensions for {self.dimensions}")
        return memoryview(query).cast("b")

    @abstractmethod
    def vector(self, row: int) -> Sequence[int]:
        """The numbers of a row."""

    @abstractmethod
    def dots(self, query: memoryview) -> Iterable[int]:
        """The exact dot product of every row."""

    def every(self, query: bytes) -> list[float]:
        return list(map(mul, self.dots(self.query(query)), self.scales))

    def some(self, query: bytes, rows: Sequence[int]) -> list[float]:
        wanted = self.query(query)
        return [sum(map(mul, wanted, self.vector(row))) * self.scales[row] for row in rows]


class _Int8(_Vectors):
    """`_columns`: of each dimension one int with the values of all rows, each raised by `RAISED`, so that none is negative."""

    __slots__ = ("rows", "stride", "_columns", "_base")
    RAISED = 128
    A_BYTE = (bytes(byte ^ 0x80 for byte in range(256)),)  # byte → value + RAISED, for each of the dimensions in a byte

    def __init__(self, rows: _Section, scales: _Section, n: int, stride: int) -> None:
        check(stride % 16 == 0, "a stride that is no multiple of 16")
        super().__init__(scales, n, stride * len(self.A_BYTE))
        self.stride = stride
        self.rows = rows.of("b", n * stride, "rows")
        self._columns: tuple[int, ...] | None = None
        self._base = int.from_bytes(b"\0\0\0\x80" * n, "little")

    def vector(self, row: int) -> Sequence[int]:
        return self.rows[row * self.stride : (row + 1) * self.stride]

    def dots(self, query: memoryview) -> Iterable[int]:
        if self._columns is None:
            self._columns = tuple(self._column(at, values) for at in range(self.stride) for values in self.A_BYTE)
        sums = sum(map(mul, self._columns, query), self._base).to_bytes(4 * self.n, "little")
        base = 2**31 + self.RAISED * sum(query)
        return [raised - base for raised in memoryview(sums).cast("I")]

    def _column(self, at: int, values: bytes) -> int:
        column = bytearray(4 * self.n)
        column[::4] = bytes(self.rows[at :: self.stride]).translate(values)
        return int.from_bytes(column, "little")


class _Int4(_Int8):
    __slots__ = ()
    RAISED = 8
    A_BYTE = (bytes(byte & 15 ^ 8 for byte in range(256)), bytes(byte >> 4 ^ 8 for byte in range(256)))

    def vector(self, row: int) -> Sequence[int]:
        low, high = self.A_BYTE
        return [values[byte & 255] - 8 for byte in super().vector(row) for values in (low, high)]


class _Pq(_Vectors):
    __slots__ = ("codes", "books", "parts", "width")

    def __init__(self, codes: _Section, books: _Section, scales: _Section, n: int, parts: int, width: int) -> None:
        check(parts > 0 and width > 0, "the size of a model")
        super().__init__(scales, n, parts * width)
        self.parts, self.width = parts, width
        self.codes = codes.of("B", n * parts, "codes")
        self.books = books.of("b", parts * 256 * width, "books")

    def _entry(self, part: int, code: int) -> memoryview:
        start = (part * 256 + code) * self.width
        return self.books[start : start + self.width]

    def _codes(self, row: int) -> memoryview:
        return self.codes[row * self.parts : (row + 1) * self.parts]

    def vector(self, row: int) -> Sequence[int]:
        return [x for part, code in enumerate(self._codes(row)) for x in self._entry(part, code)]

    def dots(self, query: memoryview) -> Iterable[int]:
        asked = [query[part * self.width : (part + 1) * self.width] for part in range(self.parts)]
        dots = [[sum(map(mul, one, self._entry(part, code))) for code in range(256)] for part, one in enumerate(asked)]
        return [sum(map(getitem, dots, self._codes(row))) for row in range(self.n)]


class _Lists:
    __slots__ = ("n", "starts", "others", "weights")

    def __init__(self, starts: _Section, others: _Section, weights: _Section, n: int) -> None:
        check(n >= 0, "the size of a model")
        self.n, self.starts = n, starts.of("I", n + 1, "starts")
        check(self.starts[0] == 0 and all(a <= b for a, b in zip(self.starts, self.starts[1:])), "starts that go back")
        self.others = others.of("I", self.starts[n], "others")
        self.weights = weights.of("h", self.starts[n], "weights")
        check(max(self.others, default=-1) < n, "a row that is not there")

    def sums(self, query: bytes) -> dict[int, float]:
        """Row → sum, where it is above 0."""
        asked, count = numbers(query, "I", "query"), len(query) // 8
        check(len(query) == 8 * count and max(asked[:count], default=-1) < self.n, "a query's rows")
        found: dict[int, int] = {}
        for row, weight in zip(asked, memoryview(query).cast("i")[count:]):
            start, end = self.starts[row], self.starts[row + 1]
            for other, listed in zip(self.others[start:end], self.weights[start:end]):
                found[other] = found.get(other, 0) + weight * listed
        return {row: float(found[row]) for row in sorted(found) if found[row] > 0}

    def some(self, query: bytes, rows: Sequence[int]) -> list[float]:
        sums = self.sums(query)
        return [sums.get(row, 0.0) for row in rows]


class _Order:
    __slots__ = ("n", "rows", "by_row")

    def __init__(self, rows: _Section, scores: _Section, n: int) -> None:
        check(n >= 0, "the size of a model")
        self.n, self.rows = n, rows.of("I", n, "rows")
        self.by_row = by_row = scores.of("d", n, "scores")
        check(max(self.rows, default=-1) < n and all(map(isfinite, by_row)), "a row or a score that cannot be")
        in_order = all(by_row[a] > by_row[b] or by_row[a] == by_row[b] and a < b for a, b in zip(self.rows, self.rows[1:]))
        check(in_order, "rows that are not in the order of their scores")  # nor is there one twice, where they are

    def some(self, query: bytes, rows: Sequence[int]) -> list[float]:
        check(not query, "an order takes no query")
        return [self.by_row[row] for row in rows]


class PythonKernel:
    """The `Kernel` in Python. body: the bundle's, as bytes; sections are views of it."""

    __slots__ = ("_body", "_held")

    def __init__(self, body: memoryview) -> None:
        self._body = memoryview(body).cast("B")
        self._held: list[_Section | _Plan | _Vectors | _Lists | _Order] = []

    def hold(self, offset: int, size: int) -> int:
        check(0 <= offset <= offset + size <= len(self._body), "a section outside the body")
        return self._keep(_Section(self._body[offset : offset + size]))

    def int8(self, rows: int, scales: int, n: int, stride: int) -> int:
        return self._keep(_Int8(self._section(rows), self._section(scales), n, stride))

    def int4(self, rows: int, scales: int, n: int, stride: int) -> int:
        return self._keep(_Int4(self._section(rows), self._section(scales), n, stride))

    def pq(self, codes: int, books: int, scales: int, n: int, parts: int, width: int) -> int:
        return self._keep(_Pq(self._section(codes), self._section(books), self._section(scales), n, parts, width))

    def lists(self, starts: int, others: int, weights: int, n: int) -> int:
        return self._keep(_Lists(self._section(starts), self._section(others), self._section(weights), n))

    def order(self, rows: int, scores: int, n: int) -> int:
        return self._keep(_Order(self._section(rows), self._section(scores), n))

    def plan(self, mask: int, codes: int, factors: bytes, groups: Groups) -> int:
        limits = tuple((self._section(section), most) for section, most in groups)
        return self._keep(_Plan(self._section(mask) if mask else None, self._section(codes) if codes else None, factors, limits))

    def mean(self, model: int, rows: bytes, weights: bytes) -> bytes:
        vectors = self._of(model, _Vectors)
        wanted, heavy = numbers(rows, "I", "rows"), numbers(weights, "d", "weights")
        check(len(wanted) == len(heavy) and max(wanted, default=-1) < vectors.n, "rows to take the mean of")
        check(all(abs(weight) <= HEAVY for weight in heavy), "a weight that is too large")
        total = [0.0] * vectors.dimensions
        for row, weight in zip(wanted, heavy):
            scaled = weight * vectors.scales[row]
            total = [sum_ + scaled * x for sum_, x in zip(total, vectors.vector(row))]
        query, scale = quantize(total)
        return array("b", query).tobytes() if scale else b""

    def top(self, model: int, query: bytes, plan: int, take: int, spare: int, without: bytes, tables: Tables) -> bytes:
        asked = self._of(model, (_Vectors, _Lists, _Order))
        check(take >= 0 and spare >= 0, "how many rows to take")
        planned = self._of(plan, _Plan) if plan else None
        if planned:
            planned.check(asked.n)
        groups = [(section.codes(asked.n), most) for section, most in planned.groups] if planned else []
        flags = self._flags(asked.n, planned, without, tables)
        boosted = planned is not None and planned.boosts is not None
        scores: Sequence[float] | Mapping[int, float]
        rows: Iterable[int]
        if isinstance(asked, _Vectors):
            scores, rows = asked.every(query), range(asked.n)
        elif isinstance(asked, _Lists):
            scores = rows = asked.sums(query)
        else:
            check(not query, "an order takes no query")
            scores, rows = asked.by_row, range(asked.n) if boosted else asked.rows
        if flags is not None:
            rows = compress(rows, flags) if isinstance(rows, range) else filter(flags.__getitem__, rows)
        if boosted:
            rows = list(rows)
            scores = {row: _boosted(scores[row], planned.factors[planned.boosts[row]]) for row in rows}
        if not isinstance(asked, _Order) or boosted:
            rows = _best_first(list(rows), scores.__getitem__, asked.n if groups else take + spare)
        best, found = greedy(rows, take, spare, groups)
        return packed(best, [scores[row] for row in found], found)

    def row(self, model: int, row: int) -> tuple[bytes, float]:
        vectors = self._of(model, _Vectors)
        check(0 <= row < vectors.n, "a row that is not there")
        return array("b", vectors.vector(row)).tobytes(), vectors.scales[row]

    def scores(self, model: int, query: bytes, rows: bytes) -> bytes:
        asked = self._of(model, (_Vectors, _Lists, _Order))
        wanted = numbers(rows, "I", "rows")
        check(max(wanted, default=-1) < asked.n, "a row that is not there")
        return array("d", asked.some(query, wanted)).tobytes()

    def _flags(self, n: int, plan: _Plan | None, without: bytes, tables: Tables) -> bytes | bytearray | None:
        """A byte a row, or a few more: 0 where it is out. None where all are in."""
        flags: bytes | bytearray | None = plan.flags if plan else None
        for section, table in tables:
            codes = self._section(section).codes(n)
            check(self._section(section).most() < len(table), "a code out of its table")
            found = bytes(map(table.translate(_ONES).__getitem__, codes))
            if flags is not None:
                found = (int.from_bytes(found, "little") & int.from_bytes(flags[:n], "little")).to_bytes(n, "little")
            flags = found
        if without:
            flags = bytearray(b"\1" * n if flags is None else flags)
            for row in numbers(without, "I", "without"):
                if row < n:
                    flags[row] = 0
        return flags

    def _keep(self, thing: _Section | _Plan | _Vectors | _Lists | _Order) -> int:
        self._held.append(thing)
        return len(self._held)

    def _of(self, handle: int, kind):
        found = self._held[handle - 1] if 0 < handle <= len(self._held) else None
        check(isinstance(found, kind), f"handle {handle} is something else")
        return found

    def _section(self, handle: int) -> _Section:
        return self._of(handle, _Section)


def _boosted(score: float, factor: float) -> float:
    return score * (factor if score > 0 else 1.0 / factor)


def _best_first(rows: list[int], score: Callable[[int], float], most: int) -> Sequence[int]:
    """The best `most` of ascending rows, or more; among equals the lower row first."""
    if len(rows) <= SORTED or most >= len(rows):
        return sorted(rows, key=score, reverse=True)
    return nlargest(most, rows, key=score)
