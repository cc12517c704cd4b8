"""A site of one slot around a model: what `tessera evaluate` puts a recommender into, so that it is measured as it would be served.

The model is quantized and written by the compiler, the bytes are loaded and ranked by the edge's own code.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from compiler import ir
from compiler.emit import emit
from compiler.kernel import NumpyKernel
from compiler.quantize import quantize
from compiler.quantize_lists import heaviest, quantize_lists
from tessera.bundle import load, unseal
from tessera.kernel import PythonKernel
from tessera.ranking import rank
from tessera.score import WHOLE
from tessera.types import ListedItem, Visit

if TYPE_CHECKING:
    from learn.models.types import Order, Result

SOURCE = "visitor.recent"
KERNELS = {"numpy": NumpyKernel, "python": PythonKernel}
MODEL, POPULAR, BOTH = "personal", "popular", "recommended"

History = Sequence[tuple[int, float | None]]  # (item's row, epoch seconds or None), newest first


def bundle(model: Result, otherwise: Order, half_life: float | None = None, take: int = 10) -> bytes:
    """The bundle of a site that shows `take` items by the model, and by the order `otherwise` what the model leaves free."""
    ids = tuple(map(str, otherwise.item_ids))
    popular = ir.Model(POPULAR, "1", "order", sections=_order(otherwise.scores))
    personal = _model(model, half_life or 0.0)
    both = ir.Model(BOTH, "1", "cascade", parts=(MODEL, POPULAR))
    shown = ir.Action(variant="items", model=BOTH, take=take, without=(SOURCE,))
    slot = ir.Slot(
        name="items", pages=("home",), selector="#items", operation="replace", component="items", variants=(ir.Variant("items", (("",),)),), rules=(),
        default=shown, test=None, always=True,
    )  # fmt: skip
    recent = ir.Attribute(SOURCE, "list<item>", None, None, None, None)
    return emit(
        ir.Program(
            site="trial", hosts=("trial.example",), pages=(("home", "/"),), attributes=(recent,), purposes=(), jurisdictions=(ir.Jurisdiction("all", None, (), False),),
            holdout=None, log_purpose=None, deadline=20, lists=(), item_ids=ids, item_columns=(), lookups=(), slots=(slot,), experiments=(), campaigns=(),
            models=(personal, popular, both), reads=(SOURCE,),
        )
    )  # fmt: skip


def sizes(data: bytes) -> dict[str, int]:
    """Bytes of the model's sections, and of the whole file."""
    found = load(unseal(data)).sizes
    return {"model": sum(size for name, size in found.items() if name.startswith(f"models/{MODEL}/")), "bundle": len(data)}


def score_bundle(data: bytes, histories: Iterable[History], kernel: Literal["numpy", "python"] = "numpy", take: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """What the edge shows visitors with these histories: rows (visitors × take, -1: nothing) and scores (NaN: nothing)."""
    sealed = unseal(data)
    site = load(sealed, KERNELS[kernel](sealed.body))
    action, ids = site.slots[0].default, site.items.ids
    rows, scores = [np.zeros((0, take), np.int32)], [np.zeros((0, take))]
    for history in histories:
        recent = tuple(ListedItem(ids[row], at) for row, at in history)
        at = max((moment for _, moment in history if moment is not None), default=0.0)
        shown = rank(site, Visit(values={SOURCE: recent} if recent else {}, at=at), action).shown
        empty = take - len(shown)
        rows.append(np.array([[one.row for one in shown] + [-1] * empty], np.int32))
        scores.append(np.array([[one.score for one in shown] + [np.nan] * empty]))
    return np.concatenate(rows), np.concatenate(scores)


def _model(model: Result, half_life: float) -> ir.Model:
    n = len(model.item_ids)
    if hasattr(model, "vectors"):
        made = quantize(model.vectors)
        return ir.Model(MODEL, "1", "int8", SOURCE, half_life, made.dimensions, made.sections())
    if hasattr(model, "starts"):
        items = np.repeat(np.arange(n), np.diff(model.starts.astype(np.int64)))
        lists = quantize_lists(n, *heaviest(n, items, model.others.astype(np.int64), model.weights.astype(np.float64), None))
        return ir.Model(MODEL, "1", "lists", SOURCE, half_life, sections=lists.sections(), unit=lists.unit / WHOLE)
    return ir.Model(MODEL, "1", "order", sections=_order(model.scores))


def _order(scores: np.ndarray) -> tuple[tuple[str, bytes], ...]:
    rows = np.argsort(-scores, kind="stable")
    return ("rows", rows.astype("<u4").tobytes()), ("scores", struct.pack(f"<{len(scores)}d", *scores))
