"""The workload in the form of each engine: a Tessera site, a GrowthBook payload, a flagd configuration, a zen decision.

Rules, variants, experiments and attributes have the same names everywhere, and no form holds anything that has no
counterpart in the others: no descriptions, no display names, no settings at their defaults but those of randomisation.
"""

from __future__ import annotations

import json
from typing import Any, Iterator, Mapping

from benchmarks.workload import ARMS, NUMBERS, SLOTS, SWITCHES, TEXTS, Rule, Test, Workload

_SIGNS = {"eq": "==", "ne": "!=", "gt": ">", "lt": "<"}


# --- Tessera --------------------------------------------------------------------------------------------------------


def site(work: Workload, hash: str = "sha256") -> dict[str, str]:
    """File name → text. YAML is a superset of JSON, so the files are written as such."""
    types = {**dict.fromkeys(TEXTS, "string"), **dict.fromkeys(NUMBERS, "int"), **dict.fromkeys(SWITCHES, "bool")}
    attributes = {name: {"type": kind, "purpose": "none", "keep": "session"} for name, kind in types.items()}
    found = {"site.yaml": json.dumps({"tessera": 1, "name": "benchmark", "hosts": ["localhost"], "attributes": {"visitor": attributes}})}
    for slot, rules in work.slots.items():
        ladder = [{"rule": rule.name, "when": _cel(rule), **_action(rule)} for rule in rules]
        values = {name: name for rule in rules for name in rule.variants}
        found[f"slots/{slot}.yaml"] = json.dumps({"values": dict(sorted(values.items())), "ladder": {"segment": ladder, "default": "none"}})
    for rule in work.rules():
        if rule.experiment:
            arms = {arm: {"weight": 50, "show": variant} for arm, variant in zip(ARMS, rule.variants)}
            experiment = {"unit": "visitor", "purpose": "none", "hash": hash, "arms": arms}
            found[f"experiments/{rule.experiment}.yaml"] = json.dumps(experiment)
    return found


def _action(rule: Rule) -> dict[str, str]:
    return {"test": rule.experiment} if rule.experiment else {"show": rule.variants[0]}


def _cel(rule: Rule) -> str:
    return " && ".join(_cel_test(test) for test in rule.tests)


def _cel_test(test: Test) -> str:
    name, argument = f"visitor.{test.attribute}", json.dumps(test.argument)
    if test.op == "in":
        return f"{name} in {argument}"
    if test.op == "not_in":
        return f"!({name} in {argument})"
    return f"{name} {_SIGNS[test.op]} {argument}"


# --- GrowthBook -----------------------------------------------------------------------------------------------------

_MONGO = {"ne": "$ne", "gt": "$gt", "lt": "$lt", "in": "$in", "not_in": "$nin"}


def growthbook(work: Workload) -> dict[str, Any]:
    """The payload that GrowthBook's SDKs read: https://docs.growthbook.io/lib/build-your-own."""
    return {"features": {slot: {"defaultValue": None, "rules": [_growthbook_rule(rule) for rule in rules]} for slot, rules in work.slots.items()}}


def _growthbook_rule(rule: Rule) -> dict[str, Any]:
    condition = {t.attribute: t.argument if t.op == "eq" else {_MONGO[t.op]: t.argument} for t in rule.tests}
    if rule.experiment is None:
        return {"id": rule.name, "condition": condition, "force": rule.variants[0]}
    return {
        "id": rule.name,
        "condition": condition,
        "key": rule.experiment,
        "hashVersion": 2,
        "variations": rule.variants,
        "weights": [0.5, 0.5],
        "meta": [{"key": arm} for arm in ARMS],
    }


# --- flagd ----------------------------------------------------------------------------------------------------------


def flagd(work: Workload, named: bool = False) -> dict[str, Any]:
    """A flag configuration, https://flagd.dev/schema/v0/flags.json. flagd has no names for rules: `named` makes the
    variants tell the rule as well, so that the check can see which one decided."""
    return {"flags": {slot: _flag(rules, named) for slot, rules in work.slots.items()}}


