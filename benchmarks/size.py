"""Sizes, raw and gzipped: the example shop's bundle against the same content as JSON, and 1,000 rules of the decision
benchmark against the payload that GrowthBook's SDKs read.

    .venv/bin/python -m benchmarks.size [--json]
"""

from __future__ import annotations

import argparse
import gzip
import json

import msgpack

from benchmarks import forms
from benchmarks.decide import bundles
from benchmarks.measure import Row, cost, report
from benchmarks.page import STORE
from benchmarks.workload import workload
from compiler.pipeline import compile_site
from tessera.bundle import LENGTHS, load, unseal

RULES = 1000


def compared(case: str, peer: str, ours: bytes, theirs: bytes) -> list[Row]:
    """A row for the bytes as they are, and one for the bytes gzipped."""
    squeezed = (len(gzip.compress(data, 9)) for data in (ours, theirs))
    return [cost(f"{case}, raw", peer, len(ours), len(theirs), "bytes"), cost(f"{case}, gzip", peer, *squeezed, "bytes")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    data = compile_site(STORE).bundle
    sealed = unseal(data)
    for section, size in load(sealed).sizes.items():
        print(f"{size:>8,} bytes  {section}")
    length, _ = LENGTHS.unpack_from(sealed.body)
    sections = msgpack.unpackb(sealed.body[LENGTHS.size : LENGTHS.size + length])["sections"]
    decoded = {
        name: list(raw) if kind != "msgpack" else msgpack.unpackb(raw, strict_map_key=False)
        for name, offset, size, kind in sections
        for raw in [bytes(sealed.body[offset : offset + size])]
    }
    text = json.dumps(decoded, separators=(",", ":"), default=lambda raw: raw.hex()).encode()
    work = workload(RULES)
    payload = json.dumps(forms.growthbook(work), separators=(",", ":")).encode()
    report(
        [
            *compared("shop bundle", "the same as JSON", data, text),
            *compared(f"{RULES:,} rules", "growthbook payload", bundles(work)[0], payload),
        ],
        options.json,
    )


if __name__ == "__main__":
    main()
