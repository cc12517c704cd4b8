"""Events → profile: what a message of a queue makes of the stored document of whom it is about. Pure.

The same document comes of the same messages, in whichever order and however often each is delivered, as far as documents
remember: the MOST_APPLIED newest ids of events, a stay for two days, the changes of a basket (tessera/basket.py). A message that comes
again after that counts again.
"""

from __future__ import annotations

from typing import Any, Callable, Collection, Mapping, Sequence

from tessera.derive import Derivation
from tessera.documents import MOST_APPLIED, Document, closed, filled, is_newer, is_tombstone, opened, times, trimmed
from tessera.happenings import Happening, Told, told
from tessera.held import NOTHING, Held
from tessera.quality import problems
from tessera.reductions import REDUCTIONS
from tessera.resolved import Bundle
from tessera.stitch import merge
from tessera.types import finite, moment_of

__all__ = ["fold", "merge", "newest", "problems", "written"]


def fold(bundle: Bundle, document: Document | None, message: Mapping[str, Any]) -> Document | None:
    """The document after a message of EVENTS or of DECISIONS. The very one that was given where the message changes nothing.

    Nothing comes of robots, of who has no id, of visitors without any consent, of what was counted already. An attribute is
    changed only where its purpose is among the message's; what is older than its `keep` is forgotten.

    Args:
        document: None for none; a tombstone, or one of a later version, stays as it is.
    Raises:
        KeyError, TypeError, ValueError, AttributeError: where the message is none.
    """
    heard = told(message)
    if heard.key is None or is_tombstone(document) or is_newer(document):
        return document
    after = opened(document, bundle.attributes)
    fresh = _fresh(heard, after["applied"])
    if not fresh:
        return document
    _forget(bundle, after, heard.received)
    counted = [one for one in fresh if not (one.event == "page_view" and "view" in one.fields)]  # the edge told of that view itself
    for d in bundle.derivations:
        if d.purpose is None or d.purpose in heard.purposes:
            _derive(bundle, after, d, counted, heard.received)
    _see(bundle, after["seen"], heard, fresh)
    _note(after, heard, fresh)
    return closed(after)


def _fresh(heard: Told, applied: Collection[str]) -> list[Happening]:
    """What was not counted yet, each once, in order of time."""
    known, found = set(applied), {}
    for one in heard.happenings:
        if one.id not in known:
            found.setdefault(one.id, one)
    return sorted(found.values(), key=lambda one: one.moment)


def _forget(bundle: Bundle, after: dict[str, Any], now: float) -> None:
    """Leave out the attributes that are older than they may be kept."""
    for name in list(after["attributes"]):
        attribute = bundle.attributes.get(name)
        if attribute is not None and attribute.keep is not None and now - after["updated_at"][name] > attribute.keep:
            for part in ("attributes", "updated_at", "state"):
                after[part].pop(name, None)


def _derive(bundle: Bundle, after: dict[str, Any], d: Derivation, happenings: Sequence[Happening], received: float) -> None:
    """Change one attribute by what happened."""
    step: Callable[..., Held | None] = REDUCTIONS[d.how].step
    before = held = held_of(after, d.name)
    for one in happenings:
        if d.events and one.event not in d.events:
            continue
        held = step(d, held, one, bundle.items) or held
    if held is not before:
        hold(after, d.name, held, received)


def held_of(document: Mapping[str, Any], name: str) -> Held:
    """What an opened document holds of an attribute."""
    value = document["attributes"].get(name)
    if value is None:
        return NOTHING._replace(state=document["state"].get(name, {}))
    return Held(value, document["state"].get(name, {}), document["updated_at"].get(name, 0.0))


def hold(document: dict[str, Any], name: str, held: Held, at: float) -> None:
    """Put what is held of an attribute into an opened document, written at that time unless it was later."""
    if held.value is not None:
        document["attributes"][name] = held.value
        document["updated_at"][name] = max(at, document["updated_at"].get(name, 0.0))
    if held.state:
        document["state"][name] = dict(held.state)


