"""What is stored of a user: their profile, their preferences, and what they did."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Callable, Iterable, Mapping

from tessera import events, profile
from tessera.api_call import Answer, Asking, Call, Refused, body_of, invalid
from tessera.api_visit import User, consent_of, document_of, gone, stored, user_of
from tessera.consumer import keep_of
from tessera.documents import opened
from tessera.quality import problems, wrong
from tessera.record import inputs, plain
from tessera.resolved import Bundle
from tessera.segments import of_document
from tessera.types import FARTHEST, LADDER, Visit, coerce

PageOf = Callable[[str], str]
MOST_ATTRIBUTES = 256  # that are written at once
MAX_ID = 64  # characters of a caller's own name for some interactions
_NUMBER = (int, float)
TOLD: Mapping[str, Any] = {  # parts of a document that callers are told, and of which types they are
    "attributes": dict, "updated_at": dict, "updated": _NUMBER, "created": _NUMBER, "last": _NUMBER, "level": str, "purposes": list,
    "jurisdiction": (str, type(None)), "seen": dict, "sticky": dict, "visitors": list, "moved_to": str,
}  # fmt: skip
LEVELS: Mapping[str, str] = {
    "individual": "Everything that is known of the visitor may decide what they see.",
    "segment": "The groups that the visitor belongs to decide what they see; nothing is decided for them alone.",
    "cohort": "What is true of many visitors at once decides, such as the country or the time of day.",
    "default": "Nothing is personalised: the visitor sees what everybody sees.",
}


# --- documents ------------------------------------------------------------------------------------------------------------------


def truths(call: Call, keys: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """The stored profiles of these keys, as {"text", "etag"}.

    Raises:
        Asking: for them.
    """
    given, wanted = call.given.get("profiles") or {}, list(keys)
    if any(key not in given for key in wanted):
        raise Asking(need={"what": "profiles", "keys": wanted})
    return {key: given[key] for key in wanted}


def truth(call: Call, user: User) -> tuple[str, Mapping[str, Any], str]:
    """The status of a user's stored profile, the document, and its etag ("" for none)."""
    found = truths(call, (user.key,))[user.key]
    status, document = document_of(found["text"] or None)
    return status, document, found["etag"] or ""


def readable(status: str, document: Mapping[str, Any]) -> None:
    """Raises Refused where a document cannot be used."""
    if status == "erased":
        raise gone(document)
    if status in ("broken", "newer"):
        raise Refused(409, f"profile-{status}", "What is stored of the user cannot be read", "it is kept as it is")


def writing(bundle: Bundle, call: Call, user: User, document: Mapping[str, Any], etag: str) -> None:
    """Have a changed document written, unless it just was.

    Raises:
        Asking, Refused.
    """
    if call.given.get("written"):
        return
    text = json.dumps(document, separators=(",", ":"))
    if len(text) > profile.MAX_PROFILE:
        raise invalid("body", f"the profile would be of {len(text)} characters; at most {profile.MAX_PROFILE} are stored")
    raise Asking(write={"key": user.key, "text": text, "etag": etag, "keep": keep_of(bundle, document)})


def _user(bundle: Bundle, call: Call) -> User:
    return user_of(bundle, call.path[1], "id")


# --- the profile ----------------------------------------------------------------------------------------------------------------


