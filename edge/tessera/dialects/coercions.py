"""Coercions that several tools share: JavaScript's String() and Number(), and strict semantic versions."""

from __future__ import annotations

import re
from math import inf, isnan
from typing import Any

from tessera.assign import unit_text
from tessera.types import MAX_TEXT, parse_version

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_LARGEST = 2**1023  # from here on an integer may be no double
_INTEGERS = {"0x": 16, "0o": 8, "0b": 2}
_NUMBER = r"(?:0|[1-9]\d*)"
_IDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_IDS})?(?:\+{_IDS})?\Z", re.ASCII)
_LEADING_ZERO = re.compile(r"[-.]0\d+(?:\.|\Z)", re.ASCII)


def text_of(value: Any) -> str | None:
    """Texts, numbers and truth values as JavaScript writes them; None for nothing, lists and objects."""
    return value if isinstance(value, str) else unit_text(value)


def number_of(value: Any) -> float | None:
    """JavaScript's Number() of a text, a number or a truth value; None where that is not a number (NaN)."""
    if isinstance(value, int):
        return value if abs(value) < _LARGEST else inf if value > 0 else -inf
    if isinstance(value, float):
        return None if isnan(value) else value
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return None
    text = value.strip()
    if not text:
        return 0
    if _DECIMAL.match(text):
        return float(text)
    if text.lstrip("+-") == "Infinity":
        return float(text) if text.count("+") + text.count("-") <= 1 else None
    try:
        return int(text[2:], _INTEGERS[text[:2].lower()]) if text.isascii() and text[2:].isalnum() else None
    except (KeyError, ValueError):
        return None


def version_of(value: Any) -> tuple | None:
    """A semantic version as semver.org 2.0.0 writes it (three numbers, no `v`), sortable; None for anything else."""
    if not isinstance(value, str) or not _VERSION.match(value) or _LEADING_ZERO.search(value.partition("+")[0]):
        return None
    return parse_version(value)
