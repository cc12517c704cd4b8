"""A page view from request to answer, in pure steps around the one store read: arrive → recall → settle → decide → fillings."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Sequence

from tessera import consent, head, identity, preview, profile, recall, snapshot
from tessera.addresses import host_of, is_own, joined
from tessera.resolved import REDIRECT, Bundle
from tessera.context import Request, request_values
from tessera.decide import decide
from tessera.enrol import given
from tessera.identity import Key
from tessera.recall import Recalled
from tessera.render import render
from tessera.snapshot import Snapshot
from tessera.types import EMPTY, FARTHEST, LADDER, Decision, Profile, Visit

UNIT, RECORD, COOKIES = "\x1f", "\x1e", "\x1d"
MAX_HOPS = 8  # redirects after each other that are followed to see whether they lead in a circle


class Arrival(NamedTuple):
    """What is known before any store is read. `visitor` is None without consent; `returning`: a profile may exist.

    `session`: its id, where an experiment randomises sessions. `sticky`: the arms that the visitor keeps. `wish`: what a
    preview token wishes for. `key` signs new cookies. `account`: the key of the account that has logged in, empty for none.
    `snapshot`: of the profile, from the cookie. `most`: how far the visitor's choice lets personalisation go. `day`: the unit
    of a site without cookies. `profile`: the key of the profile in the store, the account's or the visitor's own.
    """

    request: Request
    visitor: str | None
    returning: bool
    set_cookie: str
    cookie_status: str
    purposes: frozenset[str]
    jurisdiction: str
    facts: Mapping[str, Any]
    session: str | None = None
    sticky: Mapping[str, str] = EMPTY
    wish: preview.Wish = preview.NO_WISH
    key: Key | None = None
    account: str = ""
    snapshot: Snapshot | None = None
    most: str = FARTHEST
    day: str = ""
    profile: str | None = None


def arrive(bundle: Bundle, keys: Sequence[Key], request: Request) -> Arrival:
    """Recognise the visitor and what they permit, from the request alone."""
    at = request.at
    facts = request_values(request, bundle.asks)
    chosen = consent.chosen(bundle, request.cookie)
    purposes, jurisdiction = consent.in_force(bundle, chosen.purposes, facts, chosen.denied, chosen.gpc)
    who = identity.recognise(request.cookie, keys, at)
    visitor, set_cookie = identity.answer(who, bool(purposes) and not bundle.cookieless, request.newcomer, at, keys[0])
    known = visitor is not None and who.status == "known"
    sticky = who.sticky if known else EMPTY
    account = identity.account_key(bundle.site, request.account) if request.account and visitor and bundle.login else ""
    carried = snapshot.read(request.snapshot, visitor) if known and request.snapshot else None
    day = identity.of_the_day(keys[-1], at, host_of(request.url), request.ip, request.user_agent) if bundle.cookieless else ""
    wish, set_preview = preview.NO_WISH, ""
    if preview.PARAMETER in request.url or preview.PARAMETER in request.cookie:
        wish, set_preview = preview.carried(request.url, request.cookie, keys, at)
    session = None
    if bundle.sessions or visitor is None:
        session, set_session = _session(bundle, keys, request, visitor is not None)
        set_cookie = COOKIES.join(filter(None, (set_cookie, set_session)))
    if set_preview:
        set_cookie = COOKIES.join(filter(None, (set_cookie, set_preview)))
    return Arrival(
        request, visitor, known, set_cookie, who.status, purposes, jurisdiction, facts, session, sticky, wish, keys[0],
        account, carried, chosen.level, day, account or visitor,
    )  # fmt: skip


def _session(bundle: Bundle, keys: Sequence[Key], request: Request, allowed: bool) -> tuple[str | None, str]:
    """The session's id where the site tells sessions apart, and the Set-Cookie value that begins it, or takes it away."""
    found = identity.recognise(request.cookie, keys, request.at, identity.SESSION)
    if not allowed:
        return None, "" if found.status == "absent" else identity.clear_cookie(identity.SESSION)
    if found.id is not None:
        return found.id, ""
    fresh = identity.session_id(request.newcomer)
    return fresh, identity.set_session(fresh, request.at, keys[0])


def wants_profile(bundle: Bundle, arrival: Arrival) -> bool:
    """Whether a store read could change a decision: a returning visitor without a fresh snapshot, and a stored fact that is
    permitted, or a campaign with a cap."""
    if not (arrival.returning or arrival.account) or not bundle.remembers or arrival.wish.persona is not None:
        return False
    if recall.is_fresh(bundle, arrival.snapshot, arrival.profile, arrival.request.at):
        return False
    return any([c.cap for c in bundle.campaigns]) or any([a.purpose is None or a.purpose in arrival.purposes for a in bundle.stored])


