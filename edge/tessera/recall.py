"""What is known of a visitor beyond the request: the snapshot in their cookie, what the store tells, and how the two meet.

How fresh which fact is: docs/edge.md. Whatever cannot be had is said, as a fallback of the page view.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Sequence

from tessera import profile, snapshot
from tessera.fold import fold, merge, newest
from tessera.resolved import Bundle
from tessera.snapshot import VIEW, Snapshot
from tessera.types import EMPTY, Decision, Profile

SESSION = 1800  # seconds without a sign of life after which a session is over
NOTHING: Mapping[str, Any] = EMPTY


_NO_PROFILE = Profile()


class Recalled(NamedTuple):
    """What is known of a visitor.

    Attributes:
        document: as stored (docs/format.md); None where the store could not be asked and nothing usable was at hand.
        at: epoch seconds when it was last compared with the store; 0 for never.
        served_from: store, cookie or none. fallbacks: what was to be had and was not.
        shown: the campaigns that page views showed, as in a snapshot.
        erased: whether the visitor's profile was erased, so that their id is to be forgotten.
        joins: whether what this device knows is still to be taken along into the account's profile.
    """

    document: Mapping[str, Any] | None
    at: float
    served_from: str
    fallbacks: tuple[str, ...] = ()
    shown: Mapping[str, Mapping[str, str]] = EMPTY
    erased: bool = False
    joins: bool = False

    def profile(self, bundle: Bundle, now: float) -> Profile | None:
        """The document as decisions read it."""
        if not self.document:
            return None if self.document is None else _NO_PROFILE
        return profile.read(self.document, bundle.attributes, now)


def is_fresh(bundle: Bundle, known: Snapshot | None, key: str | None, now: float) -> bool:
    """Whether a snapshot is of this profile and was compared with the store lately."""
    return known is not None and known.key == key and now - known.at <= bundle.max_age


def carried(bundle: Bundle, known: Snapshot | None, key: str | None, now: float, newcomer: bool) -> Recalled:
    """What is known where the store need not be asked."""
    if known is not None and known.key == key and now - known.at <= bundle.limit:
        return Recalled(_of_session(bundle, known.document, now), known.at, "cookie", (), known.shown)
    return Recalled(NOTHING, now if newcomer else 0.0, "none")


def told(bundle: Bundle, known: Snapshot | None, key: str, visitor: str, answered: str, now: float) -> Recalled:
    """What is known once the store was asked.

    Args:
        key: of the profile that was asked for; visitor: the id in the cookie, which is another where an account has logged in.
        answered: `ok`, `none`, `late` or `error`, and behind unit separators the profile's text and that of the facts.
    """
    status, _, texts = answered.partition("\x1f")
    stored, _, facts = texts.partition("\x1f")
    if status == "none":
        found, problem = {}, ""
    elif status == "ok":
        found, problem = profile.document(stored, bundle.attributes, now) if stored else ({}, "")
        loaded, unread = profile.document(facts, bundle.attributes, now) if facts else ({}, "")
        found, problem = (None, problem or unread) if found is None or loaded is None else (_with_facts(found, loaded), "")
    else:
        found, problem = None, f"profile-{status}"
    own = known if known is not None and known.key in (key, visitor) else None
    if found is None:
        usable = own is not None and now - own.at <= bundle.limit
        if not usable:
            return Recalled(None, 0.0, "none", (problem,))
        return Recalled(_of_session(bundle, own.document, now), own.at, "cookie", (problem,), own.shown)
    if "erased" in found:
        return Recalled(NOTHING, now, "store", ("erased",), erased=True)
    visitors = found.get("visitors")
    joins = key != visitor and not (isinstance(visitors, list) and visitor in visitors)
    if own is not None and own.key == key:
        found = newest(found, own.document)
    elif own is not None and joins:
        found = merge(bundle, found, {**own.document, "visitors": [visitor]})
    return Recalled(_of_session(bundle, found, now), now, "store", (), own.shown if own else EMPTY, joins=joins)


def _with_facts(document: Mapping[str, Any], loaded: Mapping[str, Any]) -> Mapping[str, Any]:
    """A profile with what was computed elsewhere and loaded in bulk; the newer of two values wins."""
    if not loaded.get("attributes") or "erased" in document:
        return document
    return newest({"v": 2, "attributes": {}, **document}, {**loaded, "v": 2})


def _of_session(bundle: Bundle, document: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    """The document without what is kept for a session, where that is over."""
    last = document.get("last")
    if last is None or now - last <= SESSION:
        return document
    ended = {name for name in document.get("attributes", ()) if name in bundle.attributes and bundle.attributes[name].keep is None}
    return {**document, "attributes": {name: value for name, value in document["attributes"].items() if name not in ended}} if ended else document


def after(bundle: Bundle, recalled: Recalled, decisions: Sequence[Decision], view: str, now: float, key: str, page: str, purposes: frozenset[str]) -> Recalled | None:
    """What is known after a page view; None where it is what the cookie says already.

    Args:
        view: the id of the page view. now: epoch seconds. key: of the profile. page: its name. purposes: in force.
    """
    document, shown = recalled.document, recalled.shown
    if document is None:
        return None
    campaigns = _campaigns(bundle, decisions)
    begins = now - document.get("last", 0) > SESSION
    if recalled.served_from == "cookie" and not begins and not campaigns:
        return None
    if begins or (campaigns and any(_counts_decided(bundle, name) for name in campaigns.values())):
        slots = [{"slot": slot, "campaign": campaign} for slot, campaign in campaigns.items()]
        told = {"id": view, "profile": key, "at": now, "page": page, "purposes": list(purposes), "slots": slots}
        document = folded(bundle, document, {"view": told})
    if campaigns:
        shown = {**shown, view[:VIEW]: campaigns}
    return recalled._replace(document=document, shown=shown)


def folded(bundle: Bundle, document: Mapping[str, Any], message: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is known after a message of a queue, as the consumer makes of it; the very document where that changes nothing.

    A snapshot does not carry what derivations keep beside values. Of visits the last sign of life stands for it.
    """
    last, attributes = document.get("last"), document.get("attributes", EMPTY)
    if last is None:
        return fold(bundle, document, message) or document
    state = document.get("state", EMPTY)
    stays = {d.name: {"stays": [[last, last]]} for d in bundle.derivations if d.how == "visits" and d.name in attributes and d.name not in state}
    known = {**document, "state": {**stays, **state}} if stays else document
    after = fold(bundle, known, message)
    return document if after is known or after is None else after


def _campaigns(bundle: Bundle, decisions: Sequence[Decision]) -> dict[str, str]:
    """Slot → the campaign that it shows."""
    if not bundle.campaigns:
        return {}
    acting = [(d, bundle.rules[d.rule].campaign) for d in decisions if d.rule >= 0 and d.variant >= 0 and d.why != "preview"]
    return {bundle.slots[d.slot].name: bundle.campaigns[campaign].name for d, campaign in acting if campaign >= 0}


def _counts_decided(bundle: Bundle, campaign: str) -> bool:
    return any(one.name == campaign and one.cap and one.count == "decided" for one in bundle.campaigns)


def writing(bundle: Bundle, recalled: Recalled, key: str, purposes: frozenset[str]) -> Callable[[int], str] | None:
    """What writes the snapshot for a cookie into so many characters; None where there is nothing to carry."""
    if recalled.document is None or not bundle.remembers:
        return None
    names = frozenset([a.name for a in bundle.carried if a.purpose is None or a.purpose in purposes])
    return lambda room: snapshot.write(Snapshot(recalled.document, recalled.at, key, recalled.shown), names, room)
