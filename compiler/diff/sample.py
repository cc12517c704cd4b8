"""Visitors made up for two bundles: their conditions are met, missed and met just so; the same seed makes the same visitors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache, partial
from random import Random
from typing import Any

from compiler.diff.asked import Asked, asked
from compiler.diff.distributions import CONSENT, Distribution, Weights
from compiler.diff.places import GROUPED, SELDOM, Option, agents, moments, places
from compiler.diff.plan import Plan
from compiler.diff.pools import Pool, pool
from compiler.diff.visitors import Visitor
from tessera import markets
from tessera.consent import in_force
from tessera.enrol import assigned, sticky_key
from tessera.propensity import predict
from tessera.resolved import Bundle
from tessera.types import EMPTY, Attribute, Visit, coerce
from tessera.visit import units

CHUNK = 1024
PATHS = 64  # addresses of a page
BOTS = 0.01  # of visitors are robots
GPC = 0.05
RETURNING = 0.5  # of visitors keep the arms that they have
KNOWN = 0.5  # of visitors come from a network that a look-up table has
SEEN = 0.4  # of visitors have seen a campaign
OF_COUNTRY = ("request.region", "request.continent", "request.timezone")  # what a file may tell apart from the country
HOUR, DAY = 3600, 86_400
_CHOICES = (("all", 45.0), (None, 30.0), ("none", 15.0))  # consent; a purpose alone gets the rest
Options = Sequence[Mapping[str, Any]]


class Sample:
    """So many visitors, as an iterable of `Visitor`, each on all pages.

    Args:
        at: epoch seconds from which on, for a week, visits are; today's first moment (UTC) without it.
    """

    def __init__(self, plan: Plan, count: int, seed: int = 0, told: Mapping[str, Distribution] = EMPTY, at: float | None = None) -> None:
        self.plan, self.count, self.seed = plan, count, seed
        start = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0).timestamp() if at is None else at
        self._start = start
        self._first_day = int(start // DAY + 3) % 7  # 1970 began on a Thursday
        wanted = asked(plan.old, plan.new)
        asks = frozenset((*plan.old.asks, *plan.new.asks))
        self._asks = asks
        self._places, self._moments, self._agents = (_asked(options, asks) for options in (places(wanted, told), moments(told), agents(wanted, told)))
        self._consent = _choices(plan, told.get(CONSENT))
        named = sorted({a.name: a for bundle in (plan.old, plan.new) for a in bundle.reads}.values(), key=lambda a: a.name)
        self._pools: list[tuple[str, Pool]] = []
        items = list(plan.new.items.ids) or list(plan.old.items.ids)
        for attribute in named:
            if attribute.name == markets.NAME or attribute.name in GROUPED and not (attribute.name in told and attribute.name in OF_COUNTRY):
                continue
            made = pool(_both(plan, attribute.name), _with_extra(attribute, wanted, seed), told.get(attribute.name), items, start, Random(f"{seed} {attribute.name}"))
            if attribute.name in SELDOM and attribute.name not in told:
                made = _seldom(attribute.name, made)
            self._pools.append((attribute.name, made))
        self._lookups = [  # names, and how many rows are there in both
            (name, min(len(bundle.lookups[name].rows) for bundle in (plan.old, plan.new) if name in bundle.lookups)) for name in sorted(plan.old.lookups.keys() | plan.new.lookups.keys())
        ]
        self._campaigns = [(c.name, c.cap[0]) for c in plan.old.campaigns if c.cap]
        self._sides = [_Side(plan.old, self)] if plan.shares_visits else [_Side(plan.old, self), _Side(plan.new, self)]
        self._first = next(((pair.old, pair.new) for pair in plan.pages), (None, None))

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Visitor]:
        import numpy

        weights = [
            *([option.weight for option in options] for options in (self._places, self._moments, self._agents)),
            [weight for _, weight in self._consent],
            *([1 - SEEN, *[SEEN / times] * times] for _, times in self._campaigns),
            *(made.weights for _, made in self._pools),
            *([KNOWN / max(rows, 1)] * rows + [1 - KNOWN] for _, rows in self._lookups),
        ]
        columns = [numpy.cumsum(column) / sum(column) for column in weights]
        random, done, seen = numpy.random.Generator(numpy.random.PCG64(self.seed % 2**64)), 0, len(self._campaigns)
        while done < self.count:
            chances = random.random((len(columns) + 1, CHUNK))
            drawn = [column.searchsorted(chance, side="right").tolist() for column, chance in zip(columns, chances)]
            for chance, place, moment, agent, choice, *row in zip(chances[-1].tolist(), *drawn):
                yield self._visitor(done, place, moment, agent, choice, chance, row[:seen], row[seen:])
                done += 1
                if done == self.count:
                    return

    def _visitor(self, number: int, place: int, moment: int, agent: int, choice: int, chance: float, seen: Sequence[int], row: Sequence[int]) -> Visitor:
        here, now = self._places[place], self._moments[moment]
        minutes = here.minutes
        at = self._start + (now.day - self._first_day) % 7 * DAY + now.hour * HOUR + int(chance * HOUR) - 60 * (minutes or 0)
        asks, request = self._asks, {**here.facts, **self._agents[agent].facts}
        if minutes is not None:
            request.update(now.facts)
            if "request.date" in asks:
                request["request.date"] = _day(int((at + 60 * minutes) // DAY))
        if "request.at" in asks:
            request["request.at"] = float(at)
        if "request.bot" in asks:
            request["request.bot"] = chance < BOTS
        if chance < BOTS and "request.bot_class" in asks:
            request["request.bot_class"] = "search"
        told = {name: times for (name, _), times in zip(self._campaigns, seen) if times} if seen else EMPTY
        unit, chosen = f"v{self.seed}-{number}", self._consent[choice][0]
        made = [side.visit(unit, request, row, chosen, float(at), minutes or 0, told) for side in self._sides]
        if self.plan.old.sticky and chance > 1 - RETURNING:
            kept = _kept(self.plan.old, made[0])
            made = [visit._replace(sticky=kept) for visit in made]
        view = partial(self._view, made, number)
        return Visitor(*view(*self._first), self._first[0] or self._first[1], True, view)

    def _view(self, made: Sequence[Visit], number: int, old: str | None, new: str | None) -> tuple[Visit, Visit]:
        """The visits on a page, by its names in both bundles."""
        seen = [side.on_page(visit, page, number) for side, visit, page in zip(self._sides, made, (old or new, new or old))]
        return seen[0], seen[-1]


class _Side:
    """How one bundle sees the visitors of a sample."""

    def __init__(self, bundle: Bundle, sample: Sample) -> None:
        self.bundle = bundle
        self._asks = frozenset(bundle.asks)
        self._asks_all = self._asks == sample._asks
        own = {a.name: a for a in bundle.reads}
        columns: list[Options] = [_options(own.get(name), made) for name, made in sample._pools]
        for name, rows in sample._lookups:
            columns.append(_rows(bundle, name, rows))
        self._columns = columns
        self._tables: dict[frozenset[str], list[Options]] = {}
        self._early = [i for i, (name, _) in enumerate(sample._pools) if name.startswith("request.") and name in bundle.places or name == "request.gpc"]
        self._choices = {choice: _chosen(bundle, choice) for choice, _ in sample._consent}
        self._defaults: dict[frozenset[str], dict[str, Any]] = {}
        self._pages = {page: _addressed(bundle, page, Random(f"{sample.seed} {page}")) for page, _ in bundle.pages}
        self._is_by_page = bool(self._asks & {"request.page", "request.path", "request.url"})

    def visit(self, unit: str, request: Mapping[str, Any], row: Sequence[int], choice: str | None, at: float, offset: int, seen: Mapping[str, Any]) -> Visit:
        """What is known of a visitor on no page."""
        asks, bundle = self._asks, self.bundle
        facts = dict(request) if self._asks_all else {name: value for name, value in request.items() if name in asks}
        if "request.gpc" in asks:
            facts["request.gpc"] = False
        for i in self._early:
            facts.update(self._columns[i][row[i]])
        purposes, jurisdiction = in_force(bundle, self._choices[choice], facts)
        tables = self._tables.get(purposes)
        if tables is None:
            tables = self._permitted(purposes)
        values = dict(self._defaults[purposes])
        values.update(facts)
        for options, i in zip(tables, row):
            values.update(options[i])
        if bundle.markets:
            markets.tell(bundle.markets, values)
        known = bool(purposes) or not bundle.purposes
        ids = {"visitor": unit} if bundle.cookieless else units(unit if known else None, values)
        return Visit(ids, values, purposes, jurisdiction, at, offset, seen)

    def _permitted(self, purposes: frozenset[str]) -> list[Options]:
        """The columns without what may not be known by these purposes."""
        allowed = {a.name for a in self.bundle.reads if a.name.startswith("request.") or a.purpose is None or a.purpose in purposes}
        found = [[option if option.keys() <= allowed else {n: v for n, v in option.items() if n in allowed} for option in column] for column in self._columns]
        self._defaults[purposes] = {a.name: a.default for a in self.bundle.stored if a.name in allowed and a.default is not None}
        self._tables[purposes] = found
        return found

    def on_page(self, visit: Visit, page: str | None, number: int) -> Visit:
        """The visit on a page, with what its models predict there."""
        bundle, values = self.bundle, visit.values
        if page is not None and self._is_by_page and page in self._pages:
            addresses = self._pages[page]
            values = {**values, **addresses[number % len(addresses)]}
        if bundle.propensities:
            values = {**values, **predict(bundle.propensities, values, visit.purposes, page)}
        if values is visit.values:
            return visit
        if bundle.markets:
            markets.tell(bundle.markets, values)
        return Visit(visit.units, values, visit.purposes, visit.jurisdiction, visit.at, visit.offset, visit.seen, sticky=visit.sticky)  # quicker than _replace


@lru_cache(maxsize=64)
def _day(day: int) -> str:
    """A number of days since 1970 began as a date."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def _asked(options: Sequence[Option], asks: frozenset[str]) -> list[Option]:
    """Options with the facts that are asked for alone."""
    return [option._replace(facts={name: value for name, value in option.facts.items() if name in asks}) for option in options]