def wanted_keys(bundle: Bundle, arrival: Arrival) -> str:
    """The keys of a store read, joined by COOKIES: the profile's, and that of facts which are loaded in bulk."""
    keys = [f"profile:{arrival.profile}"]
    if bundle.loaded:
        keys.append(f"facts:{arrival.profile}")
    return COOKIES.join(keys)


def recalled(bundle: Bundle, arrival: Arrival) -> Recalled:
    """What is known of the visitor without asking the store."""
    newcomer = arrival.visitor is not None and not arrival.returning
    return recall.carried(bundle, arrival.snapshot, arrival.profile, arrival.request.at, newcomer)


def forgotten(arrival: Arrival, keys: Sequence[Key]) -> Arrival:
    """The arrival of somebody whose profile was erased: with a new id, from this very response on."""
    fresh = arrival.request.newcomer
    renewed = identity.set_cookie(fresh, arrival.request.at, keys[0])
    others = [cookie for cookie in arrival.set_cookie.split(COOKIES) if cookie and not cookie.startswith(f"{identity.COOKIE}=")]
    return arrival._replace(
        visitor=fresh, returning=False, sticky=EMPTY, snapshot=None, account="", profile=fresh, cookie_status="erased", set_cookie=COOKIES.join((renewed, *others))
    )


def settle(
    bundle: Bundle, arrival: Arrival, stored: Profile | None, *, served_from: str = "none", fallbacks: Sequence[str] = ()
) -> Visit:
    """Everything a decision may depend on: permitted, typed, of an allowed age. A preview's persona takes the visitor's place.

    Args:
        stored: what the store holds of the visitor (an empty Profile for nothing), None where it could not be asked.
    """
    request, wish = arrival.request, arrival.wish
    if wish.persona is not None:
        return preview.played(bundle, request, wish.forced, wish.persona)
    facts = {**profile.looked_up(bundle, request.ip), **arrival.facts} if bundle.lookups else arrival.facts
    if arrival.account:
        facts = {**facts, "account.id": arrival.account}
    values, ages = profile.permitted(bundle, stored, facts, arrival.purposes, request.page or None)
    most = max(arrival.most, stored.most, key=LADDER.index) if stored and stored.most != FARTHEST else arrival.most
    return Visit(
        {"visitor": arrival.day} if arrival.day else units(arrival.visitor, values, arrival.session),
        values,
        arrival.purposes,
        arrival.jurisdiction,
        request.at,
        request.minutes_ahead,
        seen=stored.seen if stored else EMPTY,
        forced=wish.forced,
        preview=bool(wish.forced),
        sticky=arrival.sticky,
        ages=ages,
        served_from=served_from,
        fallbacks=tuple(fallbacks),
        most=most,
        nameless=bool(arrival.day),
    )


def units(visitor: str | None, values: Mapping[str, Any], session: str | None = None) -> dict[str, str]:
    """The ids that may be randomised, by kind: the visitor's, the account's and the session's where they are known."""
    found = {"visitor": visitor} if visitor else {}
    if visitor and session:
        found["session"] = session
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


def cookie(bundle: Bundle, arrival: Arrival, decisions: Sequence[Decision], known: Recalled | None = None, changed: bool = False) -> str:
    """The Set-Cookie values, joined by COOKIES: as on arrival, or with the sticky arms that these decisions gave, and with what
    is known of the visitor, where that changed.

    The arms of an experiment whose purpose is no longer in force are forgotten.
    """
    if arrival.visitor is None:
        return arrival.set_cookie
    sticky = arrival.sticky
    if bundle.sticky or sticky:
        sticky = {**_permitted(bundle, arrival), **given(bundle, decisions)}
    if not changed and sticky == arrival.sticky and not arrival.set_cookie.startswith(f"{identity.COOKIE}="):
        return arrival.set_cookie
    snapshot = recall.writing(bundle, known, arrival.profile, arrival.purposes) if known is not None else None
    renewed = identity.set_cookie(arrival.visitor, arrival.request.at, arrival.key, sticky, snapshot)
    others = [cookie for cookie in arrival.set_cookie.split(COOKIES) if not cookie.startswith(f"{identity.COOKIE}=")]
    return COOKIES.join(filter(None, (renewed, *others)))


