"""Timestamps (epoch seconds) and durations (seconds), as floats to the microsecond. Unknown (None) where CEL has an error.

A timestamp lies within the years 1 to 9999, a duration within 10,000 years.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone
from typing import Any, Callable

from tessera.compare import is_number

FIRST, BEYOND = -62_135_596_800.0, 253_402_300_800.0  # the year 1 and the year 10000
LONGEST = 315_576_000_000.0  # seconds of a duration
WIDEST = 2**63 / 1e9  # seconds between two timestamps
_LOST = 9.6e-7  # seconds that a sum is off by where it is not the microsecond that was meant
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TIMESTAMP = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(?:[Zz]|([-+][0-9]{2}:[0-9]{2}))\Z")
_DURATION = re.compile(r"[-+]?(?:(?:(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:ns|us|µs|ms|s|m|h|d|w))+|0)\Z")
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|ms|s|m|h|d|w)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def moment(seconds: float) -> float | None:
    """Seconds as a timestamp."""
    kept = round(seconds, 6)
    return kept if FIRST <= kept < BEYOND else None


def span(seconds: float) -> float | None:
    """Seconds as a duration."""
    kept = round(seconds, 6)
    return kept if abs(kept) <= LONGEST else None


def _sum(seconds: float, more: float) -> float | None:
    """A timestamp so much later; unknown where a float does not hold it to the microsecond, in years far from now."""
    kept = moment(seconds + more)
    return kept if kept is not None and abs(kept - seconds - more) < _LOST else None


def timestamp(value: Any) -> Any:
    """Of an RFC 3339 text (`2026-12-01T00:00:00Z`) or a whole number of epoch seconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        return moment(float(value)) if abs(value) < BEYOND else None
    found = _TIMESTAMP.match(value) if isinstance(value, str) and len(value) <= 40 else None
    if not found:
        return None
    date, time, fraction, offset = found.groups()
    try:
        elapsed = datetime.fromisoformat(f"{date}T{time}{offset or '+00:00'}") - _EPOCH
    except (ValueError, OverflowError):
        return None
    return _sum(elapsed.days * 86_400 + elapsed.seconds, float(fraction or 0))


def duration(value: Any) -> Any:
    """Of a text in the units w d h m s ms us ns, like `90d` or `1h30m`; d is 24 hours."""
    if not isinstance(value, str) or len(value) > 64 or not _DURATION.match(value):
        return None
    total = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value)) + 0.0
    return span(-total if value[0] == "-" else total)


def _of_seconds(function: Callable[[float, float], float | None]) -> Callable[[Any, Any], Any]:
    return lambda a, b: function(a, b) if is_number(a) and is_number(b) and math.isfinite(a) and math.isfinite(b) else None


later = _of_seconds(_sum)
earlier = _of_seconds(lambda a, b: _sum(a, -b))
between = _of_seconds(lambda a, b: span(a - b) if abs(a - b) < WIDEST else None)
longer = _of_seconds(lambda a, b: span(a + b))
shorter = _of_seconds(lambda a, b: span(a - b))


def _getter(read: Callable[[datetime], int]) -> Callable[[Any], Any]:
    def total(seconds: Any) -> Any:
        if not is_number(seconds) or not FIRST <= seconds < BEYOND:
            return None
        try:
            return read(_EPOCH + timedelta(seconds=seconds))
        except OverflowError:
            return None

    return total


hours = _getter(lambda at: at.hour)
minutes = _getter(lambda at: at.minute)
seconds = _getter(lambda at: at.second)
milliseconds = _getter(lambda at: at.microsecond // 1000)
day_of_week = _getter(lambda at: at.isoweekday() % 7)
day_of_month = _getter(lambda at: at.day - 1)
day_of_year = _getter(lambda at: at.timetuple().tm_yday - 1)
month = _getter(lambda at: at.month - 1)
year = _getter(lambda at: at.year)


def _whole(unit: float) -> Callable[[Any], Any]:
    return lambda length: int(length / unit) if is_number(length) and abs(length) <= LONGEST else None


in_hours = _whole(3600.0)
in_minutes = _whole(60.0)
in_seconds = _whole(1.0)


def odd_milliseconds(length: Any) -> Any:
    """The milliseconds of a duration beyond its whole seconds."""
    return int(math.fmod(round(length * 1_000_000), 1_000_000) / 1000) if is_number(length) and abs(length) <= LONGEST else None


def _fraction(value: float) -> str:
    """The whole seconds' fraction as text, without zeros at its end; empty for none."""
    return f"{value:.6f}".partition(".")[2].rstrip("0")


def timestamp_text(at: Any) -> Any:
    """RFC 3339 in UTC: `2026-12-01T00:00:00Z`."""
    if not is_number(at) or not FIRST <= at < BEYOND:
        return None
    whole = math.floor(at)
    shown = (_EPOCH + timedelta(seconds=whole)).replace(tzinfo=None).isoformat()
    fraction = _fraction(at - whole)
    return f"{shown}{'.' if fraction else ''}{fraction}Z"


def duration_text(length: Any) -> Any:
    """Seconds with their unit: `5400s`, `0.5s`."""
    if not is_number(length) or not abs(length) <= LONGEST:
        return None
    fraction = _fraction(abs(length) % 1)
    return f"{'-' if length < 0 else ''}{math.floor(abs(length))}{'.' if fraction else ''}{fraction}s"
