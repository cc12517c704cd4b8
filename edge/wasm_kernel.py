"""The scoring kernel in WebAssembly as a `tessera.kernel.Kernel`.

Numbers cross as arguments, bytes through a bytearray that JavaScript sees too (`share`): a call writes what it gives to its start,
and finds the answer there. Arguments cost about a tenth of a microsecond each and text ten times as much, so `top`, which is called
for every page, has its numbers in the share as well.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tessera.kernel import Groups, Tables

if TYPE_CHECKING:
    from pyodide.ffi import JsProxy

SHARED = 4096  # bytes of the share at first; it grows with what has to go through it
LARGEST = 2**32  # what a number is smaller than in WebAssembly
SAID_NO = {-1: "the kernel refuses what does not fit", -2: "the kernel has no memory left"}
_CALL = struct.Struct("<8I")  # model, plan, take, spare; sizes of query, without and tables; nothing
_PADDING = tuple(bytes(size) for size in range(16))  # all in the share starts at a multiple of 16


class WasmKernel:
    """The `Kernel` over a `Kernel` of kernel.mjs."""

    __slots__ = ("_kernel", "_share", "_view", "_top", "_again")

    def __init__(self, kernel: JsProxy) -> None:
        self._kernel = kernel
        self._top, self._again = kernel.top, kernel.again  # a proxy makes a new method each time it is asked
        self._shared(SHARED)

    def memory(self) -> int:
        """Bytes of the kernel's memory."""
        return self._kernel.held()

    def hold(self, offset: int, size: int) -> int:
        return _fine(self._kernel.hold(_whole(offset), _whole(size)))

    def int8(self, rows: int, scales: int, n: int, stride: int) -> int:
        return _fine(self._kernel.int8(rows, scales, _whole(n), _whole(stride)))

    def int4(self, rows: int, scales: int, n: int, stride: int) -> int:
        return _fine(self._kernel.int4(rows, scales, _whole(n), _whole(stride)))

    def pq(self, codes: int, books: int, scales: int, n: int, parts: int, width: int) -> int:
        return _fine(self._kernel.pq(codes, books, scales, _whole(n), _whole(parts), _whole(width)))

    def lists(self, starts: int, others: int, weights: int, n: int) -> int:
        return _fine(self._kernel.lists(starts, others, weights, _whole(n)))

    def order(self, rows: int, scores: int, n: int) -> int:
        return _fine(self._kernel.order(rows, scores, _whole(n)))

    def plan(self, mask: int, codes: int, factors: bytes, groups: Groups) -> int:
        pairs = b"".join([struct.pack("<2I", section, min(_whole(most), LARGEST - 1)) for section, most in groups])
        return _fine(self._kernel.plan(mask, codes, len(factors), len(pairs), self._give(factors, pairs)))

    def mean(self, model: int, rows: bytes, weights: bytes) -> bytes:
        end = self._give(rows, weights)
        return self._answer(self._kernel.mean(model, len(rows), len(weights), end))

    def top(self, model: int, query: bytes, plan: int, take: int, spare: int, without: bytes, tables: Tables) -> bytes:
        given, asked = query, b""
        if without or tables or len(query) % 16:
            given += _PADDING[-len(query) % 16] + without + _PADDING[-len(without) % 16]
            if tables:
                asked = b"".join([struct.pack("<2I", section, len(table)) + table for section, table in tables])
                given += asked
        end = len(given) + 32
        share = self._share
        if end > len(share):
            share = self._shared(2 * end)
        try:
            _CALL.pack_into(share, 0, model, plan, take, spare, len(query), len(without), len(asked), 0)
        except struct.error:
            raise ValueError("how many rows to take") from None
        share[32:end] = given
        size = self._top(end)
        return self._view[:size].tobytes() if 0 <= size <= len(share) else self._answer(size)

    def row(self, model: int, row: int) -> tuple[bytes, float]:
        answer = self._answer(self._kernel.row(model, _whole(row)))
        return answer[8:], struct.unpack_from("<d", answer)[0]

    def scores(self, model: int, query: bytes, rows: bytes) -> bytes:
        end = self._give(query, rows)
        return self._answer(self._kernel.scores(model, len(query), len(rows), end))

    def _shared(self, size: int) -> bytearray:
        """A share of at least that size from now on."""
        self._share = share = bytearray(size)
        self._view = memoryview(share)
        self._kernel.share(share)
        return share

    def _give(self, first: bytes, second: bytes) -> int:
        """Put two things into the share, the second from a multiple of 16; where they end."""
        given = first + _PADDING[-len(first) % 16] + second
        share = self._share if len(given) <= len(self._share) else self._shared(2 * len(given))
        share[: len(given)] = given
        return len(given)

    def _answer(self, size: int) -> bytes:
        """What is in the share now."""
        if size < 0:
            raise ValueError(SAID_NO[size])
        if size > len(self._share):
            self._shared(2 * size)
            self._again()
        return self._view[:size].tobytes()


def _whole(number: int) -> int:
    if not 0 <= number < LARGEST:
        raise ValueError(f"{number} is no number of WebAssembly")
    return number


def _fine(handle: int) -> int:
    if handle < 0:
        raise ValueError(SAID_NO[handle])
    return handle