def _see(bundle: Bundle, seen: dict[str, list[float]], heard: Told, fresh: Sequence[Happening]) -> None:
    """Count what was seen, or decided, for the caps of campaigns. A dismissed campaign is as good as seen up to its cap."""
    campaigns = {campaign.name: campaign for campaign in bundle.campaigns}
    for name, at in heard.decided:
        if name in campaigns and campaigns[name].count == "decided" and heard.channel in campaigns[name].channels:
            seen[name] = times([*seen.get(name, ()), at])
    for one in fresh:
        campaign = campaigns.get(one.fields.get("campaign"))
        if campaign is None:
            continue
        if one.event == "exposure" and campaign.count == "seen" and one.fields.get("channel", "web") in campaign.channels:
            seen[campaign.name] = times([*seen.get(campaign.name, ()), one.at])
        elif one.event == "dismiss" and campaign.cap is not None:
            seen[campaign.name] = filled(seen.get(campaign.name, ()), one.at, campaign.cap[0])


def _note(after: dict[str, Any], heard: Told, fresh: Sequence[Happening]) -> None:
    """What the document says of itself: when it was changed, the last sign of life, the consent then, what it counted."""
    after["updated"] = max(after["updated"], heard.received)
    after["created"] = min(after.get("created", fresh[0].at), fresh[0].at)
    alive = [one.at for one in fresh if one.is_life]
    if alive:
        consent = (max(alive), sorted(heard.purposes), heard.jurisdiction or "")
        before = (after.get("last", 0.0), after.get("purposes") or [], after.get("jurisdiction") or "")
        after["last"], after["purposes"], after["jurisdiction"] = max(consent, before)
    after["applied"] = [*after["applied"], *(one.id for one in fresh)][-MOST_APPLIED:]


# --- documents that meet -----------------------------------------------------------------------------------------------


def newest(stored: Document | None, own: Document | None) -> Document | None:
    """Two documents of one visitor as one, such as the store's and the cookie's: of each attribute what was written later,
    of equally old ones the stored. What was erased stays so for everything older.
    """
    if not stored or not own:
        return stored or own
    if is_newer(stored) or is_newer(own):
        return stored
    if is_tombstone(stored) or is_tombstone(own):
        return _outlived(stored, own)
    found, other = opened(stored, ()), opened(own, ())
    for name, value in other["attributes"].items():
        at = other["updated_at"][name]
        if name not in found["attributes"] or at > found["updated_at"][name]:
            found["attributes"][name], found["updated_at"][name] = value, at
            found["state"].pop(name, None)
            if name in other["state"]:
                found["state"][name] = other["state"][name]
    for name, seen in other["seen"].items():
        found["seen"][name] = times([*found["seen"].get(name, ()), *seen])
    found["updated"] = max(found["updated"], other["updated"])
    found["applied"] = list(dict.fromkeys((*found["applied"], *other["applied"])))[-MOST_APPLIED:]
    rest = {key: value for key, value in other.items() if key not in found}
    return trimmed({**found, **rest})


def _outlived(stored: Document, own: Document) -> Document:
    """The tombstone, unless the other was written after it."""
    grave, other = (stored, own) if is_tombstone(stored) else (own, stored)
    erased = finite(grave["erased"])
    if is_tombstone(other):
        return stored
    return grave if erased is None or (moment_of(other.get("updated")) or 0.0) <= erased else other


def written(bundle: Bundle, document: Document | None, values: Mapping[str, Any], at: float) -> Document:
    """The document with these values (full name → JSON; None takes an attribute away), as somebody other than events says.

    What the events before made of the attribute is forgotten with it: they go on from the value. See `problems` for whether
    the result may be stored; a tombstone, or a document of a later version, stays as it is.
    """
    if is_tombstone(document) or is_newer(document):
        return document
    after = opened(document, bundle.attributes)
    for name, value in values.items():
        for part in ("attributes", "updated_at", "state"):
            after[part].pop(name, None)
        if value is not None:
            after["attributes"][name], after["updated_at"][name] = value, at
    after["updated"] = max(after["updated"], at)
    after.setdefault("created", at)
    return closed(after)
