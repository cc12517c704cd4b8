"""GrowthBook's own cases (packages/sdk-js/test/cases.json, spec 0.8.0), each imported, compiled, loaded and decided.

What an SDK's options say becomes what the edge would be given: the URL an attribute of the request, a variation forced by
the URL or by `forcedVariations` a preview of an experiment without targeting, sticky bucket documents the visitor's kept
arms. `enabled: false` leaves the experiments out of the payload; `qaMode`, or a variation forced that there is not, lets
nobody into them.

Compared of a decision: the value, whether it is on, where it comes from (`source`), the rule's id, and of an experiment
whether the visitor is in it, by a hash or not, the variation, the attribute and value that were hashed, the bucket, whether
a sticky arm was used, and a bandit's leaf. Not compared: the experiment as GrowthBook puts it together, and names from `meta`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from compiler.contexts import key_of, visit_of
from compiler.frontends import growthbook
from compiler.frontends.growthbook_experiments import REST
from compiler.frontends.growthbook_key import decrypt
from compiler.frontends.site import ImportRefused, Names, Site
from tessera import assign
from tessera.resolved import Bundle
from tessera.enrol import given
from tessera.dialects import urls
from tessera.dialects.javascript import to_text, truthy
from tessera.types import Decision, Visit
from tests.conformance.case import Case
from tests.conformance.flags import compiled, decided

_LEAF = rf"_(?:leaf_(\d+)|{REST})(?:_\d+)?$"  # of the names of a contextual bandit's experiments and rules
_OPTIONS = ("features", "experiments", "savedGroups", "contextualBandits")


def cases(root: Path) -> Iterator[Case]:
    """One case a row of every category."""
    for category, rows in json.loads((root / "growthbook" / "cases.json").read_text("utf-8")).items():
        if not isinstance(rows, list):
            continue
        names = [f"{category}#{number} {row[0]}" for number, row in enumerate(rows)]
        if category == "evalCondition":
            yield from _conditions(names, rows)
        else:
            yield from (_case(name, _CATEGORIES[category], row) for name, row in zip(names, rows))


def _case(name: str, check: Callable[[list], str | None], row: list) -> Case:
    try:
        return Case(name, check(row))
    except AssertionError as error:
        return Case(name, f"{error}")


def _differs(found: Any, expected: Any) -> str | None:
    return None if found == expected else f"{found!r}, expected {expected!r}"


# --- functions by themselves -----------------------------------------------------------------------------------------


def _rounded(pairs: Any) -> list:
    return [[int(bound * 1e8) / 1e8 for bound in pair] for pair in pairs]


def _bucket_range(row: list) -> str | None:
    count, coverage, weights = row[1]
    return _differs(_rounded(assign.bucket_ranges(count, coverage, weights)), _rounded(row[2]))


def _chosen(row: list) -> str | None:
    found = assign.choose(row[1], row[2])
    return _differs(found, row[3])


def _decrypted(row: list) -> str | None:
    try:
        return _differs(decrypt(row[1], row[2]), row[3])
    except ImportRefused as refused:
        return None if row[3] is None else f"{refused}"


# --- conditions ------------------------------------------------------------------------------------------------------


def _conditions(names: list[str], rows: list[list]) -> Iterator[Case]:
    """All in as few payloads as there are saved groups: a feature for each case, which a rule with its condition turns on."""
    found: dict[int, str | None] = {}
    batches: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        batches.setdefault(json.dumps(row[4] if len(row) > 4 else {}), []).append(number)
    for groups, numbers in batches.items():
        features = {f"case {n}": {"defaultValue": False, "rules": [{"condition": rows[n][1], "force": True}]} for n in numbers}
        site = growthbook.read(json.dumps({"features": features, "savedGroups": json.loads(groups)}))
        left_out = {told.where: told.what for told in site.unsupported}
        with TemporaryDirectory() as folder:
            bundle = compiled(site, Path(folder))
        for n in numbers:
            value, _, _ = decided(bundle, f"case {n}", visit_of(bundle, rows[n][2]))
            found[n] = left_out.get(f"feature case {n}, rule 1") or _differs(value, rows[n][3])
    yield from (Case(name, found[number]) for number, name in enumerate(names))


# --- decisions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Run:
    """An imported payload, the visit of a case, and what came of it. `flag` None: there is no such flag."""

    payload: dict
    site: Site
    bundle: Bundle
    visit: Visit
    value: Any = None
    decision: Decision | None = None

    @property
    def experiment(self) -> Any:
        return self.bundle.experiments[self.decision.experiment] if self.decision and self.decision.experiment >= 0 else None

    @property
    def rule(self) -> str:
        return self.bundle.rules[self.decision.rule].name if self.decision and self.decision.rule >= 0 else ""

    @property
    def source(self) -> str:
        if self.decision is None:
            return "unknownFeature"
        if self.experiment is not None:
            return "experiment"
        for word, source in (("_prerequisite", "prerequisite"), ("_circle", "cyclicPrerequisite")):
            if word in self.rule and self.value is None:
                return source
        return "force" if self.rule else "defaultValue"

    @property
    def variation(self) -> int:
        """The number of the variation in GrowthBook's list, which has those that pass on as well."""
        return _kept(self.payload, self.experiment.key)[self.decision.arm]

    @property
    def hashed(self) -> tuple[str, Any]:
        """The attribute that was hashed, by the name that callers give it, and its value."""
        design = self.experiment.design
        names = [design.unit, *([design.fallback_unit] if design.fallback_unit else [])]
        used = next((name for name in names if truthy(self.visit.values.get(name))), design.unit)
        return key_of(self.bundle.attributes[used]), self.visit.values.get(used)

    @property
    def sticky(self) -> bool:
        kept = self.visit.sticky.get(f"{self.experiment.key}__{self.experiment.design.version}")
        return self.experiment.design.sticky and kept == self.experiment.design.arms[self.decision.arm]

    def result(self) -> dict[str, Any]:
        """The parts of GrowthBook's experiment result that the decision tells."""
        attribute, value = self.hashed
        found = {
            "inExperiment": True,
            "hashUsed": self.decision.why == "test",
            "variationId": self.variation,
            "value": self.value,
            "hashAttribute": attribute,
            "hashValue": value,
            "stickyBucketUsed": self.sticky,
        }
        if found["hashUsed"]:
            design = self.experiment.design
            number = assign.HASHES[design.hash].number(self.experiment.salt, to_text(value), design.buckets)
            found["bucket"] = number / design.buckets
        leaf = re.search(_LEAF, self.experiment.name)
        if found["hashUsed"] and leaf:
            found["leafId"] = int(leaf[1] or -1)
        return found


