"""Optimizely's audience conditions and its bucketing, as its SDKs decide them: what cannot be compared is unknown (None)."""

from __future__ import annotations

from typing import Any, Callable

from tessera.dialects.function import Function
from tessera.hashes import HASHES
from tessera.types import MAX_TEXT

LARGEST = 2**53  # numbers beyond it are not compared


def exact(value: Any, expected: Any) -> bool | None:
    """Equality of two texts, two truth values or two numbers; unknown for everything else."""
    if isinstance(expected, (str, bool)):
        return value == expected if type(value) is type(expected) else None
    return _numbers(value, expected, lambda one, other: one == other)


def substring(value: Any, part: Any) -> bool | None:
    """Whether a text contains another."""
    return part in value if isinstance(value, str) and isinstance(part, str) else None


def exists(value: Any) -> bool:
    """Whether there is a value other than null."""
    return value is not None


def qualified(segments: Any, segment: Any) -> bool | None:
    """Whether a segment is among those that the visitor qualified for; false where there are none."""
    if not isinstance(segment, str):
        return None
    return isinstance(segments, tuple) and segment in segments


def unknown() -> None:
    """What a condition is that Optimizely's SDKs cannot evaluate: of an unknown type, match or form."""
    return None


def bucket(bucketing_id: Any, user_id: Any, parent: Any) -> int | None:
    """The bucket in [0, 10000) of the bucketing id (the user's id where it is no text) in an experiment or a group."""
    unit = bucketing_id if isinstance(bucketing_id, str) else user_id
    if not isinstance(unit, str) or not isinstance(parent, str):
        return None
    scheme = HASHES["optimizely"]
    return scheme.number(parent, unit, scheme.buckets)


def _numbers(value: Any, expected: Any, holds: Callable[[Any, Any], bool]) -> bool | None:
    return holds(value, expected) if _is_number(value) and _is_number(expected) else None


def _is_number(value: Any) -> bool:
    """Whether it is a number that Optimizely compares: finite, and not larger than a double holds exactly."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def _numeric(holds: Callable[[Any, Any], bool]) -> Function:
    return Function(lambda value, expected: _numbers(value, expected, holds), (2,), "bool")


# --- versions ------------------------------------------------------------------------------------------------------------


def compare_versions(version: Any, target: Any) -> int | None:
    """-1, 0 or 1 where a version stands before, equals or stands after a target; unknown where one of them is no version.

    The target says how many parts count: 2.1.7 equals 2.1. A suffix after `-` or `+` is one more part, compared as text
    (as a number where the version's is one); a pre-release stands before the same version without.
    """
    if not isinstance(version, str) or not isinstance(target, str):
        return None
    parts, wanted = _parts(version), _parts(target)
    if parts is None or wanted is None:
        return None
    early, early_target = _mark(version) == "-", _mark(target) == "-"
    for position, part in enumerate(wanted):
        if position >= len(parts):
            return 1 if _mark(target) else -1
        own = parts[position]
        if own.isdigit():
            if not (_is_whole(own) and _is_whole(part)):
                return None
            if int(own) != int(part):
                return 1 if int(own) > int(part) else -1
        elif own < part:
            return 1 if early_target and not early else -1
        elif own > part:
            return -1 if early and not early_target else 1
    return -1 if early and not early_target else 0


def _mark(version: str) -> str:
    """The first of `-` and `+` in a version: what its suffix begins with."""
    return next((mark for mark in version if mark in "-+"), "")


def _parts(version: str) -> list[str] | None:
    """One to three numbers and the suffix, where there is one; None where the text is no version."""
    mark = _mark(version)
    numbers, *suffix = version.split(mark, 1) if mark else [version]
    parts = numbers.split(".")
    if " " in version or len(parts) > 3 or not all(part.isdigit() for part in parts):
        return None
    return parts + suffix


def _is_whole(text: str) -> bool:
    """Whether a text is a number, of so many digits as Python reads."""
    return text.isdecimal() and len(text) <= MAX_TEXT


def _version(holds: Callable[[int], bool]) -> Function:
    def test(version: Any, target: Any) -> bool | None:
        order = compare_versions(version, target)
        return None if order is None else holds(order)

    return Function(test, (2,), "bool")


FUNCTIONS: dict[str, Function] = {
    "optimizely.exact": Function(exact, (2,), "bool"),
    "optimizely.exists": Function(exists, (1,), "bool"),
    "optimizely.substring": Function(substring, (2,), "bool"),
    "optimizely.gt": _numeric(lambda one, other: one > other),
    "optimizely.ge": _numeric(lambda one, other: one >= other),
    "optimizely.lt": _numeric(lambda one, other: one < other),
    "optimizely.le": _numeric(lambda one, other: one <= other),
    "optimizely.semver_eq": _version(lambda order: order == 0),
    "optimizely.semver_gt": _version(lambda order: order > 0),
    "optimizely.semver_ge": _version(lambda order: order >= 0),
    "optimizely.semver_lt": _version(lambda order: order < 0),
    "optimizely.semver_le": _version(lambda order: order <= 0),
    "optimizely.qualified": Function(qualified, (2,), "bool"),
    "optimizely.unknown": Function(unknown, (0,), "bool"),
    "optimizely.bucket": Function(bucket, (3,), "int"),
}