def _permitted(bundle: Bundle, arrival: Arrival) -> dict[str, str]:
    """The sticky arms that came, without those of experiments whose purpose is not in force.

    Of an experiment that the bundle does not have the purpose is not known: its arms stay only where all are in force.
    """
    if not arrival.sticky or arrival.purposes.issuperset(bundle.purposes):
        return dict(arrival.sticky)
    permitted = (None, *arrival.purposes)
    kept = {e.key for e in bundle.experiments if e.design.sticky and e.design.purpose in permitted}
    return {key: arm for key, arm in arrival.sticky.items() if key.rpartition("__")[0] in kept}


def redirected(bundle: Bundle, url: str, decisions: Sequence[Decision]) -> tuple[Decision, str] | None:
    """The first redirect that was decided, and where it leads, with the query of the request; None to stay.

    An address that is the page's own is none, nor is one of another site.
    """
    query = url.partition("#")[0].partition("?")[2]
    for decision in decisions:
        slot = bundle.slots[decision.slot]
        if slot.operation == REDIRECT and decision.variant >= 0 and is_own(slot.values[decision.variant], bundle.hosts):
            target, hash_, fragment = slot.values[decision.variant].partition("#")
            if _page(joined(url, target)) != _page(url):
                return decision, f"{target}{('&' if '?' in target else '?') + query if query else ''}{hash_}{fragment}"
    return None


def destination(
    bundle: Bundle, arrival: Arrival, seen: Visit, decisions: Sequence[Decision], page_of: Callable[[str], str]
) -> tuple[Decision, str] | None:
    """The redirect to follow; None to stay, also where it would be the beginning of a circle.

    What the visitor would get at the address, and where that leads, is decided ahead, so that a browser is never sent
    round: rules and arms can differ from page to page.

    Args:
        seen: the visit that was decided. page_of: URL → the name of the page that it is ("" for none).
    """
    if arrival.request.page not in bundle.redirecting:
        return None
    first = found = redirected(bundle, arrival.request.url, decisions)
    url, sticky = arrival.request.url, arrival.sticky
    passed = {_page(url)}
    while found is not None:
        url = joined(url, found[1]).partition("#")[0]
        if _page(url) in passed or len(passed) > MAX_HOPS:
            return None
        passed.add(_page(url))
        request = arrival.request._replace(url=url, page=page_of(url))
        sticky = {**sticky, **given(bundle, decisions)}
        own = request_values(request, bundle.asks)
        stored = {name: value for name, value in seen.values.items() if not name.startswith("request.")}
        decisions = decide(bundle, seen._replace(values={**stored, **own}, sticky=sticky), request.page) if request.page else ()
        found = redirected(bundle, url, decisions)
    return first


def _page(url: str) -> str:
    """An address without query and fragment: what a redirect must change."""
    return url.partition("#")[0].partition("?")[0]


def fillings(bundle: Bundle, page: str, visit: Visit, decisions: Sequence[Decision], view: str = "") -> list[str]:
    """What each place on a page gets: `0` nothing, it stays as it is; `1` and a text; `2` and the number of a content that is
    the same for everybody, which the bridge knows. `view` is the id of the page view."""
    if page in bundle.redirecting:
        decisions = [decision for decision in decisions if bundle.slots[decision.slot].operation != REDIRECT]
    fixed = bundle.fixed
    found = [
        "0" if d.content < 0 else fixed[d.content] or f"1{render(bundle.contents[d.content], visit.values, bundle.items, d.items)}"
        for d in decisions
    ]
    if page in bundle.headed:
        added = head.additions(bundle, page, visit, decisions, contents(bundle, visit, decisions), view)
        found.append(f"1{added}" if added else "0")
    found.append(f"1{preview.banner(visit.forced)}" if visit.preview else "0")
    return found


def routes(bundle: Bundle) -> str:
    """What the bridge must know of a bundle: a record for each page with its name and URL pattern, then name, selector and
    operation of each place on it, in the order of `fillings`. The places for what the head gets, and for what
    tells of a preview, have no name."""
    return RECORD.join(UNIT.join((page, pattern, *_places(bundle, page))) for page, pattern in bundle.pages)


def settings(bundle: Bundle) -> str:
    """What else the bridge must know of a bundle, as JSON: how logins are verified."""
    return json.dumps({"login": dict(bundle.login) if bundle.login else None})


def _places(bundle: Bundle, page: str) -> Iterator[str]:
    for slot in (bundle.slots[number] for number in bundle.slots_of(page)):
        if slot.operation != REDIRECT:
            yield from (slot.name, slot.selector, slot.operation)
    if page in bundle.headed:
        yield from ("", "head", "append")
    yield from ("", "body", "prepend")
