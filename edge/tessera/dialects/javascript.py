"""JavaScript's coercions and comparisons of JSON values (ECMA-262, section 7), for the tools whose rules rely on them.

`null` and what is missing are None here; lists are tuples (or lists), objects are dicts. All functions are total.
"""

from __future__ import annotations

import math
from typing import Any

from tessera.assign import unit_text
from tessera.types import MAX_DEPTH

NAN = math.nan
SPACES = "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_DECIMAL = frozenset("0123456789+-.eE")
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_SAFE = 2**53


def type_of(value: Any) -> str:
    """`null`, `array`, and otherwise what `typeof` says: boolean, number, string, object."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, (tuple, list)) else "object" if isinstance(value, dict) else "undefined"


def truthy(value: Any) -> bool:
    """Whether `if (value)` holds: lists and objects do even where they are empty."""
    if isinstance(value, float):
        return bool(value) and not math.isnan(value)
    return bool(value) or isinstance(value, (tuple, list, dict))


def to_text(value: Any, depth: int = MAX_DEPTH) -> str:
    """`String(value)`: lists joined by commas, `[object Object]`. Of lists within lists no more than `depth` are looked into."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return value
    if isinstance(value, (tuple, list)):
        return ",".join("" if element is None else to_text(element, depth - 1) for element in value) if depth else ""
    if isinstance(value, (bool, int, float)):
        return unit_text(value) or ("NaN" if value != value else "Infinity" if value > 0 else "-Infinity")
    return "[object Object]"


def to_number(value: Any) -> float:
    """`Number(value)`: null is 0, an empty text is 0, a text that is no number NaN, and lists and objects what their texts are."""
    if value is None:
        return 0.0
    if isinstance(value, (bool, int, float)):
        return _double(value)
    text = (value if isinstance(value, str) else to_text(value)).strip(SPACES)
    if not text:
        return 0.0
    base = _BASES.get(text[:2].lower())
    if base:
        digits = text[2:]
        try:
            return _double(int(digits, base)) if digits.isascii() and digits.isalnum() else NAN
        except ValueError:
            return NAN
    if _DECIMAL.issuperset(text):
        try:
            return float(text)
        except ValueError:
            return NAN
    return {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}.get(text, NAN)


def strictly_equal(a: Any, b: Any) -> bool:
    """`a === b`: numbers by value, lists and objects never (none is the same one as another)."""
    kind = type_of(a)
    if kind != type_of(b) or kind in ("array", "object"):
        return False
    return _double(a) == _double(b) if kind == "number" else a == b


def same(a: Any, b: Any, depth: int = MAX_DEPTH) -> bool:
    """`JSON.stringify(a) === JSON.stringify(b)`: the order of an object's keys counts. False below `depth`."""
    kind = type_of(a)
    if kind != type_of(b) or depth < 0:
        return False
    if kind == "array":
        return len(a) == len(b) and all(same(x, y, depth - 1) for x, y in zip(a, b))
    if kind == "object":
        keys = _keys(a)
        return keys == _keys(b) and all(same(a[key], b[key], depth - 1) for key in keys)
    return strictly_equal(a, b)


def compare(a: Any, b: Any) -> int | None:
    """-1, 0 or 1 for `a < b`, neither, `a > b`: two texts by UTF-16 code units, anything else as numbers; None with NaN."""
    if isinstance(a, (tuple, list, dict)):
        a = to_text(a)
    if isinstance(b, (tuple, list, dict)):
        b = to_text(b)
    if isinstance(a, str) and isinstance(b, str):
        left, right = (a, b) if a.isascii() and b.isascii() else (_units(a), _units(b))
        return (left > right) - (left < right)
    x, y = to_number(a), to_number(b)
    return None if math.isnan(x) or math.isnan(y) else (x > y) - (x < y)


def _units(text: str) -> bytes:
    """Bytes that sort as the text's UTF-16 code units do."""
    return text.encode("utf-16-be", "surrogatepass")


def _double(value: Any) -> float:
    if isinstance(value, int) and not -_SAFE <= value <= _SAFE:
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return float(value)


def _keys(value: dict) -> list:
    """The keys in the order in which JavaScript lists them: small whole numbers first, by size."""
    numbers = sorted((key for key in value if _is_index(key)), key=int)
    return numbers + [key for key in value if not _is_index(key)]


def _is_index(key: Any) -> bool:
    return isinstance(key, str) and key.isascii() and key.isdigit() and len(key) <= 10 and str(int(key)) == key and int(key) < 2**32 - 1
