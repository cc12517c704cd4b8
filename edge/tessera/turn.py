"""A page view in one turn: the bridge's string in, the bridge's string out.

What comes in are the fields of a Request, and behind a record separator what the store told of the visitor, once it was
asked. What goes out is one of

    page      Set-Cookie values, log record, more of its message, a message for the queue of events (empty for none); then one
              text for each place on the page: `1` and its content, or `0` to leave it
    redirect  slot, address, and then the same four
    read      keys in the store of profiles, milliseconds that it may take: ask it, and take the turn again

Within a Set-Cookie value the visitor's snapshot stands between two marks (identity.SEAL), for the bridge to encrypt. Nothing is
kept between turns, so that a turn can be taken again and tests need no platform.
"""

from __future__ import annotations

import json
from typing import Callable, Sequence

from tessera import recall, record, visit
from tessera.context import parse
from tessera.decide import decide
from tessera.identity import Key
from tessera.recall import Recalled
from tessera.resolved import Bundle
from tessera.types import Decision, Visit
from tessera.visit import Arrival

UNIT, RECORD = visit.UNIT, visit.RECORD
UNSEALED = "-"  # in place of a snapshot: the bridge can seal none, so none is to be written


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
    if not asked and visit.wants_profile(bundle, arrival):
        return reading(bundle, arrival)
    arrival, known = recalled(bundle, keys, arrival, answered if asked else None)
    seen = visit.settle(bundle, arrival, known.profile(bundle, request.at), served_from=known.served_from, fallbacks=known.fallbacks)
    decisions = decide(bundle, seen, request.page)
    found = visit.destination(bundle, arrival, seen, decisions, page_of)
    if found is not None:
        decision, address = found  # what else was decided for the page is not shown, so it is not logged
        told = record.text(bundle, seen, (decision,), view=request.nonce, page=request.page)
        cookie = _cookie(bundle, arrival, known, seen, (decision,))
        return UNIT.join(("redirect", bundle.slots[decision.slot].name, address, cookie, told, *_whose(arrival, known, seen)))
    told = record.text(bundle, seen, decisions, view=request.nonce, page=request.page)
    first = UNIT.join(("page", _cookie(bundle, arrival, known, seen, decisions), told, *_whose(arrival, known, seen)))
    return RECORD.join((first, *visit.fillings(bundle, request.page, seen, decisions, request.nonce)))


def reading(bundle: Bundle, arrival: Arrival) -> str:
    """The answer that asks for the visitor's profile."""
    return UNIT.join(("read", visit.wanted_keys(bundle, arrival), str(bundle.deadline)))


def recalled(bundle: Bundle, keys: Sequence[Key], arrival: Arrival, answered: str | None) -> tuple[Arrival, Recalled]:
    """What is known of the visitor; and the arrival, which is another's where the visitor was erased.

    Args:
        answered: what the store told; None where it was not asked.
    """
    if answered is None or arrival.profile is None:
        return arrival, visit.recalled(bundle, arrival)
    known = recall.told(bundle, arrival.snapshot, arrival.profile, arrival.visitor, answered, arrival.request.at)
    return (visit.forgotten(arrival, keys), known) if known.erased else (arrival, known)


def _whose(arrival: Arrival, known: Recalled, seen: Visit) -> tuple[str, str]:
    """What the message in the queue says besides the record: whose profile the page view belongs to, also where the log may not
    know; and the command that takes a visitor along into the profile of the account that has logged in."""
    if arrival.visitor is None or seen.preview:
        return "", ""
    whose = f',"profile":"{arrival.profile}","visitor":"{arrival.visitor}"'
    if not known.joins:
        return whose, ""
    purposes = json.dumps(sorted(arrival.purposes))  # what is kept for others stays behind
    return whose, f'{{"command":"login","at":{seen.at},"purposes":{purposes}{whose}}}'


def _cookie(bundle: Bundle, arrival: Arrival, known: Recalled, seen: Visit, decisions: Sequence[Decision]) -> str:
    """The Set-Cookie values, with what is known of the visitor after this page view."""
    if arrival.visitor is None or arrival.request.snapshot == UNSEALED or not bundle.remembers:
        return visit.cookie(bundle, arrival, decisions)
    if seen.preview:
        return visit.cookie(bundle, arrival, decisions, known)
    request = arrival.request
    later = recall.after(bundle, known, decisions, request.nonce, seen.at, arrival.profile, request.page, arrival.purposes)
    return visit.cookie(bundle, arrival, decisions, later or known, later is not None)
