"""Eppo-exp/sdk-test-data: the assignment of every subject, by the import of the configurations.

As Eppo's SDKs do, a typed getter gives the caller's default where the flag has another type, where the value does not
fit the type, and where there is no assignment.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from compiler.contexts import visit_of
from compiler.frontends import eppo
from tests.conformance.case import Case
from tests.conformance.flags import compiled, decided
from tessera.resolved import Bundle

_ACTIONS = "a contextual bandit chooses among actions that come with the request, by Eppo's model; only the variation is decided"
_MISSING = "the configuration of the suite does not hold this experiment"

_FITS: Mapping[str, Callable[[Any], bool]] = {
    "STRING": lambda value: isinstance(value, str),
    "BOOLEAN": lambda value: isinstance(value, bool),
    "INTEGER": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value),
    "NUMERIC": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "JSON": lambda value: isinstance(value, (dict, list, tuple)),
}


def cases(root: Path) -> Iterator[Case]:
    """One case a subject: of the flags, of the experiments before them, of the bandits' flags."""
    folder = root / "eppo"
    yield from _flags(folder)
    yield from _experiments(folder)
    yield from _bandits(folder)


class _Configuration:
    """A configuration, imported and compiled."""

    def __init__(self, file: Path) -> None:
        text = file.read_text("utf-8")
        self.flags: dict[str, Any] = json.loads(text)["flags"]
        with TemporaryDirectory() as folder:
            self.bundle: Bundle = compiled(eppo.read(text), Path(folder))

    def value(self, flag: str, subject: str, attributes: Mapping[str, Any]) -> Any:
        """What a subject is assigned, None where nothing is."""
        if flag not in self.flags:
            return None
        return decided(self.bundle, flag, visit_of(self.bundle, {**attributes, "subjectKey": subject}, at=time.time()))[0]

    def typed(self, flag: str, kind: str, default: Any, subject: str, attributes: Mapping[str, Any]) -> Any:
        """The answer of the getter for a type."""
        if self.flags.get(flag, {}).get("variationType") != kind:
            return default
        value = self.value(flag, subject, attributes)
        return value if _FITS[kind](value) else default


def _flags(folder: Path) -> Iterator[Case]:
    configuration = _Configuration(folder / "flags-v1.json")
    for file in sorted((folder / "tests").glob("*.json")):
        test = json.loads(file.read_text("utf-8"))
        for subject in test["subjects"]:
            key = subject["subjectKey"]
            value = configuration.typed(test["flag"], test["variationType"], test["defaultValue"], key, subject["subjectAttributes"])
            yield _case(f"{file.stem}/{key}", value, subject["assignment"])


def _experiments(folder: Path) -> Iterator[Case]:
    configuration = _Configuration(folder / "rac-experiments-v3.json")
    for file in sorted([*(folder / "assignment-v2").glob("*.json"), *(folder / "assignment-v2-holdouts").glob("*.json")]):
        test = json.loads(file.read_text("utf-8"))
        subjects = test.get("subjectsWithAttributes") or [{"subjectKey": key, "subjectAttributes": {}} for key in test["subjects"]]
        for subject, expected in zip(subjects, test["expectedAssignments"], strict=True):
            name = f"{file.parent.name}/{file.stem}/{subject['subjectKey']}"
            if test["experiment"] not in configuration.flags:
                yield Case(name, skipped=_MISSING)
                continue
            value = configuration.value(test["experiment"], subject["subjectKey"], subject["subjectAttributes"] or {})
            yield _case(name, value, json.loads(expected) if test["valueType"] == "json" and expected is not None else expected)


def _bandits(folder: Path) -> Iterator[Case]:
    configuration = _Configuration(folder / "bandit-flags-v1.json")
    for file in sorted((folder / "bandit-tests").glob("*.json")):
        test = json.loads(file.read_text("utf-8"))
        for subject in test["subjects"]:
            given = subject["subjectAttributes"]
            attributes = {**given["numericAttributes"], **given["categoricalAttributes"]}
            value = configuration.typed(test["flag"], "STRING", test["defaultValue"], subject["subjectKey"], attributes)
            case = _case(f"{file.stem}/{subject['subjectKey']}", value, subject["assignment"]["variation"])
            scored = subject["assignment"]["action"] is not None
            yield Case(case.name, skipped=_ACTIONS) if scored and case.problem is None else case


def _case(name: str, value: Any, expected: Any) -> Case:
    same = value == expected and isinstance(value, bool) == isinstance(expected, bool)
    return Case(name, None if same else f"{value!r}, expected {expected!r}")
