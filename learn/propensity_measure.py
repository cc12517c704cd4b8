"""How good probabilities are: whether they order (AUC, average precision), and whether they are what happens (Brier, ECE)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

BINS = 10
GATES = {"auc": "at least", "ap": "at least", "brier": "at most", "ece": "at most"}
_RESAMPLES = 200


def measures(outcome: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """`auc`; `ap` (average precision; by chance the share of positives); `brier` (mean squared error); `ece` (expected calibration
    error: the mean distance between what is said and what happens in BINS groups of equal size); `rows`, `positives`."""
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    groups = calibration_table(outcome, probability)
    ece = sum(row["rows"] * abs(row["said"] - row["happened"]) for row in groups) / len(outcome)
    return {
        "auc": float(roc_auc_score(outcome, probability)), "ap": float(average_precision_score(outcome, probability)),
        "brier": float(brier_score_loss(outcome, probability)), "ece": float(ece), "rows": len(outcome), "positives": int(outcome.sum()),
    }  # fmt: skip


def calibration_table(outcome: np.ndarray, probability: np.ndarray) -> list[dict[str, float]]:
    """Groups from the least to the most probable: how many rows, the mean that was said, the share that happened."""
    import numpy as np

    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    return [{"rows": len(part), "said": float(probability[part].mean()), "happened": float(outcome[part].mean())} for part in parts]


def interval(outcome: np.ndarray, probability: np.ndarray, seed: int) -> tuple[float, float]:
    """Between what the AUC lies with 95 %, by resampling the rows."""
    import numpy as np
    from sklearn.metrics import roc_auc_score

    draw, found = np.random.default_rng(seed), []
    for _ in range(_RESAMPLES):
        rows = draw.integers(0, len(outcome), len(outcome))
        if 0 < outcome[rows].sum() < len(rows):
            found.append(roc_auc_score(outcome[rows], probability[rows]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def unmet(measured: Mapping[str, float], gates: Mapping[str, float]) -> list[str]:
    """The gates that are not met, in words."""
    return [
        f"{name} is {measured[name]:.4f}, and is to be {GATES[name]} {bound:g}"
        for name, bound in gates.items()
        if (measured[name] < bound if GATES[name] == "at least" else measured[name] > bound)
    ]
