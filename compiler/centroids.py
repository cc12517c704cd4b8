"""The middle of some items, as a model sees it: what stands for a segment's visitors, and for a variant."""

from __future__ import annotations

import struct
from typing import Any, Callable, Mapping, Sequence

from compiler import ir
from compiler.rankings import holding
from tessera.kernel import Kernel, PythonKernel

VECTORS = ("int8", "int4", "pq")


def centroid(model: ir.Model, when: ir.Expr, ids: Sequence[str], columns: Mapping[str, Sequence[Any]]) -> tuple[bytes, float] | None:
    """The mean of the vectors of the items for which a condition holds, as int8, and the scale that gives it the length 1.

    None where no item holds, or nothing is left of their mean.
    """
    rows = [row for row, holds in enumerate(holding(when, ids, columns)) if holds]
    if not rows:
        return None
    kernel, handle = held(model, len(ids))
    vector = kernel.mean(handle, struct.pack(f"<{len(rows)}I", *rows), struct.pack(f"<{len(rows)}d", *[1.0] * len(rows)))
    length = sum(x * x for x in memoryview(vector).cast("b")) ** 0.5
    return (vector, 1.0 / length) if length else None


def held(model: ir.Model, n: int, make: Callable[[memoryview], Kernel] = PythonKernel) -> tuple[Kernel, int]:
    """A kernel that holds a model with vectors or lists, and its handle there."""
    sections = dict(model.sections)
    kernel, place, handles = make(memoryview(b"".join(sections.values()))), 0, {}
    for name, raw in sections.items():
        handles[name] = kernel.hold(place, len(raw))
        place += len(raw)
    if model.kind == "lists":
        return kernel, kernel.lists(handles["starts"], handles["others"], handles["weights"], n)
    if model.kind == "pq":
        return kernel, kernel.pq(handles["codes"], handles["books"], handles["scales"], n, model.parts_of, model.dimensions // model.parts_of)
    if model.kind == "int4":
        return kernel, kernel.int4(handles["rows"], handles["scales"], n, model.dimensions // 2)
    return kernel, kernel.int8(handles["rows"], handles["scales"], n, model.dimensions)
