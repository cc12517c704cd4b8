"""The engines that run in CPython, each in its sensible configurations; all make full decisions: variant, rule, reason, arm.

An engine is a function from a visitor to what it says of all slots, and a function that reads an answer: `Chosen` by
slot. zen knows no experiments: there the caller picks the arm, with the hash that Tessera uses.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Sequence

from benchmarks import forms
from benchmarks.workload import ARMS, ATTRIBUTES, SLOTS, Workload
from tessera.assign import bucket
from tessera.resolved import Bundle
from tessera.decide import decide
from tessera.types import Decision, Visit

AT = 1_790_000_000.0  # epoch seconds of every visit
BATCH = 50
NOTHING: frozenset[str] = frozenset()  # the purposes in force: the rules need none


class Chosen(NamedTuple):
    """What a slot got, in names; None where it got nothing, or no test."""

    rule: str | None
    variant: str | None
    arm: str | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """`run` decides for all visitors given; `read` turns what it returns for each into Chosen by slot.

    `ready` makes of a visitor what the engine takes: attributes by the engine's own names. It is not timed, for any engine.
    """

    peer: str
    form: str
    run: Callable[[Sequence[Any]], list[Any]]
    read: Callable[[Any], list[Chosen]]
    ready: Callable[[Mapping[str, Any]], Any] = dict


class Told(NamedTuple):
    """A decision in names: as much as the peers tell."""

    slot: str
    variant: str | None
    rule: str | None
    why: str
    experiment: str | None
    arm: str | None


def tessera(bundle: Bundle) -> Engine:
    """Decisions are put into words once each: there are few different ones, and they are interned, so that their ids tell them."""
    names = [f"visitor.{name}" for name in ATTRIBUTES]
    words: dict[int, tuple[Told, Decision]] = {}  # a decision that is kept here keeps its id

    def told(decisions: Sequence[Decision]) -> list[Told]:
        try:
            return [words[id(decision)][0] for decision in decisions]
        except KeyError:
            words.update((id(decision), (in_names(bundle, decision), decision)) for decision in decisions)
            return told(decisions)

    def run(visitors: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        return [told(decide(bundle, Visit({"visitor": unit}, values, NOTHING, "", AT))) for unit, values in visitors]

    def ready(visitor: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        unit, *values = visitor.values()
        return unit, dict(zip(names, values))

    order = [[slot.name for slot in bundle.slots].index(name) for name in SLOTS]
    return Engine("tessera", "", run, lambda answer: [Chosen(answer[i].rule, answer[i].variant, answer[i].arm) for i in order], ready)


def in_names(bundle: Bundle, decision: Decision) -> Told:
    slot = bundle.slots[decision.slot]
    experiment = bundle.experiments[decision.experiment] if decision.experiment >= 0 else None
    return Told(
        slot.name,
        slot.variants[decision.variant][0] if decision.variant >= 0 else None,
        bundle.rules[decision.rule].name if decision.rule >= 0 else None,
        decision.why,
        experiment.key if experiment else None,
        experiment.design.arms[decision.arm] if experiment else None,
    )


def growthbook(work: Workload) -> Iterator[Engine]:
    from growthbook import GrowthBook
    from growthbook.common_types import EvaluationContext, Feature, GlobalContext, Options, StackContext, UserContext
    from growthbook.core import eval_feature

    features = json.loads(json.dumps(forms.growthbook(work)))["features"]

    def read(results: Any) -> list[Chosen]:
        return [Chosen(r.ruleId, r.value, r.experimentResult.key if r.experimentResult else None) for r in results]

    instance = GrowthBook(features=features)

    def reused(visitors: Sequence[Mapping[str, Any]]) -> list[Any]:
        answers = []
        for visitor in visitors:
            instance.set_attributes(visitor)
            answers.append([instance.eval_feature(slot) for slot in SLOTS])
        return answers

    yield Engine("growthbook-python", "one instance, set_attributes", reused, read)

    shared = GlobalContext(options=Options(), features={name: Feature(**feature) for name, feature in features.items()})

    def core(visitors: Sequence[Mapping[str, Any]]) -> list[Any]:
        answers = []
        for visitor in visitors:
            context = EvaluationContext(UserContext(attributes=visitor), shared, StackContext())
            answers.append([eval_feature(slot, context) for slot in SLOTS])
        return answers

    yield Engine("growthbook-python", "core.eval_feature, a context for each visitor", core, read)


def zen(work: Workload) -> Iterator[Engine]:
    from zen import ZenEngine

    def assigned(result: Mapping[str, Any], visitor: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = []
        for slot in SLOTS:
            answer = result.get(slot) or {"variant": None, "rule": None, "experiment": None}
            answer["arm"] = None
            if answer["experiment"]:
                arm = bucket(answer["experiment"], visitor["id"]) >> 63
                answer["variant"], answer["arm"] = answer["variant"].split("|")[arm], ARMS[arm]
            found.append(answer)
        return found

    def read(answer: Any) -> list[Chosen]:
        return [Chosen(slot["rule"], slot["variant"], slot["arm"]) for slot in answer]

    for wide in (False, True):
        graph = json.loads(json.dumps(forms.zen(work, wide)))
        engine = ZenEngine({"loader": {"type": "static", "content": {"rules": graph}}})
        shape = "a column for each attribute" if wide else "one column of conditions"

        def one(visitors: Sequence[Mapping[str, Any]], engine: Any = engine) -> list[Any]:
            return [assigned(engine.evaluate("rules", visitor)["result"], visitor) for visitor in visitors]

        def batch(visitors: Sequence[Mapping[str, Any]], engine: Any = engine) -> list[Any]:
            answers = []
            for start in range(0, len(visitors), BATCH):
                some = visitors[start : start + BATCH]
                found = engine.evaluate_batch([{"key": "rules", "context": visitor} for visitor in some])
                answers += [assigned(one["data"]["result"], visitor) for one, visitor in zip(found, some)]
            return answers

        yield Engine("zen-engine", f"static loader, {shape}", one, read)
        yield Engine("zen-engine", f"batches of {BATCH}, {shape}", batch, read)