def _both(plan: Plan, name: str) -> Attribute:
    """An attribute as the new bundle declares it, or the old; with the values of both."""
    ours, theirs = plan.old.attributes.get(name), plan.new.attributes.get(name)
    if ours is None or theirs is None:
        return theirs or ours
    return replace(theirs, values=theirs.values | ours.values)


def _with_extra(attribute: Attribute, wanted: Mapping[str, Asked], seed: int) -> Asked:
    """What is asked of an attribute; of accounts some ids, so that experiments can tell them apart."""
    found = wanted.get(attribute.name, Asked())
    if attribute.name == "account.id":
        return replace(found, values={**found.values, **dict.fromkeys(f"a{seed}-{n}" for n in range(500))})
    return found


def _seldom(name: str, made: Pool) -> Pool:
    """What most visits do not have: a campaign's name, a click's, a referrer, the signal GPC."""
    values = [value for value in made.values if value is not None]
    if name == "request.gpc":
        return Pool((True, False), (GPC, 1 - GPC))
    return Pool((None, *values), (0.6, *[0.4 / len(values)] * len(values))) if values else made


def _options(attribute: Attribute | None, made: Pool) -> Options:
    """The values of a pool as a bundle knows them: of its type, or not at all. What is predicted is not known otherwise."""
    if attribute is None or (attribute.source or "").startswith(("model.", "lookup.")):
        return [EMPTY] * len(made.values)
    typed = [None if value is None else coerce(attribute, value) for value in made.values]
    return [EMPTY if value is None else {attribute.name: value} for value in typed]


