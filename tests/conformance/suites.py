"""The suites by name. A suite yields a Case for each of its cases; one that cannot apply says why it was skipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One case: `problem` is None where it passed; `skipped` says why it was not run."""

    name: str
    problem: str | None = None
    skipped: str | None = None


def msgpack(root: Path) -> Iterator[Case]:
    """kawanet/msgpack-test-suite: the edge's pure decoder accepts every form, the packer emits one of them."""
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


SUITES: dict[str, Callable[[Path], Iterator[Case]]] = {"msgpack": msgpack}
