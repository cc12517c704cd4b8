"""What is wrong with the markets of a site, and with what is written for them: names, calendars, columns, the order of the rollout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from compiler.conditions import known
from compiler.diagnostics import Diagnostics, did_you_mean
from compiler.markets import CLOSED, OPEN, Market
from compiler.syntax import Entry, Ruleset


def check(ruleset: Ruleset, markets: tuple[Market, ...], diagnostics: Diagnostics) -> None:
    """Report what the shapes of the files cannot tell."""
    site = ruleset.site
    everywhere: str | None = None
    for market in markets:
        path = ("markets", market.name)
        if market.name in (CLOSED, OPEN):
            diagnostics.error("E013", site.place(*path, key=True), f"`market.{market.name}` tells of the calendar: no market may have the name", "choose another name")
        if everywhere is not None:
            message = f"the market '{market.name}' is never reached: '{everywhere}' above it holds everywhere"
            diagnostics.error("E058", site.place(*path, key=True), message, f"give '{everywhere}' a condition, or move it to the end")
        everywhere = everywhere or (market.name if site.spec.markets[market.name].when is None else None)
        names = [other.name for other in markets if other.name != market.name]
        for other in market.after:
            known(diagnostics, "E055", "market", other, names, site, *path, "after")
        calendar = site.spec.markets[market.name].calendar
        if calendar is not None and known(diagnostics, "E030", "list", calendar, ruleset.lists, site, *path, "calendar"):
            _calendar(ruleset, market, diagnostics)
    _in_circles(site, markets, diagnostics)
    _columns(ruleset, markets, diagnostics)
    copies = {key for market in markets for key in market.copies}
    for entry in ruleset.contents.values():
        for variant, spec in entry.spec.variants.items():
            _keys(spec.in_, copies, entry, ("variants", variant, "in"), diagnostics)
            _fields(spec.in_, entry.spec.fields, entry, ("variants", variant, "in"), diagnostics)
    for entry in ruleset.experiments.values():
        for arm, spec in entry.spec.arms.items():
            _keys(spec.in_, copies, entry, ("arms", arm, "in"), diagnostics)


def _calendar(ruleset: Ruleset, market: Market, diagnostics: Diagnostics) -> None:
    """Every line of a calendar is a day."""
    wrong = [value for value in ruleset.lists[market.calendar].values if not is_day(value)]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        message = f"'{wrong[0]}'{more} is no day, and the calendar of the market '{market.name}' is a list of days"
        diagnostics.error("E069", ruleset.lists[market.calendar].place, message, "write days like 2026-12-25, one a line")


def is_day(text: str) -> bool:
    """Whether a text is a day as `request.date` writes it."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _in_circles(site: Entry[Any], markets: tuple[Market, ...], diagnostics: Diagnostics) -> None:
    after = {market.name: set(market.after) for market in markets}
    done: set[str] = set()
    while ready := [name for name, others in after.items() if name not in done and others & after.keys() <= done]:
        done.update(ready)
    for name in after.keys() - done:
        circular = ", ".join(f"'{other}'" for other in sorted(after[name] - done & after.keys()))
        diagnostics.error("E058", site.place("markets", name, "after"), f"the market '{name}' comes after itself in the rollout, through {circular}", "take one of them out of `after`")


def _columns(ruleset: Ruleset, markets: tuple[Market, ...], diagnostics: Diagnostics) -> None:
    """The columns of markets: for those that exist, and each of one type."""
    site = ruleset.site
    declared = site.spec.items.fields if site.spec.items else {}
    keys = {key for market in markets for key in (*market.copies, market.currency) if key}
    types: dict[str, tuple[str, str]] = {field: (field, spec.type) for field, spec in declared.items()}
    for field, spec in declared.items():
        path = ("items", "fields", field, "in")
        _keys(spec.in_, keys, site, path, diagnostics, "market, currency or language")
        for key, column in spec.in_.items():
            other, kind = types.setdefault(column, (field, spec.type))
            if kind != spec.type:
                message = f"the column '{column}' cannot be {spec.type} for '{field}' and {kind} for '{other}'"
                diagnostics.error("E069", site.place(*path, key), message, "give both the same type, or each its own column")


def _keys(
    told: Mapping[str, Any], possible: Iterable[str], entry: Entry[Any], path: tuple, diagnostics: Diagnostics, what: str = "market or language"
) -> None:
    names = sorted(possible)
    for key in told:
        if key not in names:
            fix = did_you_mean(key, names) or (f"known are {', '.join(names)}" if names else "declare it in site.yaml, under `markets:`")
            diagnostics.error("E055", entry.place(*path, key, key=True), f"unknown {what} '{key}'", fix)


def _fields(told: Mapping[str, Mapping[str, str]], fields: Iterable[str], entry: Entry[Any], path: tuple, diagnostics: Diagnostics) -> None:
    for key, texts in told.items():
        for field in texts:
            known(diagnostics, "E075", "field", field, fields, entry, *path, key, field, key=True)
