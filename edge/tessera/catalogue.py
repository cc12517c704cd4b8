"""What a bundle says of items and models → what a request ranks by: columns read in place, models and plans held by the kernel."""

from __future__ import annotations

import struct
from typing import Any, Mapping, Sequence

from tessera.evaluate import bind
from tessera.items import Coded, Rows, Texts, column
from tessera.kernel import Kernel
from tessera.resolved import Action, Model, Nearness, Plan
from tessera.types import Items

Lists = Mapping[str, frozenset]


class Catalogue:
    """The items of a bundle, and its models and plans as its kernel holds them.

    Args:
        sections: as bundle.py reads them; `places` says where each begins in the body and how long it is.
    Raises:
        ValueError, LookupError, TypeError: where they do not fit each other.
    """

    def __init__(self, sections: Mapping[str, Any], kernel: Kernel) -> None:
        self._sections, self._kernel = sections, kernel
        self._places: Mapping[str, tuple[int, int]] = sections["places"]
        self._held: dict[str, int] = {}
        self.items = self._items()
        decisions = sections["decisions"]
        self.models = tuple(self._model(row, len(decisions["models"])) for row in decisions["models"])
        self._plans = tuple(self._plan(row) for row in decisions["plans"])

    def action(self, row: Sequence, lists: Lists) -> Action:
        """[variant, model, take, plan, tables, where, without, pin, among] as an Action."""
        variant, model, take, plan, tables, where, without, pin, among = row
        tables = tuple((self._coded(field).values, self._hold(f"items/{field}/0"), field, bind(tree, lists)) for field, tree in tables)
        if not all(0 <= row < len(self.items.ids) for row in pin):
            raise ValueError("what is pinned is no item")
        near = tuple(Nearness(*one) for one in among)
        if any(len(one.vector) != self.models[model].dimensions for one in near):
            raise ValueError("a variant's vector does not fit the model")
        return Action(variant, model, take, bind(where, lists), self._plans[plan] if plan >= 0 else None, tables, without, pin, near)

    def _items(self) -> Items:
        told, sections = self._sections["items"], self._sections
        ids = Texts(sections["ids"], sections["ids/ends"])
        columns = {}
        for field, row in told["columns"]:
            raw = [sections[name] for number in range(2) if (name := f"items/{field}/{number}") in sections]
            columns[field] = column(row, raw)
        if any(len(each) != told["count"] for each in (ids, *columns.values())):
            raise ValueError("the columns of the items are not of one length")
        return Items(ids, Rows(ids, sections["ids/rows"]), columns)

    def _hold(self, name: str | None) -> int:
        """The kernel's handle of a section, 0 for none."""
        if name is None:
            return 0
        if name not in self._held:
            self._held[name] = self._kernel.hold(*self._places[name])
        return self._held[name]

    def _coded(self, field: str) -> Coded:
        found = self.items.columns[field]
        if not isinstance(found, Coded):
            raise ValueError(f"the column {field} has no codes")
        return found

    def _model(self, row: Sequence, count: int) -> Model:
        name, version, kind, source, half_life, dimensions, parts_of, unit, _, centroids, parts, otherwise = row
        if any(not -1 <= one < count for one in (*parts, otherwise)) or any(len(vector) != dimensions for _, vector in centroids):
            raise ValueError(f"the parts of {name} do not fit it")
        handle = self._handle(name, kind, dimensions, parts_of)
        return Model(name, version, kind, source, half_life, dimensions, unit, handle, centroids, parts, otherwise)

    def _handle(self, name: str, kind: str, dimensions: int, parts_of: int) -> int:
        n, kernel = len(self.items.ids), self._kernel

        def held(*names: str) -> list[int]:
            return [self._hold(f"models/{name}/{each}") for each in names]

        try:
            if kind in ("cascade", "recent"):
                return 0
            if kind == "order":
                return kernel.order(*held("rows", "scores"), n)
            if kind == "lists":
                return kernel.lists(*held("starts", "others", "weights"), n)
            if kind == "int8":
                return kernel.int8(*held("rows", "scales"), n, dimensions)
            if kind == "int4":
                return kernel.int4(*held("rows", "scales"), n, dimensions // 2)
            if kind == "pq":
                return kernel.pq(*held("codes", "books", "scales"), n, parts_of, dimensions // parts_of)
        except ValueError as error:
            raise ValueError(f"the sections of {name} do not fit the items: {error}") from error
        raise ValueError(f"an unknown kind of model: {kind}")

    def _plan(self, row: Sequence) -> Plan:
        mask, boost, at_most = row
        codes, factors = (self._hold(boost[0]), struct.pack(f"<{len(boost[1])}d", *boost[1])) if boost else (0, b"")
        fixed = (self._hold(mask), codes, factors)
        groups = [(self._hold(f"items/{field}/0"), most) for field, most in at_most]
        limits = tuple((self._coded(field), most) for field, most in at_most)
        free = self._kernel.plan(*fixed, ())
        held = None if mask is None else self._sections[mask]
        return Plan(self._kernel.plan(*fixed, groups) if groups else free, free, limits, held)
