"""A page view in one turn: the bridge's string in, the bridge's string out.

What comes in are the fields of a Request, and behind a record separator what the store told of the visitor, once it was
asked. What goes out is one of

    page      Set-Cookie values, log record; then one text for each place on the page: `1` and its content, or `0` to leave it
    redirect  slot, address, Set-Cookie values, log record
    read      key in the store of profiles, milliseconds that it may take: ask it, and take the turn again

Nothing is kept between turns, so that a turn can be taken again and tests need no platform.
"""

from __future__ import annotations

from typing import Callable, Sequence

from tessera import profile, record, visit
from tessera.context import parse
from tessera.decide import decide
from tessera.identity import Key
from tessera.resolved import Bundle
from tessera.types import Profile

UNIT, RECORD = visit.UNIT, visit.RECORD
Stored = tuple[Profile | None, str, tuple[str, ...]]  # the profile, None where it could not be read; where from; fallbacks taken


def turn(bundle: Bundle, keys: Sequence[Key], text: str, page_of: Callable[[str], str]) -> str:
    """Decide a page view.

    Args:
        keys: of the cookies; the first signs. text: as above. page_of: URL → the name of the page that it is ("" for none).
    Raises:
        ValueError: where the text is not of the agreed form.
    """
    facts, asked, answered = text.partition(RECORD)
    request = parse(facts)
    arrival = visit.arrive(bundle, keys, request)
    if asked:
        stored, served_from, fallbacks = _told(bundle, answered, request.at)
    elif visit.wants_profile(bundle, arrival):
        return UNIT.join(("read", f"profile:{arrival.visitor}", str(bundle.deadline)))
    else:
        stored, served_from, fallbacks = _NOTHING
    seen = visit.settle(bundle, arrival, stored, served_from=served_from, fallbacks=fallbacks)
    decisions = decide(bundle, seen, request.page)
    found = visit.destination(bundle, arrival, seen, decisions, page_of)
    if found is not None:
        decision, address = found  # what else was decided for the page is not shown, so it is not logged
        told = record.text(bundle, seen, (decision,), view=request.nonce, page=request.page)
        cookie = visit.cookie(bundle, arrival, (decision,))
        return UNIT.join(("redirect", bundle.slots[decision.slot].name, address, cookie, told))
    told = record.text(bundle, seen, decisions, view=request.nonce, page=request.page)
    first = UNIT.join(("page", visit.cookie(bundle, arrival, decisions), told))
    return RECORD.join((first, *visit.fillings(bundle, request.page, seen, decisions, request.nonce)))


_NOTHING: Stored = (Profile(), "none", ())


def _told(bundle: Bundle, answered: str, at: float) -> Stored:
    """What the store told: `ok` and the text, `none`, `late`, or `error` and why."""
    status, _, value = answered.partition(UNIT)
    if status == "none":
        return Profile(), "store", ()
    found = profile.parse(value, bundle.attributes, at) if status == "ok" else None
    if found is None:
        return None, "none", ("profile-broken" if status == "ok" else f"profile-{status}",)
    return found, "store", ()