def _flag(rules: tuple[Rule, ...], named: bool) -> dict[str, Any]:
    chain: list[Any] = []
    for rule in rules:
        names = [f"{rule.name}/{variant}" if named else variant for variant in rule.variants]
        chosen = names[0]
        if rule.experiment:
            chosen = {"fractional": [{"cat": [rule.experiment, {"var": "targetingKey"}]}, *([name, 50] for name in names)]}
        chain += [{"and": [_json_logic(test) for test in rule.tests]}, chosen]
    variants = {f"{rule.name}/{v}" if named else v: v for rule in rules for v in rule.variants}
    return {"state": "ENABLED", "variants": {"none": "none", **variants}, "defaultVariant": "none", "targeting": {"if": chain}}


def _json_logic(test: Test) -> dict[str, Any]:
    variable, argument = {"var": test.attribute}, test.argument
    if test.op == "in":
        return {"in": [variable, argument]}
    if test.op == "not_in":
        return {"!": [{"in": [variable, argument]}]}
    return {_SIGNS[test.op]: [variable, argument]}


# --- zen ------------------------------------------------------------------------------------------------------------

OUTPUTS = ("variant", "rule", "experiment")


def zen(work: Workload, wide: bool = False) -> dict[str, Any]:
    """A decision graph (JDM) with one first-match table a slot, side by side.

    `wide`: a column for each attribute; else one column with the whole condition of each rule.
    """
    nodes = [_node("input", "inputNode"), *(_table(slot, rules, wide) for slot, rules in work.slots.items()), _node("output", "outputNode")]
    edges = [_edge(a, b) for slot in SLOTS for a, b in (("input", slot), (slot, "output"))]
    return {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}


def _node(name: str, kind: str) -> dict[str, Any]:
    return {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}}


def _edge(source: str, target: str) -> dict[str, str]:
    return {"id": f"{source}-{target}", "sourceId": source, "targetId": target, "type": "edge"}


def _table(slot: str, rules: tuple[Rule, ...], wide: bool) -> dict[str, Any]:
    fields = sorted({test.attribute for rule in rules for test in rule.tests}) if wide else [None]
    inputs = [{"id": field or "when", "name": field or "when", **({"field": field} if field else {})} for field in fields]
    outputs = [{"id": f"out_{name}", "name": name, "field": f"{slot}.{name}"} for name in OUTPUTS]
    content = {"hitPolicy": "first", "inputs": inputs, "outputs": outputs, "rules": [_row(rule, fields) for rule in rules]}
    return {**_node(slot, "decisionTableNode"), "content": content}


def _row(rule: Rule, fields: list[str | None]) -> dict[str, str]:
    told = {"out_variant": json.dumps("|".join(rule.variants)), "out_rule": json.dumps(rule.name), "out_experiment": json.dumps(rule.experiment)}
    if fields == [None]:
        return {"_id": rule.name, "when": " and ".join(_zen_test(test, test.attribute) for test in rule.tests), **told}
    return {"_id": rule.name, **{test.attribute: _zen_test(test, "").strip() for test in rule.tests}, **told}


def _zen_test(test: Test, subject: str) -> str:
    argument = json.dumps(test.argument)
    if test.op in ("in", "not_in"):
        return f"{subject or '$'} {test.op.replace('_', ' ')} {argument}"
    return f"{subject} {_SIGNS[test.op]} {argument}"


def facts(visitor: Mapping[str, Any]) -> list[str]:
    """A visitor as the texts that travel to the edge: the id, then the attributes in their order."""
    return list(_facts(visitor))


def _facts(visitor: Mapping[str, Any]) -> Iterator[str]:
    for value in visitor.values():
        yield str(int(value)) if isinstance(value, bool) else str(value)
