"""Which parameters: candidates in a fixed random order, tried on validation questions until a budget is used up."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Budget:
    """`trials`: candidates of one recommender at the most. `seconds`: no further one is begun after them; None for no end.

    Within trials alone the same seed chooses the same; seconds depend on the machine.
    """

    trials: int = 6
    seconds: float | None = None


@dataclass(frozen=True)
class Trial:
    parameters: Mapping[str, Any]
    figures: Mapping[str, float]


def candidates(space: Mapping[str, Sequence[Any]], trials: int, seed: int) -> list[dict[str, Any]]:
    """The first of each first, then others in a random order, none twice."""
    every = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    order = 1 + np.random.default_rng(seed).permutation(len(every) - 1)
    return [every[0], *(every[place] for place in order)][:trials]


def search(
    space: Mapping[str, Sequence[Any]], budget: Budget, seed: int, attempt: Callable[[Mapping[str, Any]], Mapping[str, float]], by: str = "ndcg@10",
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Trial, ...]:  # fmt: skip
    """The trials, the best first; among equals the earlier one. At least one is made, however small the budget."""
    begun, found = clock(), []
    for parameters in candidates(space, budget.trials, seed):
        if found and budget.seconds is not None and clock() - begun >= budget.seconds:
            break
        found.append(Trial(parameters, attempt(parameters)))
    return tuple(sorted(found, key=lambda trial: -trial.figures[by]))
