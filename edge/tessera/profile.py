"""What is stored about a visitor → permitted values: by purpose, by age, by declared type."""

from __future__ import annotations

import math
from bisect import bisect_right
from ipaddress import ip_address
from itertools import chain
from typing import Any, Iterable, Mapping

from tessera import markets
from tessera.propensity import predict
from tessera.resolved import Bundle, Lookup
from tessera.types import EMPTY, FARTHEST, LADDER, Attribute, Profile, coerce, moment_of, parse_json

VERSION = 2  # of stored profiles
MAX_PROFILE = 65_536  # characters of a stored profile that are read
NAMESPACES = ("visitor", "account", "request")


def flatten(attributes: Any, known: Iterable[str]) -> dict[str, Any]:
    """Nested (`{"visitor": {"plan": …}}`), dotted or bare names → full names of the site's attributes.

    A bare name stands for the one attribute that ends in it, looked for in `visitor`, `account`, `request` in this order.
    """
    if not isinstance(attributes, dict):
        return {}
    declared = frozenset(known)
    found: dict[str, Any] = {}
    for key, value in attributes.items():
        if key in NAMESPACES and isinstance(value, dict):
            found.update((f"{key}.{name}", inner) for name, inner in value.items())
        elif key in declared:
            found[key] = value
        else:
            full = next((f"{space}.{key}" for space in NAMESPACES if f"{space}.{key}" in declared), key)
            found[full] = value
    return found


def document(text: str, known: Iterable[str], at: float) -> tuple[dict[str, Any] | None, str]:
    """A stored profile in the form that is written today; else None, and as which fallback that is told: the text is none, or
    was written by a newer Worker.

    In the first version `attributes` may be nested or bare, moments ISO 8601, `updated` and `updated_at` left out; without
    them the age is taken as zero.
    """
    try:
        stored = parse_json(text, MAX_PROFILE)
    except ValueError:
        return None, "profile-broken"
    if not isinstance(stored, dict):
        return None, "profile-broken"
    version = stored.get("v", 1)
    if version == VERSION:
        return (stored, "") if _is_sound(stored, at) else (None, "profile-broken")
    return (upgraded(stored, known, at), "") if version == 1 else (None, "profile-newer")


def _is_sound(stored: Mapping[str, Any], at: float) -> bool:
    """Whether a profile of today's version is as it is written."""
    if "erased" in stored:
        return True
    attributes, own, seen = stored.get("attributes"), stored.get("updated_at", EMPTY), stored.get("seen", EMPTY)
    if type(attributes) is not dict or not isinstance(own, Mapping) or not isinstance(seen, Mapping):
        return False
    try:
        moments = [stored.get("updated", at), stored.get("last", at), *own.values(), *chain.from_iterable(seen.values())]
        return {*map(type, seen.values())} <= {list} and {*map(type, moments)} <= _NUMBERS and math.isfinite(sum(moments))
    except (OverflowError, TypeError):
        return False


_NUMBERS = {int, float}


def upgraded(stored: Mapping[str, Any], known: Iterable[str], at: float) -> dict[str, Any]:
    """A profile of the first version as one of the second."""
    attributes = flatten(stored.get("attributes"), known)
    written = _moment(stored.get("updated"), at)
    own = stored.get("updated_at")
    own = flatten(own, known) if isinstance(own, dict) else {}
    seen = {name: list(times) if isinstance(times, tuple) else [written - i / 1000 for i in range(min(times, 64))] for name, times in _seen(stored.get("seen")).items()}
    return {
        "v": VERSION,
        "attributes": attributes,
        "updated_at": {name: _moment(own.get(name), written) for name in attributes},
        "updated": written,
        "seen": seen,
    }


