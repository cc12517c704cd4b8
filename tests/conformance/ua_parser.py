"""ua-parser/uap-core: browser, operating system and device by the User-Agent, with their versions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.conformance.case import Case
from tessera.agents import read_browser, read_device, read_system

_VERSION = ("major", "minor", "patch")
# file → the names of its cases, what reads the User-Agent, and the fields of the file that are compared
PARTS: dict[str, tuple[str, Callable[[str], tuple[str, ...]], tuple[str, ...]]] = {
    "test_ua": ("ua", read_browser, ("family", *_VERSION)),
    "test_os": ("os", read_system, ("family", *_VERSION)),
    "test_device": ("device", lambda agent: (read_device(agent),), ("family",)),
}


def cases(root: Path) -> Iterator[Case]:
    for file, (name, read, fields) in PARTS.items():
        lines = (root / "ua-parser" / f"{file}.jsonl").read_text("utf-8").splitlines()
        for number, row in enumerate(map(json.loads, lines)):
            found = read(row["user_agent_string"])
            expected = tuple(row[field] or "" for field in fields)
            told = None if found == expected else f"{found}, expected {expected}: {row['user_agent_string']}"
            yield Case(f"{name}#{number} {row['family']}", told)
