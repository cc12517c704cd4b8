"""Size of the example shop's bundle, against the same content as JSON; raw and gzipped.

    .venv/bin/python -m benchmarks.size [--json]
"""

from __future__ import annotations

import argparse
import gzip
import json

import msgpack

from benchmarks.measure import cost, report
from benchmarks.page import STORE
from compiler.pipeline import compile_site
from tessera.bundle import load, unseal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    data = compile_site(STORE).bundle
    sealed = unseal(data)
    for section, size in load(sealed).sizes.items():
        print(f"{size:>8,} bytes  {section}")
    length = int.from_bytes(sealed.body[:4], "big")
    sections = msgpack.unpackb(sealed.body[4 : 4 + length])["sections"]
    decoded = {
        name: list(raw) if kind == "raw" else msgpack.unpackb(raw, strict_map_key=False)
        for name, offset, size, kind in sections
        for raw in [bytes(sealed.body[offset : offset + size])]
    }
    text = json.dumps(decoded, separators=(",", ":"), default=lambda raw: raw.hex()).encode()
    report(
        [
            cost("shop bundle, raw", "the same as JSON", len(data), len(text), "bytes"),
            cost("shop bundle, gzip", "the same as JSON", len(gzip.compress(data, 9)), len(gzip.compress(text, 9)), "bytes"),
        ],
        options.json,
    )


if __name__ == "__main__":
    main()