def read(stored: Mapping[str, Any], known: Iterable[str], at: float) -> Profile:
    """A profile or visitor file that was parsed already → Profile."""
    most = stored.get("level", FARTHEST)
    most = most if most in LADDER else LADDER[-1]
    if stored.get("v") == VERSION:
        attributes, own = stored.get("attributes", EMPTY), stored.get("updated_at", EMPTY)
        age = at - stored.get("updated", at)
        ages = {name: later if (later := at - own[name] if name in own else age) > 0 else 0.0 for name in attributes}
        return Profile(attributes, ages, _seen(stored.get("seen")), most)
    attributes = flatten(stored.get("attributes"), known)
    written = _moment(stored.get("updated"), at)
    own = stored.get("updated_at")
    own = flatten(own, known) if isinstance(own, dict) else {}
    ages = {name: max(0.0, at - _moment(own.get(name), written)) for name in attributes}
    return Profile(attributes, ages, _seen(stored.get("seen")), most)


def _moment(value: Any, otherwise: float) -> float:
    moment = moment_of(value)
    return otherwise if moment is None else moment


def _seen(stored: Any) -> Mapping[str, Any]:
    """Campaign → a count, or the times (epoch seconds) it was seen."""
    if not isinstance(stored, dict):
        return EMPTY
    found: dict[str, Any] = {}
    for name, value in stored.items():
        if isinstance(value, int) and not isinstance(value, bool):
            found[name] = value
        elif isinstance(value, list):
            found[name] = tuple(m for m in (_moment(v, -1.0) for v in value[:64]) if m >= 0)
    return found


def permitted(
    bundle: Bundle, profile: Profile | None, facts: Mapping[str, Any], purposes: frozenset[str], page: str | None = None
) -> tuple[dict[str, Any], dict[str, float]]:
    """The values that may take part in decisions, and the ages (seconds) of those that were stored.

    Args:
        profile: None where the store could not be asked: then a stored fact is unknown, and its default does not apply.
        facts: values that came with the request, already found: `request.*`, which are typed, and look-ups.
        page: the page that is decided, None for any: what no decision of it reads is not predicted.
    Of a site with markets the values tell the visit's own (`request.market`). An attribute whose purpose is not in force, that is older than its `keep`, or of a wrong type is absent.
    """
    if not bundle.stored:
        values = dict(facts)
        if bundle.markets:
            markets.tell(bundle.markets, values)
        return values, {}
    values = {name: facts[name] for name in bundle.asks if name in facts}
    ages: dict[str, float] = {}
    for attribute in bundle.stored:
        name = attribute.name
        if attribute.purpose is not None and attribute.purpose not in purposes:
            continue
        value = facts.get(name)
        stored = value is None and profile is not None
        if stored:
            value = _stored(attribute, profile)
        result = None if value is None else coerce(attribute, value)
        if result is not None and stored:
            ages[name] = profile.ages.get(name, 0.0)
        if result is None and profile is not None:
            result = attribute.default
        if result is not None:
            values[name] = result
    if bundle.propensities:
        values.update(predict(bundle.propensities, values, purposes, page))
    if bundle.markets:
        markets.tell(bundle.markets, values)
    return values, ages


def _stored(attribute: Attribute, profile: Profile) -> Any:
    if attribute.keep is not None and profile.ages.get(attribute.name, 0.0) > attribute.keep:
        return None
    return profile.attributes.get(attribute.name)


def looked_up(bundle: Bundle, ip: str) -> dict[str, Any]:
    """The facts that the look-up tables tell of a network address, by attribute name."""
    rows = {f"lookup.{name}": find(table, ip) for name, table in bundle.lookups.items()}
    told = ((a.name, rows.get(a.source)) for a in bundle.reads)
    found = ((name, row.get(name.rpartition(".")[2])) for name, row in told if row)
    return {name: value for name, value in found if value is not None}


def find(table: Lookup, ip: str) -> Mapping[str, Any] | None:
    """The row of the range that holds an address; None for none, and for what is no address."""
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    packed = address.packed if address.version == 6 else b"\0" * 10 + b"\xff\xff" + address.packed
    at = bisect_right(table.starts, packed) - 1
    if at < 0 or packed > table.ends[at]:
        return None
    return dict(zip(table.fields, table.rows[at]))
