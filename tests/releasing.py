"""Release pointers as tests forge them: signed with a key of their choice, whatever they say."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from compiler.releases.documents import sealed
from tessera.bundle import FORMAT

PUBLISHED = "2026-11-24T12:00:00+00:00"
_serials = count(100)


def payload(bundle: str, **more: Any) -> dict[str, Any]:
    """What a pointer to a bundle says; its serial number is higher than that of all before."""
    live = {"bundle": bundle, "size": 1, "format": FORMAT, "published": PUBLISHED, "also": []}
    told = {"format": 1, "serial": next(_serials), "site": "store", "at": PUBLISHED, "head": "0" * 64, "live": live}
    return {**told, "canary": None, "shadow": None, "retained": [], "off": None, "frozen": None, "policy": None, **more}


def pointer(key: Path, bundle: str, **more: Any) -> bytes:
    """A signed pointer to a bundle."""
    return sealed("pointer", payload(bundle, **more), key)
