"""List macros: which one a comprehension of the syntax tree was written as, and how many turns it may take."""

from __future__ import annotations

from typing import Any, NamedTuple

from compiler import ir
from tessera.types import MAX_LIST

MOST_TURNS = MAX_LIST * MAX_LIST  # of macros within each other, all together


class Macro(NamedTuple):
    """A macro over a list's elements, or over a map's keys.

    Attributes:
        kind: exists, all, exists_one, map, map_of (`transformMap`), filter or bind (`cel.bind(name, value, body)`).
        test: the condition asked of each element. result: what is made of each, or the body of bind.
    """

    kind: str
    test: Any = None
    result: Any = None


def read(fold: Any) -> Macro | None:
    """The macro that a comprehension came from; None for one that does not run at the edge."""
    step, initial = fold.loop_step.call, fold.accu_init
    if fold.iter_var == "#unused":
        return Macro("bind", result=fold.result)
    if fold.accu_var != "@result":
        return None
    conditional = step.function == "_?_:_"
    if initial.HasField("struct"):
        inserted = (step.args[1] if conditional else fold.loop_step).call
        if inserted.function != "cel.@mapInsert" or len(inserted.args) != 3:
            return None
        return Macro("map_of", step.args[0] if conditional else None, inserted.args[2])
    if initial.HasField("list"):
        appended = step.args[1] if conditional else fold.loop_step
        if appended.call.function != "_+_" or len(appended.call.args) != 2:
            return None
        (made,) = appended.call.args[1].list.elements
        test = step.args[0] if conditional else None
        if conditional and made.ident.name == fold.iter_var and not fold.iter_var2:
            return Macro("filter", test)
        return Macro("map", test, made)
    if not initial.HasField("const"):
        return None
    which = next((name for name in ("bool", "int") if initial.const.HasField(name)), "")
    kinds = {("bool", False, "_||_"): "exists", ("bool", True, "_&&_"): "all", ("int", 0, "_?_:_"): "exists_one"}
    kind = kinds.get((which, getattr(initial.const, which) if which else None, step.function))
    return Macro(kind, step.args[0 if kind == "exists_one" else 1]) if kind else None


def turns(range_: ir.Expr) -> int:
    """How many elements a macro's list can have at most, as far as the expression tells."""
    if isinstance(range_, ir.Const) and isinstance(range_.value, tuple):
        return len(range_.value)
    if isinstance(range_, ir.Call) and range_.op in ("make_list", "known_list"):
        return len(range_.args)
    if isinstance(range_, ir.Call) and range_.op in ("make_map", "known_map"):
        return len(range_.args) // 2
    if isinstance(range_, ir.Call) and range_.op in ("known", "places", "map_of"):
        return turns(range_.args[0])
    return turns(range_.range) if isinstance(range_, ir.Fold) and range_.kind in ("map", "filter") else MAX_LIST
