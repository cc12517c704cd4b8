"""How far each market of a site is: which texts, prices and calendars it has, which it lacks and where, and whose turn it is.

A text is what somebody reads: a `text` field of a variant, or one that an arm sets, with a letter in it, and not the name of a class.
A market lacks it where its language is another than the site's own and nothing is written for the market or its language. Of the
items a field is judged that has columns for some market: a number by the market's currency, a text by its language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any, NamedTuple

from compiler import templates
from compiler.copies import Path, written
from compiler.diagnostics import Place
from compiler.markets import Market, markets_of, own_currency, own_language
from compiler.syntax import Entry, Ruleset

NUMBERS, TEXTS = ("double", "int"), ("string",)
READY, NEXT = "ready", "next"


class Text(NamedTuple):
    """A text that markets need: `about` names it (`hero.plain.headline`); `owner` is the variant or arm it belongs to."""

    about: str
    kind: str  # variant or arm
    owner: str
    field: str
    entry: Entry[Any]
    path: Path
    texts: Mapping[str, str]
    localised: Mapping[str, Mapping[str, str]]

    @property
    def place(self) -> Place:
        return self.entry.place(*self.path)


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the items in a market: the column that is shown (None: it has none of its own and needs one), and the items
    (by position) in which that is empty."""

    field: str
    column: str | None
    empty: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a market is.

    Attributes:
        texts: how many texts it needs. missing: those that it lacks. own: the names of those written for it or its language.
        items: how many items there are. prices, names: the numbers and texts of the items that differ between markets.
        days: of its calendar, sorted; None where it has none though another market does; empty where none has, and for a market
            without a condition, which is of no one place.
        state: `ready`, `next`, or the markets that it waits for.
    """

    market: Market
    texts: int
    missing: tuple[Text, ...]
    own: frozenset[str]
    items: int
    prices: tuple[Column, ...]
    names: tuple[Column, ...]
    days: tuple[str, ...] | None
    state: str = READY
    waits_for: tuple[str, ...] = ()

    @property
    def copy_share(self) -> float:
        """Of the texts, those that it has."""
        return 1 - len(self.missing) / self.texts if self.texts else 1.0

    @property
    def price_share(self) -> float:
        """Of the prices of all items, those that it has."""
        return _share(self.prices, self.items)

    @property
    def name_share(self) -> float:
        """Of the items' texts that differ between markets, those that it has."""
        return _share(self.names, self.items)

    @property
    def is_complete(self) -> bool:
        """Whether it lacks nothing."""
        return not self.missing and self.days is not None and self.price_share == self.name_share == 1.0


def _share(columns: tuple[Column, ...], items: int) -> float:
    if not columns or not items:
        return 1.0
    return sum(items - len(one.empty) for one in columns if one.column is not None) / (items * len(columns))


def standings(ruleset: Ruleset) -> tuple[Standing, ...]:
    """The markets of a site that compiles, in the order of the rollout: those before that others come after, else as they are
    written."""
    markets, needed = markets_of(ruleset), tuple(texts(ruleset))
    found = {market.name: _standing(ruleset, market, markets, needed) for market in markets}
    rollout: list[Standing] = []
    is_next = True
    for name in in_order(markets):
        one = found[name]
        waits = tuple(other for other in one.market.after if not found[other].is_complete)
        state = READY if one.is_complete else "waits" if waits else NEXT if is_next else "later"
        is_next = is_next and state != NEXT
        rollout.append(Standing(one.market, one.texts, one.missing, one.own, one.items, one.prices, one.names, one.days, state, waits))
    return tuple(rollout)


def in_order(markets: tuple[Market, ...]) -> list[str]:
    """The names of the markets in the order of the rollout."""
    done: list[str] = []
    while len(done) < len(markets):
        done.append(next(market.name for market in markets if market.name not in done and set(market.after) <= set(done)))
    return done


def texts(ruleset: Ruleset) -> Iterator[Text]:
    """The texts of a site that somebody reads."""
    shown = {name: _classes(ruleset, entry) for name, entry in ruleset.contents.items()}
    for name, entry in ruleset.contents.items():
        fields = [field for field, kind in entry.spec.fields.items() if kind == "text" and field not in shown[name]]
        for variant, spec in entry.spec.variants.items():
            for field in fields:
                if field in spec and is_read(spec[field]):
                    yield Text(f"{name}.{variant}.{field}", "variant", variant, field, entry, ("variants", variant, field), spec, spec.in_)
    tested = {entry.spec.test: entry.spec.component for entry in ruleset.slots.values() if entry.spec.test}
    for name, entry in ruleset.experiments.items():
        component = ruleset.contents.get(tested.get(name, ""))
        for arm, spec in entry.spec.arms.items():
            for field, text in spec.set.items():
                kind = component.spec.fields.get(field) if component else None
                if kind == "text" and field not in shown[component.name] and is_read(text):
                    yield Text(f"{name}.{arm}.{field}", "arm", arm, field, entry, ("arms", arm, "set", field), spec.set, spec.in_)


