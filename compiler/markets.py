"""The markets of a site: which is a visitor's, as conditions ask it, and what takes the place of copy and columns in each.

`market.NAME` is the market's condition without those before it; that is put into the conditions that name it, as segments are, so
that no rule asks the edge for a market. What the edge knows is in edge/tessera/markets.py, and asked for by contents and by filters
of items whose fields are other columns elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler import ir
from compiler.cel import refs
from compiler.passes import FALSE, TRUE, simplified
from compiler.syntax import Ruleset
from tessera.markets import NAME

CLOSED, OPEN = "closed", "open"  # `market.closed`, `market.open`: names that no market may have
TODAY = ir.Ref("request.date", "string")
_TESTS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "starts_with", "ends_with", "matches"})
_TEXTS = frozenset({"lower_ascii", "upper_ascii"})
_SCALARS = frozenset({"string", "enum", "ip", "bool", "int", "double", "timestamp", "duration", "version"})


@dataclass(frozen=True, slots=True)
class Market:
    """A market as copy and items ask for it.

    Attributes:
        copies: the keys under `in` that are the market's, the nearest first: itself, its language, the language without region.
        columns: field of the items → the column that takes its place.
    """

    name: str
    language: str | None
    currency: str | None
    calendar: str | None
    after: tuple[str, ...]
    copies: tuple[str, ...]
    columns: Mapping[str, str]

    def fact(self, name: str) -> str | None:
        """What `{{market.name}}`, `{{market.language}}` or `{{market.currency}}` stands for."""
        return {"name": self.name, "language": self.language, "currency": self.currency}.get(name)


FACTS = ("name", "language", "currency")


def markets_of(ruleset: Ruleset) -> tuple[Market, ...]:
    """The markets of a site, in the order in which they are asked."""
    site = ruleset.site.spec
    fields = site.items.fields if site.items else {}
    found = []
    for name, spec in site.markets.items():
        copies = tuple(dict.fromkeys((name, *tags(spec.language))))
        keys = (name, *filter(None, (spec.currency,)), *copies[1:])
        columns = {field: one.in_[key] for field, one in fields.items() if (key := next((key for key in keys if key in one.in_), None))}
        calendar = spec.calendar if spec.calendar in ruleset.lists else None  # one that does not exist is reported (market_checks)
        found.append(Market(name, spec.language, spec.currency, calendar, spec.after, copies, columns))
    return tuple(found)


def tags(language: str | None) -> tuple[str, ...]:
    """A language's tag and the shorter ones that it falls back to: `zh-Hant-TW`, `zh-Hant`, `zh`."""
    parts = language.split("-") if language else []
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))


def is_everywhere(markets: Sequence[Market], ruleset: Ruleset) -> bool:
    """Whether every visitor is in one of the markets."""
    return any(ruleset.site.spec.markets[market.name].when is None for market in markets)


def own_language(ruleset: Ruleset) -> str | None:
    """The language of the copy as it is written."""
    return ruleset.site.spec.language or _of_the_rest(ruleset, "language")


def own_currency(ruleset: Ruleset) -> str | None:
    """The currency of the prices as they are written."""
    return ruleset.site.spec.currency or _of_the_rest(ruleset, "currency")


def _of_the_rest(ruleset: Ruleset, key: str) -> str | None:
    return next((getattr(spec, key) for spec in ruleset.site.spec.markets.values() if spec.when is None), None)


# --- conditions --------------------------------------------------------------------------------------------------------


def conditions_of(markets: Sequence[Market], whens: Mapping[str, ir.Expr | None]) -> dict[str, ir.Expr]:
    """What `market.NAME`, `market.closed` and `market.open` stand for.

    Args:
        whens: market → its own condition, None where it has none.
    """
    found: dict[str, ir.Expr] = {}
    before: list[ir.Expr] = []
    for market in markets:
        own = whens[market.name] or TRUE
        others = [untrue(_any(before))] if before else []
        found[f"market.{market.name}"] = simplified(_all([*others, own]))
        before.append(own)
    closed, open_ = [], []
    for market in markets:
        here = found[f"market.{market.name}"]
        if market.calendar is None:
            open_.append(here)
            continue
        today = ir.Call("in", (TODAY, ir.Ref(f"lists.{market.calendar}", "list<string>")))
        closed.append(_all([here, today]))
        open_.append(_all([here, ir.Call("not", (today,))]))
    return {**found, f"market.{CLOSED}": simplified(_any(closed)), f"market.{OPEN}": simplified(_any(open_))}


