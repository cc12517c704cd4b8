"""At a login: what a visitor did on a device becomes part of their account's profile. Pure."""

from __future__ import annotations

from typing import Any, Collection, Mapping

from tessera.documents import MOST_APPLIED, MOST_VISITORS, Document, closed, is_newer, is_tombstone, opened, times
from tessera.held import Held
from tessera.reductions import REDUCTIONS
from tessera.resolved import Bundle

_PARTS = ("attributes", "updated_at", "state")


def merge(bundle: Bundle, account: Document | None, visitor: Document, purposes: Collection[str] | None = None) -> Document | None:
    """The account's document with the visitor's history in it: counts and sums add up, the most recent come by time,
    affinities add as of the same moment, of what is last the newer stays. Of attributes that come from no event, the one written later.

    The same history of a visitor twice changes nothing: it is told by when it began (`created`), so that what the visitor
    does after the device's document was emptied is added at the next login.

    Args:
        account: None for none yet. visitor: with their ids as its `visitors`, which the account collects.
        purposes: those in force at the login; attributes for others stay behind. None: all.
    Returns:
        The very document of the account where nothing changes.
    """
    if is_tombstone(account) or is_newer(account) or is_tombstone(visitor) or is_newer(visitor):
        return account
    after, other = opened(account, bundle.attributes), opened(visitor, bundle.attributes)
    ids = _ids(other)
    stitched = after["stitched"] if isinstance(after.get("stitched"), dict) else {}
    began = other.get("created", other["updated"])
    has_history = bool(other["attributes"] or other["seen"] or other.get("sticky"))
    is_new = has_history and not (ids and all(stitched.get(id_) == began for id_ in ids))
    if not is_new and set(ids) <= set(_ids(after)):
        return account
    if is_new:
        _attributes(bundle, after, other, purposes)
        _rest(after, other)
        others = ((id_, at) for id_, at in stitched.items() if id_ not in ids)
        after["stitched"] = dict([*others, *((id_, began) for id_ in ids)][-MOST_VISITORS:])
    after["visitors"] = list(dict.fromkeys((*_ids(after), *ids)))[-MOST_VISITORS:]
    return closed(after)


def _ids(document: Mapping[str, Any]) -> list[str]:
    told = document.get("visitors")
    return [id_ for id_ in told if isinstance(id_, str)] if isinstance(told, list) else []


def _attributes(bundle: Bundle, after: dict[str, Any], other: Mapping[str, Any], purposes: Collection[str] | None) -> None:
    hows = {d.name: d for d in bundle.derivations}
    for name, value in other["attributes"].items():
        attribute = bundle.attributes.get(name)
        purpose = attribute.purpose if attribute is not None else None
        if purposes is not None and purpose is not None and purpose not in purposes:
            continue
        at, d = other["updated_at"][name], hows.get(name)
        if name not in after["attributes"]:
            _put(after, name, value, at, other["state"].get(name))
        elif d is not None:
            one = Held(after["attributes"][name], after["state"].get(name, {}), after["updated_at"][name])
            both = REDUCTIONS[d.how].join(d, one, Held(value, other["state"].get(name, {}), at))
            _put(after, name, both.value, max(one.written, at), both.state)
        elif at > after["updated_at"][name]:
            _put(after, name, value, at, None)


def _put(after: dict[str, Any], name: str, *held: Any) -> None:
    for part, value in zip(_PARTS, held):
        after[part].pop(name, None)
        if value not in (None, {}):
            after[part][name] = value


def _rest(after: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Caps, times, the consent that was told last, the arms: of an arm and of the level the account's own stay."""
    for name, seen in other["seen"].items():
        after["seen"][name] = times([*after["seen"].get(name, ()), *seen])
    if other.get("last", 0.0) > after.get("last", 0.0):
        after |= {key: other[key] for key in ("last", "purposes", "jurisdiction") if key in other}
    if "created" in other:
        after["created"] = min(after.get("created", other["created"]), other["created"])
    after["updated"] = max(after["updated"], other["updated"])
    if isinstance(other.get("sticky"), dict):
        after["sticky"] = {**other["sticky"], **(after["sticky"] if isinstance(after.get("sticky"), dict) else {})}
    if "level" in other:
        after.setdefault("level", other["level"])
    after["applied"] = list(dict.fromkeys((*other["applied"], *after["applied"])))[-MOST_APPLIED:]
