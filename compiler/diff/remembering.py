"""A kernel that remembers what it answered: many visitors ask the same, and some rankings ask for nothing of theirs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tessera.kernel import Groups, Kernel, Tables

REMEMBERED = 65_536  # answers of each kind


class Remembering:
    """The `tessera.kernel.Kernel` of a loaded bundle, asked once for what is asked again."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._body = getattr(kernel, "_body", None)
        self._top = lru_cache(REMEMBERED)(kernel.top)
        self.mean = lru_cache(REMEMBERED)(kernel.mean)
        self.scores = lru_cache(REMEMBERED)(kernel.scores)

    def top(self, model: int, query: bytes, plan: int, take: int, spare: int, without: bytes, tables: Tables) -> bytes:
        return self._top(model, query, plan, take, spare, without, tuple(tables))

    def plan(self, mask: int, codes: int, factors: bytes, groups: Groups) -> int:
        return self._kernel.plan(mask, codes, factors, groups)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)
