"""The release pointer: which bundle decides, for which visitors another one does instead, which is tried out beside it.

A pointer is a signed document (docs/format.md, "The pointer"): its payload as text, the key's name, an Ed25519 signature. Whoever
can write the stores can therefore neither make one nor change one; an older one is known by its serial number.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import Any, Collection, Iterable, Mapping, NamedTuple

from tessera.bundle import READS, BundleError
from tessera.hashes import LINE, bucket
from tessera.types import finite, parse_json

MAX_POINTER = 65_536  # characters
MOST_COUNTRIES = 300
CONTEXT = b"tessera pointer v1\0"
CANARY, CONTROL, LIVE = "canary", "control", "live"
_NAME = re.compile(r"[0-9a-f]{64}\Z")
_KEY = re.compile(r"[0-9a-f]{16}\Z")
_HEADER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")


class Signed(NamedTuple):
    """A pointer before its signature is checked: `signature` by the key of this name over `message`; and what it says."""

    payload: str
    key_id: str
    signature: bytes
    message: bytes


class Canary(NamedTuple):
    """A release that some visitors get.

    Attributes:
        end: of the stretch of the allocation line whose visitors get it, from 0 (assign.bucket with the salt).
        countries: only visitors there; empty for everywhere. header: (name, value) of a request that always gets it.
    """

    bundle: str
    published: str
    end: int
    salt: str
    countries: frozenset[str] = frozenset()
    header: tuple[str, str] | None = None

    def lane(self, unit: str | None, country: str) -> str:
        """`canary` for who gets it, `control` for who could have got it, `live` for everybody else.

        By a visitor's id alone, so it stays with them, and a larger share takes it from nobody.
        """
        if self.countries and country not in self.countries:
            return LIVE
        if unit is None:
            return CANARY if self.end >= LINE else LIVE
        return CANARY if bucket(self.salt, unit) < self.end else CONTROL


class Shadow(NamedTuple):
    """A release that decides beside the live one, of which nothing is shown; `sample`: the share of page views, 0 to 1."""

    bundle: str
    sample: float


class Pointer(NamedTuple):
    """What is released. `off`: why nothing is to be personalised, None where all is well."""

    serial: int
    bundle: str
    published: str
    canary: Canary | None = None
    shadow: Shadow | None = None
    off: str | None = None


def opened(text: str) -> Signed:
    """A pointer's text, taken apart; nothing of it may be believed before its signature is checked.

    Raises:
        BundleError: where it is none.
    """
    try:
        found = parse_json(text, MAX_POINTER)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BundleError("release rejected: the pointer cannot be read; publish again")
    payload, key, signature = found.get("payload"), found.get("key"), found.get("signature")
    if not isinstance(payload, str) or not isinstance(key, str) or not isinstance(signature, str):
        raise BundleError("release rejected: the pointer is not signed; publish again")
    try:
        raw = urlsafe_b64decode(signature + "=" * (-len(signature) % 4)) if signature.isascii() else b""
    except ValueError:
        raw = b""
    if not _KEY.match(key) or len(raw) != 64:
        raise BundleError("release rejected: the pointer's signature is damaged; publish again")
    return Signed(payload, key, raw, CONTEXT + payload.encode("utf-8", "surrogatepass"))


def read(payload: str, formats: Iterable[int] = READS) -> Pointer:
    """What a pointer says, its signature being good.

    Of a canary or a shadow that cannot be read nothing is left: the live release decides.

    Args:
        formats: the bundle formats that this worker reads; of a release that is there in several, the newest of these counts.
    Raises:
        BundleError: where nothing can be released by it.
    """
    try:
        found = parse_json(payload, MAX_POINTER)
        serial, live = found["serial"], found["live"]
        bundle, published = _newest(live, frozenset(formats)), live["published"]
        canary, shadow, off = found.get("canary"), found.get("shadow"), found.get("off")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise BundleError("release rejected: the pointer cannot be read; publish again") from None
    if type(serial) is not int or serial < 1 or not isinstance(published, str):
        raise BundleError("release rejected: the pointer cannot be read; publish again")
    return Pointer(serial, bundle, published, _canary(canary, formats), _shadow(shadow, formats), str(off)[:200] if off else None)


def _newest(told: Any, formats: frozenset[int]) -> str:
    """The name of the bundle, in the newest format that is read here.

    Raises:
        BundleError: where it is there in no such format.
    """
    files = [told, *(told.get("also") or ())]
    if not all(_NAME.match(file["bundle"]) for file in files):
        raise ValueError("no name of a bundle")
    readable = [(file["format"], file["bundle"]) for file in files if file["format"] in formats]
    if not readable:
        there = ", ".join(sorted({str(file["format"])[:9] for file in files}))
        here = " and ".join(map(str, sorted(formats)))
        raise BundleError(f"release rejected: format {there}, this worker reads {here}; redeploy the edge or publish it in such a format too")
    return max(readable)[1]


def _canary(told: Any, formats: Iterable[int]) -> Canary | None:
    try:
        share, salt, published = finite(told["share"]), told["salt"], told["published"]
        countries = frozenset(told.get("countries") or ())
        header = told.get("header")
        bundle = _newest(told, frozenset(formats))
    except (ValueError, LookupError, TypeError, AttributeError, BundleError):
        return None
    fits = share is not None and 0 <= share <= 1 and isinstance(salt, str) and 0 < len(salt) <= 256 and isinstance(published, str)
    if not fits or len(countries) > MOST_COUNTRIES or not all(isinstance(one, str) for one in countries):
        return None
    return Canary(bundle, published, int(share * LINE), salt, countries, _header(header))


def _header(told: Any) -> tuple[str, str] | None:
    if not isinstance(told, dict) or not isinstance(told.get("name"), str) or not isinstance(told.get("value"), str):
        return None
    name, value = told["name"].lower(), told["value"]
    return (name, value) if _HEADER.match(name) and 0 < len(value) <= 256 else None


def _shadow(told: Any, formats: Iterable[int]) -> Shadow | None:
    try:
        bundle, sample = _newest(told, frozenset(formats)), finite(told["sample"])
    except (ValueError, LookupError, TypeError, AttributeError, BundleError):
        return None
    return Shadow(bundle, sample) if sample is not None and 0 < sample <= 1 else None


def pointed(pointer: Pointer, bundles: Collection[str]) -> dict[str, Any]:
    """What the bridge must know of it: who decides ("" while everything is off), and what of the rest is loaded."""
    canary, shadow = pointer.canary, pointer.shadow
    return {
        "live": "" if pointer.off else pointer.bundle,
        "bundles": list(bundles),
        "canary": {"name": canary.bundle, "header": canary.header} if canary and canary.bundle in bundles else None,
        "shadow": {"name": shadow.bundle, "sample": shadow.sample} if shadow and shadow.bundle in bundles else None,
    }


def described(pointer: Pointer | None) -> Mapping[str, Any]:
    """What `GET /.well-known/tessera` tells of it; the value of a header that forces the canary is nobody's business."""
    if pointer is None:
        return {"serial": None, "canary": None, "shadow": None, "off": None}
    canary, shadow = pointer.canary, pointer.shadow
    return {
        "serial": pointer.serial,
        "canary": canary and {
            "bundle": canary.bundle,
            "share": canary.end / LINE,
            "countries": sorted(canary.countries),
            "header": canary.header[0] if canary.header else None,
            "published": canary.published,
        },
        "shadow": shadow and {"bundle": shadow.bundle, "sample": shadow.sample},
        "off": pointer.off,
    }  # fmt: skip
