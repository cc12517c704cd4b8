"""Who a call is about, in which context, with which consent → the visit to decide."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from tessera import profile, recall, supplied
from tessera.api_call import Asking, Call, Refused, invalid
from tessera.context import BUILT_IN
from tessera.identity import account_key
from tessera.resolved import Bundle
from tessera.types import EMPTY, Attribute, Profile, Visit, coerce, parse_json

ACCOUNT = "account:"
UNIT = "\x1f"  # between what recall.told reads
MAX_SUBJECT = 256  # characters
MOST_ASKED = 64  # keys of a context
_READ_BESIDES = frozenset(("subdivision", "accept_language", "referer", "user_agent", "ip", "session", "session.id"))


class User(NamedTuple):
    """A visitor, or an account: as the caller names it, and the key of its profile."""

    id: str
    key: str


class Document(NamedTuple):
    """What a store holds: `status` ok, none, late, error, broken, newer or erased; the document; and what the edges may use."""

    status: str
    document: Mapping[str, Any]
    profile: Profile | None


class Asked(NamedTuple):
    """A visit, with what is told about it: the user, what was stored, and the names in the context that say nothing here."""

    user: User | None
    visit: Visit
    stored: Document
    ignored: tuple[str, ...]


def user_of(bundle: Bundle, name: Any, where: str = "user") -> User:
    """The user that a name is.

    Raises:
        Refused: 422 where it is none.
    """
    if isinstance(name, str):
        subject = name.removeprefix(ACCOUNT)
        if name.startswith(ACCOUNT) and 0 < len(subject) <= MAX_SUBJECT and subject.isprintable():
            return User(name, account_key(bundle.site, subject))
        if supplied.VISITOR.match(name):
            return User(name, name)
    raise invalid(where, f"a visitor's id (letters, digits, _ and -, at most 64), or {ACCOUNT} and at most {MAX_SUBJECT} characters")


def consent_of(bundle: Bundle, told: Any, where: str = "consent") -> frozenset[str] | None:
    """The purposes that a caller says are chosen, None where it says nothing.

    Raises:
        Refused: 422 where one is no purpose of the site: consent that is misspelt must not pass for consent.
    """
    if told is None:
        return None
    if not isinstance(told, list) or not all(isinstance(name, str) for name in told):
        raise invalid(where, "a list of purposes")
    unknown = [name for name in told if name not in bundle.purposes]
    if unknown:
        raise invalid(where, f"the site has the purposes {', '.join(bundle.purposes) or 'none'}")
    return frozenset(told)


def document_of(text: str | None) -> tuple[str, Mapping[str, Any]]:
    """A stored document: ok, none, broken, newer or erased, and what it says."""
    if text is None:
        return "none", EMPTY
    try:
        document = parse_json(text, profile.MAX_PROFILE)
    except (ValueError, RecursionError):
        return "broken", EMPTY
    if not isinstance(document, dict):
        return "broken", EMPTY
    if "erased" in document:
        return "erased", document
    version = document.get("v", 1)
    return ("ok" if version in (1, profile.VERSION) else "newer"), document


def stored(bundle: Bundle, call: Call, user: User) -> Document:
    """What the edges' copies tell of a user.

    Raises:
        Asking: for them, where they were not read yet.
    """
    keys = [f"profile:{user.key}", f"facts:{user.key}"] if bundle.loaded else [f"profile:{user.key}"]
    if "reads" not in call.given:
        raise Asking(need={"what": "reads", "keys": keys, "deadline": bundle.deadline})
    told = [call.given["reads"][key] for key in keys]
    read = "ok" if any(status == "ok" for status, _ in told) else "none"
    status = next((status for status, _ in told if status not in ("ok", "none")), read)
    known = recall.told(bundle, None, user.key, user.key, UNIT.join((status, *(text if each == "ok" else "" for each, text in told))), call.at)
    if known.document is None:
        return Document(known.fallbacks[0].removeprefix("profile-"), EMPTY, None)
    return Document("erased" if known.erased else status, known.document, known.profile(bundle, call.at))


NOTHING = Document("none", EMPTY, Profile())


def ask(bundle: Bundle, call: Call, user: User | None, context: Any, chosen: frozenset[str] | None, url: str = "", page: str = "") -> Asked:
    """The visit of a user, or of nobody in particular.

    Consent is what the caller says, else what was in force when the user was last seen, else what the jurisdiction allows.

    Raises:
        Asking, Refused.
    """
    if context is None:
        context = {}
    if not isinstance(context, dict) or len(context) > MOST_ASKED:
        raise invalid("context", f"an object of at most {MOST_ASKED} attributes")
    found = NOTHING if user is None else stored(bundle, call, user)
    if chosen is None and isinstance(found.document.get("purposes"), list):
        chosen = frozenset(name for name in found.document["purposes"] if name in bundle.purposes)
    unit = user.id if user is not None and found.status != "erased" else ""
    own = {"url": url} if url else {}
    told = {**own, **context, supplied.UNIT: unit, supplied.CONSENT: None if chosen is None else sorted(chosen)}
    if page:
        told["request.page"] = page
    given = supplied.read(bundle, told, call.at)
    fallbacks = () if found.profile is not None else (f"profile-{found.status}",)
    served_from = "store" if found.status == "ok" else "none"
    visit = supplied.settle(bundle, given, found.profile, _sticky(found.document), served_from=served_from, fallbacks=fallbacks)
    return Asked(user, visit, found, _ignored(bundle, context))


def _sticky(document: Mapping[str, Any]) -> Mapping[str, str]:
    told = document.get("sticky")
    return {key: arm for key, arm in told.items() if isinstance(arm, str)} if isinstance(told, dict) else EMPTY


def _ignored(bundle: Bundle, context: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that mean nothing to the site, or whose values are of another type."""
    told = profile.flatten(context, (*bundle.attributes, *BUILT_IN))
    names = (name for name, value in told.items() if not _is_used(bundle.attributes.get(name), name, value))
    return tuple(sorted(name[:100] for name in names))


def _is_used(attribute: Attribute | None, name: str, value: Any) -> bool:
    if attribute is None:
        return name in BUILT_IN or name in _READ_BESIDES
    return coerce(attribute, value) is not None


def gone(document: Mapping[str, Any]) -> Refused:
    """The answer about somebody who was erased."""
    return Refused(410, "erased", "The user was erased", **({"erased": document["erased"]} if "erased" in document else {}))
