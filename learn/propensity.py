"""Train a propensity: labelled rows → a model with calibration, measured on rows that it has not seen; and its model card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learn.propensity_fit import Settings, calibrated, calibration, fit, picked
from learn.propensity_measure import calibration_table, interval, measures, unmet
from learn.propensity_table import BadTable, Table

if TYPE_CHECKING:
    import numpy as np

FORMAT = 1  # of the file of a model
TEST_SHARE = 0.25


@dataclass(frozen=True)
class Trained:
    """A model as its JSON file has it (`model`), its card, and of the test part the rows and what the library says of each."""

    model: Mapping[str, Any]
    card: Mapping[str, Any]
    failed: tuple[str, ...]  # the gates that are not met
    test: np.ndarray
    probabilities: np.ndarray


def split(table: Table, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows to learn from and those to measure on: stratified at random; with times the last quarter, where rows of one time
    stay together.

    Raises:
        BadTable: where one of them would have a single outcome.
    """
    import numpy as np

    rows = np.arange(len(table.target))
    if table.times is None:
        from sklearn.model_selection import train_test_split

        learned, tested = train_test_split(rows, test_size=TEST_SHARE, random_state=seed, stratify=table.target)
    else:
        start = np.sort(table.times)[int(len(rows) * (1 - TEST_SHARE))]
        learned, tested = rows[table.times < start], rows[table.times >= start]
    for part, what in ((learned, "learn from"), (tested, "measure on")):
        if len(np.unique(table.target[part])) < 2:
            raise BadTable(f"the rows to {what} are all of one outcome; split by another column, or at random")
    return learned, tested


def train(table: Table, settings: Settings, gates: Mapping[str, float], target: str, data: str) -> Trained:
    """Train, calibrate, measure.

    Args:
        gates: measure → its bound. target, data: the outcome and the file, as the card names them.
    """
    learned, tested = split(table, settings.seed)
    features, outcome = picked(table.features, learned), table.target[learned]
    fitted = fit(features, outcome, settings)
    times = None if table.times is None else table.times[learned]
    told = calibration(features, outcome, settings, times)
    probabilities = calibrated(fitted.margins(picked(table.features, tested)), told)
    measured = measures(table.target[tested], probabilities)
    of_learned = measures(outcome, calibrated(fitted.margins(features), told))
    model = {"tessera_propensity": FORMAT, "target": target, **fitted.model, "calibration": told, "measured": measured, "gates": dict(gates)}
    low, high = interval(table.target[tested], probabilities, settings.seed)
    card = {
        "model": {"kind": settings.kind, "target": target, "settings": asdict(settings), "features": [one["name"] for one in fitted.model["features"]]},
        "data": {
            "file": data, "sha256": table.digest, "rows": len(table.target), "positives": int(table.target.sum()), "notes": list(table.notes),
            "split": "stratified at random" if table.times is None else "by time, the last rows are measured on", "learned": len(learned), "tested": len(tested),
        },
        "measured": {**_rounded(measured), "auc_95": [round(low, 4), round(high, 4)]},
        "on_the_rows_it_learned_from": _rounded(of_learned),
        "calibration": [_rounded(row) for row in calibration_table(table.target[tested], probabilities)],
        "importance": _rounded(dict(sorted(fitted.importance.items(), key=lambda one: -one[1]))),
        "gates": {name: {"bound": bound, "met": not unmet(measured, {name: bound})} for name, bound in gates.items()},
        "lineage": _lineage(),
        "use": "To choose what a page shows. Not to set prices, to refuse anybody anything, or to decide about a person in any other way.",
        "limits": _limits(fitted.importance),
    }  # fmt: skip
    return Trained(model, card, tuple(unmet(measured, gates)), tested, probabilities)


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def _limits(importance: Mapping[str, float]) -> list[str]:
    found = ["Measured on rows like those it learned from; what visitors do changes, and so does what the model is worth: train anew, and compare."]
    name, share = max(importance.items(), key=lambda one: one[1])
    if share >= 0.5:
        found.append(f"{name} alone has {share:.0%} of the say: make sure that it is known before the outcome, and not because of it.")
    return found


def _lineage() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("lightgbm", "scikit-learn", "numpy", "duckdb")}


# --- files -----------------------------------------------------------------------------------------------------------


def files(trained: Trained, out: Path) -> dict[Path, bytes]:
    """What is written: the model, its card for machines, and the same for people. Equal inputs give equal bytes."""
    return {
        out: (json.dumps(trained.model, ensure_ascii=False, separators=(",", ":")) + "\n").encode(),
        out.with_suffix(".card.json"): (json.dumps(trained.card, ensure_ascii=False, indent=2) + "\n").encode(),
        out.with_suffix(".md"): _spoken(out.stem, trained.card).encode(),
    }


def _spoken(name: str, card: Mapping[str, Any]) -> str:
    model, data, measured = card["model"], card["data"], card["measured"]
    lines = [
        f"# {name}", "",
        f"How probable `{model['target']}` is, by {'boosted trees (LightGBM)' if model['kind'] == 'lightgbm' else 'logistic regression'}.", "",
        f"- Data: `{data['file']}` (SHA-256 `{data['sha256'][:12]}…`), {data['rows']:,} rows, {data['positives']:,} of them positive",
        f"- Split: {data['split']}: {data['learned']:,} rows to learn from, {data['tested']:,} to measure on",
        f"- AUC {measured['auc']:.4f} ({measured['auc_95'][0]:.4f} to {measured['auc_95'][1]:.4f} with 95 %), average precision {measured['ap']:.4f}",
        f"- Brier score {measured['brier']:.4f}, expected calibration error {measured['ece']:.4f}",
        *(f"- Left out: {note}" for note in data["notes"]),
        *(f"- Gate: {name} {'met' if gate['met'] else 'NOT met'} ({gate['bound']:g})" for name, gate in card["gates"].items()), "",
        "| said | happened | rows |", "|---|---|---|",
        *(f"| {row['said']:.3f} | {row['happened']:.3f} | {row['rows']:,} |" for row in card["calibration"]), "",
        "| feature | share of the say |", "|---|---|",
        *(f"| {feature} | {share:.1%} |" for feature, share in card["importance"].items()), "",
        card["use"], "", *card["limits"], "",
        f"Made with {', '.join(f'{library} {version}' for library, version in card['lineage'].items())}.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
