"""Hash functions of units, Tessera's own and those of other tools: pure, total, the same on every build and in SQL.

Exact definitions: docs/format.md, "Assignment".
"""

from __future__ import annotations

from hashlib import md5, sha1, sha256
from struct import Struct, unpack
from types import MappingProxyType
from typing import Callable, Mapping, NamedTuple

LONGEST = 2048  # characters that fnv1a32 and murmur3 read (for murmur3 of bytes: four times as many bytes)
LINE = 2**64  # the allocation line: every unit has one fixed point in [0, LINE) per salt
VARIANT_SEED = 86028157  # Unleash: murmur3's seed for variants, so that they do not depend on the rollout

_WORD = 0xFFFFFFFF
_EVEN = int.from_bytes(b"\xff\xff\xff\xff\0\0\0\0" * (LONGEST // 2), "little")  # every other 32-bit word
_LONG_SCALE = 0xFFFFFFFFFFFFFFF  # LaunchDarkly: 15 hexadecimal digits

_first_eight = Struct(">Q").unpack_from


def bucket(salt: str, unit: str) -> int:
    """Map a unit to its fixed point on the allocation line.

    Args:
        salt: of the experiment, layer or holdout; not empty, no NUL (the compiler checks).
        unit: the identity that is randomised, any text.
    Returns:
        int in [0, 2**64): the first eight bytes, big-endian, of SHA-256 over salt, NUL, unit (UTF-8; lone
        surrogates as `surrogatepass`). The same on every build and in SQL: docs/format.md, "Assignment".
    """
    return _first_eight(sha256(f"{salt}\0{unit}".encode("utf-8", "surrogatepass")).digest())[0]


def prefix(salt: str) -> bytes:
    """What `bucket` hashes before a unit's bytes."""
    return f"{salt}\0".encode("utf-8", "surrogatepass")


def edge(point: int) -> bytes:
    """A point of the allocation line as bytes: a SHA-256 digest lies below them just where its bucket lies below the point."""
    return point.to_bytes(8, "big") if point < LINE else b"\xff" * 33


def fnv1a32(text: str) -> int:
    """FNV-1a, 32 bits, over UTF-16 code units as GrowthBook's JavaScript does it: a unit is mixed in whole, also above 255."""
    text = text[:LONGEST]
    if text.isascii():
        units = text.encode("ascii")
    else:
        wide = text.encode("utf-16-le", "surrogatepass")
        units = unpack(f"<{len(wide) // 2}H", wide)
    h = 0x811C9DC5
    for unit in units:
        h = (h ^ unit) * 0x01000193 & 0xFFFFFFFF
    return h


def murmur3(text: str | bytes, seed: int = 0) -> int:
    """MurmurHash3 x86_32 over the UTF-8 of a text (lone surrogates as `surrogatepass`), or over bytes.

    What MurmurHash3 does to each 32-bit word on its own is done to all words at once, as lanes of one large integer:
    the even and the odd words apart, so that products have 64 bits to lie in. Only the chaining is a loop.
    """
    data = text[:LONGEST].encode("utf-8", "surrogatepass") if isinstance(text, str) else text[: 4 * LONGEST]
    size = len(data)
    words = int.from_bytes(data, "little")
    even = (words & _EVEN) * 0xCC9E2D51 & _EVEN
    even = ((even << 15 | even >> 17) & _EVEN) * 0x1B873593 & _EVEN
    odd = (words >> 32 & _EVEN) * 0xCC9E2D51 & _EVEN
    odd = ((odd << 15 | odd >> 17) & _EVEN) * 0x1B873593 & _EVEN
    mixed = (even | odd << 32).to_bytes(size + 3 & ~3, "little")
    whole = size & ~3
    h = seed & _WORD
    for word in unpack(f"<{size >> 2}I", mixed[:whole]):
        h ^= word
        h = (h << 13 | h >> 19) * 5 + 0xE6546B64 & 0xFFFFFFFF
    h ^= int.from_bytes(mixed[whole:], "little") ^ size
    h = (h ^ h >> 16) * 0x85EBCA6B & _WORD
    h = (h ^ h >> 13) * 0xC2B2AE35 & _WORD
    return h ^ h >> 16


def growthbook(seed: str, value: str, version: int) -> float | None:
    """GrowthBook's `hash`: a number in [0, 1) in steps of 1/1000 (version 1) or 1/10000 (version 2); None for other versions."""
    if version == 1:
        return _growthbook_v1(seed, value, 1000) / 1000
    if version == 2:
        return _growthbook_v2(seed, value, 10_000) / 10_000
    return None


class Scheme(NamedTuple):
    """How a hash numbers units.

    Attributes:
        buckets: how many there are unless said otherwise.
        number: (salt, unit, buckets) → the unit's bucket, in [0, buckets); buckets is at least 1 (the compiler checks).
        varies: whether the tool lets the number of buckets vary.
    """

    buckets: int
    number: Callable[[str, str, int], int]
    varies: bool = False


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _sha256(salt: str, unit: str, buckets: int) -> int:
    return bucket(salt, unit) * buckets >> 64


def _growthbook_v1(salt: str, unit: str, buckets: int) -> int:
    return fnv1a32(unit + salt) % buckets


def _growthbook_v2(salt: str, unit: str, buckets: int) -> int:
    return fnv1a32(str(fnv1a32(salt + unit))) % buckets


def _unleash(salt: str, unit: str, buckets: int) -> int:
    return murmur3(f"{salt}:{unit}") % buckets


def _unleash_variant(salt: str, unit: str, buckets: int) -> int:
    return murmur3(f"{salt}:{unit}", VARIANT_SEED) % buckets


def _optimizely(salt: str, unit: str, buckets: int) -> int:
    return murmur3(unit + salt, 1) * buckets >> 32


def _eppo(salt: str, unit: str, buckets: int) -> int:
    return int.from_bytes(md5(_bytes(f"{salt}-{unit}"), usedforsecurity=False).digest()[:4], "big") % buckets


def _flagd(salt: str, unit: str, buckets: int) -> int:
    return murmur3(salt + unit) * buckets >> 32


def _launchdarkly(salt: str, unit: str, buckets: int) -> int:
    sixty = _first_eight(sha1(_bytes(f"{salt}.{unit}"), usedforsecurity=False).digest())[0] >> 4
    return min(sixty * buckets // _LONG_SCALE, buckets - 1)


HASHES: Mapping[str, Scheme] = MappingProxyType(
    {
        "sha256": Scheme(LINE, _sha256),
        "growthbook_v1": Scheme(1000, _growthbook_v1),
        "growthbook_v2": Scheme(10_000, _growthbook_v2),
        "unleash": Scheme(100, _unleash, varies=True),
        "unleash_variant": Scheme(1000, _unleash_variant, varies=True),
        "optimizely": Scheme(10_000, _optimizely),
        "eppo": Scheme(10_000, _eppo, varies=True),
        "flagd": Scheme(100, _flagd, varies=True),
        "launchdarkly": Scheme(100_000, _launchdarkly),
    }
)
