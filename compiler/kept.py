"""What a bundle keeps of a learned model: it is quantized as a build would, and held to the same limits before it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.shape_models import ModelLimits
    from learn.models.types import Result

MILLION = 1_000_000


def kept(result: Result, limits: ModelLimits) -> list[dict[str, Any]]:
    """Gates about overlap, recall and rank correlation, as learn.gates.passed tells them; none of what is one order for everybody."""
    quality = _quality(result)
    if quality is None:
        return []
    asked = (
        ("overlap of the ten best after quantizing", limits.min_overlap / MILLION, quality.overlap),
        ("recall kept by quantizing", 1 - limits.max_recall_loss / MILLION, quality.recall),
        ("rank correlation after quantizing", limits.min_rank_correlation, quality.spearman),
    )
    return [{"gate": name, "least": least, "measured": round(found, 6), "passed": found >= least} for name, least, found in asked]


def _quality(result: Result) -> Any:
    import numpy as np

    from compiler import ir, model_quality
    from compiler.quantize import quantize
    from compiler.quantize_lists import heaviest, quantize_lists
    from learn.models.types import Lists, Vectors
    from tessera.score import WHOLE

    n = len(result.item_ids)
    if isinstance(result, Vectors):
        made = quantize(result.vectors)
        return model_quality.of_vectors(ir.Model("", "", made.kind, dimensions=made.dimensions, sections=made.sections()), result.vectors)
    if not isinstance(result, Lists):
        return None
    items = np.repeat(np.arange(n), np.diff(result.starts.astype(np.int64)))
    pairs = heaviest(n, items, result.others.astype(np.int64), result.weights, None)
    lists = quantize_lists(n, *pairs)
    model = ir.Model("", "", "lists", sections=lists.sections(), unit=lists.unit / WHOLE)
    return model_quality.of_lists(model, *pairs, n)
