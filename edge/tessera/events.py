"""What browsers report of a page: what was really seen, and what visitors did. A body of JSON → events → rows of the log.

A body is `{"events": [...]}`. Nothing in it is trusted: names and shapes are fixed, texts and numbers bounded, and what
does not fit is refused with a reason, event by event. Who the visitor is comes from their signed cookie alone.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Container, Iterable, Mapping, NamedTuple, Sequence

from tessera import visit
from tessera.context import Request, request_values
from tessera.context import parse as parse_request
from tessera.identity import Key
from tessera.log import partitioned
from tessera.resolved import Bundle
from tessera.types import parse_json

UNIT, RECORD = visit.UNIT, visit.RECORD
MAX_BODY = 65_536  # characters
MAX_EVENTS = 50
MAX_NUMBER = 1e12
MAX_AGO = 86_400_000  # milliseconds: what happened longer ago, or so far in the future, is refused
MAX_PATH = 512
_HEX = frozenset("0123456789abcdef")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")


class Unreadable(ValueError):
    """The whole body is none; the message says why, in one line."""


def _text(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and 0 < len(value) <= most and value.isprintable()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000


def _is_view(value: Any) -> bool:
    """Whether it is a UUID as page views have: 8-4-4-4-12 lower-case hexadecimal digits."""
    return isinstance(value, str) and list(map(len, parts := value.split("-"))) == [8, 4, 4, 4, 12] and _HEX.issuperset("".join(parts))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64 and _WORD.issuperset(value)


def _is_currency(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/") and len(value) <= MAX_PATH and value.isprintable() and "?" not in value and "#" not in value


class Field(NamedTuple):
    """What a value of an event must be: the check, and in words."""

    fits: Callable[[Any], bool]
    words: str


FIELDS: Mapping[str, Field] = {
    "ago": Field(lambda value: _is_number(value) and abs(value) <= MAX_AGO, "a number of milliseconds, at most a day"),
    "view": Field(_is_view, "the id of a page view"),
    "slot": Field(_is_name, "the name of a slot"),
    "page": Field(_is_path, f"a path of at most {MAX_PATH} characters, without query"),
    "target": Field(_text(128), "a text of at most 128 characters"),
    "item": Field(_text(128), "a text of at most 128 characters"),
    "quantity": Field(_is_count, "a whole number, at most a million"),
    "value": Field(_is_number, "a finite number"),
    "currency": Field(_is_currency, "three capital letters"),
    "order": Field(_text(64), "a text of at most 64 characters"),
}
_COMMON = ("ago", "view", "page")
_SLOT = ("view", "slot")
_SALE = ("item", "quantity", "value", "currency")

# name → (fields that it must have, further ones that it may have)
EVENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "exposure": (_SLOT, _COMMON),  # at least half of the slot was visible for a second, and showed what was decided
    "undone": (_SLOT, _COMMON),  # what was decided for the slot did not stand in the page when it was left
    "page_view": ((), _COMMON),
    "click": ((), (*_COMMON, "slot", "target", "item")),
    "search": ((), _COMMON),
    "view_item": (("item",), (*_COMMON, "slot", "value", "currency")),
    "add_to_cart": ((), (*_COMMON, "slot", *_SALE)),
    "remove_from_cart": ((), (*_COMMON, *_SALE)),
    "begin_checkout": ((), (*_COMMON, "value", "currency")),
    "purchase": ((), (*_COMMON, *_SALE, "order")),
    "sign_up": ((), _COMMON),
    "opt_out": ((), _COMMON),
}
SEEN = ("exposure", "undone")
_PERSONAL = ("order",)  # what could tell who somebody is


def parse(text: str, unseen: Container[str] = ()) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The events of a body that are as they should be; and of each other one its position (`event`) and `why`.

    Args:
        unseen: names of slots of which nothing can be seen.
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
        else:
            accepted.append(event)
    return accepted, refused


def wrong(event: Any, unseen: Container[str] = ()) -> str:
    """Why something is no event; empty where it is one. Of the visitor's own text nothing is repeated."""
    if not isinstance(event, dict):
        return "not an object"
    name = event.get("event")
    if not isinstance(name, str) or name not in EVENTS:
        return f"`event` is none of {', '.join(EVENTS)}"
    needed, possible = EVENTS[name]
    for key in needed:
        if key not in event:
            return f"{name} needs `{key}`"
    for key, value in event.items():
        if key == "event":
            continue
        if key not in needed and key not in possible:
            return f"{name} has a key that it does not know; possible are {', '.join(dict.fromkeys((*needed, *possible)))}"
        if not FIELDS[key].fits(value):
            return f"`{key}` is not {FIELDS[key].words}"
    return "the slot takes its element away, so that nothing of it can be seen" if name in SEEN and event["slot"] in unseen else ""


def message(bundle: Bundle, keys: Sequence[Key], request: Request, events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the queue carries of accepted events: what they share, and the events.

    Ids of the visitor are in it only where the purpose of the log is in force and the visitor had an id before: an event
    makes nobody known.
    """
    arrival = visit.arrive(bundle, keys, request)
    logged = bool(arrival.purposes) and (bundle.log_purpose is None or bundle.log_purpose in arrival.purposes)
    unit = arrival.visitor if logged and arrival.returning else None
    return {
        "events": [dict(event) if logged else {key: value for key, value in event.items() if key not in _PERSONAL} for event in events],
        "id": request.nonce,
        "received": request.at,
        "bundle": bundle.name,
        "unit": unit,
        "unit_kind": "visitor" if unit else None,
        "purposes": sorted(arrival.purposes),
        "jurisdiction": arrival.jurisdiction,
        "bot": request_values(request, ("request.bot",)).get("request.bot") is True,
    }


def turn(bundle: Bundle, keys: Sequence[Key], text: str) -> str:
    """The bridge's string in: the fields of a Request, a record separator, the body. What goes out is one of

        events  how many were accepted, a JSON list of the others with reasons, the queue's message (empty for none)
        bad     why the body is none

    Raises:
        ValueError: where the text is not of the agreed form.
    """
    facts, _, body = text.partition(RECORD)
    request = parse_request(facts)
    try:
        # an arm that removes an element could never be counted, so neither may one that leaves it
        accepted, refused = parse(body, {slot.name for slot in bundle.slots if slot.operation == "remove"})
    except Unreadable as error:
        return UNIT.join(("bad", str(error)))
    told = json.dumps(message(bundle, keys, request, accepted), separators=(",", ":")) if accepted else ""
    return UNIT.join(("events", str(len(accepted)), json.dumps(refused, separators=(",", ":")), told))


def rows(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One flat row an event, as the log stores them (NDJSON); every row has every field."""
    shared = {key: message[key] for key in ("received", "bundle", "unit", "unit_kind", "purposes", "jurisdiction", "bot")}
    return [
        {
            "id": f"{message['id']}-{number}",
            "event": event["event"],
            "at": message["received"] - max(event.get("ago", 0), 0) / 1000,  # a clock may have been set back meanwhile
            **{key: event.get(key) for key in FIELDS if key != "ago"},
            **shared,
        }
        for number, event in enumerate(message["events"])
    ]


def files(messages: Sequence[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """(key, NDJSON text) for each date on which events were received, as tessera/log.py does for page views."""
    return partitioned("events", messages, lambda message: (message["received"], rows(message)))
