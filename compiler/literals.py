"""Texts that stand for moments, durations, versions and addresses. Read as the edge reads them.

Every function raises ValueError, with a message fit for the author, for a text it does not read.
"""

from __future__ import annotations

import re
from decimal import Decimal

from tessera import moments, networks

_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)
_OFFSET = re.compile(r"(?P<sign>[-+]?)(?P<hours>\d{2}):(?P<minutes>\d{2})", re.ASCII)
_SECONDS = re.compile(r"\.\d+", re.ASCII)
_FRACTION = re.compile(r"(\d*\.\d+|\d+\.(?=\D)|\d+(?=[nuµ]))(ns|us|µs|ms|s|m|h|d|w)?", re.ASCII)
_MICROSECONDS = {"ns": "0.001", "us": "1", "µs": "1", "ms": "1e3", "s": "1e6", "m": "6e7", "h": "3.6e9", "d": "8.64e10", "w": "6.048e11"}


def timestamp(text: str) -> float:
    """Seconds since 1970 of an RFC 3339 date and time, like `2026-12-01T00:00:00Z`, of the years 1 to 9999."""
    found = moments.timestamp(text)
    if found is None:
        raise ValueError(f"'{text}' is not a possible date with a time and an offset")
    return found


def duration(text: str) -> float:
    """Seconds of a duration in the units w d h m s ms us ns, like `90d` or `1h30m`; d is 24 hours."""
    found = moments.duration(text)
    if found is None:
        raise ValueError(f"'{text}' is not a duration of at most 10,000 years")
    return found


def is_finer(text: str) -> bool:
    """Whether a timestamp or a duration tells more than microseconds, or more than is kept of years far from now."""
    if moments.timestamp(text) is None and moments.timestamp(_SECONDS.sub("", text)) is not None:
        return True
    return any((Decimal(number) * Decimal(_MICROSECONDS[unit or "s"])) % 1 for number, unit in _FRACTION.findall(text))


def version(text: str) -> str:
    """A version in full, without the leading v and the build: `v1.2+7` is `1.2.0`. Order: semver.org, point 11."""
    match = _VERSION.fullmatch(text)
    if not match:
        raise ValueError(f"'{text}' is not a version")
    numbers = ".".join(str(int(part or 0)) for part in match.groups()[:3])
    return numbers + (match[4] or "")


def address(text: str) -> str:
    """An IPv4 or IPv6 address in its shortest form."""
    found = networks.ip(text)
    if found is None:
        raise ValueError(f"'{text}' is not an IP address")
    return found


def network(text: str) -> str:
    """A network, like `10.0.0.0/8`, its address in its shortest form."""
    found = networks.cidr(text)
    if found is None:
        raise ValueError(f"'{text}' is not a network")
    return found


def utc_offset(text: str) -> int:
    """Seconds of an offset from UTC: `UTC`, `+01:00`."""
    if text in ("UTC", ""):
        return 0
    match = _OFFSET.fullmatch(text)
    if not match or int(match["hours"]) > 23 or int(match["minutes"]) > 59:
        raise ValueError(f"'{text}' is not an offset from UTC")
    seconds = int(match["hours"]) * 3600 + int(match["minutes"]) * 60
    return -seconds if match["sign"] == "-" else seconds