def untrue(expr: ir.Expr) -> ir.Expr:
    """Whether a condition does not hold, because it is false or because it is not known: true or false itself, never unknown.

    Of tests that masks can answer something that masks can answer.
    """
    if isinstance(expr, ir.Const):
        return FALSE if expr.value is True else TRUE
    if isinstance(expr, ir.Has):
        return _not(expr)
    attribute = _tested(expr)
    if attribute is not None:
        return _any([_not(expr), _not(ir.Has(attribute))])
    if isinstance(expr, ir.Call) and expr.op == "and":
        return _any([untrue(part) for part in expr.args])
    if isinstance(expr, ir.Call) and expr.op == "or":
        return _all([untrue(_any(parts)) for parts in _by_attribute(expr.args)])
    if isinstance(expr, ir.Call) and expr.op == "not" and isinstance(expr.args[0], ir.Has):
        return expr.args[0]
    if isinstance(expr, ir.Call) and expr.op == "not" and isinstance(expr.args[0], ir.Call) and expr.args[0].op in ("and", "or"):
        inner = expr.args[0]
        return untrue(ir.Call("or" if inner.op == "and" else "and", tuple(map(_not, inner.args))))
    return _any([_not(expr), ir.Call("is_null", (_not(expr),))])


def localised(expr: ir.Expr, markets: Sequence[Market]) -> ir.Expr:
    """A filter of items in which a field is the column of the visitor's market. Here the edge is asked for the market, once for
    each value of a field and not for each item, as filters are evaluated."""
    if isinstance(expr, ir.Call) and expr.op == "and":
        return ir.Call("and", tuple(localised(part, markets) for part in expr.args), expr.offset)
    fields = [name[5:] for name in refs(expr) if name.startswith("item.")]
    versions: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for market in markets:
        columns = tuple((field, market.columns[field]) for field in fields if field in market.columns)
        versions.setdefault(columns, []).append(market.name)
    own = {columns: names for columns, names in versions.items() if columns}
    if not own:
        return expr
    here = [_any([_not(ir.Has(NAME)), _not(_among(names)), _renamed(expr, dict(columns))]) for columns, names in own.items()]
    return simplified(_all([*here, _any([_among([name for names in own.values() for name in names]), expr])]))


def _among(names: Sequence[str]) -> ir.Expr:
    """Whether the visit's market is one of these; unknown where it is in none."""
    return ir.Call("in", (ir.Ref(NAME, "string"), ir.Const(tuple(names), "list<string>")))


def _renamed(expr: ir.Expr, columns: Mapping[str, str]) -> ir.Expr:
    if isinstance(expr, (ir.Ref, ir.Has)) and expr.name.startswith("item."):
        name = f"item.{columns.get(expr.name[5:], expr.name[5:])}"
        return ir.Ref(name, expr.type, expr.offset) if isinstance(expr, ir.Ref) else ir.Has(name, expr.offset)
    if isinstance(expr, ir.Call):
        return ir.Call(expr.op, tuple(_renamed(arg, columns) for arg in expr.args), expr.offset)
    if isinstance(expr, ir.Fold):
        initial = None if expr.initial is None else _renamed(expr.initial, columns)
        return ir.Fold(expr.kind, expr.var, _renamed(expr.range, columns), _renamed(expr.body, columns), expr.offset, initial)
    return expr


def _tested(expr: ir.Expr) -> str | None:
    """The one attribute that a condition asks about by plain tests, so that it is unknown just where that is; None for any other."""
    if isinstance(expr, ir.Ref) and expr.type == "bool":
        return expr.name
    if not isinstance(expr, ir.Call):
        return None
    if expr.op in ("and", "or", "not"):
        named = {_tested(part) for part in expr.args}
        return named.pop() if len(named) == 1 else None
    if expr.op not in _TESTS or len(expr.args) != 2:
        return None
    asked = [part.args[0] if isinstance(part, ir.Call) and part.op in _TEXTS else part for part in expr.args]
    named = [part for part in asked if isinstance(part, ir.Ref) and not part.name.startswith("lists.")]
    others = [part for part in asked if not isinstance(part, ir.Ref)]
    plain = len(named) == 1 and named[0].type in _SCALARS and all(isinstance(part, ir.Const) and part.value is not None for part in others)
    return named[0].name if plain else None


def _by_attribute(parts: Iterable[ir.Expr]) -> Iterator[list[ir.Expr]]:
    """Those that ask about one attribute together, any other alone: a list of countries stays one test of the country."""
    found: dict[Any, list[ir.Expr]] = {}
    for number, part in enumerate(parts):
        found.setdefault(_tested(part) or number, []).append(part)
    yield from found.values()


def _not(expr: ir.Expr) -> ir.Expr:
    return ir.Call("not", (expr,))


def _all(parts: Sequence[ir.Expr]) -> ir.Expr:
    return TRUE if not parts else parts[0] if len(parts) == 1 else ir.Call("and", tuple(parts))


def _any(parts: Sequence[ir.Expr]) -> ir.Expr:
    return FALSE if not parts else parts[0] if len(parts) == 1 else ir.Call("or", tuple(parts))
