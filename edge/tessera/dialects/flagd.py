"""flagd's own operators: fractional, sem_ver, starts_with, ends_with. What is wrong yields null, and so the default variant.

Sources: open-feature/flagd, core/pkg/evaluator (fractional.go, semver.go, string_comparison.go), golang.org/x/mod/semver.
"""

from __future__ import annotations

import json
import math
import re
import struct
from typing import Any

from tessera.dialects.function import Function
from tessera.dialects.javascript import to_number, to_text
from tessera.dialects.jsonlogic import as_list
from tessera.hashes import murmur3

MOST_WEIGHT = 2**31 - 1  # of one bucket, and of all together

_NUMBER = r"(0|[1-9][0-9]*)"
_VERSION = re.compile(rf"[vV]?{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)?)?")


# --- texts and versions ----------------------------------------------------------------------------------------------


def starts_with(*values: Any) -> bool | None:
    """Whether a text begins with another; null where there are not two texts."""
    return values[0].startswith(values[1]) if _two_texts(values) else None


def ends_with(*values: Any) -> bool | None:
    """Whether a text ends with another; null where there are not two texts."""
    return values[0].endswith(values[1]) if _two_texts(values) else None


def _two_texts(values: tuple) -> bool:
    return len(values) == 2 and all(isinstance(value, str) for value in values)


