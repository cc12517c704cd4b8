"""Where and with what visitors come, as facts that go together: a country and its region, an hour and its weekday, a browser and its system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from compiler.diff.asked import Asked
from compiler.diff.distributions import Distribution, Weights
from tessera.context import BUILT_IN, Request, region_of

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# country, subdivision, continent, time zone, minutes ahead of UTC, weight
_PLACES = (
    ("DE", "", "EU", "Europe/Berlin", 60, 5), ("GB", "", "EU", "Europe/London", 0, 4), ("FR", "", "EU", "Europe/Paris", 60, 3), ("US", "NY", "NA", "America/New_York", -300, 4),
    ("US", "CA", "NA", "America/Los_Angeles", -480, 3), ("CA", "ON", "NA", "America/Toronto", -300, 1), ("BR", "SP", "SA", "America/Sao_Paulo", -180, 1),
    ("IN", "MH", "AS", "Asia/Kolkata", 330, 2), ("JP", "13", "AS", "Asia/Tokyo", 540, 1), ("AU", "NSW", "OC", "Australia/Sydney", 600, 1), ("", "", "", "", 0, 1),
)  # fmt: skip
_AGENTS = (
    ({"device": "desktop", "browser": "Chrome", "os": "Windows"}, 4), ({"device": "desktop", "browser": "Safari", "os": "Mac OS X"}, 2),
    ({"device": "desktop", "browser": "Firefox", "os": "Linux"}, 1), ({"device": "phone", "browser": "Mobile Safari", "os": "iOS"}, 4),
    ({"device": "phone", "browser": "Chrome Mobile", "os": "Android"}, 4), ({"device": "tablet", "browser": "Mobile Safari", "os": "iOS"}, 1),
)  # fmt: skip


class Option(NamedTuple):
    """Facts that come together, and how often; of a place `minutes` ahead of UTC (None: not known), of a moment `day` and `hour`."""

    facts: Mapping[str, Any]
    weight: float
    minutes: int | None = None
    day: int = 0
    hour: int = 0


def places(asked: Mapping[str, Asked], told: Mapping[str, Distribution]) -> list[Option]:
    """Countries with what follows from them: usual ones, and those that conditions or the file name."""
    given = told.get("request.country")
    known = {row[0] for row in _PLACES}
    names = [name for name in (*_texts(asked, "request.country"), *(given.values if isinstance(given, Weights) else ())) if name and name not in known]
    rows = [*_PLACES, *((str(name), "", "", "", 0, 2) for name in dict.fromkeys(names))]
    rows += [(*region.split("-", 1), "", "", 0, 2) for region in _texts(asked, "request.region") if "-" in region and tuple(region.split("-", 1)) not in {row[:2] for row in rows}]
    found = [Option(_place(*row[:4]), row[5], row[4] if row[3] or row[0] not in known else None) for row in rows]
    return _weighted(found, "request.country", given)


def _place(country: str, subdivision: str, continent: str, zone: str) -> dict[str, Any]:
    region = region_of(Request(country=country, subdivision=subdivision))
    told = {"country": country, "region": region, "continent": continent, "timezone": zone}
    return {f"request.{name}": value for name, value in told.items() if value}


def moments(told: Mapping[str, Distribution]) -> list[Option]:
    """Every hour of a week, more of them by day."""
    found = []
    for day in range(7):
        for hour in range(24):
            daypart = "night" if hour < 6 else "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
            facts = {"request.hour": hour, "request.weekday": DAYS[day], "request.daypart": daypart}
            found.append(Option(facts, 1 if hour < 6 else 3, None, day, hour))
    for name in ("request.weekday", "request.daypart", "request.hour"):
        found = _weighted(found, name, told.get(name))
    return found


def agents(asked: Mapping[str, Asked], told: Mapping[str, Distribution]) -> list[Option]:
    """Browsers with their systems and devices, and those that conditions name."""
    found = [Option({f"request.{key}": value for key, value in facts.items()}, weight) for facts, weight in _AGENTS]
    for name in ("request.device", "request.browser", "request.os"):
        known = {option.facts[name] for option in found}
        found += [Option({**found[0].facts, name: value}, 1) for value in _texts(asked, name) if value not in known]
        given = told.get(name)
        if isinstance(given, Weights):
            known = {option.facts[name] for option in found}
            found += [Option({**found[0].facts, name: value}, 1) for value in given.values if value is not None and value not in known]
        found = _weighted(found, name, given)
    return found


def _weighted(options: list[Option], name: str, given: Distribution | None) -> list[Option]:
    """Options so that a fact comes as often as the file says; what it does not name does not come."""
    if not isinstance(given, Weights):
        return options
    wanted = dict(zip(given.values, given.weights))
    totals: dict[Any, float] = {}
    for option in options:
        totals[option.facts.get(name)] = totals.get(option.facts.get(name), 0.0) + option.weight
    kept = [option._replace(weight=option.weight / totals[value] * wanted[value]) for option in options if wanted.get(value := option.facts.get(name))]
    return kept or options


def _texts(asked: Mapping[str, Asked], name: str) -> Iterable[str]:
    return [value for value in asked[name].values if isinstance(value, str)] if name in asked else []


GROUPED: frozenset[str] = frozenset(
    f"request.{name}"
    for name in "country region continent timezone hour weekday daypart date device browser os page path url at bot bot_class".split()
)
SELDOM = tuple(name for name in BUILT_IN if name.startswith(("request.utm_", "request.click", "request.referrer", "request.gpc")))
