"""The file of a propensity, as `tessera propensity` writes it → plain values that are known to be sound."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from compiler.tree_columns import MOST_LEAVES

LARGEST = 4 * 2**20  # bytes of a file that is read
MOST_TREES = 500
_AT_LEAST, _AT_MOST = ("auc", "ap"), ("brier", "ece")

Number = Annotated[float, Field(allow_inf_nan=False)]
Place = Annotated[int, Field(ge=0, lt=65_536)]
Measures = dict[Literal["auc", "ap", "brier", "ece", "rows", "positives"], Number]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Feature(_Part):
    """A feature: a number, or a category with the texts that training saw."""

    name: Annotated[str, Field(min_length=1, max_length=1024)]
    values: Annotated[list[Annotated[str, Field(max_length=1024)]], Field(max_length=1000)] | None = None


class Tree(_Part):
    """A tree: of each node its feature, what goes left, its sides and where what is missing goes; and the leaves."""

    feature: list[Place]
    split: list[Number | list[Place]]
    left: list[int]
    right: list[int]
    missing: list[Annotated[int, Field(ge=0, le=1)]]
    leaves: Annotated[list[Number], Field(min_length=1, max_length=MOST_LEAVES)]


class Weight(_Part):
    """What a feature adds: `weight` times a number, or one of `weights` by the place of a text."""

    weight: Number | None = None
    weights: list[Number] | None = None
    missing: Number = 0.0
    other: Number = 0.0


class Platt(_Part):
    slope: Number
    intercept: Number


class Isotonic(_Part):
    at: Annotated[list[Number], Field(min_length=1, max_length=10_000)]
    of: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=1, max_length=10_000)]


class Model(_Part):
    """The whole file."""

    tessera_propensity: Literal[1]
    kind: Literal["trees", "weights"]
    target: str
    features: Annotated[list[Feature], Field(min_length=1, max_length=1000)]
    trees: Annotated[list[Tree], Field(min_length=1, max_length=MOST_TREES)] | None = None
    bias: Number | None = None
    weights: list[Weight] | None = None
    calibration: Platt | Isotonic | None
    measured: Measures
    gates: Measures


def read(path: Path) -> dict[str, Any]:
    """The values of a file.

    Raises:
        ValueError: where it is none, or its parts do not fit each other; the message says what, in one line.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it has more than {LARGEST:,} bytes")
    try:
        told = json.loads(path.read_bytes(), parse_constant=_refuse)
        model = Model.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON ({str(error)[:100]})") from None
    plain = model.model_dump(exclude_none=True) | {"calibration": told["calibration"]}
    _features_checked(plain)
    (_trees_checked if model.kind == "trees" else _weights_checked)(plain)
    _calibration_checked(plain["calibration"])
    return plain


def unmet(model: Mapping[str, Any]) -> list[str]:
    """The gates that the figures of the file do not meet, in words."""
    measured, found = model["measured"], []
    for name, bound in model["gates"].items():
        value = measured.get(name)
        if value is None or (value < bound if name in _AT_LEAST else value > bound):
            found.append(f"{name} is {'not told' if value is None else f'{value:g}'}, and is to be at {'least' if name in _AT_LEAST else 'most'} {bound:g}")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _features_checked(model: Mapping[str, Any]) -> None:
    names = [feature["name"] for feature in model["features"]]
    if len(set(names)) < len(names):
        raise ValueError("a feature stands twice")
    for feature in model["features"]:
        if len(set(feature.get("values", ()))) < len(feature.get("values", ())):
            raise ValueError(f"a value of the feature {feature['name']} stands twice")


def _trees_checked(model: Mapping[str, Any]) -> None:
    if "trees" not in model or "weights" in model:
        raise ValueError("it has no trees, or weights besides")
    for number, tree in enumerate(model["trees"]):
        nodes = len(tree["feature"])
        if any(len(tree[column]) != nodes for column in ("split", "left", "right", "missing")) or len(tree["leaves"]) != nodes + 1:
            raise ValueError(f"the columns of tree {number} are not of one length")
        if any(not -nodes - 1 <= child < nodes for side in ("left", "right") for child in tree[side]):
            raise ValueError(f"tree {number} has a side that is neither a node nor a leaf")
        for feature, split in zip(tree["feature"], tree["split"]):
            _question_checked(model["features"], number, feature, split)


def _question_checked(features: list[Mapping[str, Any]], tree: int, feature: int, split: Any) -> None:
    if feature >= len(features):
        raise ValueError(f"tree {tree} asks for a feature that is not there")
    values = features[feature].get("values")
    if isinstance(split, list) != (values is not None) or values is not None and any(place >= len(values) for place in split):
        raise ValueError(f"tree {tree} asks of the feature {features[feature]['name']} what it has not")


def _weights_checked(model: Mapping[str, Any]) -> None:
    if "weights" not in model or "bias" not in model or "trees" in model or len(model["weights"]) != len(model["features"]):
        raise ValueError("it has not one weight for each feature, and a bias")
    for feature, weight in zip(model["features"], model["weights"]):
        values = feature.get("values")
        if ("weight" in weight) == ("weights" in weight) or ("weights" in weight) != (values is not None) or values is not None and len(values) != len(weight["weights"]):
            raise ValueError(f"the weights of the feature {feature['name']} do not fit it")


def _calibration_checked(told: Mapping[str, Any] | None) -> None:
    if told is None or "slope" in told:
        return
    at, of = told["at"], told["of"]
    if len(at) != len(of) or any(a >= b for a, b in zip(at, at[1:])) or any(a > b for a, b in zip(of, of[1:])) or not all(map(math.isfinite, at)):
        raise ValueError("the table of its calibration does not rise")