def is_read(text: str) -> bool:
    """Whether a text has letters that are not those of a variable."""
    parts = templates.compile_text(text)
    return any(isinstance(part, str) and any(map(str.isalpha, part)) for part in parts)


def _classes(ruleset: Ruleset, entry: Any) -> set[str]:
    """The fields of a component that are nothing but classes."""
    places = [slot.spec.place for slot in ruleset.slots.values() if slot.spec.component == entry.name and slot.spec.place is not None]
    classes = {place.field for place in places if place.do == "class"}
    markup = templates.compile_markup(entry.markup)
    named = {part.name for part in templates.variables(tuple(markup))} if isinstance(markup, tuple) else set()
    return classes - named - {place.field for place in places if place.do != "class"}


def speaks(market: Market, language: str | None) -> bool:
    """Whether a market takes copy in a language: its own, in whatever region but in the same script, or any where it has none."""
    if market.language is None:
        return True
    if language is None:
        return False
    one, other = market.language.split("-"), language.split("-")
    scripts = {part for tag in (one, other) for part in tag[1:2] if len(part) == 4}
    return one[0] == other[0] and len(scripts) < 2


def _standing(ruleset: Ruleset, market: Market, markets: tuple[Market, ...], needed: tuple[Text, ...]) -> Standing:
    own = frozenset(text.about for text in needed if _written(text, market))
    missing = () if speaks(market, own_language(ruleset)) else tuple(text for text in needed if text.about not in own)
    currency = own_currency(ruleset)
    foreign = market.currency is not None and market.currency != currency
    numbers = _columns(ruleset, market, NUMBERS, foreign)
    names = _columns(ruleset, market, TEXTS, not speaks(market, own_language(ruleset)))
    wanted = any(other.calendar for other in markets) and ruleset.site.spec.markets[market.name].when is not None
    days = ruleset.lists[market.calendar].values if market.calendar else None if wanted else ()
    return Standing(market, len(needed), missing, own, len(ruleset.items.ids) if ruleset.items else 0, numbers, names, days)


def _written(text: Text, market: Market) -> bool:
    found = written(text.texts, text.localised, text.field, market, text.path[:-1], text.path[:2])
    return found is not None and "in" in found[0][2:3]


def _columns(ruleset: Ruleset, market: Market, kinds: tuple[str, ...], is_foreign: bool) -> tuple[Column, ...]:
    """The fields of the items that differ between markets, as a market has them."""
    declared = ruleset.site.spec.items
    if declared is None or ruleset.items is None:
        return ()
    positions = {name: position for position, name in enumerate(ruleset.items.fields)}
    found = []
    for field, spec in declared.fields.items():
        if spec.type in kinds and spec.in_:
            column = market.columns.get(field, None if is_foreign else field)
            rows = enumerate(ruleset.items.rows)
            found.append(Column(field, column, tuple(row for row, cells in rows if cells[positions[column]] is None) if column else ()))
    return tuple(found)


def has_no_prices(ruleset: Ruleset, standing: Standing) -> bool:
    """Whether a market pays in another currency than the prices are written in, and no number of the items has a column for any."""
    currency, items = standing.market.currency, ruleset.site.spec.items
    numbers = [spec for spec in items.fields.values() if spec.type in NUMBERS] if items else []
    return bool(numbers) and currency not in (None, own_currency(ruleset)) and not any(spec.in_ for spec in numbers)


def last_day(standing: Standing, at: float) -> str | None:
    """The last day of a calendar that has none left at a moment (epoch seconds); None for any other."""
    today = datetime.fromtimestamp(at, timezone.utc).date()
    last = max(standing.days, default=None) if standing.days else None
    return last if last is not None and date.fromisoformat(last) < today else None


def ahead(standings_: tuple[Standing, ...]) -> Iterator[tuple[Standing, Standing, list[Text]]]:
    """(a market, one that comes before it in the rollout, the texts that the first has and the other lacks)."""
    by_name = {one.market.name: one for one in standings_}
    for one in standings_:
        for other in map(by_name.__getitem__, one.market.after):
            texts_ = [text for text in other.missing if text.about in one.own]
            if texts_:
                yield one, other, texts_
