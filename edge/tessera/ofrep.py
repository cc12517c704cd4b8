"""The OpenFeature Remote Evaluation Protocol (OFREP 0.3): a bundle's flags, for the providers of OpenFeature.

What comes in is a call of the HTTP API, what goes out its answer, as tessera/api.py says. Flags go by their names in the tool
that they came from, else by the slot's; a slot of pages counts as a flag whose value is the name of its variant.

Asking for one flag is a decision that somebody acts on, and is logged; with `?peek=1` it is not. Asking for all of them is
what an application does when it starts, and is never logged: what it then shows, it reports as events.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Mapping, NamedTuple, Sequence

from tessera import recall, record, supplied
from tessera.api_call import Answer, Call, read, written
from tessera.decide import decide, decide_slots, value_of
from tessera.resolved import REDIRECT, Bundle, Slot
from tessera.types import MAX_TEXT, Decision, Profile, Visit

VERSION = "0.3.0"  # of the protocol
PATH = ("evaluate", "flags")
PEEK = "peek"  # of the query: `peek=1` says that the decision is not to be logged
MOST_TOLD = 8_192  # decisions whose answers are kept as JSON
FIELD = "\x1f"
STATUS = "flag"  # of such a decision in the log
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_sorted = json.JSONEncoder(separators=(",", ":"), check_circular=False, sort_keys=True).encode


class Refused(Exception):
    """A context that cannot be evaluated: the error code of OpenFeature, and why."""


def answer(bundle: Bundle, told: Mapping[str, Any]) -> str:
    """Answer a call, as the bridge tells it and reads it (tessera/api.py)."""
    return written(_answer(bundle, read(told)))


def _answer(bundle: Bundle, call: Call) -> Answer:
    path = call.path
    key = "/".join(path[2:]) if len(path) > 2 else None
    if path[:2] != PATH or key == "":
        return _failure(404, "GENERAL", "no such address", None)
    if call.method != "POST":
        return _failure(405, "GENERAL", "only POST", key, allow="POST")
    try:
        context = _context(call)
    except Refused as refused:
        return _failure(400, *refused.args, key)
    number = None if key is None else _flags(bundle).numbers.get(key, -1)
    if number == -1:
        return _failure(404, "FLAG_NOT_FOUND", f"there is no flag '{key[:100]}'", key)
    given = supplied.read(bundle, context, call.at)
    if given.key and "reads" not in call.given:
        return {"need": {"what": "reads", "keys": _keys(bundle, given.key), "deadline": bundle.deadline}}
    visit = _visit(bundle, given, call.given.get("reads", {}))
    if number is None:
        return _all(bundle, visit, context, call.headers.get("if-none-match", ""))
    (decision,) = decide_slots(bundle, visit, (number,))
    logged = [] if call.query.get(PEEK) == "1" else [_logged(bundle, visit, decision, call.nonce)]
    return {"status": 200, "body": _told(bundle, decision, key)[0], "decisions": logged}


def _all(bundle: Bundle, visit: Visit, context: Mapping[str, Any], known: str) -> Answer:
    """Every flag, or that nothing has changed.

    The validator is of the release, of the context, and of all that was decided: so it changes with whatever the answer depends on
    (the time, the stored profile, consent too), and "not modified" is said for the same question with the same answer alone.
    """
    flags = _evaluated(bundle, decide(bundle, visit))
    digest = sha256(f"{bundle.name}\0{_sorted(context)}\0".encode())
    digest.update(b"".join([each for _, each, _ in flags]))
    tag = digest.hexdigest()[:32]
    headers = {"etag": f'"{tag}"'}
    if tag in _known(known):
        return {"status": 304, "headers": headers}
    metadata = _encode({"tessera.bundle": bundle.name, "tessera.site": bundle.site})
    return {"status": 200, "headers": headers, "body": f'{{"flags":[{",".join([text for text, _, _ in flags])}],"metadata":{metadata}}}'}


def _known(header: str) -> list[str]:
    """The validators that a client has: as they were sent, weakened on their way, or without quotes. `*` is none of them."""
    return [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]


# --- the question ---------------------------------------------------------------------------------------------------


def _context(call: Call) -> Mapping[str, Any]:
    """Raises Refused."""
    if call.malformed:
        raise Refused("PARSE_ERROR", call.malformed)
    context = call.body.get("context") if isinstance(call.body, dict) else None
    if not isinstance(context, dict):
        raise Refused("INVALID_CONTEXT", "the body is an object with the object `context`")
    unit = context.get(supplied.UNIT)
    if unit is None or unit == "":
        raise Refused("TARGETING_KEY_MISSING", "`context` has no `targetingKey`")
    if not isinstance(unit, str) or len(unit) > MAX_TEXT:
        raise Refused("INVALID_CONTEXT", f"`targetingKey` is a text of at most {MAX_TEXT} characters")
    return context


def _keys(bundle: Bundle, key: str) -> list[str]:
    """What the store may hold of a profile: what was learnt of it, and what was computed elsewhere."""
    return [f"profile:{key}", f"facts:{key}"] if bundle.loaded else [f"profile:{key}"]


def _visit(bundle: Bundle, given: supplied.Supplied, reads: Mapping[str, Sequence[str]]) -> Visit:
    """The visit, with what the store told. Of somebody who was erased nothing is known, and nothing is to be."""
    if not given.key:
        return supplied.settle(bundle, given, Profile())
    told = [reads.get(key, ("none", "")) for key in _keys(bundle, given.key)]
    status = next((one for worst in ("error", "late", "ok") for one, _ in told if one == worst), "none")
    answered = FIELD.join((status, *(text if one == "ok" else "" for one, text in told)))
    known = recall.told(bundle, None, given.key, given.unit, answered, given.at)
    if known.erased:
        given = given._replace(unit="")
    sticky = (known.document or {}).get("sticky")
    arms = {key: arm for key, arm in sticky.items() if isinstance(arm, str)} if isinstance(sticky, dict) else {}
    return supplied.settle(bundle, given, known.profile(bundle, given.at), arms, served_from=known.served_from, fallbacks=known.fallbacks)


# --- the flags ------------------------------------------------------------------------------------------------------


Told = tuple[str, bytes, Decision]
"""The evaluation of a flag as JSON, eight bytes of its digest, and the decision that it tells."""


class Flags(NamedTuple):
    """What a bundle says of its flags again and again.

    Attributes:
        names: slot → the flag's name. numbers: a flag's name → its slot; a slot's own name will do where no flag has it.
        told: a decision and a name → its evaluation. known: the same by the identity of the decision, which is held by what
            is told of it: most decisions are the same object whoever asks (tessera/outcomes.py).
    """

    names: Sequence[str]
    numbers: Mapping[str, int]
    told: dict[tuple[Decision, str], Told]
    known: dict[int, Told]


def _flags(bundle: Bundle) -> Flags:
    """Made once for a bundle."""
    if bundle.outcomes.flags is None:
        names = [slot.flag or slot.name for slot in bundle.slots]
        own = {slot.name: number for number, slot in enumerate(bundle.slots)}
        bundle.outcomes.flags = Flags(names, own | {name: number for number, name in enumerate(names)}, {}, {})
    return bundle.outcomes.flags


def _evaluated(bundle: Bundle, decisions: Sequence[Decision]) -> list[Told]:
    """The evaluations of many flags, by their names."""
    names, _, _, known = _flags(bundle)
    found = list(map(known.get, map(id, decisions)))
    if not all(found):
        if len(known) > MOST_TOLD:
            known.clear()
        for i, decision in enumerate(decisions):
            if found[i] is None:
                text, digest, _ = _told(bundle, decision, names[decision.slot])
                found[i] = known[id(decision)] = text, digest, decision
    return found


def _told(bundle: Bundle, decision: Decision, key: str) -> Told:
    told = _flags(bundle).told
    found = told.get((decision, key))
    if found is None:
        text = _encode(_evaluation(bundle, decision, key))
        found = text, sha256(text.encode()).digest()[:8], decision
        if len(told) < MOST_TOLD and not (decision.items or decision.nearest):
            told[decision, key] = found
    return found


def _evaluation(bundle: Bundle, decision: Decision, key: str) -> dict[str, Any]:
    """A flag without a value leaves the caller's own default; it is named all the same, since some providers insist."""
    slot, value = bundle.slots[decision.slot], value_of(bundle, decision)
    told = {"key": key, "reason": reason(slot, decision), "variant": record.variant_name(bundle, decision)}
    if value is not None:
        told["value"] = value
    metadata = {**_how(bundle, decision, told["reason"]), **slot.metadata}
    return {**told, "metadata": metadata} if metadata else told


