"""`tessera check --live`: a site's pages as their origin answers them, judged by what the edge itself would make of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from compiler.cache_policy import lint
from compiler.diagnostics import Place
from compiler.pipeline import Compiled
from compiler.scenarios import of_site
from compiler.visitors import VisitorError, page_of
from host.inspector import Ask, Fate, Seen, inspect
from tessera import visit
from tessera.bundle import load, unseal

_PARAMETER = re.compile(r"[:*{}()?+\\]")
_AT_PAGE = "correct its pattern, or name another address with --page {}=/path"

# why a page stays as it is → what is said of it, and the fix
_PASSED = {
    "type": ("is {type}, not text/html", _AT_PAGE),
    "charset": ("is not UTF-8 ({type})", "write it in UTF-8, and say so in its Content-Type"),
    "encoding": ("is encoded in a way that the edge cannot read ({encoding})", "encode it with gzip or br, or not at all"),
    "size": ("is larger than 2 MB", "make it smaller, or split it"),
    "parser": ("cannot be read by the edge's parser", "look for elements that are nested too deeply, or attributes that are too long"),
}
# why a place cannot be filled → what is said of it, and the fix
_REFUSED = {
    "slot-void": ("has no inside", "write before, after, replace, or an attribute such as src"),
    "slot-unclosed": ("is not closed by an end tag of its own", "close the element in the page, or name one around it"),
    "slot-nested": ("lies in what another slot takes the place of", "give the slots elements of their own"),
    "slot-rawtext": ("holds no markup", "replace the element, or name one around it"),
    "slot-many": ("is there more than 1,000 times", "name one element, by an id or a class of its own"),
    "slot-invalid": ("has a tag that cannot be told safely", "write the element's attributes with quotes, each once"),
}


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a page of the site."""

    page: str
    path: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a page: the slot's name ("" for what the head gets), its selector and its operation."""

    slot: str
    selector: str
    operation: str


def places_of(compiled: Compiled) -> dict[str, tuple[Spot, ...]]:
    """The places of each page that an author meant: those of its slots, and the head where it gets something of them."""
    found = {}
    for record in visit.routes(load(unseal(compiled.bundle))).split(visit.RECORD):
        page, _, *fields = record.split(visit.UNIT)
        spots = (Spot(*fields[i : i + 3]) for i in range(0, len(fields) - 2, 3))
        found[page] = tuple(spot for spot in spots if spot.slot or spot.selector == "head")
    return found


def addresses(compiled: Compiled, given: Iterable[Address]) -> tuple[list[Address], list[str]]:
    """The addresses to look at, of every page with places, and the pages of which none is known.

    They are what was given, else the pattern itself where it has no parameters, else the paths of the site's scenarios.
    """
    bundle, placed = load(unseal(compiled.bundle)), places_of(compiled)
    told: dict[str, list[str]] = {}
    for address in given:
        told.setdefault(address.page, []).append(address.path)
    for _, _, scenario, _ in of_site(compiled.ruleset):
        path = scenario["page"].partition("#")[0]
        try:
            page = page_of(bundle, path) if path.startswith("/") else None
        except VisitorError:
            continue
        if page is not None:
            told.setdefault(page, []).append(path)
    found, unknown = [], []
    asked = {address.page for address in given}
    for page, pattern in bundle.pages:
        path = urlsplit(pattern).path if "://" in pattern else pattern
        if not placed[page]:
            continue
        paths = [path or "/"] if not _PARAMETER.search(path) and page not in asked else list(dict.fromkeys(told.get(page, [])))
        found += [Address(page, each) for each in paths]
        unknown += [] if paths else [page]
    return found, unknown


def look(compiled: Compiled, origin: str, asked: Sequence[Address], told: Callable[[int, Address, Seen], object]) -> list[Seen]:
    """Look at every address; `told` hears of each as it comes, with how many there are so far.

    Raises:
        HostError: workerd does not run here.
    """
    placed = places_of(compiled)
    asks = [Ask(address.path, tuple((spot.selector, spot.operation) for spot in placed[address.page])) for address in asked]
    found: dict[int, Seen] = {}
    for number, seen in inspect(origin, asks) if asks else ():
        found[number] = seen
        told(len(found), asked[number], seen)
    return [found[number] for number in range(len(asks))]


