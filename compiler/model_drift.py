"""How much a site's models and items have changed since a bundle that was built before.

Vectors that are trained anew are turned and mirrored, so they are compared by what they mean: which items are near to which.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compiler import ir
from compiler.centroids import VECTORS, held
from compiler.kernel import NumpyKernel
from tessera.kernel import unpacked
from tessera.resolved import Bundle
from tessera.score import WHOLE

TOP = 10
SAMPLE = 200  # items whose neighbours are compared


@dataclass(frozen=True, slots=True)
class Drift:
    """Of one model: `kept`, the mean share of an item's ten nearest that are the same now; `moved`: the items that kept fewest, with their shares."""

    model: str
    kept: float
    moved: tuple[tuple[str, float], ...]


def drifts(before: Bundle, program: ir.Program, named: Sequence[str]) -> tuple[Drift, ...]:
    """Of the models named, those that were in the bundle before by the same name, and are vectors or lists in both.

    Args:
        before: loaded with a kernel that holds its models.
    """
    olds = {model.name: model for model in before.models}
    row_of = {item: row for row, item in enumerate(program.item_ids)}
    shared = [(row, row_of[item]) for row, item in enumerate(before.items.ids) if item in row_of]
    found = []
    for model in program.models:
        old = olds.get(model.name)
        if model.name not in named or old is None or len(shared) < 2 or not _alike(old.kind, model.kind):
            continue
        found.append(_drift(before, old, program, model, shared))
    return tuple(found)


def changed(before: Sequence[str], now: Sequence[str]) -> float:
    """The share of items that are not in both catalogues, 0 to 1."""
    both = {*before} & {*now}
    return 1 - len(both) / max(len({*before} | {*now}), 1)


def _alike(old: str, new: str) -> bool:
    return old == new == "lists" or old in VECTORS and new in VECTORS


def _drift(before: Bundle, old, program: ir.Program, model: ir.Model, shared: Sequence[tuple[int, int]]) -> Drift:
    kernel, handle = held(model, len(program.item_ids), NumpyKernel)
    olds, news = ({pair[side] for pair in shared} for side in (0, 1))
    only_old, only_new = set(range(len(before.items.ids))) - olds, set(range(len(program.item_ids))) - news
    now_of = dict(shared)
    kept = []
    for place in np.unique(np.linspace(0, len(shared) - 1, min(len(shared), SAMPLE)).astype(np.int64)).tolist():
        was, now = shared[place]
        near = [now_of[row] for row in _near(before.kernel, old.handle, old.kind, was, only_old)]
        if near:
            kept.append((len({*near} & {*_near(kernel, handle, model.kind, now, only_new)}) / len(near), program.item_ids[now]))
    shares = [share for share, _ in kept]
    return Drift(model.name, float(np.mean(shares)) if shares else 1.0, tuple((item, share) for share, item in sorted(kept)[:3]))


def _near(kernel, handle: int, kind: str, row: int, gone: set[int]) -> list[int]:
    if kind == "lists":
        query = struct.pack("<Ii", row, WHOLE)
    else:
        query = kernel.mean(handle, struct.pack("<I", row), struct.pack("<d", 1.0))
    if not query:
        return []
    out = sorted({row, *gone})
    return list(unpacked(kernel.top(handle, query, 0, TOP, 0, struct.pack(f"<{len(out)}I", *out), ()))[2])
