"""A context that a caller supplies with each question → the visit that is decided.

Callers are programs: what their own request tells (address, browser, place) is nobody's visit, so `request.*` is what the
context says, and what follows from that (the region from the country, the device from the browser's name).
"""

from __future__ import annotations

import re
from typing import Any, Mapping, NamedTuple

from tessera import consent, identity, profile, visit
from tessera.context import Request, request_values
from tessera.resolved import Bundle
from tessera.types import EMPTY, FARTHEST, LADDER, MAX_TEXT, Attribute, Profile, Visit, coerce

UNIT = "targetingKey"
ACCOUNT = "account:"  # before the name of an account that has logged in, as the site's own token says it
CONSENT = "consent"
SOURCE = "context."  # of attributes that come with each question: `from: context.<name>`
VISITOR = re.compile(r"[A-Za-z0-9_-]{1,64}\Z", re.ASCII)  # a unit that may have a profile
_FIELDS = {
    **{f"{space}{field}": field for space in ("", "request.") for field in (
        "country", "subdivision", "city", "continent", "timezone", "postal", "url", "referer", "ip", "user_agent", "accept_language",
    )},
    "userAgent": "user_agent",
}  # fmt: skip


class Supplied(NamedTuple):
    """A context, read.

    Attributes:
        unit: who is randomised. session: its id, where the context tells one.
        facts: typed values of attributes. most: the highest level of a ladder that may decide.
        key: of the profile in the store; empty where nothing that it holds could matter.
    """

    unit: str
    session: str | None
    facts: Mapping[str, Any]
    purposes: frozenset[str]
    jurisdiction: str
    most: str
    key: str
    at: float


def read(bundle: Bundle, context: Mapping[str, Any], at: float) -> Supplied:
    """Read a context with a `targetingKey`, at a time (epoch seconds).

    An attribute is told by its full name, nested (`{"visitor": {"plan": …}}`) or bare; one `from: context.<name>` by that name
    alone. Values of a wrong type are unknown. `consent` is a list, or a text as the consent cookie holds it; without it what the
    jurisdiction allows is in force.
    """
    told = profile.flatten(context, bundle.attributes)
    facts: dict[str, Any] = {}
    if bundle.asks or bundle.lookups:
        request = _request(context, told, at)
        facts = {**profile.looked_up(bundle, request.ip), **request_values(request, bundle.asks)}
    for attribute in bundle.reads:
        value = context.get(attribute.source[len(SOURCE) :]) if _is_supplied(attribute) else told.get(attribute.name)
        typed = None if value is None else coerce(attribute, value)
        if typed is not None:
            facts[attribute.name] = typed
    choice = _choice(context.get(CONSENT))
    chosen = None if choice is None else consent.choice(choice, bundle.purposes)
    purposes, jurisdiction = consent.in_force(bundle, chosen, facts)
    unit = context[UNIT]
    is_account = unit.startswith(ACCOUNT)
    if is_account:
        unit = facts["account.id"] = identity.account_key(bundle.site, unit[len(ACCOUNT) :])
    key = unit if _may_know(bundle, purposes) and VISITOR.match(unit) and _matters(bundle, facts, purposes) else ""
    most = consent.level(choice) if choice else FARTHEST
    return Supplied(unit, _text(told.get("session.id")) or None, facts, purposes, jurisdiction, most, key, at)


def settle(
    bundle: Bundle, supplied: Supplied, stored: Profile | None, sticky: Mapping[str, str] = EMPTY, *, most: str = FARTHEST, **told: Any
) -> Visit:
    """The visit to decide.

    Where the site asks for consent and none is in force there is no unit, as on its pages.

    Args:
        stored: an empty Profile for nothing, None where the store could not be asked. sticky: the arms that the unit keeps.
        most: how far personalisation goes, where that is less than the context and the profile say. told: `served_from` and
            `fallbacks` of the visit.
    """
    values, ages = profile.permitted(bundle, stored, supplied.facts, supplied.purposes)
    may = _may_know(bundle, supplied.purposes)
    return Visit(
        units=visit.units(supplied.unit if may else None, values, supplied.session),
        values=values,
        purposes=supplied.purposes,
        jurisdiction=supplied.jurisdiction,
        at=supplied.at,
        seen=stored.seen if stored else EMPTY,
        sticky=sticky if may else EMPTY,
        ages=ages,
        most=max(most, supplied.most, stored.most if stored else FARTHEST, key=LADDER.index),
        **told,
    )


def _may_know(bundle: Bundle, purposes: frozenset[str]) -> bool:
    return bool(purposes) or not bundle.purposes


def _is_supplied(attribute: Attribute) -> bool:
    return attribute.source is not None and attribute.source.startswith(SOURCE)


def _matters(bundle: Bundle, facts: Mapping[str, Any], purposes: frozenset[str]) -> bool:
    """Whether anything that may be stored of the unit could change a decision: a fact, an arm that is kept, what was seen."""
    return (
        bundle.sticky
        or any([_adds(attribute, facts, purposes) for attribute in bundle.stored])
        or any([campaign.cap is not None for campaign in bundle.campaigns])
    )


def _adds(attribute: Attribute, facts: Mapping[str, Any], purposes: frozenset[str]) -> bool:
    """Whether a stored value of the attribute would be used."""
    if attribute.name in facts or _is_supplied(attribute):
        return False
    return attribute.purpose is None or attribute.purpose in purposes


def _request(context: Mapping[str, Any], told: Mapping[str, Any], at: float) -> Request:
    """What the context tells of the visitor's request; the time of day is known where it tells an hour itself."""
    found = ((_FIELDS[name], _text(value)) for name, value in (*told.items(), *context.items()) if name in _FIELDS)
    return Request(now=str(round(at * 1000)), **{field: text for field, text in found if text})


def _text(value: Any) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def _choice(value: Any) -> str | None:
    """The choice as a text; None where none was made. What cannot be read grants nothing."""
    if value is None:
        return None
    words = value if isinstance(value, list) else [value]
    told = ".".join([word for word in words[:64] if isinstance(word, str)])
    return told if len(told) <= consent.MAX_OWN else ""