def _rows(bundle: Bundle, name: str, rows: int) -> Options:
    """The facts of the rows of a look-up table; after them nothing."""
    table, source = bundle.lookups.get(name), f"lookup.{name}"
    if table is None:
        return [EMPTY] * (rows + 1)
    wanted = [(a, table.fields.index(field)) for a in bundle.reads if a.source == source and (field := a.name.rpartition(".")[2]) in table.fields]
    found = []
    for row in table.rows[:rows]:
        typed = {a.name: coerce(a, row[place]) for a, place in wanted if row[place] is not None}
        found.append({name: value for name, value in typed.items() if value is not None})
    return [*found, EMPTY]


def _choices(plan: Plan, told: Distribution | None) -> list[tuple[str | None, float]]:
    """What visitors chose: `all`, `none`, some purposes joined by `+`, or nothing (None); with weights."""
    if isinstance(told, Weights):
        return list(zip(told.values, told.weights))
    purposes = sorted({*plan.old.purposes, *plan.new.purposes})
    return [*_CHOICES, *((purpose, 10.0 / len(purposes)) for purpose in purposes)]


def _chosen(bundle: Bundle, choice: str | None) -> frozenset[str] | None:
    if choice is None:
        return None
    named = set(bundle.purposes) if choice == "all" else set(str(choice).split("+"))
    return frozenset(named & set(bundle.purposes))


def _kept(bundle: Bundle, visit: Visit) -> dict[str, str]:
    """The arms that somebody who was here before keeps."""
    found = {}
    for experiment in bundle.experiments:
        if experiment.design.sticky:
            arm, enrolled, _ = assigned(experiment, visit)
            if enrolled and arm >= 0:
                found[sticky_key(experiment)] = experiment.design.arms[arm]
    return found


def addresses(bundle: Bundle, page: str, random: Random, many: int = PATHS) -> list[str]:
    """Some paths of a page: its named parts filled with ids of items, or with values of the field of that name."""
    pattern = dict(bundle.pages)[page]
    return ["/".join(_part(bundle, part, random) for part in pattern.split("/")) for _ in range(many)]


def _addressed(bundle: Bundle, page: str, random: Random) -> list[dict[str, Any]]:
    """What the addresses of a page tell, as far as it is asked for."""
    host = bundle.hosts[0] if bundle.hosts else "localhost"
    told = ({"request.page": page, "request.path": path, "request.url": f"https://{host}{path}"} for path in addresses(bundle, page, random))
    return [{name: value for name, value in facts.items() if name in bundle.asks} for facts in told]


def _part(bundle: Bundle, part: str, random: Random) -> str:
    if not part.startswith(":"):
        return part.replace("*", "x")
    column = bundle.items.columns.get(part[1:]) or bundle.items.ids
    return str(column[random.randrange(len(column))]) if len(column) else "x"
