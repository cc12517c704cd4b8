"""abarth/http-state: what browsers send back of the cookies that they were given, read from the Cookie header."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conformance.case import Case
from tessera.cookies import cookie_values, pairs


def cases(root: Path) -> Iterator[Case]:
    for case in json.loads((root / "http-cookies" / "parser.json").read_text("utf-8")):
        yield Case(case["test"], problem(case["sent"]))


def problem(sent: list[dict[str, Any]]) -> str | None:
    """What is read differently from a header with these cookies, written as browsers do: the value alone where there is no name."""
    expected = [(cookie["name"], cookie["value"]) for cookie in sent]
    header = "; ".join(f"{name}={value}" if name else value for name, value in expected)
    if (found := pairs(header)) != expected:
        return f"{found}, expected {expected}"
    for name in {name for name, _ in expected if name}:
        values = [value.strip('"') for other, value in expected if other == name]
        if (read := cookie_values(header, name)) != values:
            return f"{name}: {read}, expected {values}"
    return None
