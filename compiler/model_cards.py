"""The card beside a learned model (`NAME.card.json`, as `tessera train` writes it): which training it is from, and how good it is."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tessera.types import parse_json

LARGEST = 4 * 2**20  # bytes
FIGURES = {"precision": "precision@10", "recall": "recall@10", "coverage": "coverage"}  # gate → what it asks about
_VERSION = re.compile(r"[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Card:
    """`version`: the first 12 hex of the SHA-256 of the file that it is of; `refused`: the gates of its training that it failed; `figures`: name → value."""

    version: str
    refused: tuple[str, ...]
    figures: Mapping[str, float]


class BadCard(ValueError):
    """A card that cannot be read; the text says why."""


def card_path(model: str) -> str:
    """The card of a model's file: `models/together.npz` has `models/together.card.json`."""
    return str(Path(model).with_suffix(".card.json").as_posix())


def version_of(path: Path) -> str:
    """What a card calls a file. Raises OSError."""
    return sha256(path.read_bytes()).hexdigest()[:12]


def read(path: Path) -> Card | None:
    """The card at a path; None where there is none. Raises BadCard."""
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > LARGEST:
            raise ValueError(f"more than {LARGEST:,} bytes")
        told = parse_json(path.read_text("utf-8"), LARGEST)
    except (OSError, ValueError) as error:
        raise BadCard(" ".join(str(error).split())[:200]) from None
    if not isinstance(told, dict) or not _VERSION.fullmatch(str(told.get("version"))):
        raise BadCard("no JSON object with the `version` of a model (12 hex)")
    gates, figures = told.get("gates", []), told.get("figures", {})
    if not isinstance(gates, list) or not all(isinstance(gate, dict) for gate in gates) or not isinstance(figures, dict):
        raise BadCard("`gates` is no list of objects, or `figures` no object")
    failed = tuple(str(gate.get("gate"))[:100] for gate in gates if gate.get("passed") is not True)
    if told.get("refused", False) is not False and not failed:
        failed = ("which is not told",)
    return Card(told["version"], failed, {name: value for name in FIGURES.values() if (value := _value(figures.get(name))) is not None})


def unmet(card: Card | None, gates: Mapping[str, int | None]) -> list[str]:
    """What of a card is not what the site asks for, in words. gates: of FIGURES, the least value in parts per million; None asks nothing."""
    asked = {FIGURES[gate]: least / 1_000_000 for gate, least in gates.items() if least is not None}
    if card is None:
        return [f"it has no card, and the site asks for {', '.join(asked)}"] if asked else []
    found = [f"its training failed a gate: {gate}" for gate in card.refused]
    for name, least in asked.items():
        if name not in card.figures:
            found.append(f"its card tells no {name}")
        elif card.figures[name] < least:
            found.append(f"{name} is {card.figures[name]:.4g}, the site asks for {least:.4g}")
    return found


def _value(told: Any) -> float | None:
    value = told.get("value") if isinstance(told, dict) else told
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) else None
