"""Features and outcomes → a model: LightGBM's boosted trees, or logistic regression; and its calibration, learned from rows that
the scored model has not seen.

A model is plain values, which a JSON file holds: `features` (a category has `values`), `trees` or `bias` and `weights`. Of a tree's
question `left` and `right` are a node, or the complement (~) of a leaf; a number goes left where it is at most `split`, a text
where its place in `values` is in it, what is missing where `missing` says 1. The same rows and seed give the same model.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learn.propensity_table import Feature

if TYPE_CHECKING:
    import numpy as np

KINDS = ("lightgbm", "logistic")
CALIBRATIONS = ("platt", "isotonic", "none")
FOLDS = 5
_INFINITE = 1e300  # what LightGBM's dump writes for an infinite threshold


@dataclass(frozen=True)
class Settings:
    """What is trained: `trees` and `leaves` are of LightGBM, `strength` is logistic regression's inverse regularisation."""

    kind: str = "lightgbm"
    trees: int = 50
    leaves: int = 8
    rate: float = 0.1
    fewest: int = 20  # rows of a leaf
    strength: float = 1.0
    calibration: str = "platt"
    seed: int = 42


@dataclass(frozen=True)
class Fitted:
    """A model as plain values, and how the library itself scores: features → log odds. `importance`: feature → its share;
    `library`: the library's own model."""

    model: Mapping[str, Any]
    margins: Callable[[Sequence[Feature]], np.ndarray]
    importance: Mapping[str, float]
    library: Any


def fit(features: Sequence[Feature], target: np.ndarray, settings: Settings) -> Fitted:
    """The model of all these rows, not calibrated."""
    categories = {one.name: sorted({text for text in one.texts if text is not None}) for one in features if one.texts is not None}
    return (_trees if settings.kind == "lightgbm" else _weights)(features, target, categories, settings)


def picked(features: Sequence[Feature], rows: np.ndarray) -> list[Feature]:
    """The features of some rows."""
    return [Feature(one.name, None if one.numbers is None else one.numbers[rows], None if one.texts is None else tuple(one.texts[row] for row in rows)) for one in features]


