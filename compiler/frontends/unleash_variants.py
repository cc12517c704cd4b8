"""What Unleash's getVariant gives: a flag for each toggle with variants, and its experiments."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from compiler.frontends.site import Arm, Experiment, Flag, ImportRefused, Names, Rule
from compiler.frontends.terms import Attributes, all_of, any_of, literal, objects
from compiler.frontends.unleash_terms import RANDOM, group_of

DISABLED = {"name": "disabled", "enabled": False}
_NO_UNIT = "Unleash draws at random for a context without an id; here it gets the first variant."


class Active(NamedTuple):
    """A strategy that can be active: the name of its rule, its condition, itself."""

    label: str
    when: str
    strategy: dict[str, Any]


class _Group(NamedTuple):
    """Variants to choose among where a condition holds, by the hash of group and id; `identified`: it asks for the id itself."""

    when: str
    label: str
    variants: list[dict[str, Any]]
    group: str
    stickiness: Any
    identified: bool = False


def variant_flag(feature: dict[str, Any]) -> str:
    """The name of the flag that stands for getVariant of a toggle; no toggle's name has a colon."""
    return f"{feature['name']}:variant"


class Variants:
    """The variants of one toggle: its own, and those of its strategies, which come first."""

    def __init__(self, feature: dict[str, Any], attributes: Attributes, experiment_names: Names) -> None:
        self.feature, self.attributes, self.experiment_names = feature, attributes, experiment_names
        self.where = f"toggle {feature['name']}"
        self.own = objects(feature, "variants", self.where)
        self.rule_names, self.value_names = Names(), Names({"disabled": "disabled"})
        self.values: dict[str, Any] = {}
        self.experiments: dict[str, Experiment] = {}

    def flag(self, name: str, enabled: str, active: list[Active]) -> tuple[Flag, list[Experiment]]:
        """The flag, where `enabled` is the term for the toggle's being on."""
        for holder in (self.feature, *objects(self.feature, "strategies", self.where)):
            for variant in objects(holder, "variants", self.where):
                self._value(variant)
        groups = list(self._groups(active))
        rules: list[Rule] = []
        for number, group in enumerate(groups, 1):
            whole = enabled if number == len(groups) else all_of([enabled, group.when])
            rules += self._rules(group._replace(when=whole))
        while rules and rules[-1].show == "disabled":
            rules.pop()
        comment = f"What getVariant gives for {self.feature['name']}."
        values = {**self.values, "disabled": DISABLED}
        return Flag(name, variant_flag(self.feature), values, tuple(rules), "disabled", comment), list(self.experiments.values())

    def _groups(self, active: list[Active]) -> Iterator[_Group]:
        """The first active strategy decides; the toggle's own variants stand where it has none with a weight."""
        for weighted, run in groupby(active, lambda one: any(_weight(each, self.where) for each in objects(one.strategy, "variants", self.where))):
            found = list(run)
            if not weighted:
                stickiness = self.own[0].get("stickiness") if self.own else None
                yield _Group(any_of(one.when for one in found), "variant", self.own, self.feature["name"], stickiness)
                continue
            for one in found:
                given = one.strategy.get("parameters") or {}
                variants = objects(one.strategy, "variants", self.where)
                stickiness = given.get("stickiness")
                identified = one.strategy.get("name") == "flexibleRollout" and stickiness not in (None, "", "default", RANDOM)
                yield _Group(one.when, one.label, variants, group_of(given, self.feature["name"]), stickiness, identified)

    def _rules(self, group: _Group) -> Iterator[Rule]:
        weighted = [(variant, _weight(variant, self.where)) for variant in group.variants]
        weighted = [(variant, weight) for variant, weight in weighted if weight]
        if not weighted:
            yield Rule(self.rule_names.another(group.label), group.when, show="disabled")
            return
        for variant in group.variants:
            for override in objects(variant, "overrides", self.where):
                term = self._override(override)
                yield Rule(self.rule_names.another(f"{variant.get('name')} override"), all_of([group.when, term]), show=self._value(variant))
        if len(weighted) == 1:
            yield Rule(self.rule_names.another(group.label), group.when, show=self._value(weighted[0][0]))
            return
        name = self.rule_names.another(group.label)
        yield Rule(name, group.when, test=self._experiment(name, group, weighted))
        if not group.identified:
            yield Rule(self.rule_names.another(f"{group.label} without id"), group.when, show=self._value(weighted[0][0]), comment=_NO_UNIT)

    def _override(self, override: dict[str, Any]) -> str:
        original, values = override.get("contextName"), override.get("values")
        if not isinstance(original, str) or not isinstance(values, list):
            raise ImportRefused(f"{self.where}: an override needs `contextName` and `values`")
        return f"unleash.one_of({self.attributes.of(original)}, {literal([value for value in values if isinstance(value, str)])})"

    def _experiment(self, rule: str, group: _Group, weighted: list[tuple[dict[str, Any], int]]) -> str:
        """The experiment that chooses for a rule."""
        original = f"{self.feature['name']}:{rule}"
        name = self.experiment_names.of(original)
        units = _units(group.stickiness)
        arms, start = [], 0
        for variant, weight in weighted:
            arms.append(Arm(self._value(variant), self._value(variant), ranges=((start, start + weight),)))
            start += weight
        self.experiments[name] = Experiment(
            name=name,
            original=original,
            unit=self.attributes.of(units[0]),
            fallback_unit=self.attributes.of(units[1]) if len(units) > 1 else None,
            hash="unleash_variant",
            salt=group.group,
            arms=tuple(arms),
            buckets=start,
        )
        return name

    def _value(self, variant: dict[str, Any]) -> str:
        """The name of the value that stands for a variant; variants that give the same are one."""
        value = {"name": variant.get("name"), **({"payload": variant["payload"]} if variant.get("payload") is not None else {}), "enabled": True}
        if not isinstance(value["name"], str):
            raise ImportRefused(f"{self.where}: a variant has no name")
        for name, other in self.values.items():
            if other == value:
                return name
        name = self.value_names.another(value["name"])
        self.values[name] = value
        return name


def _weight(variant: dict[str, Any], where: str) -> int:
    weight = variant.get("weight", 0)
    if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= 1_000_000:
        raise ImportRefused(f"{where}: the weight of a variant is not a whole number from 0 to 1,000,000")
    return weight


def _units(stickiness: Any) -> tuple[str, ...]:
    """The context fields that variants are sticky on."""
    return ("userId", "sessionId") if stickiness in (None, "", "default") else (str(stickiness),)
