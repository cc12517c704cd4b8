"""What a model must reach before it may enter a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Gates:
    """Least values; None asks nothing. `lift`: of the recall over popularity's, not asked of what is itself an order."""

    precision: float | None = None
    recall: float | None = None
    coverage: float | None = None
    lift: float | None = None

    def asked(self) -> dict[str, float]:
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}


METRIC = {"precision": "precision@10", "recall": "recall@10", "coverage": "coverage", "lift": "lift"}


def passed(gates: Gates, figures: Mapping[str, float | None], is_order: bool) -> list[dict[str, Any]]:
    """Of each gate what it asks, what was measured (None: nothing could be), and whether that is enough."""
    found = []
    for name, least in gates.asked().items():
        if name == "lift" and is_order:
            continue
        measured = figures.get(METRIC[name])
        found.append({"gate": METRIC[name], "least": least, "measured": measured, "passed": measured is not None and measured >= least})
    return found


def words(gate: Mapping[str, Any]) -> str:
    """A gate that was not passed, in words."""
    measured = "could not be measured" if gate["measured"] is None else f"is {gate['measured']:.4g}"
    return f"{gate['gate']} {measured}, at least {gate['least']:g} is asked"
