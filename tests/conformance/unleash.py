"""Unleash/client-specification: isEnabled and getVariant of every toggle, by the import of each file's state."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from compiler.contexts import visit_of
from compiler.frontends import unleash
from tests.conformance.case import Case
from tests.conformance.flags import compiled, decided
from tessera.resolved import Bundle
from tessera.types import Visit


def cases(root: Path) -> Iterator[Case]:
    """One case a test of each file that the suite's index lists."""
    folder = root / "unleash"
    for name in json.loads((folder / "index.json").read_text("utf-8")):
        yield from _file(json.loads((folder / name).read_text("utf-8")), name)


def _file(spec: Mapping[str, Any], name: str) -> Iterator[Case]:
    with TemporaryDirectory() as folder:
        bundle = compiled(unleash.read(json.dumps(spec["state"])), Path(folder))
    for key, ask in (("tests", _enabled), ("variantTests", _variant)):
        for number, test in enumerate(spec.get(key, ())):
            answer = ask(bundle, test["toggleName"], visit_of(bundle, _context(test["context"]), at=time.time()))
            problem = None if answer == test["expectedResult"] else f"{test['description']}: {answer}, expected {test['expectedResult']}"
            yield Case(f"{name}#{key}.{number}", problem)


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    """Unleash's context with the properties beside the standard fields, which come first."""
    fields = {field: value for field, value in context.items() if field != "properties" and value is not None}
    return {**(context.get("properties") or {}), **fields}


def _enabled(bundle: Bundle, toggle: str, visit: Visit) -> Any:
    return decided(bundle, toggle, visit)[0] if _has(bundle, toggle) else False


def _variant(bundle: Bundle, toggle: str, visit: Visit) -> Any:
    """What getVariant returns: the variant, and whether the toggle is on."""
    flag = f"{toggle}:variant"
    variant = decided(bundle, flag, visit)[0] if _has(bundle, flag) else {"name": "disabled", "enabled": False}
    return {**variant, "feature_enabled": _enabled(bundle, toggle, visit)}


def _has(bundle: Bundle, flag: str) -> bool:
    return any((slot.flag or slot.name) == flag for slot in bundle.slots)