def reason(slot: Slot, decision: Decision) -> str:
    """Why, in the words that OFREP knows. A default that rules were asked before is UNKNOWN: DEFAULT is not one of them."""
    if decision.experiment >= 0 or decision.holdout:
        return "SPLIT"
    if decision.rule >= 0 or decision.model >= 0:
        return "TARGETING_MATCH"
    if slot.mask or slot.test is not None:
        return "UNKNOWN"
    return "DISABLED" if is_flag(slot) and decision.variant < 0 else "STATIC"


def is_flag(slot: Slot) -> bool:
    return slot.values is not None and slot.operation != REDIRECT


def _how(bundle: Bundle, decision: Decision, told: str) -> dict[str, str]:
    """What the reason leaves open: the arm, or Tessera's own reason."""
    if decision.experiment >= 0:
        experiment = bundle.experiments[decision.experiment]
        return {"tessera.experiment": experiment.name, "tessera.arm": experiment.design.arms[decision.arm]}
    return {} if told in ("STATIC", "DISABLED") or decision.why in ("rule", "rank") else {"tessera.reason": decision.why}


# --- the answer -----------------------------------------------------------------------------------------------------


def _logged(bundle: Bundle, visit: Visit, decision: Decision, nonce: str) -> dict[str, Any]:
    """The decision as a message for the log, of no page."""
    view = record.page_view(bundle, visit, (decision,), view=nonce, page=None, channel=bundle.slots[decision.slot].channel)
    return {"view": view, "page_status": STATUS, "places": {}}


def _failure(status: int, code: str, why: str, key: str | None, **headers: str) -> Answer:
    told = {"errorCode": code, "errorDetails": why} if key is None else {"key": key, "errorCode": code, "errorDetails": why}
    return {"status": status, "headers": headers, "body": told}
