"""A bundle goes live: the bytes first, by their name; then the pointer, last; then the pointer's copy for the edges."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from host.admin import Admin, Conflict
from tessera.bundle import BundleError, unseal

POINTER = "releases/current.json"
COPY = "current"


class PublishError(Exception):
    """Nothing was changed for visitors; one line that says why."""


@dataclass(frozen=True, slots=True)
class Release:
    """What is live now: the bundle's name, its size, and the name of the one it took over from."""

    bundle: str
    size: int
    before: str | None


def publish(store: Admin, data: bytes, now: datetime) -> Release:
    """Put a signed bundle live.

    Raises:
        BundleError: the bytes are no bundle, or not signed.
        PublishError: another publisher came first, or the store does not give back what was put.
    """
    sealed = unseal(data)
    if sealed.signature is None:
        raise BundleError("bundle rejected: not signed, the edge would refuse it; build it with --sign KEYFILE")
    key = f"bundles/{sealed.name}.tessera"
    store.put_r2("BUNDLES", key, data)
    back = store.get_r2("BUNDLES", key)
    if back is None or back.content != data:
        raise PublishError(f"the store does not give back {key} as it was put; the old release stays live")
    before, etag = _pointer(store)
    pointer = json.dumps({"bundle": sealed.name, "published": now.isoformat(timespec="seconds"), "size": len(data)}).encode()
    condition = {"if_match": etag} if etag else {"if_none_match": "*"}
    try:
        store.put_r2("BUNDLES", POINTER, pointer, **condition)
    except Conflict:
        raise PublishError("another release was published meanwhile; look at it, then publish again") from None
    store.put_kv("RELEASES", COPY, pointer)
    return Release(sealed.name, len(data), before)


def _pointer(store: Admin) -> tuple[str | None, str | None]:
    found = store.get_r2("BUNDLES", POINTER)
    if found is None:
        return None, None
    try:
        return json.loads(found.content).get("bundle"), found.etag
    except (ValueError, AttributeError, RecursionError):
        return None, found.etag


def seed(store: Admin, visitors: list[dict], now: datetime) -> int:
    """Put the site's example profiles into the profile store, as if written now, so that none is too old; returns how many."""
    for visitor in visitors:
        stored = {key: value for key, value in visitor.items() if key not in ("at", "arms", "updated", "updated_at")}
        stored["updated"] = now.isoformat(timespec="seconds")
        store.put_kv("PROFILES", f"profile:{visitor['id']}", json.dumps(stored).encode())
    return len(visitors)
