"""Functions with the meaning that other tools give to their comparisons; imported rules call them, and nobody else needs to.

A function's name begins with its tool: `growthbook.gt(visitor.age, 18)`.
"""

from __future__ import annotations

from typing import Mapping

from tessera.dialects import eppo, flagd, growthbook, jsonlogic, optimizely, unleash
from tessera.dialects.function import Function

FUNCTIONS: Mapping[str, Function] = {
    **growthbook.FUNCTIONS, **unleash.FUNCTIONS, **jsonlogic.FUNCTIONS, **flagd.FUNCTIONS, **optimizely.FUNCTIONS, **eppo.FUNCTIONS,
}  # fmt: skip
