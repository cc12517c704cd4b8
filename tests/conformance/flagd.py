"""open-feature/flagd-testbed: value, variant, reason, error code and metadata of every scenario that the flags' definitions decide.

Of scenarios that the testbed itself calls deprecated only the value is compared: their reason and error code are of an older
flagd, and @no-default-variant asks for others with the same flags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from compiler.contexts import visit_of
from compiler.frontends import flagd
from compiler.frontends.site import Site
from tests.conformance.case import Case
from tests.conformance.flags import compiled, decided
from tests.conformance.gherkin import Scenario, Step, scenarios
from tessera.resolved import Bundle

AT = 1_764_547_200.0  # the time of all decisions: 2025-12-01
ALL = "flags/allFlags.json"  # the testbed's name for its files together, but for those of selectors
FRACTIONAL = {"@fractional-v1": 1, "@fractional-v3": 3}  # the version of fractional that a scenario is about
ENRICHED = {"injectedmetadata": "set"}  # what the testbed tells flagd to add to every context

NETWORK = "needs a running flagd: connections, events, caches, changes of flags"


@dataclass
class Flags:
    """A document of flags, imported and compiled when first asked for."""

    document: dict[str, Any]
    fractional: int

    @cached_property
    def site(self) -> Site:
        return flagd.read(json.dumps(self.document), fractional=self.fractional)

    @cached_property
    def bundle(self) -> Bundle:
        with TemporaryDirectory() as folder:
            return compiled(self.site, Path(folder))


@dataclass
class Asked:
    """What a scenario asks for."""

    selector: str = ALL
    type: str = ""
    key: str = ""
    default: str = ""
    context: dict[str, Any] = field(default_factory=dict)


def cases(root: Path) -> Iterator[Case]:
    """One case a scenario, or a row of its examples."""
    folder = root / "flagd"
    held: dict[tuple[str, int], Flags] = {}
    for features, source in (("gherkin", ""), ("evaluator/gherkin", "evaluator/flags/testkit-flags.json")):
        for path in sorted((folder / features).glob("*.feature")):
            for scenario in scenarios(path):
                yield _case(folder, f"{features}/{scenario.name}", scenario, source, held)


def _case(folder: Path, name: str, scenario: Scenario, source: str, held: dict[tuple[str, int], Flags]) -> Case:
    asked, expectations = Asked(context=dict(ENRICHED) if "@contextEnrichment" in scenario.tags else {}), list[Step]()
    for step in scenario.steps:
        if not _prepared(step.text, asked):
            expectations.append(step)
    if "@deprecated" in scenario.tags:
        expectations = [step for step in expectations if re.fullmatch(_VALUE, step.text)]
    if not all(any(re.fullmatch(form, step.text) for form in _EXPECTED) for step in expectations):
        return Case(name, skipped=NETWORK)
    wanted = (source or asked.selector, next((version for tag, version in FRACTIONAL.items() if tag in scenario.tags), 2))
    if wanted not in held:
        held[wanted] = Flags(_document(folder, wanted[0]), wanted[1])
    flags = held[wanted]
    metadata = next((slot.metadata for slot in flags.bundle.slots if (slot.flag or slot.name) == asked.key), {})
    found = {**_evaluated(flags, asked), "metadata": metadata}
    problems = [problem for step in expectations if (problem := _compared(step, asked.type, found))]
    return Case(name, f"{asked.key} with {asked.context}: {'; '.join(problems)}" if problems else None)


def _document(folder: Path, source: str) -> dict[str, Any]:
    if source != ALL:
        return json.loads((folder / source.replace("rawflags/", "flags/")).read_text("utf-8"))
    files = [path for path in sorted((folder / "flags").glob("*.json")) if not path.name.startswith("selector-")]
    parts = [json.loads(path.read_text("utf-8")) for path in files]
    return {key: {name: value for part in parts for name, value in part.get(key, {}).items()} for key in ("flags", "$evaluators")}


# --- steps -----------------------------------------------------------------------------------------------------------

_TYPE = "(Boolean|String|Integer|Float|Object)"
_VALUE = r'the resolved details value should be "(.*)"'
_EXPECTED = {
    _VALUE: "value",
    r'the reason should be "(.*)"': "reason",
    r'the error-code should be "(.*)"': "error",
    r'the variant should be "(.*)"': "variant",
    r"the resolved metadata (should contain|is empty)": "metadata",
}


def _prepared(text: str, asked: Asked) -> bool:
    """Whether a step only says what to ask for; noted then."""
    if text in ("an evaluator", "a stable flagd provider", "a metadata flagd provider", "the flag was evaluated with details"):
        return True
    if found := re.fullmatch(r'an option "(\w+)" of type "\w+" with value "(.*)"', text):
        if found[1] == "selector":
            asked.selector = found[2]
        return found[1] in ("selector", "cache")
    if found := re.fullmatch(rf'a {_TYPE}-flag with key "(.*)" and a (?:default|fallback) value "(.*)"', text):
        asked.type, asked.key, asked.default = found[1], found[2], found[3]
        return True
    if found := re.fullmatch(rf'a context containing a key "(.*)", with type "{_TYPE}" and with value "(.*)"', text):
        asked.context[found[1]] = _typed(found[2], found[3])
        return True
    if found := re.fullmatch(r'a context containing a targeting key with value "(.*)"', text):
        asked.context["targetingKey"] = found[1]
        return True
    if found := re.fullmatch(r'a context containing a nested property with outer key "(.*)" and inner key "(.*)", with value "(.*)"', text):
        asked.context.setdefault(found[1], {})[found[2]] = found[3]
        return True
    return False


def _typed(kind: str, text: str) -> Any:
    if kind == "Boolean":
        return text == "true"
    if kind in ("Integer", "Float"):
        return int(text) if kind == "Integer" else float(text)
    return json.loads(text.replace('\\"', '"')) if kind == "Object" else text


# --- evaluation, as an OpenFeature provider reports it -----------------------------------------------------------------


def _evaluated(flags: Flags, asked: Asked) -> dict[str, Any]:
    fallback = _typed(asked.type, asked.default)
    definition = flags.document["flags"].get(asked.key)
    slot = next((flag for flag in flags.site.flags if flag.original == asked.key), None)
    if definition is None or slot is None:
        return {"value": fallback, "reason": "ERROR", "error": "FLAG_NOT_FOUND", "variant": ""}
    if definition.get("state") == "DISABLED":
        return {"value": fallback, "reason": "DISABLED", "error": "", "variant": ""}
    if any(one.where == f"flag {asked.key}" for one in flags.site.unsupported):
        return {"value": fallback, "reason": "ERROR", "error": "PARSE_ERROR", "variant": ""}
    value, name, decision = decided(flags.bundle, asked.key, visit_of(flags.bundle, asked.context, at=AT))
    if name == flagd.NO_SUCH_VARIANT:
        return {"value": fallback, "reason": "ERROR", "error": "GENERAL", "variant": ""}
    if name == "none":
        return {"value": fallback, "reason": "DEFAULT", "error": "", "variant": ""}
    if not _fits(asked.type, value):
        return {"value": fallback, "reason": "ERROR", "error": "TYPE_MISMATCH", "variant": ""}
    by_default = "DEFAULT" if definition.get("targeting") else "STATIC"
    return {"value": value, "reason": by_default if decision.why == "default" else "TARGETING_MATCH", "error": "", "variant": _original(definition, name)}


def _fits(kind: str, value: Any) -> bool:
    if kind in ("Integer", "Float"):
        return isinstance(value, (int, float)) and not isinstance(value, bool) and (kind == "Float" or value == int(value))
    return isinstance(value, {"Boolean": bool, "String": str, "Object": dict}[kind])


def _original(definition: dict[str, Any], name: str) -> str:
    names = flagd.variant_names()
    return next(variant for variant in definition["variants"] if names.of(variant) == name)


def _compared(step: Step, kind: str, found: dict[str, Any]) -> str:
    """What an expectation finds wrong; "" where nothing."""
    form, key = next((form, key) for form, key in _EXPECTED.items() if re.fullmatch(form, step.text))
    if key == "metadata":
        expected = {name: _typed(type_, value) for name, type_, value in step.table[1:]}
        told = {name: value for name, value in found[key].items() if name in expected or not expected}
        return "" if told == expected else f"metadata {found[key]!r}, expected {expected!r}"
    stated = re.fullmatch(form, step.text)[1]
    expected = _typed(kind, stated) if key == "value" else stated
    equal = found[key] == expected and isinstance(found[key], bool) == isinstance(expected, bool)
    return "" if equal else f"{key} {found[key]!r}, expected {expected!r}"