def _specs(payload: Mapping) -> dict[str, dict]:
    """Experiment key → the rule or auto experiment that has it."""
    return {rule.get("key") or name: rule for name, rule in _rules(payload) if _variations(rule)} | {spec["key"]: spec for spec in payload["experiments"]}


def _rules(payload: Mapping) -> Iterator[tuple[str, dict]]:
    return ((name, rule) for name, feature in payload["features"].items() for rule in feature.get("rules") or [])


def _variations(spec: Mapping) -> list:
    return spec.get("contextualVariations") or spec.get("variations") or []


def _kept(payload: Mapping, key: str) -> list[int]:
    """The variations of an experiment that are arms: of a rule, those that do not pass on to the next one."""
    spec = _specs(payload)[key]
    meta = [] if spec in payload["experiments"] else spec.get("meta") or []
    return [number for number in range(len(_variations(spec))) if not (number < len(meta) and meta[number].get("passthrough"))]


def _payload(context: Mapping, sticky: bool) -> tuple[dict, dict[str, int]]:
    """The payload of an SDK whose options say the same, and the variations that they force. Without a sticky bucket service there
    are no fallbacks either."""
    payload = {key: deepcopy(context.get(key) or ([] if key == "experiments" else {})) for key in _OPTIONS}
    enabled = context.get("enabled") is not False
    if not enabled:
        payload["experiments"] = [{**experiment, "active": False} for experiment in payload["experiments"]]
        for _, rule in _rules(payload):
            rule.pop("variations", None)
            rule.pop("contextualVariations", None)
    for spec in [rule for _, rule in _rules(payload)] + payload["experiments"]:
        if not sticky:
            spec["disableStickyBucketing"] = True
        elif _variations(spec):
            spec.setdefault("bucketVersion", 0)
    forced = {}
    for key, spec in _specs(payload).items():
        number = assign.query_override(key, context.get("url") or "", len(_variations(spec)))
        number = (context.get("forcedVariations") or {}).get(key) if number is None else number
        if number in _kept(payload, key) and enabled:
            forced[key] = number
            of_auto = ("filters", "parentConditions", "active", "status") if spec in payload["experiments"] else ()
            for targeting in ("condition", "namespace", "hashVersion", *of_auto):
                spec.pop(targeting, None)
        elif number is not None or context.get("qaMode") and "force" not in spec:
            spec |= {"ranges": [], "disableStickyBucketing": True}
    return payload, forced


def _run(context: Mapping, flag: str, documents: list | None = None) -> _Run:
    payload, wanted = _payload(context, documents is not None)
    site = growthbook.read(json.dumps(payload))
    assert not site.unsupported, "; ".join(f"{told.where}: {told.what}" for told in site.unsupported)
    with TemporaryDirectory() as folder:
        bundle = compiled(site, Path(folder))
    attributes = {**(context.get("attributes") or {}), **(context.get("attributeOverrides") or {})}
    forced = _forced(site, payload, wanted)
    sticky = _sticky(site, payload, attributes, documents or [])
    visit = visit_of(bundle, {**attributes, "request.url": context.get("url") or ""}, sticky=sticky, forced=forced)
    run = _Run(payload, site, bundle, visit._replace(preview=bool(forced)))
    if not any((slot.flag or slot.name) == flag for slot in bundle.slots):
        return run
    value, _, decision = decided(bundle, flag, run.visit)
    return replace(run, value=_listed(value), decision=decision)


