"""What visitors may ask of themselves and choose: how far personalisation goes, why a page is as it is, and to be forgotten.

JSON in, JSON out, for the bridge (edge/api_mine.mjs). Who asks is told by the request's own cookies alone.
"""

from __future__ import annotations

import json
from typing import Any, Sequence

from tessera import consent, identity, visit
from tessera.api_rank import rank_own
from tessera.context import Request, parse
from tessera.decide import decide
from tessera.explain import explain
from tessera.identity import Key
from tessera.record import outcome, plain
from tessera.resolved import REDIRECT, Bundle
from tessera.segments import segments_of
from tessera.turn import reading, recalled
from tessera.types import LADDER, parse_json

MAX_BODY = 4096  # characters
MAX_AGE = 180 * 86_400  # seconds that a choice is kept
LEVELS = {
    "individual": "everything that I allowed, down to what fits me alone",
    "segment": "what is for groups that I belong to, nothing picked for me alone",
    "cohort": "only what the request tells anyway: place, time, device",
    "default": "nothing: the same for everybody",
}


def answer(bundle: Bundle, keys: Sequence[Key], text: str) -> str:
    """Answer a call.

    Args:
        text: {"operation": "preferences" | "why" | "forget" | "rank", "facts": the fields of a Request, "body": text,
            "told": what the store told, for a second call}.
    Returns:
        {"status", "body", "cookies": Set-Cookie values, "command": a message for the queue of events or null, and of a ranking
        "record": for the log, as JSON, or null}, or {"read": keys, "deadline": milliseconds}.
    Raises:
        ValueError, KeyError: where the text is not of the agreed form.
    """
    asked = json.loads(text)
    request = parse(asked["facts"])
    answered = _OPERATIONS[asked["operation"]](bundle, keys, request, asked)
    return json.dumps({"cookies": "", "command": None, **answered}, separators=(",", ":"))


def _preferences(bundle: Bundle, keys: Sequence[Key], request: Request, asked: dict[str, Any]) -> dict[str, Any]:
    arrival = visit.arrive(bundle, keys, request)
    if request.method == "GET":
        return {"status": 200, "body": _told(bundle, arrival.purposes, arrival.most, arrival.jurisdiction)}
    try:
        body = parse_json(asked["body"], MAX_BODY)
    except (ValueError, RecursionError):
        return {"status": 400, "body": {"error": "the body is not JSON"}}
    wrong = problem(bundle, body)
    if wrong:
        return {"status": 400, "body": {"error": wrong}}
    purposes = frozenset(body.get("purposes", arrival.purposes))
    level = body.get("level", arrival.most)
    words = [*sorted(purposes)] or ["none"]
    value = ".".join(words if level == LADDER[0] else [*words, f"{consent.LEVEL}{level}"])
    cookies = [f"{bundle.consent['cookie']}={value}; Max-Age={MAX_AGE}; Path=/; Secure; SameSite=Lax"]
    if not purposes:
        cookies += [identity.clear_cookie(), identity.clear_cookie(identity.SESSION)]
    return {"status": 200, "body": _told(bundle, purposes, level, arrival.jurisdiction), "cookies": visit.COOKIES.join(cookies)}


def problem(bundle: Bundle, body: Any) -> str:
    """Why a body is no choice of preferences; empty where it is one."""
    if not isinstance(body, dict) or not body or not body.keys() <= {"purposes", "level"}:
        return "the body is an object with `purposes`, `level` or both"
    purposes = body.get("purposes", [])
    if not isinstance(purposes, list) or not all(one in bundle.purposes for one in purposes):
        return f"`purposes` is a list of {', '.join(bundle.purposes) or 'nothing: this site has none'}"
    if body.get("level", LADDER[0]) not in LADDER:
        return f"`level` is one of {', '.join(LADDER)}"
    return ""


def _told(bundle: Bundle, purposes: frozenset[str], level: str, jurisdiction: str) -> dict[str, Any]:
    return {
        "purposes": {name: name in purposes for name in bundle.purposes},
        "level": level,
        "levels": LEVELS,
        "jurisdiction": jurisdiction,
    }


def _why(bundle: Bundle, keys: Sequence[Key], request: Request, asked: dict[str, Any]) -> dict[str, Any]:
    """Each slot of a page, and why this visitor sees what it shows; and what was known. Nothing is logged, nobody is enrolled."""
    arrival = visit.arrive(bundle, keys, request)
    if asked.get("told") is None and visit.wants_profile(bundle, arrival):
        _, wanted, deadline = reading(bundle, arrival).split(visit.UNIT)
        return {"read": wanted.split(visit.COOKIES), "deadline": int(deadline)}
    arrival, known = recalled(bundle, keys, arrival, asked.get("told"))
    seen = visit.settle(bundle, arrival, known.profile(bundle, request.at), served_from=known.served_from, fallbacks=known.fallbacks)
    slots = {}
    for decision in decide(bundle, seen, request.page):
        if bundle.slots[decision.slot].operation == REDIRECT:
            continue
        told = outcome(bundle, decision)
        slots[bundle.slots[decision.slot].name] = {
            "variant": told["variant"], "level": told["level"], "reason": told["reason"], "why": explain(bundle, seen, decision).sentence,
        }  # fmt: skip
    facts = {
        a.name: {"value": plain(seen.values[a.name]), "purpose": a.purpose, "age_seconds": round(seen.ages[a.name]) if a.name in seen.ages else None}
        for a in bundle.stored
        if a.name in seen.values
    }
    body = {"page": request.page, "slots": slots, "segments": segments_of(bundle, seen.values), "known": facts, "purposes": sorted(seen.purposes), "level": seen.most, "jurisdiction": seen.jurisdiction}
    return {"status": 200, "body": body}


def _forget(bundle: Bundle, keys: Sequence[Key], request: Request, asked: dict[str, Any]) -> dict[str, Any]:
    """Take the cookies away, and have everything erased that is stored under the visitor's id, or the account's."""
    who = identity.recognise(request.cookie, keys, request.at)
    cookies = visit.COOKIES.join((identity.clear_cookie(), identity.clear_cookie(identity.SESSION)))
    if who.id is None:
        return {"status": 200, "body": {"erased": False}, "cookies": cookies}
    account = identity.account_key(bundle.site, request.account) if request.account and bundle.login else ""
    command = {"command": "erase", "profile": account or who.id, "visitor": who.id, "at": request.at}
    return {"status": 202, "body": {"erased": True}, "cookies": cookies, "command": command}


_OPERATIONS = {"preferences": _preferences, "why": _why, "forget": _forget, "rank": rank_own}
