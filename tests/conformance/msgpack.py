"""kawanet/msgpack-test-suite: the edge's pure decoder accepts every form, the packer emits one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.case import Case


def cases(root: Path) -> Iterator[Case]:
    """One case a row of the suite."""
    for file, rows in json.loads((root / "msgpack" / "msgpack-test-suite.json").read_text("utf-8")).items():
        for number, row in enumerate(rows):
            yield _msgpack(f"{file}#{number}", row)


def _msgpack(name: str, row: dict) -> Case:
    from msgpack import ExtType, Timestamp, packb
    from msgpack.fallback import unpackb

    kind, value = next((key, value) for key, value in row.items() if key != "msgpack")
    if "bignum" in row:
        value = int(row["bignum"])
    elif kind == "binary":
        value = bytes.fromhex(value.replace("-", ""))
    elif kind == "ext":
        value = ExtType(value[0], bytes.fromhex(value[1].replace("-", "")))
    elif kind == "timestamp":
        value = Timestamp(*value)
    forms = [bytes.fromhex(form.replace("-", "")) for form in row["msgpack"]]
    for form in forms:
        if (read := unpackb(form, strict_map_key=False)) != value:
            return Case(name, f"{form.hex('-')} was read as {read!r}, expected {value!r}")
    written = packb(value, use_bin_type=True)
    return Case(name, None if written in forms else f"{value!r} was written as {written.hex('-')}, which is none of the forms")
