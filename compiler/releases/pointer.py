"""The release pointer as those who publish see it: what is live, what is tried out, what may be gone back to. Plain values.

The edge reads the same payload with `tessera.release`; docs/format.md, "The pointer", tells every key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from compiler.releases.documents import Tampered

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Held:
    """A release: a bundle, or one site's bundles in several formats, of which `bundle` is the one for most edges.

    Attributes:
        size: of the file, in bytes. format: of the bundle. published: when it went into the store (ISO 8601).
        also: the same site in other formats, each (bundle, size, format).
    """

    bundle: str
    size: int
    format: int
    published: str
    also: tuple[tuple[str, int, int], ...] = ()

    @property
    def bundles(self) -> tuple[str, ...]:
        return (self.bundle, *(name for name, _, _ in self.also))

    def payload(self) -> dict[str, Any]:
        also = [{"bundle": name, "size": size, "format": format_} for name, size, format_ in self.also]
        return {"bundle": self.bundle, "size": self.size, "format": self.format, "published": self.published, "also": also}


@dataclass(frozen=True, slots=True)
class Canary:
    """A release that some visitors get: a share of them (0 to 1), in some countries alone, or whoever sends a header."""

    release: Held
    share: float
    salt: str
    countries: tuple[str, ...] = ()
    header: tuple[str, str] | None = None

    def payload(self) -> dict[str, Any]:
        header = {"name": self.header[0], "value": self.header[1]} if self.header else None
        return {**self.release.payload(), "share": self.share, "salt": self.salt, "countries": list(self.countries), "header": header}


@dataclass(frozen=True, slots=True)
class Shadow:
    """A release that decides beside the live one for a sample of page views (0 to 1), of which nothing is shown."""

    release: Held
    sample: float

    def payload(self) -> dict[str, Any]:
        return {**self.release.payload(), "sample": self.sample}


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is released.

    Attributes:
        serial: one more with each change. head: the name of the newest entry of the release log.
        retained: the releases that were live before, the latest first, as far as they are kept.
        off: why nothing is personalised. frozen: why nothing may be published. policy: whose approval is needed (policy.py).
    """

    serial: int
    site: str
    at: str
    head: str
    live: Held
    canary: Canary | None = None
    shadow: Shadow | None = None
    retained: tuple[Held, ...] = ()
    off: str | None = None
    frozen: str | None = None
    policy: Mapping[str, Any] | None = None

    def payload(self) -> dict[str, Any]:
        told = asdict(replace(self, live=None, canary=None, shadow=None, retained=(), policy=None))
        return {
            **told,
            "format": FORMAT,
            "live": self.live.payload(),
            "canary": self.canary and self.canary.payload(),
            "shadow": self.shadow and self.shadow.payload(),
            "retained": [one.payload() for one in self.retained],
            "policy": None if self.policy is None else dict(self.policy),
        }


def read(payload: Mapping[str, Any]) -> Pointer:
    """A pointer from its payload, the signature of which is good.

    Raises:
        Tampered: where it is of another form.
    """
    try:
        if payload["format"] != FORMAT:
            raise Tampered(f"the pointer is of format {payload['format']}, this command reads {FORMAT}; use a newer version of Tessera")
        canary, shadow = payload["canary"], payload["shadow"]
        return Pointer(
            serial=int(payload["serial"]),
            site=str(payload["site"]),
            at=str(payload["at"]),
            head=str(payload["head"]),
            live=_held(payload["live"]),
            canary=canary and Canary(_held(canary), float(canary["share"]), str(canary["salt"]), tuple(canary["countries"]), _header(canary["header"])),
            shadow=shadow and Shadow(_held(shadow), float(shadow["sample"])),
            retained=tuple(map(_held, payload["retained"])),
            off=payload["off"],
            frozen=payload["frozen"],
            policy=payload["policy"],
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Tampered("the pointer is signed, but cannot be read; a newer version of Tessera may have written it") from None


def _held(told: Mapping[str, Any]) -> Held:
    also = tuple((str(one["bundle"]), int(one["size"]), int(one["format"])) for one in told["also"])
    return Held(str(told["bundle"]), int(told["size"]), int(told["format"]), str(told["published"]), also)


def _header(told: Mapping[str, Any] | None) -> tuple[str, str] | None:
    return (str(told["name"]), str(told["value"])) if told else None
