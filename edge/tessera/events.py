"""What browsers report of a page: what was really seen, and what visitors did. A body of JSON → events → rows of the log.

A body is `{"events": [...]}`. Nothing in it is trusted: names and shapes are fixed, texts and numbers bounded, and what
does not fit is refused with a reason, event by event. Who the visitor is comes from their signed cookie alone.
"""

from __future__ import annotations

import json
from typing import Any, Container, Iterable, Mapping, Sequence

from tessera import recall, visit, vocabulary
from tessera.context import request_values
from tessera.context import parse as parse_request
from tessera.happenings import happened
from tessera.identity import Key
from tessera.log import partitioned
from tessera.recall import Recalled
from tessera.resolved import Bundle
from tessera.snapshot import VIEW
from tessera.turn import reading, recalled
from tessera.types import EMPTY, parse_json
from tessera.visit import Arrival
from tessera.vocabulary import FIELDS, SEEN

UNIT, RECORD = visit.UNIT, visit.RECORD
MAX_BODY = 65_536  # characters
MAX_EVENTS = 50
VERSION = 1  # of the log's rows; those from before there was one are read as they are
UNASKED = "fields of the form that no attribute comes from were left out; the rest was taken"
_PERSONAL = frozenset({"order", "fields"})  # what could tell who somebody is


class Unreadable(ValueError):
    """The whole body is none; the message says why, in one line."""


