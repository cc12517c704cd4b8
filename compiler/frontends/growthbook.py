"""GrowthBook's SDK payload (`/api/features/<client key>`), or its REST API's list of features → a site.

Features become flags, their experiments experiments with GrowthBook's own hash and the same buckets, saved groups
segments. Auto experiments become flags of their own; redirects are one flag, `url_redirect`, whose value is the address.
Semantics: packages/sdk-js/src/core.ts in growthbook/growthbook, spec 0.8.0.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from compiler.frontends import document
from compiler.frontends.growthbook_conditions import FALSE, TRUE, Conditions, Inexpressible, Place, both, call, either, literal, negated
from compiler.frontends.growthbook_experiments import OF_RULES, Trial, Variants, bounds, known, leaves, name_of, unit_guard, unit_value
from compiler.frontends.growthbook_key import ENCRYPTED, decrypt
from compiler.frontends.site import Experiment, Flag, ImportRefused, Names, Rule, Site, Unsupported
from compiler.frontends.terms import LONGEST
from tessera.dialects.javascript import strictly_equal, to_number, truthy

REDIRECT = "url_redirect"
CIRCLE = "(circle of prerequisites)"  # the value by which a slot tells another that it stands in a circle
MOST_COPIES = 50  # of flags in circles
NOTHING = "nothing"  # the variant whose value is null


def read(text: str, key: str | None = None) -> Site:
    """The site of a payload; `key` decrypts an encrypted one (else GROWTHBOOK_DECRYPTION_KEY of the environment).

    Raises:
        ImportRefused: where the text is no such payload, or the key is not its own.
    """
    payload = _decrypted(document.parse(text), key or os.environ.get("GROWTHBOOK_DECRYPTION_KEY"))
    if "features" not in payload and "experiments" not in payload:
        raise ImportRefused("neither `features` nor `experiments`: this is not a payload of GrowthBook", 1, 1)
    features, experiments = payload.get("features", {}), payload.get("experiments", [])
    if isinstance(features, list):
        features = _of_api(features)
    if not isinstance(features, dict) or not isinstance(experiments, list):
        raise ImportRefused("`features` must be an object by feature id and `experiments` a list", 1, 1)
    groups, bandits = payload.get("savedGroups"), payload.get("contextualBandits")
    reader = _Reader(_objects(features), [e for e in experiments if isinstance(e, dict)], _objects(bandits), Conditions(_mapping(groups)))
    reader.read()
    conditions = reader.conditions
    return Site(
        "growthbook",
        tuple(conditions.attributes.values()),
        tuple(reader.flags),
        tuple(reader.tests),
        tuple(conditions.segments.values()),
        tuple(reader.unsupported),
    )


def _decrypted(payload: dict[str, Any], key: str | None) -> dict[str, Any]:
    plain = dict(payload)
    for name, encrypted in ENCRYPTED.items():
        if not payload.get(encrypted):
            continue
        if key is None:
            raise ImportRefused(f"the payload is encrypted (`{encrypted}`): give its key in GROWTHBOOK_DECRYPTION_KEY")
        text = decrypt(str(payload[encrypted]), key)
        try:
            plain[name] = json.loads(text)
        except ValueError as error:
            raise ImportRefused(f"`{encrypted}` holds no JSON: {error}") from None
    return plain


def _mapping(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> dict[str, dict]:
    return {key: held for key, held in _mapping(value).items() if isinstance(held, dict)}


def _of_api(features: list) -> dict[str, dict]:
    """The features of a REST answer as an SDK would get them: the definition of `production`, or of the first environment."""
    found = {}
    for feature in features:
        environments = _objects(_mapping(feature).get("environments"))
        environment = environments.get("production") or next(iter(environments.values()), {})
        definition = environment.get("definition")
        if not environment.get("enabled") or not isinstance(definition, str) or not isinstance(feature.get("id"), str):
            continue
        try:
            found[feature["id"]] = document.parse(definition)
        except ImportRefused as error:
            raise ImportRefused(f"feature {feature['id']}: its definition is {error}") from None
    return found


@dataclass
class _Reader:
    """Collects flags and experiments. `stack`s are the features that are being decided, as GrowthBook follows prerequisites."""

    features: dict[str, dict]
    autos: list[dict]
    bandits: dict[str, dict]
    conditions: Conditions
    flags: list[Flag] = field(default_factory=list)
    tests: list[Experiment] = field(default_factory=list)
    unsupported: list[Unsupported] = field(default_factory=list)
    slots: Names = field(default_factory=Names)
    trials: Names = field(default_factory=Names)
    copies: dict[tuple[str, frozenset[str]], str] = field(default_factory=dict)

    def read(self) -> None:
        self.reach = {name: self._reachable(name) for name in self.features}
        self.circular = {name for name, reach in self.reach.items() if name in reach or any(other in self.reach[other] for other in reach)}
        for name in self.features:
            self.slots.of(name)
        for name in self.features:
            self._feature(name, self.slots.of(name), frozenset({name}), None)
        redirects = [exp for exp in self.autos if _redirects(exp)]
        if redirects:
            self._redirects(redirects)
        for exp in self.autos:
            if not _redirects(exp):
                self._auto(exp)

    # --- features

    def _feature(self, name: str, slot: str, stack: frozenset[str], circle: str | None) -> None:
        """Append the flag of a feature. `circle`: the value for who comes back to a feature of the stack."""
        feature = self.features[name]
        variants = Variants()
        default = feature.get("defaultValue")
        shown = "none" if default is None else variants.of(default)
        rules: list[Rule] = []
        rule_names = Names()
        comments = []
        given = feature.get("rules")
        for number, rule in enumerate(given if isinstance(given, list) else [], 1):
            where = f"feature {name}, rule {number}"
            if not isinstance(rule, dict):
                continue
            try:
                found = list(self._rules(name, rule, number, variants, rule_names, stack, circle))
            except Inexpressible as error:
                self.unsupported.append(Unsupported(where, str(error)))
                continue
            kept = [one for one in found if one.when != FALSE]
            if not kept:
                comments.append(f"GrowthBook's rule {number} reaches nobody.")
            rules += kept
        original = name if circle is None else f"{name} within {', '.join(sorted(stack - {name}))}"
        if circle is not None:
            comments.insert(0, f"'{name}' as the flags see it that stand with it in a circle of prerequisites.")
        self.flags.append(Flag(slot, original, variants.values or {NOTHING: None}, tuple(rules), shown, "\n".join(comments)))

    def _rules(
        self, feature: str, rule: dict, number: int, variants: Variants, rule_names: Names, stack: frozenset[str], circle: str | None
    ) -> Iterator[Rule]:
        """The rules that one of GrowthBook's becomes: its gates, and what it decides."""
        key = _text(rule.get("key")) or feature
        name = _text(rule.get("id")) or _text(rule.get("key")) or f"rule {number}"
        comment = _text(rule.get("name")) or _text(rule.get("description")) or ""
        base: list[str] = []
        for parent in _dicts(rule.get("parentConditions")):
            slot, circular, met = self._parent(parent, stack)
            if circular:
                show = variants.of(circle)
                yield Rule(rule_names.another(f"{name} circle"), both([*base, circular]), show, comment="a circle of prerequisites")
            if slot is None:
                return
            if parent.get("gate"):
                yield Rule(rule_names.another(f"{name} prerequisite"), _short(both([*base, negated(met)])), variants.of(None))
            base.append(met)
        base += self._filters(rule)
        if "force" in rule:
            when = _short(both([*base, self._condition(rule.get("condition")), self._rollout(rule, feature)]))
            yield Rule(rule_names.another(name), when, variants.of(rule["force"]), comment=comment)
            return
        variations = rule.get("contextualVariations") if rule.get("contextualVariations") is not None else rule.get("variations")
        if isinstance(variations, list) and len(variations) > 1:
            trial = Trial({name: held for name, held in rule.items() if name in OF_RULES}, key, variations, in_rule=True)
            guarded = self._namespace(rule, trial) + [self._condition(rule.get("condition"))]
            bandit = self.bandits.get(_text(rule.get("contextualBanditRef")) or "")
            parted = [("", TRUE, rule.get("weights"))]
            if bandit is not None:
                parted = leaves(bandit, rule, self.conditions, str(rule["contextualBanditRef"]))
            for suffix, leaf, weights in parted:
                label = f"{key} {suffix}".strip()
                yield from self._test(trial, label, [*base, leaf], guarded, weights, variants, rule_names, f"{name} {suffix}".strip(), comment)

    def _parent(self, parent: dict, stack: frozenset[str]) -> tuple[str | None, str, str]:
        """Of a prerequisite: its slot (None where it is in the stack), when it is in a circle ("" for never), and when it is met."""
        name = parent.get("id")
        if not isinstance(name, str) or name not in self.features:
            return "", "", self.conditions.condition(parent.get("condition"), Place("value", "null"))
        if name in stack:
            return None, TRUE, FALSE
        slot = self._copy(name, stack) if name in self.circular else self.slots.of(name)
        circular = call("eq", f"slot.{slot}", literal(CIRCLE)) if name in self.circular else ""
        return slot, circular, self.conditions.condition(parent.get("condition"), Place("value", f"slot.{slot}"))

    def _copy(self, name: str, stack: frozenset[str]) -> str:
        """The slot of a feature as those of a stack see it: who would come back to one of them is told CIRCLE."""
        key = (name, stack & self.reach[name])
        if key not in self.copies:
            if len(self.copies) >= MOST_COPIES:
                raise Inexpressible("its prerequisites stand in circles that are too many to follow")
            self.copies[key] = self.slots.another(f"{name} within")
            self._feature(name, self.copies[key], stack | {name}, CIRCLE)
        return self.copies[key]

    def _reachable(self, name: str) -> frozenset[str]:
        """The features that a feature's prerequisites lead to."""
        found: set[str] = set()
        ahead = [name]
        while ahead:
            given = self.features[ahead.pop()].get("rules")
            for rule in _dicts(given):
                for parent in _dicts(rule.get("parentConditions")):
                    other = parent.get("id")
                    if isinstance(other, str) and other in self.features and other not in found:
                        found.add(other)
                        ahead.append(other)
        return frozenset(found)

    # --- conditions of rules

    def _condition(self, condition: Any) -> str:
        return self.conditions.condition(condition) if condition else TRUE

    def _filters(self, rule: dict) -> list[str]:
        return [self._filter(one) for one in _dicts(rule.get("filters"))]

    def _filter(self, one: dict) -> str:
        unit, version = self.conditions.attribute(name_of(one.get("attribute"))), one.get("hashVersion")
        return _within(one.get("seed", "undefined"), unit, version if truthy(version) else 2, one.get("ranges"))

    def _namespace(self, rule: dict, trial: Trial) -> list[str]:
        space = rule.get("namespace")
        if truthy(rule.get("filters")) or not truthy(space):
            return []
        if not isinstance(space, list) or len(space) < 3:
            return [FALSE]
        return [call("in_namespace", unit_value(trial, self.conditions), *map(literal, space[:3]))]

    def _rollout(self, rule: dict, feature: str) -> str:
        """Of a forced value: the share of units that get it."""
        span, coverage = rule.get("range"), rule.get("coverage")
        if not truthy(span) and ("coverage" not in rule or strictly_equal(coverage, 0)):
            return FALSE if "coverage" in rule else TRUE
        trial = Trial(rule, feature, [])
        unit, seed = unit_value(trial, self.conditions), trial.seed
        if truthy(span):
            return _within(seed, unit, trial.version, [span])
        share = to_number(coverage)
        if trial.version is None or share != share:
            return FALSE
        return f"{call('hash', literal(seed), unit, literal(trial.version))} <= {literal(min(max(share, -1), 1))}"

    # --- experiments

    def _test(
        self,
        trial: Trial,
        label: str,
        base: list[str],
        guarded: list[str],
        weights: Any,
        variants: Variants,
        rule_names: Names,
        name: str,
        comment: str,
    ) -> Iterator[Rule]:
        """The rule of an experiment, and another for a forced variation.

        `base` must hold for everybody, `guarded` for those who have no sticky arm.
        """
        if trial.version is None or both([*base, *guarded]) == FALSE:
            return
        own = self.trials.another(label)
        experiment = trial.experiment(own, weights, variants, self.conditions)
        if experiment is None:
            return
        held = both(guarded)
        if experiment.sticky and held != TRUE:
            held = either([f"sticky.{own}", held])
        when = _short(both([*base, unit_guard(trial, self.conditions), held]))
        self.tests.append(experiment)
        yield Rule(rule_names.another(name), when, test=own, comment=comment)
        if trial.forced is not None:
            unit = unit_value(trial, self.conditions)
            covered = _within(trial.seed, unit, trial.version, trial.ranges(weights))
            yield Rule(rule_names.another(f"{name} forced"), both([when, covered]), variants.of(trial.variations[trial.forced]))

    # --- auto experiments

    def _auto(self, exp: dict) -> None:
        key, variations = _text(exp.get("key")) or "", exp.get("variations")
        where = f"experiment {key}"
        if not isinstance(variations, list) or not variations or not key:
            self.unsupported.append(Unsupported(where, "it has no variations" if key else "it has no key"))
            return
        if any(isinstance(v, dict) and (v.get("domMutations") or "js" in v or "css" in v) for v in variations):
            self.unsupported.append(
                Unsupported(where, "its changes to the page are carried as values and are not made", "make a slot with a variant for each change")
            )
        variants = Variants()
        default = "none" if variations[0] is None else variants.of(variations[0], "control")
        try:
            rules = tuple(rule for rule in self._auto_rules(exp, key, variations, variants, Names()) if rule.when != FALSE)
        except Inexpressible as error:
            self.unsupported.append(Unsupported(where, str(error)))
            return
        original = key if key not in self.features else f"experiment {key}"
        self.flags.append(Flag(self.slots.another(key), original, variants.values or {NOTHING: None}, rules, default, _text(exp.get("name")) or ""))

    def _redirects(self, experiments: list[dict]) -> None:
        """One flag for all redirects: the first experiment that takes a visitor ends the search, as in GrowthBook."""
        variants, rule_names, rules = Variants(), Names(), []
        for exp in experiments:
            key = _text(exp.get("key")) or ""
            variations = [_mapping(variation).get("urlRedirect") or None for variation in exp["variations"]]
            if exp.get("manual") or not key:
                what = "it begins when a page's script says so" if key else "it has no key"
                self.unsupported.append(Unsupported(f"experiment {key}", what))
                continue
            try:
                rules += [rule for rule in self._auto_rules(exp, key, variations, variants, rule_names) if rule.when != FALSE]
            except Inexpressible as error:
                self.unsupported.append(Unsupported(f"experiment {key}", str(error)))
        original = REDIRECT if REDIRECT not in self.features else f"{REDIRECT} experiments"
        comment = "The address that a visitor is redirected to, null for none."
        self.flags.append(Flag(self.slots.another(REDIRECT), original, variants.values or {NOTHING: None}, tuple(rules), "none", comment))

    def _auto_rules(self, exp: dict, key: str, variations: list, variants: Variants, rule_names: Names) -> Iterator[Rule]:
        for name in ("groups", "url", "include"):
            if exp.get(name):
                raise Inexpressible(f"its targeting by the old key `{name}`")
        if len(variations) < 2:
            return
        trial = Trial(exp, key, variations)
        base = [self._targeted(exp["urlPatterns"])] if isinstance(exp.get("urlPatterns"), list) else []
        guarded = self._filters(exp) + self._namespace(exp, trial) + [self._condition(exp.get("condition"))]
        for parent in _dicts(exp.get("parentConditions")):
            slot, circular, met = self._parent(parent, frozenset())
            guarded += [negated(circular) if circular else TRUE, met]
        comment = _text(exp.get("name")) or ""
        yield from self._test(trial, key, base, guarded, exp.get("weights"), variants, rule_names, key, comment)

    def _targeted(self, patterns: list) -> str:
        """isURLTargeted: no exclusion fits, and an inclusion does if there are any."""
        included, excluded = [], []
        for pattern in _dicts(patterns):
            fits = self.conditions.url(pattern.get("type"), pattern.get("pattern"))
            (excluded if pattern.get("include") is False else included).append(fits)
        if not patterns:
            return FALSE
        return both([*map(negated, excluded), either(included) if included else TRUE])


def _redirects(exp: dict) -> bool:
    variations = exp.get("variations")
    return bool(exp.get("urlPatterns")) and isinstance(variations, list) and any("urlRedirect" in _mapping(v) for v in variations)


def _dicts(value: Any) -> list[dict]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _short(when: str) -> str:
    """A rule's condition, where it is no longer than one can be."""
    if len(when) > LONGEST:
        raise Inexpressible(f"a condition of {len(when):,} characters, at most {LONGEST:,} are possible")
    return when


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _within(seed: Any, unit: str, version: Any, ranges: Any) -> str:
    """Whether a unit's number lies in one of some ranges."""
    if not known(version) or not isinstance(ranges, list):
        return FALSE
    spans = [(start, end) for start, end in map(bounds, ranges) if start < end]
    return either(call("in_range", literal(seed), unit, literal(version), literal(start), literal(end)) for start, end in spans)
