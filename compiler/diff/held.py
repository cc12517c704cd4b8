"""Whether a bundle holds somebody out of all; the answer for the last visitor is kept, since it is asked for again on every page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessera.decide import held_out_of_all
from tessera.resolved import Bundle
from tessera.types import Visit


class Held:
    """Asks one bundle."""

    __slots__ = ("_bundle", "_units", "_answer")

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._units: Mapping[str, Any] | None = None
        self._answer = False

    def __call__(self, visit: Visit) -> bool:
        if visit.forced or visit.preview:
            return held_out_of_all(self._bundle, visit)
        if self._bundle.holdout is None:
            return False
        if self._units is not visit.units:  # the visits of one visitor share them
            self._units, self._answer = visit.units, held_out_of_all(self._bundle, visit)
        return self._answer