def parse(text: str, unseen: Container[str] = (), asked: Container[str] | None = None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The events of a body that are as they should be; and of each other one its position (`event`) and `why`.

    Args:
        unseen: names of slots of which nothing can be seen.
        asked: the fields of forms that some attribute comes from; of others nothing is taken, which is said among the
            refused. None: all of them.
    Raises:
        Unreadable: where the body is not of the agreed form.
    """
    try:
        body = parse_json(text, MAX_BODY)
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None
    if not isinstance(body, dict) or set(body) != {"events"} or not isinstance(body["events"], list):
        raise Unreadable('the body is not {"events": […]}')
    if not 0 < len(body["events"]) <= MAX_EVENTS:
        raise Unreadable(f"{len(body['events'])} events; a body has 1 to {MAX_EVENTS}")
    accepted, refused = [], []
    for number, event in enumerate(body["events"]):
        why = wrong(event, unseen)
        if why:
            refused.append({"event": number, "why": why})
            continue
        taken = event if asked is None or "fields" not in event else _asked(event, asked)
        if taken is not event:
            refused.append({"event": number, "why": UNASKED})
        accepted.append(taken)
    return accepted, refused


def wrong(event: Any, unseen: Container[str] = ()) -> str:
    """Why something is no event of this site; empty where it is one."""
    why = vocabulary.wrong(event)
    if not why and event["event"] in SEEN and event["slot"] in unseen:
        return "the slot takes its element away, so that nothing of it can be seen"
    return why


def _asked(event: dict[str, Any], asked: Container[str]) -> dict[str, Any]:
    """A submitted form with the fields that are asked for; the event itself where they all are."""
    fields = {name: answer for name, answer in event["fields"].items() if name in asked}
    if len(fields) == len(event["fields"]):
        return event
    rest = {key: value for key, value in event.items() if key != "fields"}
    return {**rest, "fields": fields} if fields else rest


def asked(bundle: Bundle) -> frozenset[str]:
    """The fields of forms that some attribute of the site comes from."""
    return frozenset(d.field for d in bundle.derivations if d.of == "form")


def message(
    bundle: Bundle, arrival: Arrival, events: Sequence[Mapping[str, Any]], shown: Mapping[str, Mapping[str, str]] = EMPTY
) -> dict[str, Any]:
    """What the queue carries of accepted events: what they share, and the events.

    Ids of the visitor are in it only where the purpose of the log is in force and the visitor had an id before: an event
    makes nobody known. What a form told is in it only where there is a profile for it.

    Args:
        shown: page view (the beginning of its id) → slot → the campaign that it showed.
    """
    request = arrival.request
    profile = arrival.profile if arrival.returning or arrival.account else None
    logged = bool(arrival.purposes) and (bundle.log_purpose is None or bundle.log_purpose in arrival.purposes)
    unit = arrival.visitor if logged and arrival.returning else None
    left_out = _PERSONAL - {"order" if logged else "", "fields" if profile or unit else ""}
    return {
        "events": [{key: value for key, value in event.items() if key not in left_out} for event in events],
        "id": request.nonce,
        "received": request.at,
        "bundle": bundle.name,
        "unit": unit,
        "unit_kind": "visitor" if unit else None,
        "purposes": sorted(arrival.purposes),
        "jurisdiction": arrival.jurisdiction,
        "bot": request_values(request, ("request.bot",)).get("request.bot") is True,
        "profile": profile,
        "visitor": arrival.visitor if profile else None,
        "shown": {view: dict(shown[view[:VIEW]]) for view in (event.get("view") or "" for event in events) if view[:VIEW] in shown},
    }


def turn(bundle: Bundle, keys: Sequence[Key], text: str) -> str:
    """The bridge's string in: the fields of a Request, what the store told (empty where it was not asked), the body, with record
    separators between them. What goes out is one of

        events  how many were accepted, a JSON list of the others with reasons, the queue's message (empty for none), Set-Cookie
                values: with what is known of the visitor now, so that it counts for the next page
        read    keys in the store of profiles, milliseconds that it may take: ask it, and take the turn again
        bad     why the body is none

    Raises:
        ValueError: where the text is not of the agreed form.
    """
    facts, answered, body = text.split(RECORD, 2)
    request = parse_request(facts)
    try:
        # an arm that removes an element could never be counted, so neither may one that leaves it
        accepted, refused = parse(body, {slot.name for slot in bundle.slots if slot.operation == "remove"}, asked(bundle))
    except Unreadable as error:
        return UNIT.join(("bad", str(error)))
    arrival = visit.arrive(bundle, keys, request)
    if accepted and not answered and visit.wants_profile(bundle, arrival):
        return reading(bundle, arrival)
    arrival, known = recalled(bundle, keys, arrival, answered or None)
    told, cookie = "", arrival.set_cookie if known.erased else ""
    if accepted:
        found = message(bundle, arrival, accepted, known.shown)
        told = json.dumps(found, separators=(",", ":"))
        cookie = cookie or _renewed(bundle, arrival, known, found)
    return UNIT.join(("events", str(len(accepted)), json.dumps(refused, separators=(",", ":")), told, cookie))


def _renewed(bundle: Bundle, arrival: Arrival, known: Recalled, told: Mapping[str, Any]) -> str:
    """The Set-Cookie values with the snapshot as these events leave it; empty where they change nothing in it."""
    if known.document is None or told["profile"] is None or not bundle.remembers:
        return ""
    document = recall.folded(bundle, known.document, told)
    return "" if document is known.document else visit.cookie(bundle, arrival, (), known._replace(document=document), True)


def rows(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One flat row an event, as the log stores them (NDJSON); every row has every field.

    What a form told is in a row only together with whom it is of.
    """
    shared = {key: message[key] for key in ("received", "bundle", "unit", "unit_kind", "purposes", "jurisdiction", "bot")}
    logged = [key for key in FIELDS if key != "ago" and (key != "fields" or message["unit"] is not None)]
    return [
        {
            "v": VERSION,
            "id": f"{message['id']}-{number}",
            "event": event["event"],
            "at": happened(message["received"], event),
            **{key: event.get(key) if key in logged else None for key in FIELDS if key != "ago"},
            **shared,
        }
        for number, event in enumerate(message["events"])
    ]


def message_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the log as the message of its one event, so that profiles can be made again from the log.

    What the log does not hold is not in it: which campaign a slot showed, and the profile of an account.
    """
    id_, _, number = row["id"].rpartition("-")
    event = {"event": row["event"], "at": row["at"], **{key: row[key] for key in FIELDS if row.get(key) is not None}}
    shared = {key: row[key] for key in ("received", "bundle", "unit", "unit_kind", "purposes", "jurisdiction", "bot")}
    return {"events": [event], "id": id_, "first": int(number), **shared, "profile": None, "shown": {}}


def files(messages: Sequence[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """(key, NDJSON text) for each date on which events were received, as tessera/log.py does for page views."""
    return partitioned("events", messages, lambda message: (message["received"], rows(message)))