def _listed(value: Any) -> Any:
    """A value as JSON has it: lists as lists."""
    return json.loads(json.dumps(value))


def _forced(site: Site, payload: Mapping, wanted: Mapping[str, int]) -> dict[str, str]:
    """Experiment → the arm that the URL or the caller forces."""
    return {e.name: e.arms[_kept(payload, e.original).index(wanted[e.original])].name for e in site.experiments if e.original in wanted}


def _sticky(site: Site, payload: Mapping, attributes: Mapping, documents: list[dict]) -> dict[str, str]:
    """The visitor's kept arms, of the documents of the attribute that is hashed and of the one to fall back on."""
    kept: dict[str, str] = {}
    assignments = {(doc["attributeName"], doc["attributeValue"]): doc.get("assignments") or {} for doc in documents}
    for experiment in site.experiments:
        spec = _specs(payload)[experiment.original]
        meta = spec.get("meta") or []
        keys = {meta[n].get("key"): experiment.arms[i].name for i, n in enumerate(_kept(payload, experiment.original)) if n < len(meta)}
        for attribute in (spec.get("fallbackAttribute") or "id", spec.get("hashAttribute") or "id"):
            value = attributes.get(attribute)
            for name, key in assignments.get((attribute, to_text(value)), {}).items() if truthy(value) else ():
                if name.rpartition("__")[0] == experiment.original:
                    kept[name] = keys.get(key, "")
    return kept


def _told(run: _Run, expected: Mapping) -> str | None:
    """What differs between an experiment result and the expected one, of the parts that both have."""
    found = run.result()
    both = {key: expected[key] for key in found if key in expected}
    return _differs({key: found[key] for key in both}, both) or (None if "leafId" not in expected or "leafId" in found else "no leaf")


def _feature(row: list) -> str | None:
    _, context, flag, expected = row
    run = _run(context, flag)
    found = {"value": run.value, "on": truthy(run.value), "off": not truthy(run.value), "source": run.source}
    wrong = _differs(found, {key: expected[key] for key in found})
    if wrong is None and expected.get("ruleId"):
        wrong = _differs(re.sub(_LEAF, "", run.rule), Names().of(expected["ruleId"]))
    if wrong is None and "experimentResult" in expected:
        wrong = _told(run, expected["experimentResult"])
    return wrong


def _inline(row: list) -> str | None:
    """An experiment that the caller hands over: an entry of the payload's experiments, which is a flag."""
    _, context, experiment, value, taken, hashed = row
    run = _run({**context, "experiments": [experiment]}, experiment["key"])
    found = (run.value, bool(run.rule), run.experiment is not None and run.decision.why == "test")
    return _differs(found, (value, taken, hashed))


def _sticky_bucket(row: list) -> str | None:
    _, context, documents, flag, expected, after = row
    documents = [*documents, *(context.get("stickyBucketAssignmentDocs") or {}).values()]
    run = _run(context, flag, documents)
    if expected is None:
        return None if run.experiment is None else f"in {run.experiment.name}, expected none"
    if run.experiment is None:
        return "in no experiment"
    attribute, value = run.hashed
    key = f"{attribute}||{to_text(value)}"
    before = next((doc["assignments"] for doc in documents if f"{doc['attributeName']}||{doc['attributeValue']}" == key), {})
    kept = {name: expected["key"] for name in given(run.bundle, [run.decision])}
    return _told(run, expected) or _differs({**before, **kept}, after.get(key, {}).get("assignments", {}))


def _redirect(row: list) -> str | None:
    """The one flag of all redirects; whoever redirects asks first whether the experiment by itself would redirect the new page as well."""
    _, context, expected = row
    run = _run(context, growthbook.REDIRECT)
    found = []
    if run.rule:
        spec = next(spec for spec in run.payload["experiments"] if Names().of(spec["key"]) == run.rule.removesuffix("_forced"))
        url = run.value
        if url and spec.get("persistQueryString"):
            url = urls.with_parameters(context["url"], url)
        again = url and _run({**context, "url": url, "experiments": [spec]}, growthbook.REDIRECT).rule
        found = [{"inExperiment": True, "urlRedirect": run.value, "urlWithParams": url if url and not again else ""}]
    return _differs(found, [{"urlRedirect": None, **one} for one in expected])


_CATEGORIES: dict[str, Callable[[list], str | None]] = {
    "hash": lambda row: _differs(assign.growthbook(row[0], row[1], row[2]), row[3]),
    "getBucketRange": _bucket_range,
    "chooseVariation": _chosen,
    "getQueryStringOverride": lambda row: _differs(assign.query_override(row[1], row[2], row[3]), row[4]),
    "inNamespace": lambda row: _differs(assign.in_namespace(row[1], row[2]), row[3]),
    "getEqualWeights": lambda row: _differs(_rounded([assign.equal_weights(row[0])]), _rounded([row[1]])),
    "decrypt": _decrypted,
    "feature": _feature,
    "contextualBandit": _feature,
    "run": _inline,
    "stickyBucket": _sticky_bucket,
    "urlRedirect": _redirect,
}
