"""Optimizely: a datafile (versions 2 to 4) → a site.

A feature flag is a flag; its values are what `decide` returns (`enabled` and `variables`), one a variation, and `default`
is what it returns where nothing decides. Its rules in order: holdouts, the experiments (users on the list of forced
variations first), the rules of the rollout. An experiment that no flag runs becomes a flag whose value is the variation's
key, as `activate` returns it. Traffic is taken over as ranges of buckets under Optimizely's own hash, so nobody is moved.

Audiences are segments. Optimizely's conditions know true, false and unknown, as Tessera's do. Callers supply the user's
attributes by their own names, and the user's id as `user_id` (`$opt_user_id`, where an audience asks for a `user_id`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from compiler.frontends.document import parse
from compiler.frontends.optimizely_audiences import Audiences, chunks
from compiler.frontends.site import Arm, Experiment, Flag, ImportRefused, Names, Rule, Site, Unsupported
from compiler.frontends.terms import ALWAYS, LONGEST, NEVER, all_of, any_of, literal, mapping, objects, text

VERSIONS = ("2", "3", "4")
BUCKETS = 10_000
MOST_ARMS = 100
DEFAULT = "default"

Ranges = dict[str, list[tuple[int, int]]]  # entity id → its buckets [from, to)


def read(source: str) -> Site:
    """The site of a datafile.

    Raises:
        ImportRefused: where the text is none.
    """
    document = parse(source)
    if document.get("version") not in VERSIONS:
        raise ImportRefused(f"not an Optimizely datafile of version {', '.join(VERSIONS[:-1])} or {VERSIONS[-1]}: its version is {json.dumps(document.get('version'))}")
    return _Import(document).site()


@dataclass(frozen=True)
class _Variation:
    """A variation of an experiment, with the value that it gives a flag."""

    id: str
    key: str
    value: Any


@dataclass(frozen=True)
class _Ladder:
    """What the rules of one flag share: the names in it, its variants, and what each is worth.

    `guard`: a condition that every rule needs. `deliveries`: only experiments that are targeted deliveries take part.
    """

    flag: str
    rules: Names
    variants: Names
    values: dict[str, Any]
    variables: list[dict[str, Any]] | None
    guard: str = ALWAYS
    deliveries: bool = False


class _Import:
    """One datafile: what has been read of it, and what could not be expressed."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.unsupported: list[Unsupported] = []
        self.audiences = Audiences(document, self.unsupported)
        self.names, self.experiment_names = Names(), Names()
        self.experiments: list[Experiment] = []
        self.stored_as: dict[tuple[str, tuple[Arm, ...]], str] = {}  # (experiment id, its arms) → its name here
        self.rollouts = {text(each, "id", "a rollout"): objects(each, "experiments", "a rollout") for each in objects(document, "rollouts", "the datafile")}
        self.flags = objects(document, "featureFlags", "the datafile")
        self.single = objects(document, "experiments", "the datafile")
        self.groups: dict[str, tuple[str, Ranges]] = {}  # experiment id → its group's id, and the group's buckets
        for group in objects(document, "groups", "the datafile"):
            members = objects(group, "experiments", "a group")
            self.single += members
            if group.get("policy") == "random":
                taken = text(group, "id", "a group"), _ranges(group, "a group")
                self.groups |= {text(each, "id", "an experiment of a group"): taken for each in members}
        self.by_id = {text(each, "id", "an experiment"): each for each in self.single}
        self.holdouts = [each for each in objects(document, "holdouts", "the datafile") if each.get("status") == "Running"]
        self.local: dict[str, list[dict[str, Any]]] = {}  # rule id → the holdouts that apply to that rule alone
        for holdout in objects(document, "localHoldouts", "the datafile"):
            for rule in holdout.get("includedRules") or () if holdout.get("status") == "Running" else ():
                self.local.setdefault(rule, []).append(holdout)

    def site(self) -> Site:
        flags = [self.flag(flag) for flag in self.flags]
        run = {each for flag in self.flags for each in flag.get("experimentIds") or ()}
        flags += [self.experiment_alone(each) for number, each in self.by_id.items() if number not in run]
        used = {rule.test for flag in flags for rule in flag.rules}
        experiments = tuple(experiment for experiment in self.experiments if experiment.name in used)
        return Site("optimizely", self.audiences.attributes(), tuple(flags), experiments, self.audiences.segments(), tuple(self.unsupported))

    # --- flags

    def flag(self, flag: dict[str, Any]) -> Flag:
        key = text(flag, "key", "a feature flag")
        variables = objects(flag, "variables", f"flag {key}")
        ladder = _Ladder(key, Names(), Names(), {}, variables)
        ladder.variants.taken[""] = DEFAULT
        ladder.values[DEFAULT] = _value(False, variables, {})
        rules = [rule for holdout in self.holdouts for rule in self.holdout(ladder, flag, holdout)]
        if not any(rule.when == ALWAYS and rule.show for rule in rules):
            rules += self.rules(ladder, flag)
        return self.made(key, ladder, rules, DEFAULT, self.left_out(flag))

    def experiment_alone(self, experiment: dict[str, Any]) -> Flag:
        key = text(experiment, "key", "an experiment")
        ladder = _Ladder(key, Names(), Names(), {}, None)
        comment = "" if experiment.get("status") == "Running" else f"{experiment.get('status')} in Optimizely."
        return self.made(f"{key} (experiment)" if key in self.names.taken else key, ladder, list(self.experiment(ladder, experiment)), "none", comment)

    def made(self, key: str, ladder: _Ladder, rules: list[Rule], default: str, comment: str) -> Flag:
        return Flag(self.names.of(key), key, ladder.values, tuple(rule for rule in rules if rule.when != NEVER), default, comment)

    def left_out(self, flag: dict[str, Any]) -> str:
        """The comment of a flag: which of its experiments do not run."""
        found = (self.by_id.get(number) for number in flag.get("experimentIds") or ())
        return "\n".join(f"The experiment {each.get('key')} is left out: {each.get('status')} in Optimizely." for each in found if each and each.get("status") != "Running")

    def rules(self, ladder: _Ladder, flag: dict[str, Any]) -> Iterator[Rule]:
        for number in flag.get("experimentIds") or ():
            experiment = self.by_id.get(number)
            if experiment is None:
                self.unsupported.append(Unsupported(f"flag {ladder.flag}", f"it runs the experiment {number}, which is not in the datafile", "remove it from the flag"))
            elif not ladder.deliveries or experiment.get("type") == "td":
                yield from self.locally_held(ladder, experiment)
                yield from self.experiment(ladder, experiment, self.everyone_else(flag))
        yield from self.rollout(ladder, self.rollouts.get(flag.get("rolloutId") or "", []))

    def everyone_else(self, flag: dict[str, Any]) -> dict[str, Any] | None:
        """The first variation of the last rule of a flag's rollout, which takes the rest of the traffic of a feature rollout."""
        rules = self.rollouts.get(flag.get("rolloutId") or "", [])
        variations = objects(rules[-1], "variations", "the last rule of a rollout") if rules else []
        return variations[0] if variations else None

    # --- holdouts

    def holdout(self, ladder: _Ladder, flag: dict[str, Any], holdout: dict[str, Any]) -> Iterator[Rule]:
        """The rule of a holdout; where it leaves targeted deliveries out, a ladder of those alone for who is held out."""
        if not holdout.get("excludeTargetedDeliveries"):
            yield from self.held_out(ladder, holdout)
            return
        key = text(holdout, "key", "a holdout")
        known = self.variations(ladder, holdout)
        stretches = [pair for entity, held in _ranges(holdout, key).items() if entity in known for pair in held]
        guard = all_of([self.audience(holdout, key), self.within(text(holdout, "id", key), stretches)])
        inner = _Ladder(ladder.flag, ladder.rules, ladder.variants, ladder.values, ladder.variables, guard, deliveries=True)
        yield from self.rules(inner, flag)
        yield self.rule(inner, f"{key} otherwise", ALWAYS, DEFAULT, comment=f"Held out by {key}, and in none of the deliveries that it leaves out.")

    def locally_held(self, ladder: _Ladder, rule: dict[str, Any], again: str = "") -> Iterator[Rule]:
        for holdout in self.local.get(text(rule, "id", "a rule"), ()):
            yield from self.held_out(ladder, holdout, again)

    def held_out(self, ladder: _Ladder, holdout: dict[str, Any], again: str = "") -> Iterator[Rule]:
        key = text(holdout, "key", "a holdout")
        name = self.run(ladder, holdout, _ranges(holdout, key), self.variations(ladder, holdout))
        if name:
            yield self.rule(ladder, f"{key}{again}", self.audience(holdout, key), test=name)

    # --- experiments and rollouts

    def experiment(self, ladder: _Ladder, experiment: dict[str, Any], everyone_else: dict[str, Any] | None = None) -> Iterator[Rule]:
        """Its forced users, then its traffic; nothing where it does not run."""
        key = text(experiment, "key", "an experiment")
        where = f"flag {ladder.flag}, experiment {key}"
        if experiment.get("status") != "Running":
            return
        variations, ranges = self.variations(ladder, experiment), _ranges(experiment, where)
        if experiment.get("type") == "fr" and everyone_else is not None:
            other = self.variation(ladder, everyone_else)
            variations = {**variations, other.id: other}
            ranges = _extended(ranges, other.id)
        yield from self.forced(ladder, experiment, variations)
        if experiment.get("cmab"):
            what = "a contextual bandit: Optimizely's service decides it for each user"
            self.unsupported.append(Unsupported(where, what, "make it an experiment with fixed traffic, or a ranking of Tessera's own"))
            return
        name = self.run(ladder, experiment, ranges, variations)
        if name:
            yield self.rule(ladder, key, all_of([self.audience(experiment, where), self.alone(experiment)]), test=name)

    def forced(self, ladder: _Ladder, experiment: dict[str, Any], variations: dict[str, _Variation]) -> Iterator[Rule]:
        """The users that are on the experiment's list, by variation."""
        key, users = text(experiment, "key", "an experiment"), {}
        by_key = {variation.key: variation for variation in variations.values()}
        for user, variation in mapping(experiment, "forcedVariations", f"experiment {key}").items():
            if isinstance(variation, str) and variation in by_key:
                users.setdefault(variation, []).append(user)
        for variation, listed in users.items():
            for number, part in enumerate(chunks(listed, LONGEST // 2)):
                when = f"{self.audiences.user} == {literal(part[0])}" if len(part) == 1 else f"{self.audiences.user} in {literal(part)}"
                again = f" {number + 1}" if number else ""
                yield self.rule(ladder, f"{key} forced {variation}{again}", when, show=self.variant(ladder, by_key[variation]))

    def rollout(self, ladder: _Ladder, rules: list[dict[str, Any]]) -> Iterator[Rule]:
        """The rules in order. Who is in a rule's audience and not in its traffic goes on with the last rule, for everyone else."""
        for position, rule in enumerate(rules):
            last = position == len(rules) - 1
            yield from self.delivery(ladder, rule)
            if last or _covered(rule):
                continue
            audience = self.audience(rule, f"flag {ladder.flag}, rule {rule.get('key')}")
            outside = f"Who is in the audience of {rule.get('key')} and not in its traffic."
            for other in self.delivery(ladder, rules[-1], audience, f" after {rule.get('key')}"):
                yield Rule(other.name, other.when, other.show, other.test, outside)
            if not (_covered(rules[-1]) and self.audience(rules[-1], "") == ALWAYS):
                yield self.rule(ladder, f"nothing after {rule.get('key')}", audience, DEFAULT, comment=outside)
            if audience == ALWAYS:
                return  # the rules between are never reached

    def delivery(self, ladder: _Ladder, rule: dict[str, Any], audience: str = ALWAYS, again: str = "") -> Iterator[Rule]:
        """One rule of a rollout, for those of an `audience` alone; `again`: what tells it apart from itself."""
        key = rule.get("key") or ""
        where = f"flag {ladder.flag}, rule {key}"
        for held in self.locally_held(ladder, rule, again):
            yield Rule(held.name, all_of([audience, held.when]), held.show, held.test)
        variations, ranges = self.variations(ladder, rule), _ranges(rule, where)
        when = all_of([audience, self.audience(rule, where), self.alone(rule)])
        whole = next((variations[entity] for entity, held in ranges.items() if held == [(0, BUCKETS)] and entity in variations), None)
        if not key.strip():
            return
        if whole:
            yield self.rule(ladder, f"{key}{again}", when, show=self.variant(ladder, whole))
        elif name := self.run(ladder, rule, ranges, variations):
            yield self.rule(ladder, f"{key}{again}", when, test=name)

    # --- parts

    def rule(self, ladder: _Ladder, name: str, when: str, show: str | None = None, test: str | None = None, comment: str = "") -> Rule:
        unique = ladder.rules.another(name)  # a rule comes again for those whom a holdout leaves some deliveries
        return Rule(unique, all_of([ladder.guard, when]), show, test, comment)

    def audience(self, rule: dict[str, Any], where: str) -> str:
        """The condition of a rule's audiences."""
        conditions = rule.get("audienceConditions")
        return self.audiences.condition(rule.get("audienceIds") if conditions is None else conditions, where)

    def alone(self, experiment: dict[str, Any]) -> str:
        """That the user's bucket in the experiment's group, of whose experiments a user takes part in one, is this one's."""
        number = text(experiment, "id", "an experiment")
        if number not in self.groups:
            return ALWAYS
        group, ranges = self.groups[number]
        return self.within(group, ranges.get(number, []))

    def within(self, parent: str, stretches: list[tuple[int, int]]) -> str:
        """That the user's bucket under an experiment, a group or a holdout lies in one of the stretches."""
        if stretches == [(0, BUCKETS)]:
            return ALWAYS
        bucket = f"optimizely.bucket({self.audiences.bucketing_id}, {self.audiences.user}, {literal(parent)})"
        terms = [
            all_of([f"{bucket} >= {start}" if start else ALWAYS, f"{bucket} < {end}" if end < BUCKETS else ALWAYS]) for start, end in stretches
        ]
        return any_of(terms)

    def run(self, ladder: _Ladder, experiment: dict[str, Any], ranges: Ranges, variations: dict[str, _Variation]) -> str | None:
        """The name of the experiment that splits a rule's traffic between its variations; None where nobody gets any."""
        held = {number: stretches for number, stretches in ranges.items() if number in variations}
        if not held:
            return None
        key, number = text(experiment, "key", "a rule"), text(experiment, "id", "a rule")
        if len(held) > MOST_ARMS:
            self.unsupported.append(Unsupported(f"flag {ladder.flag}, rule {key}", f"{len(held)} variations, at most {MOST_ARMS} are possible", "split it"))
            return None
        arms, names = [], Names()
        for variation, stretches in held.items():
            original = variations[variation].key
            name = names.of(original if original not in names.taken else f"{original} {variation}")
            arms.append(Arm(name, self.variant(ladder, variations[variation]), ranges=tuple(stretches)))
        return self.stored(ladder.flag, key, number, tuple(arms))

    def stored(self, flag: str, key: str, number: str, arms: tuple[Arm, ...]) -> str:
        """The name of an experiment, which the flags that run it share; one of a key that another has gets the flag's before it."""
        if (number, arms) not in self.stored_as:
            original = next(each for each in (key, f"{flag} {key}", f"{flag} {key} {number}") if each not in self.experiment_names.taken)
            name = self.stored_as[number, arms] = self.experiment_names.of(original)
            unit, fallback = self.audiences.bucketing_id, self.audiences.user
            self.experiments.append(Experiment(name, key, unit, "optimizely", number, arms, fallback_unit=fallback))
        return self.stored_as[number, arms]

    def variations(self, ladder: _Ladder, experiment: dict[str, Any]) -> dict[str, _Variation]:
        found = (self.variation(ladder, each) for each in objects(experiment, "variations", f"experiment {experiment.get('key')}"))
        return {variation.id: variation for variation in found}

    def variation(self, ladder: _Ladder, variation: dict[str, Any]) -> _Variation:
        key = text(variation, "key", "a variation")
        if ladder.variables is None:
            return _Variation(text(variation, "id", "a variation"), key, key)
        own = {each.get("id"): each.get("value") for each in objects(variation, "variables", "a variation")}
        return _Variation(text(variation, "id", "a variation"), key, _value(bool(variation.get("featureEnabled")), ladder.variables, own))

    def variant(self, ladder: _Ladder, variation: _Variation) -> str:
        """The variant of a variation: of its key, with its id where another variation of that key has another value."""
        name = ladder.variants.of(variation.key)
        if ladder.values.setdefault(name, variation.value) != variation.value:
            name = ladder.variants.of(f"{variation.key} {variation.id}")
            ladder.values[name] = variation.value
        return name


def _value(enabled: bool, variables: list[dict[str, Any]], own: dict[Any, Any]) -> dict[str, Any]:
    """What `decide` returns for a variation: its own variables where it is enabled, and the defaults of the others."""
    values = {str(each.get("key")): _typed(own.get(each.get("id"), each.get("defaultValue")) if enabled else each.get("defaultValue"), each) for each in variables}
    return {"enabled": enabled, "variables": values}


def _typed(value: Any, variable: dict[str, Any]) -> Any:
    """A variable's text as its type; null where it is not of that type."""
    kind = "json" if variable.get("subType") == "json" else variable.get("type")
    try:
        if kind == "boolean":
            return value == "true"
        if kind == "integer":
            return int(value)
        if kind == "double":
            return float(value) if math.isfinite(float(value)) else None
        return json.loads(value) if kind == "json" else value
    except (TypeError, ValueError, RecursionError):
        return None


def _ranges(holder: dict[str, Any], where: str) -> Ranges:
    """Who gets which buckets: each allocation those from the end of the ones before to its own."""
    ranges: Ranges = {}
    start = 0
    for allocation in objects(holder, "trafficAllocation", where):
        end = allocation.get("endOfRange")
        if isinstance(end, int) and end > start:
            entity = allocation.get("entityId")
            if isinstance(entity, str) and start < BUCKETS:
                ranges.setdefault(entity, []).append((start, min(end, BUCKETS)))
            start = end
    return ranges


def _extended(ranges: Ranges, entity: str) -> Ranges:
    """The ranges, with the buckets after the last of them given to one more."""
    start = max((end for held in ranges.values() for _, end in held), default=0)
    return {**ranges, entity: [*ranges.get(entity, []), (start, BUCKETS)]} if start < BUCKETS else ranges


def _covered(rule: dict[str, Any]) -> bool:
    """Whether everybody in a rule's audience gets one of its variations."""
    known = {each.get("id") for each in objects(rule, "variations", "a rule")}
    held = sorted(pair for entity, pairs in _ranges(rule, "a rule").items() if entity in known for pair in pairs)
    return bool((rule.get("key") or "").strip()) and sum(end - start for start, end in held) == BUCKETS
