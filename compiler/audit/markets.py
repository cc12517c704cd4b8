"""What markets lack: translations, prices, calendars; and markets that are ahead of those before them in the rollout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from compiler import localisation
from compiler.audit.findings import Finding, Severity
from compiler.diagnostics import Place

if TYPE_CHECKING:
    from compiler.audit.subject import Subject

# code → (how grave, what it means); docs/authoring.md, "Markets"
CODES: Mapping[str, tuple[Severity, str]] = {
    "L001": ("warning", "a text that is not written in a market's language"),
    "L002": ("warning", "a text that an arm sets and that is not written in a market's language"),
    "L003": ("warning", "a market without prices in its currency"),
    "L004": ("warning", "items without a price in a market"),
    "L005": ("note", "items whose texts a market's language lacks"),
    "L006": ("note", "a market without a calendar, where another one has one"),
    "L007": ("warning", "a market whose calendar has no day left"),
    "L008": ("note", "a market that has what one before it in the rollout lacks"),
}


def translations(subject: Subject) -> Iterator[Finding]:
    """Texts that the language of a market lacks: each once for each language."""
    lacking: dict[tuple[str, str], tuple[localisation.Text, list[str]]] = {}
    for one in localisation.standings(subject.ruleset):
        for text in one.missing:
            lacking.setdefault((text.about, one.market.language or ""), (text, []))[1].append(one.market.name)
    for (about, language), (text, markets) in lacking.items():
        fix = f"write `in: {{{language}: {{{text.field}: …}}}}` in the {text.kind} '{text.owner}'"
        yield _found("L001" if text.kind == "variant" else "L002", f"{text.kind} {about}", text.place, f"'{about}' is not written in {language}{_for(markets)}", fix)


def prices(subject: Subject) -> Iterator[Finding]:
    """Markets without prices, and items without one in a market; and the same of the items' texts."""
    ruleset = subject.ruleset
    for one in localisation.standings(ruleset):
        name, place = one.market.name, ruleset.site.place("markets", one.market.name, key=True)
        if localisation.has_no_prices(ruleset, one):
            fix = f"give the price a column: `price: {{type: double, in: {{{one.market.currency}: price_{str(one.market.currency).lower()}}}}}`"
            yield _found("L003", f"market {name}", place, f"the market '{name}' pays in {one.market.currency}, and no number of the items has a column for it", fix)
        for column in (*one.prices, *one.names):
            is_price = column in one.prices
            key = one.market.currency if is_price else one.market.language
            if column.column is None:
                at = ruleset.site.place("items", "fields", column.field, key=True)
                message = f"'item.{column.field}' has no column for the market '{name}' ({key})"
                yield _found("L003" if is_price else "L005", f"market {name}", at, message, f"name one: `in: {{{key}: …}}`")
            elif column.empty:
                ids = [ruleset.items.ids[row] for row in column.empty]
                at = ruleset.items.place_of(column.empty[0], ids[0])
                message = f"no {column.column} for the market '{name}' in {len(ids)} of {one.items} items: {_some(ids)}"
                yield _found("L004" if is_price else "L005", f"market {name}", at, message, f"fill the column '{column.column}'")


def calendars(subject: Subject) -> Iterator[Finding]:
    """Markets without a calendar, where others have one; and calendars that are over."""
    site = subject.ruleset.site
    for one in localisation.standings(subject.ruleset):
        name = one.market.name
        if one.days is None:
            message = f"the market '{name}' has no calendar, so it is open every day; others have one"
            yield _found("L006", f"market {name}", site.place("markets", name, key=True), message, "name a list of days: `calendar: …`")
        elif last := localisation.last_day(one, subject.at):
            message = f"the calendar of the market '{name}' ended on {last}: it is open every day since"
            yield _found("L007", f"market {name}", site.place("markets", name, "calendar"), message, f"add the days to come to lists/{one.market.calendar}.csv")


def rollout(subject: Subject) -> Iterator[Finding]:
    """Markets that have texts which one before them lacks."""
    for one, other, texts in localisation.ahead(localisation.standings(subject.ruleset)):
        message = f"the market '{one.market.name}' comes after '{other.market.name}' and has what that lacks: {_some([text.about for text in texts])}"
        place = subject.ruleset.site.place("markets", one.market.name, "after")
        yield _found("L008", f"market {one.market.name}", place, message, f"write them for '{other.market.name}' first, or change the order (`after`)")


FINDERS = (translations, prices, calendars, rollout)


def _found(code: str, about: str, place: Place, message: str, fix: str) -> Finding:
    return Finding(code, place, message, fix, about, CODES[code][0])


def _for(markets: list[str]) -> str:
    return f", for the market{'s' if len(markets) > 1 else ''} {_some([repr(name) for name in markets])}"


def _some(names: list[str], most: int = 3) -> str:
    """Names in words, cut where there are many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
