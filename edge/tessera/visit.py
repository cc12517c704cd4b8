"""A page view from request to answer, in pure steps around the one store read: arrive → settle → answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from tessera import consent, identity, profile
from tessera.bundle import Bundle
from tessera.context import Request, request_values
from tessera.identity import Identity, Key
from tessera.render import render
from tessera.types import EMPTY, Decision, Profile, Visit

UNIT, RECORD = "\x1f", "\x1e"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known before any store is read. `visitor` is None without consent; `returning`: a profile may exist."""

    request: Request
    visitor: str | None
    returning: bool
    set_cookie: str
    cookie_status: str
    purposes: frozenset[str]
    jurisdiction: str
    facts: Mapping[str, Any]


def arrive(bundle: Bundle, keys: Sequence[Key], request: Request) -> Arrival:
    """Recognise the visitor and what they permit, from the request alone."""
    facts = request_values(request, (a.name for a in bundle.reads))
    cookies = identity.cookie_values(request.cookie, consent.COOKIE)
    unread = len(request.cookie) > identity.MAX_HEADER  # a choice may stand in the rest: in doubt it was no
    chosen = consent.choice(cookies[0] if cookies else "" if unread else None, bundle.purposes)
    purposes, jurisdiction = consent.in_force(bundle, chosen, facts)
    who = identity.recognise(request.cookie, keys, request.at)
    visitor, set_cookie = identity.answer(who, bool(purposes), request.newcomer, request.at, keys[0])
    known = visitor is not None and who.status == "known"
    return Arrival(request, visitor, known, set_cookie, who.status, purposes, jurisdiction, facts)


def wants_profile(bundle: Bundle, arrival: Arrival) -> bool:
    """Whether a store read could change a decision: a returning visitor, and a stored fact that is permitted."""
    return arrival.returning and any(
        a.purpose is None or a.purpose in arrival.purposes for a in bundle.reads if not a.name.startswith("request.")
    )


def settle(
    bundle: Bundle, arrival: Arrival, stored: Profile | None, *, served_from: str = "none", fallbacks: Sequence[str] = ()
) -> Visit:
    """Everything a decision may depend on: permitted, typed, of an allowed age.

    Args:
        stored: what the store holds of the visitor (an empty Profile for nothing), None where it could not be asked.
    """
    facts = {**profile.looked_up(bundle, arrival.request.ip), **arrival.facts}
    values, ages = profile.permitted(bundle, stored, facts, arrival.purposes)
    return Visit(
        units=units(arrival.visitor, values),
        values=values,
        purposes=arrival.purposes,
        jurisdiction=arrival.jurisdiction,
        at=arrival.request.at,
        offset=arrival.request.minutes_ahead,
        seen=stored.seen if stored else EMPTY,
        ages=ages,
        served_from=served_from,
        fallbacks=tuple(fallbacks),
    )


def units(visitor: str | None, values: Mapping[str, Any]) -> dict[str, str]:
    """The ids that may be randomised, by kind: the visitor's, and the account's where one is known."""
    found = {"visitor": visitor} if visitor else {}
    account = values.get("account.id") or values.get("account.domain")
    if visitor and isinstance(account, str):
        found["account"] = account
    return found


def contents(bundle: Bundle, visit: Visit, decisions: Sequence[Decision]) -> list[str | None]:
    """The text of each decided slot; None leaves the slot as it is."""
    return [
        None if d.content < 0 else render(bundle.contents[d.content], visit.values, bundle.items, d.items)
        for d in decisions
    ]


def answer(
    bundle: Bundle, arrival: Arrival, decisions: Sequence[Decision], texts: Sequence[str | None], timing: str = ""
) -> str:
    """The one string for the bridge: plan key, Set-Cookie, Server-Timing; then a record for each slot of the page."""
    records = [UNIT.join((f"{bundle.name}/{arrival.request.page}", arrival.set_cookie, timing))]
    for decision, text in zip(decisions, texts):
        slot = bundle.slots[decision.slot]
        fields = (slot.name, slot.selector, slot.operation, "0" if text is None else "1", text or "")
        records.append(UNIT.join(fields))
    return RECORD.join(records)
