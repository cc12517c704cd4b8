"""What `GET /.well-known/tessera` tells: which bundle decides here, since when, and what this worker is."""

from __future__ import annotations

from typing import Any, Sequence
from urllib.parse import urlsplit

from tessera.bundle import FORMAT, READS
from tessera.release import Pointer, described
from tessera.resolved import Bundle
from tessera.types import parse_time

PATH = "/.well-known/tessera"
VERSION = "0.1.0"


def path_of(url: str) -> str:
    """The path of a URL; empty where it is none."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def describe(bundle: Bundle | None, pointer: Pointer | None, refused: str | None, at: float, python: Sequence[int]) -> dict[str, Any]:
    """The document, as plain JSON. `age` is the seconds since the release was published; `formats`, of bundles, that are read here."""
    published = pointer.published if pointer else None
    moment = parse_time(published) if published else None
    return {
        "bundle": bundle.name if bundle else None,
        "site": bundle.site if bundle else None,
        "bytes": bundle.size if bundle else None,
        "published": published,
        "age": round(at - moment) if moment is not None else None,
        "refused": refused,
        **described(pointer),
        "format": FORMAT,
        "formats": sorted(READS),
        "tessera": VERSION,
        "python": ".".join(map(str, python)),
    }
