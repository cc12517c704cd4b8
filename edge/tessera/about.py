"""Which bundle is to decide here, by the release pointer; and what `GET /.well-known/tessera` tells of the one that does."""

from __future__ import annotations

import re
from typing import Any, Sequence
from urllib.parse import urlsplit

from tessera.bundle import FORMAT, BundleError
from tessera.resolved import Bundle
from tessera.types import parse_json, parse_time

PATH = "/.well-known/tessera"
VERSION = "0.1.0"
MAX_POINTER = 4096  # characters
_NAME = re.compile(r"[0-9a-f]{64}\Z")


def released(pointer: str) -> tuple[str, str | None]:
    """The name of the bundle that a release pointer names, and when it was published.

    Raises:
        BundleError: where the text is no pointer.
    """
    try:
        found = parse_json(pointer, MAX_POINTER)
        name, published = found["bundle"], found.get("published")
    except (ValueError, LookupError, TypeError, AttributeError):
        name = published = None
    if not isinstance(name, str) or not _NAME.match(name):
        raise BundleError("release rejected: the pointer cannot be read; publish again")
    return name, published if isinstance(published, str) else None


def path_of(url: str) -> str:
    """The path of a URL; empty where it is none."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def describe(bundle: Bundle | None, published: str | None, refused: str | None, at: float, python: Sequence[int]) -> dict[str, Any]:
    """The document, as plain JSON. `age` is the seconds since the release was published."""
    moment = parse_time(published) if published else None
    return {
        "bundle": bundle.name if bundle else None,
        "site": bundle.site if bundle else None,
        "bytes": bundle.size if bundle else None,
        "published": published,
        "age": round(at - moment) if moment is not None else None,
        "refused": refused,
        "format": FORMAT,
        "tessera": VERSION,
        "python": ".".join(map(str, python)),
    }
