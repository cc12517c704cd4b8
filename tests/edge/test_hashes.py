"""Hashes: the published definitions, recomputed here from their texts and in SQL; evenly spread, and independent between salts."""

import json
import re
from collections.abc import Iterable
from hashlib import md5, sha1, sha256
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tessera.hashes import HASHES, LINE, LONGEST, bucket, fnv1a32, growthbook, murmur3

UNITS = 1_000_000
PAIRS = 30_000  # units whose numbers under two salts are compared
FORMAT = Path(__file__).resolve().parents[2] / "docs" / "format.md"

each_hash = pytest.mark.parametrize("name", HASHES)


# --- the functions ------------------------------------------------------------------------------------------------------

SHA256 = [  # salt, unit, what is meant
    ("hero_headline", "u1", "printf 'hero_headline\\0u1' | sha256sum"),
    ("h2-2026", "visitor-é", "UTF-8"),
    ("s", "", "an empty unit"),
    ("s", "\ud800", "a lone surrogate"),
    ("a", "b\0c", "a NUL in the unit"),
]


@pytest.mark.parametrize("salt, unit, about", SHA256, ids=[about for _, _, about in SHA256])
def test_the_published_formula(salt, unit, about):
    recomputed = sha256(salt.encode() + b"\0" + unit.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    assert bucket(salt, unit) == int(recomputed, 16)


def test_known_points():
    assert bucket("hero_headline", "u1") == 0xC3452FC6BDB837F4
    assert bucket("h2-2026", "visitor-é") == 0x4023238A3CE4965A


def test_the_parts_are_separated():
    assert bucket("ab", "c") != bucket("a", "bc")


FNV = [  # of the authors' test suite; the last five as node 24 computes GrowthBook's function
    ("", 0x811C9DC5), ("a", 0xE40C292C), ("b", 0xE70C2DE5), ("foobar", 0xBF9CF968), ("chongo was here!\n", 0xD49930D5),
    ("é", 0x6C0B6C44), ("你好", 0xD7BC7166), ("😀", 0xCB31C4B8), ("\ud800x", 0x7F62F125), ("é你😀" * 50, 0x402D6515),
]  # fmt: skip


@pytest.mark.parametrize("text, expected", FNV)
def test_fnv1a32(text, expected):
    assert fnv1a32(text) == expected


MURMUR3 = [  # data, seed, hash: published vectors of MurmurHash3_x86_32
    (b"", 0, 0), (b"", 1, 0x514E28B7), (b"", 0xFFFFFFFF, 0x81F16F39), (b"", -1, 0x81F16F39), (b"\xff\xff\xff\xff", 0, 0x76293B50),
    (b"\x21\x43\x65\x87", 0, 0xF55B516B), (b"\x21\x43\x65\x87", 0x5082EDEE, 0x2362F9DE), (b"\x21\x43\x65", 0, 0x7E4A8634),
    (b"\x21\x43", 0, 0xA0F7B07A), (b"\x21", 0, 0x72661CF4), (b"\0\0\0\0", 0, 0x2362F9DE), (b"\0\0\0", 0, 0x85F0B427),
    (b"\0\0", 0, 0x30F4C306), (b"\0", 0, 0x514E28B7), ("Hello, world!", 0x9747B28C, 0x24884CBA), ("ππππππππ", 0x9747B28C, 0xD58063C1),
    ("a" * 256, 0x9747B28C, 0x37405BDC), ("The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
]  # fmt: skip


@pytest.mark.parametrize("data, seed, expected", MURMUR3)
def test_murmur3(data, seed, expected):
    assert murmur3(data, seed) == expected


def murmur3_by_word(data: bytes, seed: int) -> int:
    """MurmurHash3_x86_32 as its author writes it, one word after the other."""
    mask = 0xFFFFFFFF
    rotated = lambda x, bits: (x << bits | x >> 32 - bits) & mask  # noqa: E731
    mixed = lambda k: rotated(k * 0xCC9E2D51 & mask, 15) * 0x1B873593 & mask  # noqa: E731
    h, whole = seed & mask, len(data) // 4 * 4
    for at in range(0, whole, 4):
        h = (rotated(h ^ mixed(int.from_bytes(data[at : at + 4], "little")), 13) * 5 + 0xE6546B64) & mask
    h ^= mixed(int.from_bytes(data[whole:], "little")) ^ len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        h = (h ^ h >> shift) * factor & mask
    return h


@given(st.binary(max_size=300), st.integers(-(2**31), 2**32 - 1))
def test_murmur3_of_any_bytes(data, seed):
    assert murmur3(data, seed) == murmur3_by_word(data, seed)


@given(hostile.text, st.integers(0, 2**32 - 1))
def test_murmur3_of_a_text_is_that_of_its_bytes(text, seed):
    assert murmur3(text, seed) == murmur3_by_word(text.encode("utf-8", "surrogatepass"), seed)


@pytest.mark.parametrize("text", ["x", "é", "你", "😀", "\ud800"])
@pytest.mark.parametrize("hash_", [fnv1a32, murmur3])
def test_a_bounded_length_is_read(hash_, text):
    assert hash_(text * (LONGEST - 1)) != hash_(text * LONGEST) == hash_(text * (LONGEST + 1)) == hash_(text * 100_000)


def test_a_bounded_number_of_bytes_is_read():
    assert murmur3(b"x" * 4 * LONGEST) == murmur3_by_word(b"x" * 4 * LONGEST, 0) == murmur3(b"x" * 100_000)


@pytest.mark.parametrize("version", [0, 3, -1, None])
def test_growthbook_knows_two_versions(version):
    assert growthbook("seed", "a", version) is None


# --- the schemes --------------------------------------------------------------------------------------------------------


def recomputed(name: str, salt: str, unit: str, buckets: int) -> int:
    """The table of docs/format.md, "Hashes", over the functions tested above."""
    encoded = lambda text: text.encode("utf-8", "surrogatepass")  # noqa: E731
    return {
        "sha256": lambda: bucket(salt, unit) * buckets // 2**64,
        "growthbook_v1": lambda: fnv1a32(unit + salt) % buckets,
        "growthbook_v2": lambda: fnv1a32(f"{fnv1a32(salt + unit)}") % buckets,
        "unleash": lambda: murmur3(salt + ":" + unit, 0) % buckets,
        "unleash_variant": lambda: murmur3(salt + ":" + unit, 86028157) % buckets,
        "optimizely": lambda: murmur3(unit + salt, 1) * buckets // 2**32,
        "eppo": lambda: int(md5(encoded(salt + "-" + unit)).hexdigest()[:8], 16) % buckets,
        "flagd": lambda: murmur3(salt + unit, 0) * buckets // 2**32,
        "launchdarkly": lambda: min(int(sha1(encoded(salt + "." + unit)).hexdigest()[:15], 16) * buckets // (2**60 - 1), buckets - 1),
    }[name]()


@each_hash
@given(salt=hostile.text, unit=hostile.text | st.sampled_from([value for value in hostile.NASTY if isinstance(value, str)]), buckets=st.integers(1, 2**64))
def test_every_unit_has_a_bucket(name, salt, unit, buckets):
    scheme = HASHES[name]
    assert 0 <= scheme.number(salt, unit, buckets) == recomputed(name, salt, unit, buckets) < buckets
    assert 0 <= scheme.number(salt, unit, scheme.buckets) < scheme.buckets


def told() -> list[list[str]]:
    below = FORMAT.read_text("utf-8").split("<!-- hashes -->\n", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in below.splitlines()[2:]]


def test_every_hash_is_told():
    assert {row[0].strip("`"): (row[2] == "2^64" or int(row[2].split(", or")[0].replace(",", "")), ", or" in row[2]) for row in told()} == {
        name: (scheme.buckets == LINE or scheme.buckets, scheme.varies) for name, scheme in HASHES.items()
    }


UNITS_OF_ALL_KINDS = ["", "a", "ab", "abc", "abcd", "é", "你好", "😀x", "a\nb", "\r\n", "a\0b", "é" * 1024, "😀" * LONGEST]
UNITS_OF_ALL_KINDS += [f"visitor-{n}" for n in range(200)]


@each_hash
def test_recomputed_in_sql(name):
    """The macros of docs/format.md give the product's numbers in DuckDB."""
    duckdb = pytest.importorskip("duckdb")
    (macros,) = re.findall(r"<!-- sql: hashes -->\n```sql\n(.*?)```", FORMAT.read_text("utf-8"), re.DOTALL)
    base = duckdb.connect()
    base.execute(macros)
    scheme = HASHES[name]
    rows = [(salt, unit, buckets) for salt in ("exp-1", "é") for unit in UNITS_OF_ALL_KINDS for buckets in (scheme.buckets, 7)]
    query = f"SELECT number('{name}', salt, unit, buckets::UHUGEINT) FROM (SELECT unnest($1) AS salt, unnest($2) AS unit, unnest($3) AS buckets)"
    found = [number for (number,) in base.execute(query, [list(column) for column in zip(*rows)]).fetchall()]
    assert found == [scheme.number(*row) for row in rows]


# --- what other tools say -----------------------------------------------------------------------------------------------


def test_growthbooks_own_cases(shared):
    for seed, value, version, expected in json.loads((shared / "conformance/growthbook/cases.json").read_text("utf-8"))["hash"]:
        assert growthbook(seed, value, version) == expected


@pytest.mark.parametrize("file", ["bucket_values.json", "bucket_values_oracle.json"])
def test_optimizelys_own_buckets(shared, file):
    for case in json.loads((shared / "conformance/optimizely" / file).read_text("utf-8"))["cases"]:
        assert HASHES["optimizely"].number(case["parent_id"], case["bucketing_id"], 10_000) == case["expected_bucket"]


def test_posthog_takes_the_digits_that_launchdarkly_takes(shared):
    """Its rollouts are `sha1(key.id)` in the same scale, so its cases are vectors of this hash: on for 45 %."""
    for case in json.loads((shared / "conformance/posthog/simple.json").read_text("utf-8"))["cases"]:
        assert (HASHES["launchdarkly"].number("simple-flag", case["distinct_id"], 100_000) < 45_000) == case["expected"]


FLAGD = [  # salt, unit, the variant that flagd's integer form names, of four or two equal ones
    ("fractional-flag", "queen", 3, 4), ("fractional-flag", "ten", 0, 4), ("fractional-flag", "3", 0, 4),
    ("shared-seed", "seven", 2, 4), ("shared-seed", "nine", 0, 4), ("shared-seed", "two", 3, 4),
    ("fractional-flag-shorthand", "jane@company.com", 1, 2),
    ("", "ejOoVL", 0, 2), ("", "bY9fO-", 0, 2), ("", "6LvT0", 1, 2), ("", "ceQdGm", 1, 2),
]  # fmt: skip


@pytest.mark.parametrize("salt, unit, variant, variants", FLAGD)
def test_flagds_own_fractions(salt, unit, variant, variants):
    assert HASHES["flagd"].number(salt, unit, 100) * variants // 100 == variant


# --- the spread ---------------------------------------------------------------------------------------------------------


def critical(degrees: int) -> float:
    """The value that χ² exceeds with a probability of 0.001, by Wilson and Hilferty (within 0.1 % from 30 degrees on)."""
    part = 2 / (9 * degrees)
    return degrees * (1 - part + 3.0902 * part**0.5) ** 3


def chi_square(observed: np.ndarray, expected: np.ndarray | float) -> float:
    return float(((observed - expected) ** 2 / expected).sum())


def folded(name: str, salt: str, units: Iterable[str], parts: int) -> np.ndarray:
    """Which of the parts, equally wide, each unit's bucket lies in. The line is cut into 100,000 buckets first."""
    number, buckets = HASHES[name].number, min(HASHES[name].buckets, 100_000)
    return np.fromiter(map(number, repeat(salt), units, repeat(buckets)), np.int64) * parts // buckets


@each_hash
def test_uniform(name):
    bins = min(HASHES[name].buckets, 1000)
    counts = np.bincount(folded(name, "hero_headline", (f"visitor-{n}" for n in range(UNITS)), bins), minlength=bins)
    assert len(counts) == bins and chi_square(counts, UNITS / bins) < critical(bins - 1)


def dependence(name: str, salt: str, other: str) -> float:
    """χ² of the table of tenths under two salts."""
    units = [f"visitor-{n}" for n in range(PAIRS)]
    together = np.bincount(folded(name, salt, units, 10) * 10 + folded(name, other, units, 10), minlength=100).reshape(10, 10)
    return chi_square(together, np.outer(together.sum(1), together.sum(0)) / PAIRS)


@each_hash
def test_two_salts_are_independent(name):
    assert dependence(name, "hero_headline", "h2-2026") < critical(81)


@each_hash
def test_salts_that_differ_in_the_last_letter(name):
    """Independent as well, but for GrowthBook's first version (docs/format.md, "Hashes", says so)."""
    assert (dependence(name, "exp-1", "exp-2") < critical(81)) == (name != "growthbook_v1")