def read_profile(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """GET /user/{id}/profile: what is stored, and what was loaded in bulk."""
    user = _user(bundle, call)
    status, document, _ = truth(call, user)
    readable(status, document)
    facts = loaded(bundle, call, user)
    if status == "none" and not facts:
        raise Refused(404, "unknown-user", "Nothing is stored of this user")
    return {"status": 200, "body": _told(bundle, user, document, facts, call.at)}


def loaded(bundle: Bundle, call: Call, user: User) -> Mapping[str, Any]:
    """The attributes of a user that were loaded in bulk."""
    key = f"facts:{user.key}"
    if "reads" not in call.given:
        raise Asking(need={"what": "reads", "keys": [key], "deadline": 10 * bundle.deadline})
    status, text = call.given["reads"][key]
    known, facts = document_of(text if status == "ok" else None)
    attributes = facts.get("attributes")
    return attributes if known == "ok" and isinstance(attributes, dict) else {}


def _told(bundle: Bundle, user: User, document: Mapping[str, Any], facts: Mapping[str, Any], at: float) -> dict[str, Any]:
    """A document, whatever wrote it, and the segments that it is in; parts of another form than agreed are left out."""
    whole = {**document, **opened(document, bundle.attributes)} if document else opened({}, ())
    inside = of_document(bundle, {**whole, "attributes": {**facts, **whole["attributes"]}}, at)
    whole = whole if document else {}
    told = {name: plain(whole[name]) for name, kind in TOLD.items() if name in whole and isinstance(whole[name], kind)}
    for name in ("purposes", "visitors"):
        if name in told:
            told[name] = [each for each in told[name] if isinstance(each, str)]
    if told.get("level") not in (None, *LADDER):
        told["level"] = LADDER[-1]
    return {"user": user.id, "key": user.key, "attributes": {}, **told, "facts": plain(dict(facts)), "segments": inside}


def write_profile(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """PUT /user/{id}/profile: set the attributes that are told; null takes one away, and what is not told stays."""
    user = _user(bundle, call)
    body = body_of(call, ("attributes", "consent"))
    chosen = consent_of(bundle, body.get("consent"))
    told = body.get("attributes")
    if not isinstance(told, dict) or len(told) > MOST_ATTRIBUTES:
        raise invalid("attributes", f"an object of at most {MOST_ATTRIBUTES} attributes")
    named = profile.flatten(told, bundle.attributes)
    typed = {name: _value(bundle, name, value) for name, value in named.items() if value is not None}
    removed = {_storable(bundle, name) for name, value in named.items() if value is None}
    status, document, etag = truth(call, user)
    readable(status, document)
    purposes = document.get("purposes") if chosen is None else sorted(chosen)
    _consented(bundle, typed, purposes if isinstance(purposes, list) else [])
    changed = _changed(bundle, document, typed, removed, call.at)
    if chosen is not None:
        changed["purposes"] = purposes
    _sound(bundle, changed, document, call.at)
    writing(bundle, call, user, changed, etag)
    return {"status": 201 if status == "none" else 200, "body": _told(bundle, user, changed, {}, call.at)}


def _storable(bundle: Bundle, name: str) -> str:
    attribute = bundle.attributes.get(name)
    if attribute is None or name.startswith("request."):
        raise invalid(f"attributes.{name[:100]}", "the site stores no such attribute")
    if attribute.keep is None or (attribute.source or "").startswith(("lookup.", "context.")):
        raise invalid(f"attributes.{name}", "it is told anew with each visit, and never stored")
    return name


def _value(bundle: Bundle, name: str, value: Any) -> Any:
    """The value as the attribute's type; Refused where it is not wholly of that."""
    attribute = bundle.attributes[_storable(bundle, name)]
    why = wrong(attribute, value)
    if why:
        raise invalid(f"attributes.{name}", why)
    return coerce(attribute, value)


def _consented(bundle: Bundle, names: Iterable[str], purposes: list[str]) -> None:
    for name in names:
        purpose = bundle.attributes[name].purpose
        if purpose is not None and purpose not in purposes:
            raise Refused(409, "no-consent", "Consent is missing", f"{name} needs the purpose {purpose}; tell the user's `consent`")


def _changed(bundle: Bundle, document: Mapping[str, Any], typed: Mapping[str, Any], removed: set[str], at: float) -> dict[str, Any]:
    """The document with these values."""
    values = inputs(bundle, Visit(values=typed, purposes=frozenset(bundle.purposes)))
    changed = opened(document, bundle.attributes)
    for name in removed:
        changed["attributes"].pop(name, None)
        changed["updated_at"].pop(name, None)
    changed["attributes"].update(values)
    changed["updated_at"].update(dict.fromkeys(values, at))
    return {"created": changed["updated"] or at, **changed, "updated": at}


def _sound(bundle: Bundle, document: Mapping[str, Any], before: Mapping[str, Any], at: float) -> None:
    """Raises Refused for an impossible profile, such as every writer refuses."""
    found = problems(bundle, document, at=at, before=before)
    if found:
        raise invalid("attributes", "; ".join(found[:4]))


# --- preferences ----------------------------------------------------------------------------------------------------------------


def read_preferences(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """GET /user/{id}/preferences: how far personalisation may go, and for which purposes."""
    user = _user(bundle, call)
    status, document, _ = truth(call, user)
    readable(status, document)
    return {"status": 200, "body": _preferences(bundle, user, document)}


def write_preferences(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """PUT /user/{id}/preferences."""
    user = _user(bundle, call)
    body = body_of(call, ("level", "purposes"))
    if not body:
        raise invalid("body", "`level` or `purposes` is needed")
    if "level" in body and body["level"] not in LADDER:
        raise invalid("level", f"one of {', '.join(LADDER)}")
    chosen = consent_of(bundle, body.get("purposes"), "purposes")
    status, document, etag = truth(call, user)
    readable(status, document)
    changed = opened(document, bundle.attributes)
    changed.setdefault("created", changed["updated"] or call.at)
    if "level" in body:
        changed["level"] = body["level"]
    if chosen is not None:
        changed["purposes"] = sorted(chosen)
    writing(bundle, call, user, changed, etag)
    return {"status": 200, "body": _preferences(bundle, user, changed)}


def _preferences(bundle: Bundle, user: User, document: Mapping[str, Any]) -> dict[str, Any]:
    level = document.get("level", FARTHEST)
    level = level if level in LADDER else LADDER[-1]
    purposes = document.get("purposes")
    purposes = [name for name in purposes if name in bundle.purposes] if isinstance(purposes, list) else None
    consent = "No choice of purposes is stored" if purposes is None else f"The purposes chosen are {', '.join(purposes) or 'none'}"
    return {"user": user.id, "level": level, "purposes": purposes, "description": f"{LEVELS[level]} {consent}.", "levels": dict(LEVELS)}


# --- interactions ---------------------------------------------------------------------------------------------------------------


def add_interactions(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """POST /user/{id}/interactions: events of docs/events.md, each with the consent that was in force when it happened."""
    user = _user(bundle, call)
    body = body_of(call, ("events", "consent", "id"))
    told, own = body.get("events"), body.get("id")
    if not isinstance(told, list) or not 0 < len(told) <= events.MAX_EVENTS:
        raise invalid("events", f"a list of 1 to {events.MAX_EVENTS} events")
    if own is not None and not (isinstance(own, str) and 0 < len(own) <= MAX_ID and own.isprintable()):
        raise invalid("id", f"a text of at most {MAX_ID} characters")
    whole = consent_of(bundle, body.get("consent"))
    found = stored(bundle, call, user)
    if found.status == "erased":
        raise gone({})
    if whole is None and isinstance(found.document.get("purposes"), list):
        whole = frozenset(name for name in found.document["purposes"] if name in bundle.purposes)
    accepted, refused, groups = 0, [], _by_consent(bundle, told, whole)
    name = call.nonce if own is None else sha256(f"tessera interactions\0{user.key}\0{own}".encode("utf-8", "replace")).hexdigest()[:32]
    messages = []
    for number, (purposes, positions, group) in enumerate(groups):
        taken, others = events.parse(json.dumps({"events": group}), _unseen(bundle), events.asked(bundle))
        refused += [{"event": positions[each["event"]], "why": each["why"]} for each in others]
        accepted += len(taken)
        if taken:
            messages.append(_message(bundle, call, user, purposes, f"{name}.{number}" if number else name, taken))
    refused.sort(key=lambda each: each["event"])
    return {"status": 202, "body": {"accepted": accepted, "refused": refused, "id": name}, "commands": messages}


def _unseen(bundle: Bundle) -> set[str]:
    return {slot.name for slot in bundle.slots if slot.operation == "remove"}


def _by_consent(bundle: Bundle, told: list, whole: frozenset[str] | None) -> list[tuple[frozenset[str], list[int], list]]:
    """The events by the consent that each was told with: purposes, positions, events."""
    groups: dict[frozenset[str], tuple[list[int], list]] = {}
    for position, event in enumerate(told):
        own = event.get("consent") if isinstance(event, dict) else None
        purposes = whole if own is None else consent_of(bundle, own, f"events.{position}.consent")
        if purposes is None:
            raise invalid(f"events.{position}.consent", "the purposes in force when it happened are needed, in the event or for all in `consent`")
        plain_event = {key: value for key, value in event.items() if key != "consent"} if isinstance(event, dict) else event
        positions, group = groups.setdefault(purposes, ([], []))
        positions.append(position)
        group.append(plain_event)
    return [(purposes, positions, group) for purposes, (positions, group) in groups.items()]


def _message(bundle: Bundle, call: Call, user: User, purposes: frozenset[str], name: str, taken: list) -> dict[str, Any]:
    """What the queue carries, as events.message makes it of a browser's report."""
    logged = bool(purposes) and (bundle.log_purpose is None or bundle.log_purpose in purposes)
    left_out = (set() if logged else {"order"}) | (set() if purposes else {"fields"})
    return {
        "events": [{key: value for key, value in event.items() if key not in left_out} for event in taken],
        "id": name,
        "received": call.at,
        "bundle": bundle.name,
        "unit": user.key if logged else None,
        "unit_kind": "visitor" if logged else None,
        "purposes": sorted(purposes),
        "jurisdiction": "",
        "bot": False,
        "profile": user.key if purposes else None,
        "shown": {},
    }