def _described(features: Sequence[Feature], categories: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    return [{"name": one.name, "values": list(categories[one.name])} if one.name in categories else {"name": one.name} for one in features]


# --- boosted trees -------------------------------------------------------------------------------------------------------


def _trees(features: Sequence[Feature], target: np.ndarray, categories: Mapping[str, Sequence[str]], settings: Settings) -> Fitted:
    import lightgbm

    places = {name: {text: place for place, text in enumerate(texts)} for name, texts in categories.items()}
    parameters = {
        "objective": "binary", "num_leaves": settings.leaves, "learning_rate": settings.rate, "min_data_in_leaf": settings.fewest, "seed": settings.seed,
        "deterministic": True, "force_col_wise": True, "num_threads": 1, "verbose": -1,
    }  # fmt: skip
    columns = [number for number, one in enumerate(features) if one.name in categories]
    rows = lightgbm.Dataset(_matrix(features, places), target, categorical_feature=columns, feature_name=[f"f{i}" for i in range(len(features))])
    booster = lightgbm.train(parameters, rows, settings.trees)
    told = booster.dump_model()
    trees = [_tree(one["tree_structure"]) for one in told["tree_info"]]
    gains = booster.feature_importance("gain")
    importance = {one.name: float(gain / (gains.sum() or 1.0)) for one, gain in zip(features, gains)}
    model = {"kind": "trees", "features": _described(features, categories), "trees": trees}
    return Fitted(model, lambda some: booster.predict(_matrix(some, places), raw_score=True, num_threads=1), importance, booster)


def _matrix(features: Sequence[Feature], places: Mapping[str, Mapping[str, int]]) -> np.ndarray:
    """The features as LightGBM takes them: texts as their places; one that training did not see as a place that no question has."""
    import numpy as np

    def column(one: Feature) -> np.ndarray:
        if one.name not in places:
            return one.numbers
        known = places[one.name]
        return np.array([np.nan if text is None else known.get(text, len(known)) for text in one.texts], dtype=np.float64)

    return np.column_stack([column(one) for one in features])


def _tree(root: Mapping[str, Any]) -> dict[str, list[Any]]:
    """A tree of LightGBM's dump, its nodes from the root down."""
    tree: dict[str, list[Any]] = {"feature": [], "split": [], "left": [], "right": [], "missing": [], "leaves": []}

    def add(node: Mapping[str, Any]) -> int:
        if "split_feature" not in node:
            tree["leaves"].append(float(node["leaf_value"]))
            return ~(len(tree["leaves"]) - 1)
        place = len(tree["feature"])
        tree["feature"].append(node["split_feature"])
        tree["split"].append(_split(node))
        tree["missing"].append(int(_missing_goes_left(node)))
        for side in ("left", "right"):
            tree[side].append(0)
        for side in ("left", "right"):
            tree[side][place] = add(node[f"{side}_child"])
        return place

    add(root)
    return tree


def _split(node: Mapping[str, Any]) -> float | list[int]:
    if node["decision_type"] != "<=":
        return sorted(int(place) for place in node["threshold"].split("||"))
    threshold = float(node["threshold"])
    return threshold if abs(threshold) < _INFINITE else math.copysign(sys.float_info.max, threshold)  # known, or missing


def _missing_goes_left(node: Mapping[str, Any]) -> bool:
    """As LightGBM decides: by its default where training saw missing values, as zero where it saw none; categories go right."""
    if node["decision_type"] != "<=":
        return False
    return bool(node["default_left"]) if node["missing_type"] == "NaN" else node["threshold"] >= 0.0


# --- logistic regression -------------------------------------------------------------------------------------------------


def _weights(features: Sequence[Feature], target: np.ndarray, categories: Mapping[str, Sequence[str]], settings: Settings) -> Fitted:
    """Numbers are centred and scaled for training, and the weights turned back; a missing one counts as the median. A category has
    a weight for each text; a text that training did not see, or none, adds nothing."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    numbers = {one.name: (float(np.nanmedian(one.numbers)), float(np.nanmean(one.numbers)), float(np.nanstd(one.numbers)) or 1.0) for one in features if one.name not in categories}

    def columns(one: Feature) -> list[np.ndarray]:
        if one.name in numbers:
            median, mean, deviation = numbers[one.name]
            return [(np.where(np.isnan(one.numbers), median, one.numbers) - mean) / deviation]
        return [np.array([text == value for text in one.texts], dtype=np.float64) for value in categories[one.name]]

    def design(some: Sequence[Feature]) -> np.ndarray:
        return np.column_stack([column for one in some for column in columns(one)])

    library = LogisticRegression(C=settings.strength, max_iter=2000, random_state=settings.seed).fit(design(features), target)
    weights, told, bias, importance = iter(library.coef_[0].tolist()), [], float(library.intercept_[0]), {}
    for one in features:
        if one.name in numbers:
            median, mean, deviation = numbers[one.name]
            scaled = next(weights)
            bias -= scaled * mean / deviation
            told.append({"weight": scaled / deviation, "missing": scaled / deviation * median})
            importance[one.name] = abs(scaled)
        else:
            own = [next(weights) for _ in categories[one.name]]
            told.append({"weights": own, "missing": 0.0, "other": 0.0})
            importance[one.name] = float(np.std(own)) if own else 0.0
    total = sum(importance.values()) or 1.0
    model = {"kind": "weights", "features": _described(features, categories), "bias": bias, "weights": told}
    return Fitted(model, lambda some: library.decision_function(design(some)), {name: value / total for name, value in importance.items()}, library)


# --- calibration ---------------------------------------------------------------------------------------------------------


def calibration(features: Sequence[Feature], target: np.ndarray, settings: Settings, times: np.ndarray | None) -> dict[str, Any] | None:
    """How log odds become probabilities, from models of folds and the rows that each of them has not seen; None for as they are.

    With times every model has seen earlier rows only.
    """
    import numpy as np

    if settings.calibration == "none":
        return None
    margins, outcomes = [], []
    for seen, unseen in _folds(target, settings, times):
        if len(np.unique(target[seen])) == 2:
            margins.append(fit(picked(features, seen), target[seen], settings).margins(picked(features, unseen)))
            outcomes.append(target[unseen])
    margin, outcome = (np.concatenate(parts) if parts else np.array([]) for parts in (margins, outcomes))
    if len(np.unique(outcome)) < 2:
        return None
    return _platt(margin, outcome) if settings.calibration == "platt" else _isotonic(margin, outcome)


def _folds(target: np.ndarray, settings: Settings, times: np.ndarray | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    import numpy as np

    if times is None:
        from sklearn.model_selection import StratifiedKFold

        yield from StratifiedKFold(FOLDS, shuffle=True, random_state=settings.seed).split(target, target)
        return
    different = np.unique(times)
    ends = sorted({different[round(len(different) * part / FOLDS)] for part in range(1, FOLDS) if round(len(different) * part / FOLDS) < len(different)})
    for start, end in zip(ends, [*ends[1:], different[-1] + 1]):
        yield np.flatnonzero(times < start), np.flatnonzero((times >= start) & (times < end))


def _platt(margin: np.ndarray, outcome: np.ndarray) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression

    library = LogisticRegression(C=1e6, max_iter=1000).fit(margin.reshape(-1, 1), outcome)
    return {"slope": float(library.coef_[0, 0]), "intercept": float(library.intercept_[0])}


def _isotonic(margin: np.ndarray, outcome: np.ndarray) -> dict[str, list[float]]:
    from sklearn.isotonic import IsotonicRegression

    library = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(_logistic(margin), outcome)
    return {"at": library.X_thresholds_.tolist(), "of": library.y_thresholds_.tolist()}


def calibrated(margins: np.ndarray, told: Mapping[str, Any] | None) -> np.ndarray:
    """Log odds → probabilities, as the library would give them."""
    import numpy as np

    if told is None:
        return _logistic(margins)
    if "slope" in told:
        return _logistic(told["slope"] * margins + told["intercept"])
    return np.interp(_logistic(margins), told["at"], told["of"])


def _logistic(margins: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.where(margins >= 0, 1 / (1 + np.exp(-np.abs(margins))), np.exp(-np.abs(margins)) / (1 + np.exp(-np.abs(margins))))