def sem_ver(*values: Any) -> bool | None:
    """Compare two versions by `=`, `!=`, `<`, `<=`, `>`, `>=`, `^` (same major) or `~` (same minor).

    A `v` before a version, and minor and patch numbers that are not given, do not matter; numbers count as texts.
    Returns:
        None where one is no version, or there is no such comparison.
    """
    if len(values) != 3:
        return None
    a, comparison, b = _version(values[0]), values[1], _version(values[2])
    if a is None or b is None or not isinstance(comparison, str):
        return None
    if comparison in ("^", "~"):
        parts = 1 if comparison == "^" else 2
        return a[:parts] == b[:parts]
    results = {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
    return results.get(comparison)


def _version(value: Any) -> tuple | None:
    """Major, minor, patch and what orders prereleases (none comes last); what follows a `+` does not count."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    found = _VERSION.fullmatch(to_text(value))
    if found is None:
        return None
    labels = (found[4] or "")[1:].split(".") if found[4] else []
    builds = (found[5] or "")[1:].split(".") if found[5] else []
    numbers = [label for label in labels if label.isdigit()]
    if not all(labels) or not all(builds) or any(len(label) > 1 and label[0] == "0" for label in numbers):
        return None
    ranks = tuple((0, _order(label)) if label.isdigit() else (1, label) for label in labels)
    return (*(_order(part or "0") for part in found.group(1, 2, 3)), (not labels, ranks))


def _order(digits: str) -> tuple[int, str]:
    """What orders whole numbers of any length."""
    return len(digits), digits


# --- fractional ------------------------------------------------------------------------------------------------------


def fractional(flag: Any, targeting_key: Any, values: Any) -> Any:
    """A bucket by weight: murmur3 of the bucketing value, in 32 bits, times the total weight.

    Args:
        flag: the flag's key.
        targeting_key: from the context.
        values: the bucketing value, a text, where it is given (else the flag's key and the targeting key in a row), then
            lists: what to return, and a weight (1 where it is not given, 0 where it is negative).
    Returns:
        What the bucket returns; None where weights or texts are wrong or missing, or all weights are 0.
    """
    unit, buckets = _unit(flag, targeting_key, values)
    return None if unit is None else _bucket(unit.encode("utf-8", "surrogatepass"), buckets)


def fractional_v1(flag: Any, targeting_key: Any, values: Any) -> Any:
    """The first version of `fractional`: the hash as a signed number, its size a percentage, weights without their fractions."""
    unit, buckets = _unit(flag, targeting_key, values)
    if unit is None or not all(isinstance(bucket, (tuple, list)) and bucket and isinstance(bucket[0], str) for bucket in buckets):
        return None
    weights = [_percent_weight(bucket) for bucket in buckets]
    total, end = sum(weights), 0.0
    signed = (murmur3(unit) ^ 2**31) - 2**31
    point = abs(signed) / MOST_WEIGHT * 100
    for bucket, width in zip(buckets, weights):
        end += 100 * width / total if total else 0
        if point < end:
            return bucket[0]
    return None


def fractional_v3(flag: Any, targeting_key: Any, values: Any) -> Any:
    """As `fractional`, with the bucketing value in deterministic CBOR (RFC 8949, 4.2.1), so that it can be of any type.

    Without one, the list of the flag's key and the targeting key is hashed. Whole numbers of up to 64 bits are integers.
    """
    buckets = list(as_list(values))
    if not buckets or buckets[0] is None:
        return None
    if not isinstance(buckets[0], (tuple, list)):
        unit = buckets.pop(0)
    elif isinstance(targeting_key, str) and targeting_key:
        unit = (flag, targeting_key)
    else:
        return None
    return _bucket(cbor(unit), buckets)


def _unit(flag: Any, targeting_key: Any, values: Any) -> tuple[str | None, list]:
    """What is hashed, None where that is no text; and the buckets."""
    buckets = list(as_list(values))
    if buckets and isinstance(buckets[0], str):
        return buckets[0], buckets[1:]
    if buckets and buckets[0] is None:
        del buckets[0]
    texts = isinstance(flag, str) and isinstance(targeting_key, str)
    return flag + targeting_key if texts else None, buckets


def _bucket(hashed: bytes, buckets: list) -> Any:
    weights = [weight(bucket) for bucket in buckets]
    total = sum(width for width in weights if width is not None)
    if None in weights or not 0 < total <= MOST_WEIGHT:
        return None
    point = murmur3(hashed) * total >> 32
    for bucket, width in zip(buckets, weights):
        point -= width or 0
        if point < 0:
            return bucket[0]
    return None


def _percent_weight(bucket: Any) -> int:
    told = bucket[1] if len(bucket) > 1 else None
    stated = isinstance(told, (int, float)) and not isinstance(told, bool) and math.isfinite(told)
    return int(told) if stated else 1


def weight(bucket: Any) -> int | None:
    """The weight of a bucket, None where something is wrong with it."""
    if not isinstance(bucket, (tuple, list)) or not bucket or isinstance(bucket[0], (tuple, list, dict)):
        return None
    told = bucket[1] if len(bucket) > 1 and bucket[1] is not None else 1
    if isinstance(told, bool) or not isinstance(told, (int, float)) or not told <= MOST_WEIGHT:
        return None
    if told < -MOST_WEIGHT:
        return 0
    return max(int(told), 0) if told == int(told) else None


def cbor(value: Any) -> bytes:
    """A JSON value in deterministic CBOR: RFC 8949, 4.2.1; whole numbers that fit 64 bits as integers."""
    if value is None or isinstance(value, bool):
        return b"\xf6" if value is None else b"\xf5" if value else b"\xf4"
    if isinstance(value, (int, float)):
        return _cbor_number(value)
    if isinstance(value, str):
        encoded = value.encode("utf-8", "surrogatepass")
        return _cbor_head(3, len(encoded)) + encoded
    if isinstance(value, dict):
        pairs = sorted((cbor(to_text(key)), cbor(held)) for key, held in value.items())
        return _cbor_head(5, len(pairs)) + b"".join(key + held for key, held in pairs)
    return _cbor_head(4, len(value)) + b"".join(map(cbor, value))


def _cbor_number(value: float) -> bytes:
    if math.isfinite(value) and value == int(value) and -(2**63) <= value < 2**64:
        return _cbor_head(0, int(value)) if value >= 0 else _cbor_head(1, -1 - int(value))
    if math.isnan(value):
        return b"\xf9\x7e\x00"
    double = to_number(value)
    for mark, size in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            packed = struct.pack(size, double)
        except OverflowError:
            continue
        if struct.unpack(size, packed)[0] == double:
            return mark + packed
    return b"\xfb" + struct.pack(">d", double)


def _cbor_head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(size for size in range(4) if argument < 1 << (8 << size))
    return bytes([major << 5 | 24 + size]) + argument.to_bytes(1 << size, "big")


# --- variants and units ----------------------------------------------------------------------------------------------


def variant(value: Any) -> str | None:
    """The variant that a result of targeting names: `true` and `3` name variants too; None for null, the default variant."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (tuple, list, dict)):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace('"', "")
    return to_text(value)


def is_text(value: Any) -> bool:
    """Whether a value is a text, as what `fractional` hashes must be."""
    return isinstance(value, str)


FUNCTIONS: dict[str, Function] = {
    "flagd.starts_with": Function(starts_with, (), "dyn"),
    "flagd.ends_with": Function(ends_with, (), "dyn"),
    "flagd.sem_ver": Function(sem_ver, (), "dyn"),
    "flagd.fractional": Function(fractional, (3,), "dyn"),
    "flagd.fractional_v1": Function(fractional_v1, (3,), "dyn"),
    "flagd.fractional_v3": Function(fractional_v3, (3,), "dyn"),
    "flagd.variant": Function(variant, (1,), "string"),
    "flagd.is_text": Function(is_text, (1,), "bool"),
}
