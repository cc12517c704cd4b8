"""GrowthBook's experiments: variations, weights and ranges → arms with buckets; leaves of contextual bandits."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from compiler.frontends.growthbook_conditions import TRUE, Conditions, Inexpressible, both, call, either, negated
from compiler.frontends.site import Arm, Experiment, Names
from tessera import assign
from tessera.dialects.javascript import NAN, to_number, to_text, truthy, type_of

BUCKETS = {1: 1000, 2: 10_000}
OF_RULES = frozenset(  # the keys of a rule that its experiment has; any other counts in experiments alone
    "coverage weights ranges meta name seed hashVersion hashAttribute fallbackAttribute namespace "
    "disableStickyBucketing bucketVersion minBucketVersion".split()
)
MOST_ARMS = 100
REST = "rest"  # the name for those in no leaf of a bandit
_PLAIN = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9 ._-]{1,40}")  # a text that serves as a variant's name


class Variants:
    """The values of a flag, each with a name; the same name for the same value."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._names = Names()
        self._by_value: dict[str, str] = {}

    def of(self, value: Any, hint: str = "") -> str:
        """The variant of a value. `hint`: what to call it where the value itself makes no name."""
        key = json.dumps(value)
        if key not in self._by_value:
            name = self._names.another(_wanted(value, hint))
            self._by_value[key], self.values[name] = name, value
        return self._by_value[key]


