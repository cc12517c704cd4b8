"""What is told of a site's models: how much quantizing cost, how large they are, and how they differ from a bundle before."""

from __future__ import annotations

from typing import Any

from compiler import ir
from compiler.diagnostics import Diagnostics
from compiler.kernel import NumpyKernel
from compiler.model_drift import changed, drifts
from compiler.pipeline import Compiled
from tessera.bundle import load, unseal

HEAD = ("model", "kind", "items", "dim.", "bytes", "an item", "overlap", "recall", "Spearman", "Kendall")


def rows(program: ir.Program) -> list[dict[str, Any]]:
    """Of each model with sections what the report tells, for machines. A share that quantizing cannot change is 1."""
    return [_row(model, len(program.item_ids)) for model in program.models if model.sections]


def _row(model: ir.Model, n: int) -> dict[str, Any]:
    found, size = model.quality, sum(len(raw) for _, raw in model.sections)
    told = {"model": model.name, "version": model.version, "kind": model.kind, "items": n, "dimensions": model.dimensions, "bytes": size}
    told["bytes_per_item"] = round(size / n, 2) if n else 0.0
    if found is not None:
        figures = {"top10_overlap": found.overlap, "recall_in_100": found.recall, "spearman": found.spearman, "kendall": found.kendall}
        told |= {"compared": found.sample, **{name: round(value, 6) for name, value in figures.items()}}
    return told


def text(told: list[dict[str, Any]]) -> str:
    """The rows as a table for people."""
    if not told:
        return "no models with vectors, lists or scores of their own"
    cells = [HEAD, *(_cells(row) for row in told)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in cells)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    figures = [f"{row[name]:.3f}" if name in row else "" for name in ("top10_overlap", "recall_in_100", "spearman", "kendall")]
    return (row["model"], row["kind"], f"{row['items']:,}", str(row["dimensions"] or ""), f"{row['bytes']:,}", f"{row['bytes_per_item']:g}", *figures)


def judge(compiled: Compiled, before: bytes) -> None:
    """Warn of what changed much since a bundle before. Raises BundleError where that is none that can be read."""
    sealed = unseal(before)
    kernel = NumpyKernel(sealed.body)
    old = load(sealed, kernel)
    ruleset, program, diagnostics, limits = compiled.ruleset, compiled.program, compiled.diagnostics, compiled.ruleset.site.spec.models
    if old.items.ids and program.item_ids:
        _catalogue_judged(ruleset, diagnostics, changed(list(old.items.ids), program.item_ids), limits.max_changed_items / 1_000_000)
    versions = {model.name: model.version for model in old.models}
    others = [model.name for model in program.models if model.version != versions.get(model.name)]
    for drift in drifts(old, program, others):
        if drift.kept < limits.min_kept_neighbours / 1_000_000:
            entry = ruleset.models[drift.model]
            kind = "vectors" if entry.spec.vectors else "lists"
            most = ", ".join(f"{item} ({share:.0%})" for item, share in drift.moved)
            message = f"since the bundle before, an item of '{drift.model}' kept {drift.kept:.0%} of its ten nearest on average; fewest: {most}"
            fix = "look whether the training went well, or lower `min_kept_neighbours` under `models:` in site.yaml"
            diagnostics.warning("W011", entry.place(kind, "file"), message, fix)


def _catalogue_judged(ruleset: Any, diagnostics: Diagnostics, share: float, most: float) -> None:
    if share > most:
        message = f"since the bundle before, {share:.0%} of the items have come or gone"
        diagnostics.warning("W011", ruleset.site.place("items", "file"), message, "look whether the file is whole, or raise `max_changed_items` under `models:`")