@dataclass(frozen=True, slots=True)
class Finding:
    """A message about a page; it reads `before`, the page's name and the addresses where it holds, `after`."""

    code: str
    place: Place
    page: str
    before: str
    after: str
    fix: str


def judge(compiled: Compiled, asked: Sequence[Address], seen: Sequence[Seen], unknown: Sequence[str]) -> None:
    """Add what is wrong with the pages that were seen to the site's diagnostics, and the pages of which no address is known."""
    diagnostics, placed, site = compiled.diagnostics, places_of(compiled), compiled.ruleset.site
    for page in unknown:
        diagnostics.warning("W020", site.place("pages", page), f"no address of the page '{page}' is known, so it was not looked at", f"name one: --page {page}=/path")
    where: dict[Finding, list[str]] = {}
    for address, one in zip(asked, seen, strict=True):
        for finding in _findings(compiled, address.page, placed[address.page], one):
            where.setdefault(finding, []).append(address.path)
    for finding, paths in where.items():
        add = diagnostics.warning if finding.code.startswith("W") else diagnostics.error
        add(finding.code, finding.place, f"{finding.before}'{finding.page}' ({_listed(paths)}){finding.after}", finding.fix)


def _listed(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"


def _findings(compiled: Compiled, page: str, spots: Sequence[Spot], seen: Seen) -> Iterable[Finding]:
    place = compiled.ruleset.site.place("pages", page)
    if seen.error or seen.why == "status":
        told = f"there is no answer ({seen.error})" if seen.error else f"the answer is {seen.status}{_led(seen)}"
        yield Finding("E090", place, page, "the page ", f" cannot be had: {told}", _AT_PAGE.format(page))
        return
    if seen.why:
        told, fix = _PASSED[seen.why]
        facts = {"type": _header(seen, "content-type") or "without a Content-Type", "encoding": _header(seen, "content-encoding")}
        yield Finding("E091", place, page, "the page ", f" stays as it is: it {told.format(**facts)}", fix.format(page))
        return
    for spot, fate in zip(spots, seen.fates, strict=True):
        yield from _spotted(compiled, page, spot, fate)
    for code, told, fix in lint(seen.headers, seen.freshness):
        yield Finding(code, place, page, "the page ", f" {told}", fix)


def _spotted(compiled: Compiled, page: str, spot: Spot, fate: Fate) -> Iterable[Finding]:
    """What becomes of a place, where that is not what the author meant."""
    ruleset = compiled.ruleset
    place = ruleset.slots[spot.slot].place("place", "selector") if spot.slot else ruleset.site.place("pages", page)
    if fate.status == "missing":
        fix = f"correct the selector, or take '{page}' out of the slot's pages" if spot.slot else "write <head> in the page: the island and preloads go there"
        yield Finding("E092", place, page, f"'{spot.selector}' matches nothing on the page ", "", fix)
    elif fate.status in _REFUSED:
        told, fix = _REFUSED[fate.status]
        yield Finding("E093", place, page, f"'{spot.selector}' cannot be filled on the page ", f": the element {told}", fix)
    elif " " in fate.status:
        filled, *others = (part.partition(":") for part in fate.status.split(" "))
        why = _REFUSED.get(others[0][0], ("cannot be filled", ""))[0]
        after = f": {filled[2]} of {fate.matches} elements are, another {why}"
        yield Finding("W027", place, page, f"'{spot.selector}' is not filled everywhere on the page ", after, "name those alone that are meant, by a class of their own")


def _header(seen: Seen, name: str) -> str:
    return next((value for other, value in seen.headers if other == name), "")


def _led(seen: Seen) -> str:
    location = _header(seen, "location")
    return f", to {location}" if location else ""