def _wanted(value: Any, hint: str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "nothing"
    if isinstance(value, (int, float)):
        return f"value {value}"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return hint or ("text" if isinstance(value, str) else "list" if isinstance(value, list) else "object")


@dataclass(frozen=True)
class Trial:
    """An experiment as GrowthBook has it: a rule or an auto experiment, its key and its variations.

    `in_rule`: of a rule, where a variation may pass on to the next one.
    """

    spec: dict
    key: str
    variations: list
    in_rule: bool = False

    @property
    def version(self) -> Any:
        version = self.spec.get("hashVersion") if truthy(self.spec.get("hashVersion")) else 1
        return version if known(version) else None

    @property
    def seed(self) -> str:
        return to_text(self.spec["seed"]) if truthy(self.spec.get("seed")) else self.key

    @property
    def unit(self) -> str:
        return name_of(self.spec.get("hashAttribute"))

    @property
    def fallback(self) -> str | None:
        fallback = self.spec.get("fallbackAttribute")
        return name_of(fallback) if truthy(fallback) and not truthy(self.spec.get("disableStickyBucketing")) else None

    @property
    def sticky(self) -> bool:
        """GrowthBook states versions and fallbacks where sticky bucketing is switched on."""
        stated = any(self.spec.get(key) is not None for key in ("bucketVersion", "minBucketVersion", "fallbackAttribute"))
        return stated and not truthy(self.spec.get("disableStickyBucketing"))

    @property
    def running(self) -> bool:
        return self.spec.get("active") is not False and self.spec.get("status") not in ("draft", "stopped") and "force" not in self.spec

    @property
    def forced(self) -> int | None:
        """The variation that everybody in the experiment gets, where it is running and has one."""
        force = self.spec.get("force")
        alive = self.spec.get("active") is not False and self.spec.get("status") != "draft"
        return force if alive and isinstance(force, int) and 0 <= force < len(self.variations) else None

    def ranges(self, weights: Any) -> list:
        """The range [from, to) in [0, 1) of each variation."""
        stated = self.spec.get("ranges")
        if truthy(stated):
            return [bounds(pair) for pair in stated] if isinstance(stated, list) else []
        coverage = to_number(self.spec.get("coverage", 1))
        numbers = weights if isinstance(weights, list) and all(isinstance(w, (int, float)) for w in weights) else None
        return [bounds(list(pair)) for pair in assign.bucket_ranges(len(self.variations), coverage, numbers)]

    def experiment(self, name: str, weights: Any, variants: Variants, conditions: Conditions) -> Experiment | None:
        """The experiment under a name; None where no variation of it decides anything."""
        if len(self.variations) > MOST_ARMS:
            raise Inexpressible(f"an experiment of {len(self.variations)} variations; at most {MOST_ARMS} can be told apart")
        buckets = BUCKETS[self.version]
        owned = assign.disjoint([[assign.in_buckets(start, end, buckets)] for start, end in self.ranges(weights)]) if self.running else []
        arms, passed = [], []
        labels = self._labels(variants)
        for number, value in enumerate(self.variations):
            if self.in_rule and truthy(self._meta(number).get("passthrough")):
                passed.append(labels[number])
                continue
            show = "none" if value is None else variants.of(value, labels[number])
            arms.append(Arm(labels[number], show, ranges=tuple(owned[number]) if number < len(owned) else ()))
        if not arms:
            return None
        version, sticky = _count(self.spec.get("bucketVersion")), self.sticky and self.running
        return Experiment(
            name,
            self.key,
            conditions.attribute(self.unit),
            f"growthbook_v{self.version}",
            self.seed,
            tuple(arms),
            fallback_unit=conditions.attribute(self.fallback) if self.fallback else None,
            sticky=sticky,
            version=version if sticky else 0,
            min_version=min(_count(self.spec.get("minBucketVersion")), version) if sticky else 0,
            comment=self._comment(passed),
        )

    def _meta(self, number: int) -> dict:
        meta = self.spec.get("meta")
        found = meta[number] if isinstance(meta, list) and number < len(meta) else {}
        return found if isinstance(found, dict) else {}

    def _labels(self, variants: Variants) -> list[str]:
        """Names of the arms: those of the variations, or else of what they show."""
        names, labels = Names(), []
        for number, value in enumerate(self.variations):
            meta = self._meta(number)
            key = str(meta.get("key") or "")
            plain = isinstance(value, (bool, int, float)) or isinstance(value, str) and _PLAIN.fullmatch(value)
            wanted = meta.get("name") or (key if not key.isdigit() else "") or (variants.of(value) if plain else f"variation {number}")
            text = str(wanted)
            labels.append(names.of(text if text not in names.taken else f"{text} {number}"))
        return labels

    def _comment(self, passed: list[str]) -> str:
        lines = [str(self.spec["name"])] if self.spec.get("name") else []
        if not self.running:
            lines.append("Not running: nobody is assigned.")
        if self.spec.get("persistQueryString"):
            lines.append("The redirect keeps the parameters of the page's address.")
        if passed:
            lines.append(f"Those in {', '.join(passed)} go on to the next rule; GrowthBook counts them as exposed as well.")
        return "\n".join(lines)


def unit_value(trial: Trial, conditions: Conditions) -> str:
    """What is hashed: an attribute, or another where it is empty."""
    unit = conditions.attribute(trial.unit)
    return call("first", unit, conditions.attribute(trial.fallback)) if trial.fallback else unit


def unit_guard(trial: Trial, conditions: Conditions) -> str:
    """Whether there is anything to hash: not 0, false or empty."""
    units = [trial.unit, trial.fallback] if trial.fallback else [trial.unit]
    return either(call("is", conditions.attribute(unit), TRUE) for unit in units)


def leaves(bandit: dict, rule: dict, conditions: Conditions, name: str) -> list[tuple[str, str, Any]]:
    """Of a contextual bandit: (name, condition, weights) of each leaf and of who is in none. The first leaf that fits counts."""
    given = bandit.get("contexts")
    contexts = [leaf for leaf in given if isinstance(leaf, dict)] if isinstance(given, list) else []
    found, before = [], []
    for leaf in contexts:
        when = conditions.condition(leaf.get("condition") or {})
        label = f"leaf {leaf.get('leafId')}"
        if len(contexts) > 1 and when != TRUE:
            when = conditions.segment(f"{name} {label}", when)
        found.append((label, both([*before, when]), leaf.get("weights")))
        before.append(negated(when))
        if when == TRUE:
            return found
    return [*found, (REST, both(before), rule.get("weights"))]


def name_of(attribute: Any) -> str:
    """The attribute that is hashed: `id` where none is named."""
    return to_text(attribute) if truthy(attribute) else "id"


def known(version: Any) -> bool:
    """Whether there is a hash of this version."""
    return type_of(version) == "number" and version in BUCKETS


def bounds(pair: Any) -> list[float]:
    """The bounds [from, to) of a range; of what is none, bounds between which nothing lies."""
    numbers = [to_number(bound) for bound in pair[:2]] if isinstance(pair, (list, tuple)) and len(pair) >= 2 else [NAN]
    return [0, 0] if any(number != number for number in numbers) else [min(max(number, 0), 1) for number in numbers]


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
