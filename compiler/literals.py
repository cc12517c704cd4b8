"""Texts that stand for moments, durations, versions and addresses. A leaf: imports only the standard library.

Every function raises ValueError, with a message fit for the author, for a text it does not read.
"""

from __future__ import annotations

import datetime
import ipaddress
import re

_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_DURATION = re.compile(r"(?P<sign>[-+]?)(?P<parts>(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|w))+|0)", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)", re.ASCII)
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_LONGEST = 315_576_000_000.0  # seconds; the range of CEL's durations
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)
_OFFSET = re.compile(r"(?P<sign>[-+]?)(?P<hours>\d{2}):(?P<minutes>\d{2})", re.ASCII)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def timestamp(text: str) -> float:
    """Seconds since 1970 of an RFC 3339 date and time, like `2026-12-01T00:00:00Z`."""
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(f"'{text}' is not a date with a time and an offset")
    fraction = re.search(r"\.\d+", text)
    whole = text.replace(fraction.group(), "") if fraction else text
    try:
        moment = datetime.datetime.fromisoformat(whole.upper().replace("Z", "+00:00"))
        elapsed = moment - _EPOCH
    except (ValueError, OverflowError) as error:
        raise ValueError(f"'{text}' is not a possible moment: {error}") from None
    return elapsed.days * 86400 + elapsed.seconds + (float("0" + fraction.group()) if fraction else 0.0)


def duration(text: str) -> float:
    """Seconds of a duration in the units w d h m s ms us ns, like `90d` or `1h30m`; d is 24 hours."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"'{text}' is not a duration")
    total = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(match["parts"]))
    if total > _LONGEST:
        raise ValueError(f"'{text}' is longer than 10,000 years")
    return -total if match["sign"] == "-" else total


def version(text: str) -> str:
    """A version in full, without the leading v and the build: `v1.2+7` is `1.2.0`. Order: semver.org, point 11."""
    match = _VERSION.fullmatch(text)
    if not match:
        raise ValueError(f"'{text}' is not a version")
    numbers = ".".join(str(int(part or 0)) for part in match.groups()[:3])
    return numbers + (match[4] or "")


def address(text: str) -> str:
    """An IPv4 or IPv6 address in its shortest form."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"'{text}' is not an IP address") from None


def utc_offset(text: str) -> int:
    """Seconds of an offset from UTC: `UTC`, `Z`, `+01:00`."""
    if text in ("UTC", "Z", ""):
        return 0
    match = _OFFSET.fullmatch(text)
    if not match or int(match["hours"]) > 23 or int(match["minutes"]) > 59:
        raise ValueError(f"'{text}' is not an offset from UTC")
    seconds = int(match["hours"]) * 3600 + int(match["minutes"]) * 60
    return -seconds if match["sign"] == "-" else seconds
