"""For whom the canary decides: visitors of the site by their id, and users of the HTTP API by the one that the caller names."""

from __future__ import annotations

import json
from typing import Any, Mapping, Sequence

from tessera import identity, visit
from tessera.api_call import MAX_BODY
from tessera.context import parse
from tessera.identity import Key
from tessera.release import CANARY, Canary
from tessera.resolved import Bundle
from tessera.supplied import UNIT
from tessera.types import parse_json


def lane_of(canary: Canary, live: Bundle, keys: Sequence[Key], facts: str) -> str:
    """Whether who asks for a page gets the `canary`, is its `control`, or can be neither (`live`).

    Who has an id keeps it; who is given one with this very page is told apart by that; who may have none (no consent) gets the
    live release, unless the canary is for everybody.

    Args:
        live: whose rules of consent say whether there may be an id. facts: the fields of a Request.
    Raises:
        ValueError: where they are none.
    """
    request = parse(facts)
    unit = None if live.cookieless else identity.recognise(request.cookie, keys, request.at).id
    if unit is None:
        arrival = visit.arrive(live, keys, request)
        unit = arrival.day or arrival.visitor
    return canary.lane(unit, request.country)


def of_call(canary: Canary | None, live: Bundle | None, bundles: Mapping[str, Bundle], text: str) -> Bundle | None:
    """The bundle that answers a call of the HTTP API.

    Args:
        text: the call as the bridge tells it (tessera/api.py).
    """
    if canary is None or canary.bundle not in bundles:
        return live
    unit, country = _user(json.loads(text))
    return bundles[canary.bundle] if canary.lane(unit, country) == CANARY else live


def _user(told: Mapping[str, Any]) -> tuple[str | None, str]:
    """Whom a call asks for, and the country that it says; (None, "") where it says nothing that can be read."""
    try:
        body = parse_json(told.get("text") or "{}", MAX_BODY)
        context = body.get("context") or {}
        named = context.get(UNIT) if told["family"] == "ofrep" else body.get("user") or told["query"].get("user")
        if told["path"][:1] == ["user"]:
            named = told["path"][1]
        country = context.get("country") or context.get("request.country")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None, ""
    return named if isinstance(named, str) else None, country if isinstance(country, str) else ""
