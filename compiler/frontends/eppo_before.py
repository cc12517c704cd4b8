"""Eppo's experiment configuration before its flags: overrides by hash, an exposure, holdouts, and shards of its own.

The shards are of `exposure-<subject>-<flag>`, `holdout-<subject>` and `assignment-<subject>-<flag>`; no salt stands
before the subject alone, so each variation is a rule. The first targeting rule that holds decides, exposed or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from compiler.frontends.eppo_terms import Range, Terms, ranges_of, shard, total_of, within
from compiler.frontends.site import Flag, ImportRefused, Names, Rule, Site
from compiler.frontends.terms import all_of, bare, literal, mapping, objects, text

_STOP = "Whom these rules target, the next ones do not reach."


def site(flags: dict[str, dict[str, Any]]) -> Site:
    """The site of the flags of such a configuration."""
    terms, names = Terms(ignore_case=True), Names()
    found = tuple(_Flag(key, flag, terms).flag(names.of(key)) for key, flag in flags.items())
    return Site("eppo", terms.attributes.read_by(found), found, unsupported=tuple(dict.fromkeys(terms.unsupported)))


class _Flag:
    """One flag: its values so far, and the names of its rules."""

    def __init__(self, key: str, flag: dict[str, Any], terms: Terms) -> None:
        self.key, self.spec, self.terms, self.where = key, flag, terms, f"flag {key}"
        self.value_names, self.rule_names = Names(), Names()
        self.values: dict[str, Any] = {}
        self.total = total_of(flag, "subjectShards", self.where)

    def flag(self, name: str) -> Flag:
        allocations = mapping(self.spec, "allocations", self.where)
        for key in allocations:
            for variation in objects(mapping(allocations, key, self.where), "variations", self.where):
                self._variation(variation)
        rules = list(self._overrides())
        enabled = self.spec.get("enabled") is True
        if enabled:
            rules += self._targeted(allocations)
        return Flag(name, self.key, self.values, tuple(rules), "none", "" if enabled else "Disabled in Eppo but for its overrides.")

    def _overrides(self) -> Iterator[Rule]:
        """The subjects that are listed by the hashes of their keys; they stand above everything, even being disabled."""
        typed = mapping(self.spec, "typedOverrides", self.where) or mapping(self.spec, "overrides", self.where)
        hashes: dict[str, list[str]] = {}
        for hashed, value in typed.items():
            hashes.setdefault(self._value(f"override {value}", value), []).append(hashed)
        for shown, listed in hashes.items():
            when = f"eppo.md5({self.terms.subject}) in {literal(listed)}"
            if self.terms.fits(when, self.where):
                yield Rule(self.rule_names.another(f"override {self.values[shown]}"), when, show=shown)

    def _targeted(self, allocations: dict[str, Any]) -> Iterator[Rule]:
        listed = objects(self.spec, "rules", self.where)
        runs = [(key, list(run)) for key, run in groupby(listed, key=lambda rule: text(rule, "allocationKey", self.where))]
        for number, (key, rules) in enumerate(runs, 1):
            where = f"{self.where}, allocation {key}"
            when = self.terms.rules(rules, where)
            if not self.terms.fits(when, where):
                continue
            yield from self._allocation(mapping(allocations, key, where), when, key, where)
            if number < len(runs):
                yield Rule(self.rule_names.another(f"{key} otherwise"), bare(when), show="none", comment=_STOP)

    def _allocation(self, allocation: dict[str, Any], when: str, key: str, where: str) -> Iterator[Rule]:
        exposed = all_of([when, self._exposure(allocation, where)])
        subject, quoted = self.terms.subject, literal(self.key)
        by_key = {str(each.get("variationKey")): self._variation(each) for each in objects(allocation, "variations", where)}
        held_out = shard(self.total, '"holdout"', subject)
        for holdout in objects(allocation, "holdouts", where):
            for kind, variation in (("statusQuoShardRange", "statusQuoVariationKey"), ("shippedShardRange", "shippedVariationKey")):
                ranges = ranges_of([holdout[kind]] if isinstance(holdout.get(kind), dict) else [], self.total, where)
                shown = by_key.get(str(allocation.get(variation)))
                if ranges and shown:
                    label = f"{holdout.get('holdoutKey')} {'status quo' if kind.startswith('status') else 'shipped'}"
                    yield Rule(self.rule_names.another(label), bare(all_of([exposed, within(held_out, ranges, self.total)])), show=shown)
        assigned, reached = shard(self.total, '"assignment"', subject, quoted), 0
        for variation in objects(allocation, "variations", where):
            for start, end in self._range(variation, where):
                start = 0 if start == reached else start  # the rules before this one have the shards before it
                reached = end if start == 0 else reached
                shown = self._variation(variation)
                yield Rule(self.rule_names.another(f"{key} {shown}"), bare(all_of([exposed, within(assigned, [(start, end)], self.total)])), show=shown)

    def _range(self, variation: dict[str, Any], where: str) -> tuple[Range, ...]:
        return ranges_of([mapping(variation, "shardRange", where)], self.total, where)

    def _exposure(self, allocation: dict[str, Any], where: str) -> str:
        share = allocation.get("percentExposure", 1)
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise ImportRefused(f"{where}: `percentExposure` is not a number from 0 to 1")
        most = int(share * self.total)  # the shard with this very number is exposed too
        return within(shard(self.total, '"exposure"', self.terms.subject, literal(self.key)), [(0, most + 1)], self.total)

    def _variation(self, variation: dict[str, Any]) -> str:
        return self._value(text(variation, "name", self.where), variation.get("typedValue", variation.get("value")))

    def _value(self, label: str, value: Any) -> str:
        """The name of a value; one that is there already has its name."""
        for name, other in self.values.items():
            if type(other) is type(value) and other == value:
                return name
        name = self.value_names.another(label)
        self.values[name] = value
        return name
