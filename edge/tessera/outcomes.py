"""Decisions that come again and again: made when first taken, the same object ever after."""

from __future__ import annotations

from typing import Any, Sequence


class Outcomes:
    """Interned decisions, by the conjunctions that lead to them.

    Attributes:
        masks: slot → the mask of its rules and of its default.
        shown: 1 + conjunction → the decision of its rule, or of the slot's default, where nothing but the condition matters.
        ruled: the same without those of defaults.
        tests: 1 + conjunction → what assigning an arm by its rule, or by its slot's own test, takes, where nothing but the
            unit matters. tested: the same with the tests of defaults.
        untouched: slots → the decisions of all of them where no rule with a test holds.
        withheld: purposes → the attributes that need one of them, and the masks without theirs.
        jurisdictions: the values that their conditions read → the one that holds.
        told: a decision → its part of the record, as JSON.
        above: a level → the conjunctions of the rules of all levels above it.
        flags: what ofrep.py tells of decisions again and again; None before the first.
        api: a decision, and a row of the catalogue → what callers of the HTTP API are told of it, whoever asks: of the decision as
            JSON, and why where that is the same for everybody.
        orders: a model with one order for everybody → its scores, sorted.
    """

    __slots__ = ("masks", "shown", "ruled", "tests", "tested", "untouched", "withheld", "jurisdictions", "told", "above", "flags", "api", "orders")

    def __init__(self, conjunctions: int, masks: Sequence[int]) -> None:
        self.masks = tuple(masks)
        self.shown: list[Any] = [None] * (conjunctions + 1)
        self.ruled: list[Any] = [None] * (conjunctions + 1)
        self.tests: list[Any] = [None] * (conjunctions + 1)
        self.tested: list[Any] = [None] * (conjunctions + 1)
        self.untouched: dict[tuple[int, ...], Any] = {}
        self.withheld: dict[frozenset[str], Any] = {}
        self.jurisdictions: dict[tuple, Any] = {}
        self.told: dict[Any, str] = {}
        self.above: dict[str, int] = {}
        self.flags: Any = None
        self.api: dict[Any, Any] = {}
        self.orders: dict[int, Any] = {}
