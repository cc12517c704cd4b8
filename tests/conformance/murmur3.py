"""MurmurHash3 x86_32 vectors: amplitude/experiment-evaluation (JSON, one seed a file) and splitio/javascript-commons (CSV)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.case import Case


def cases(root: Path) -> Iterator[Case]:
    """One case a vector: `seed,key,hash,bucket` with buckets 1 to 100, or `[word, hash]`.

    Raises:
        FileNotFoundError: where there is none.
    """
    folder = root / "murmur3"
    if not folder.is_dir():
        raise FileNotFoundError(2, "no such folder", str(folder))
    for file in sorted(folder.glob("*.json")):
        told = json.loads(file.read_text("utf-8"))
        for number, (word, expected) in enumerate(told["cases"]):
            yield _vector(f"{file.name}#{number}", word, told["seed"], expected)
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(row for row in csv.reader(lines) if row):
                seed, key, expected, bucket = row
                yield _vector(f"{file.name}#{number}", key, int(seed), int(expected), int(bucket))


def _vector(name: str, text: str, seed: int, expected: int, bucket: int | None = None) -> Case:
    from tessera.assign import murmur3

    found = murmur3(text, seed)
    if found != expected:
        return Case(name, f"{text!r} with seed {seed} gives {found}, expected {expected}")
    if bucket is not None and found % 100 + 1 != bucket:
        return Case(name, f"{text!r} with seed {seed} gives bucket {found % 100 + 1}, expected {bucket}")
    return Case(name)
