"""Ladder → one Decision per slot: the first rule that holds and is not held back, else the default."""

from __future__ import annotations

from bisect import bisect_right
from hashlib import sha256
from typing import Any, Mapping, NamedTuple, Sequence

from tessera import assign
from tessera.enrol import assigned, kept_arm, unit_of
from tessera.evaluate import evaluate, names
from tessera.match import Index, bits, match, without
from tessera.ranking import nearest, rank
from tessera.resolved import Action, Bundle, Campaign, Design, Experiment, Rule, Slot
from tessera.sound import ILL_TYPED, sound, total
from tessera.types import FARTHEST, LADDER, Decision, Visit

MOST_UNTOUCHED = 256  # sets of slots whose decisions are kept for visitors of whom no rule holds
HOLDOUT = "@holdout"  # the key of `forced` that puts a visitor "in" or "out" of the holdout


class _Sight(NamedTuple):
    """What one call to decide sees: the visit, the conjunctions that hold, and what trees may read."""

    bundle: Bundle
    visit: Visit
    alive: int
    facts: Mapping[str, Any]
    held_out: bool
    unwanted: int = 0  # conjunctions that hold, of levels above the one that the visitor wishes


def decide(bundle: Bundle, visit: Visit, page: str | None = None) -> tuple[Decision, ...]:
    """Decide the slots of a page (of every page, and the flags, for None). Total: it raises for no visit whatsoever."""
    numbers = bundle.pages_slots.get(page, ())
    try:
        return _decide_slots(bundle, visit, numbers)
    except ILL_TYPED:
        return _decide_slots(bundle, sound(bundle, visit), numbers)


def decide_slots(bundle: Bundle, visit: Visit, numbers: Sequence[int]) -> tuple[Decision, ...]:
    """Decide some slots, by number: each once, in order. Total."""
    try:
        return _decide_slots(bundle, visit, tuple(numbers))
    except ILL_TYPED:
        return _decide_slots(bundle, sound(bundle, visit), tuple(numbers))


def _decide_slots(bundle: Bundle, visit: Visit, numbers: tuple[int, ...]) -> tuple[Decision, ...]:
    """One loop without a call for slots whose decision is interned; whatever needs a closer look goes through `_decide`."""
    purposes, forced = visit.purposes, visit.forced
    held_out = (bundle.holdout is not None or bool(forced)) and held_out_of_all(bundle, visit)
    if held_out or forced or visit.preview or visit.most != FARTHEST or visit.values.get("request.bot"):
        sight = _look(bundle, visit, held_out)
        return tuple([_decide(sight, number) for number in numbers])
    rows = bundle if bundle.front is None else bundle.front
    index, outcomes, free = rows.index, rows.outcomes, bundle.asked <= purposes
    alive = match(index, visit.values)
    untouched = free and alive == index.untested and rows is bundle  # no rule with a test holds
    if untouched and numbers in outcomes.untouched:
        return outcomes.untouched[numbers]
    masks, tests = outcomes.masks, outcomes.tested if free else outcomes.tests
    if numbers is not bundle.pages_slots[None]:
        masks = [masks[number] for number in numbers]
    shown = outcomes.shown if free else outcomes.ruled
    whole = alive if rows is bundle else None  # what holds of all rules, where it is known already
    encoded: dict[str, bytes] = {}
    sight = None
    decisions = []
    for mask in masks:
        top = (alive & mask).bit_length()  # 1 + the first conjunction that holds; 0 where none of the front rows does
        decision = shown[top]
        if decision is None:
            untouched = False
            test = tests[top]
            if not top:
                sight = sight or _look(bundle, visit, held_out, whole)
                decision, test = _behind(sight, numbers[len(decisions)], free)
            if test is not None:
                kind, purpose, before, ends, arms = test
                unit = encoded.get(kind)
                if unit is None:
                    unit = encoded[kind] = (visit.units.get(kind) or "").encode("utf-8", "surrogatepass")
                if unit and (purpose is None or purpose in purposes):
                    decision = arms[bisect_right(ends, sha256(before + unit).digest())]
            if decision is None:
                sight = sight or _look(bundle, visit, held_out, whole)
                decision = _decide(sight, numbers[len(decisions)])
        decisions.append(decision)
    if untouched and len(outcomes.untouched) < MOST_UNTOUCHED:
        outcomes.untouched[numbers] = tuple(decisions)
    return tuple(decisions)


def _behind(sight: _Sight, number: int, free: bool) -> tuple[Decision | None, _Quick | None]:
    """What is interned of a slot of a large site that its front rows leave open."""
    outcomes = sight.bundle.outcomes
    top = (sight.alive & outcomes.masks[number]).bit_length()
    return (outcomes.shown if free else outcomes.ruled)[top], (outcomes.tested if free else outcomes.tests)[top]


_Quick = tuple[str, str | None, bytes, tuple[bytes, ...], tuple[Decision | None, ...]]
"""All it takes to assign an arm where nothing but the unit matters, and the decision for each arm (plain, as the rows of an
index): the kind of unit; the purpose; the salt's prefix of what is hashed; where stretches of the allocation line begin or
end, sorted, as bytes that compare with a digest (hashes.edge); the decisions of the stretches between them, None where a
unit is outside of the experiment."""


def _look(bundle: Bundle, visit: Visit, held_out: bool, alive: int | None = None) -> _Sight:
    facts = visit.values
    if bundle.trees:
        units = {f"unit.{kind}": unit for kind, unit in visit.units.items()}
        facts = {**facts, **units, **{f"sticky.{e.name}": True for e in _sticky(bundle, visit)}}
    if alive is None:
        alive = match(bundle.index, visit.values)
    if visit.most == FARTHEST:
        return _Sight(bundle, visit, alive, facts, held_out)
    above = _above(bundle, visit.most)
    return _Sight(bundle, visit, alive & ~above, facts, held_out, alive & above)


def _above(bundle: Bundle, level: str) -> int:
    """The conjunctions of the rules of all levels above one; made when first asked for."""
    found = bundle.outcomes.above.get(level)
    if found is None:
        higher = LADDER[: LADDER.index(level)] if level in LADDER else LADDER
        found = 0
        for rule in bundle.rules:
            found |= rule.mask if rule.level in higher else 0
        bundle.outcomes.above[level] = found
    return found


def _sticky(bundle: Bundle, visit: Visit) -> list[Experiment]:
    """The experiments whose arm the visitor keeps."""
    if not visit.sticky:
        return []
    return [e for e in bundle.experiments if e.design.sticky and kept_arm(e, visit) not in (None, -1)]


def _decide(sight: _Sight, number: int) -> Decision:
    """The decision of a slot, after those that it needs."""
    return _descend(_with_needs(sight, number), number)


def _with_needs(sight: _Sight, number: int) -> _Sight:
    needs = sight.bundle.slots[number].needs
    if not needs:
        return sight
    facts = dict(sight.facts)
    sight = sight._replace(facts=facts)
    for parent in needs:
        facts[f"slot.{sight.bundle.slots[parent].name}"] = value_of(sight.bundle, _descend(sight, parent))
    return sight


def _sight(bundle: Bundle, visit: Visit) -> _Sight:
    return _look(bundle, visit, held_out_of_all(bundle, visit))


@total
def facts_of(bundle: Bundle, visit: Visit, slot: int) -> Mapping[str, Any]:
    """What the conditions of a slot may read: the visit's values, its units, sticky arms and the slots that it needs."""
    return _with_needs(_sight(bundle, visit), slot).facts


@total
def runner_up(bundle: Bundle, visit: Visit, decision: Decision) -> Decision | None:
    """What the ladder would have decided had the rule not held that did; None where no rule decided."""
    if decision.rule < 0:
        return None
    sight = _with_needs(_sight(bundle, visit), decision.slot)
    mask = bundle.rules[decision.rule].mask
    below = (mask & -mask) - 1  # the conjunctions of all rules further down
    return _descend(sight._replace(alive=sight.alive & below), decision.slot)


def _descend(sight: _Sight, number: int) -> Decision:
    """Down the ladder of a slot; the facts hold the decisions of the slots that it needs."""
    bundle, visit, slot = sight.bundle, sight.visit, sight.bundle.slots[number]
    if visit.values.get("request.bot"):
        return _outcome(bundle, visit, number, slot.default, "bot")
    wished = visit.forced.get(f"slot.{slot.name}") if visit.forced else None
    if wished is not None:
        variants = [name for name, _ in slot.variants]
        return _outcome(bundle, visit, number, Action(variants.index(wished) if wished in variants else -1), "preview")
    if sight.held_out and not slot.always:
        return _outcome(bundle, visit, number, slot.default, "holdout", holdout=True)
    held_back = None
    candidates = sight.alive & slot.mask
    while candidates:
        first = candidates.bit_length() - 1
        if not _holds(sight, first):
            candidates ^= 1 << first
            continue
        rule_number = bundle.rule_of[first]
        rule = bundle.rules[rule_number]
        candidates &= ~rule.mask
        reason = held_back_by(bundle, sight.visit, rule, slot.channel)
        if reason is None:
            decision = _by_rule(bundle, visit, number, rule_number, rule)
            if decision is not None:
                return decision
        held_back = held_back or reason
    why = held_back or ("preference" if _is_unwanted(sight, slot) else "consent" if _consent_matters(sight, slot) else "default")
    decision = _tested(bundle, visit, number, slot.default, why)
    if why == "default" and slot.default.model < 0:
        mask = bundle.outcomes.masks[number]
        lowest = (mask & -mask).bit_length() - 1  # the conjunction of the default
        if slot.test is None:
            _intern(bundle, lowest, ("shown",), decision)
        elif quick := _interned_patch(bundle, number, slot.default, why):
            _intern(bundle, lowest, ("tested",), quick)
    return decision


def value_of(bundle: Bundle, decision: Decision) -> Any:
    """What a decision stands for: a flag's plain value (None for none), or the name of the variant (`none`)."""
    slot = bundle.slots[decision.slot]
    if slot.values is not None:
        return slot.values[decision.variant] if decision.variant >= 0 else None
    return slot.variants[decision.variant][0] if decision.variant >= 0 else "none"


def _holds(sight: _Sight, conjunction: int) -> bool:
    tree = sight.bundle.trees.get(conjunction)
    return tree is None or evaluate(tree, sight.facts) is True


def held_out_of_all(bundle: Bundle, visit: Visit) -> bool:
    """Whether the visitor is in the holdout, which gets every default."""
    if HOLDOUT in visit.forced:
        return visit.forced[HOLDOUT] == "in"
    unit = unit_of("visitor", visit)
    if bundle.holdout is None or unit is None or visit.preview:  # who previews sees what was wished for
        return False
    end, salt = bundle.holdout
    return assign.bucket(salt, unit) < end


def held_back_by(bundle: Bundle, visit: Visit, rule: Rule, channel: str) -> str | None:
    """Why a rule that holds may not act now: its purpose is not in force; its campaign is paused, over or not begun, or capped
    in this channel."""
    if rule.purpose is not None and rule.purpose not in visit.purposes:
        return "consent"
    if rule.campaign < 0:
        return None
    campaign = bundle.campaigns[rule.campaign]
    if campaign.run and not campaign.run.holds(visit.at, visit.offset):
        return "paused"
    if campaign.pause and evaluate(campaign.pause, visit.values) is True:
        return "paused"
    return "cap" if capped(campaign, visit, channel) else None


def capped(campaign: Campaign, visit: Visit, channel: str) -> bool:
    """Whether the visitor has seen the campaign as often as it may be seen; in a channel that its cap does not name, never."""
    if campaign.cap is None or channel not in campaign.channels:
        return False
    times, per = campaign.cap
    seen = visit.seen.get(campaign.name, 0)
    count = seen if isinstance(seen, int) else sum(1 for at in seen if visit.at - per < at <= visit.at)
    return count >= times


def _is_unwanted(sight: _Sight, slot: Slot) -> bool:
    """Whether a rule of the slot holds that the visitor wishes not to be decided by."""
    return any(_holds(sight, conjunction) for conjunction in bits(sight.unwanted & slot.mask))


def _consent_matters(sight: _Sight, slot: Slot) -> bool:
    """Whether a rule of the slot that does not hold could have held, had the withheld purposes been in force."""
    bundle, visit = sight.bundle, sight.visit
    withheld = slot.purposes - visit.purposes
    if not withheld:
        return False
    hidden, seen = _withheld(bundle, withheld)
    return any(_could_hold(sight, c, hidden) for c in bits(match(seen, visit.values) & slot.mask))


def _withheld(bundle: Bundle, purposes: frozenset[str]) -> tuple[frozenset[str], Index]:
    """The attributes that need one of these purposes, and the masks without theirs; made when first asked for."""
    found = bundle.outcomes.withheld.get(purposes)
    if found is None:
        hidden = frozenset(attribute.name for attribute in bundle.reads if attribute.purpose in purposes)
        found = bundle.outcomes.withheld[purposes] = hidden, without(bundle.index, hidden)
    return found


def _could_hold(sight: _Sight, conjunction: int, hidden: frozenset[str]) -> bool:
    """Whether the hidden values decide a conjunction whose other tests hold."""
    tree = sight.bundle.trees.get(conjunction)
    if tree is not None and names(tree) & hidden:
        return True
    return not sight.alive >> conjunction & 1 and _holds(sight, conjunction)


def _by_rule(bundle: Bundle, visit: Visit, slot: int, number: int, rule: Rule) -> Decision | None:
    """The rule's decision; None where its experiment does not take this visitor, or its model knows nothing of them,
    so that the ladder goes on."""
    action = rule.action
    if action.experiment < 0:
        decision = _tested(bundle, visit, slot, action, "rank" if action.model >= 0 else "rule", number)
        if action.model < 0 and _always(bundle, rule):
            if bundle.slots[slot].test is None:
                _keep(bundle, rule, ("shown", "ruled"), decision)
            elif quick := _interned_patch(bundle, slot, action, "rule", number):
                _keep(bundle, rule, ("tests", "tested"), quick)
        return None if action.model >= 0 and not (decision.items or decision.nearest) else decision
    experiment = bundle.experiments[action.experiment]
    arm, enrolled, propensity = assigned(experiment, visit)
    if arm < 0:
        return None
    chosen = action.arms[arm] or action
    if not enrolled:
        return _outcome(bundle, visit, slot, chosen, _unenrolled(bundle, experiment, visit, chosen), number)
    interned = _interned(bundle, slot, number, action, experiment) if _always(bundle, rule) else None
    if interned is not None:
        _keep(bundle, rule, ("tests", "tested"), interned)
    why = "preview" if visit.preview else "test"  # no test of a page view with a preview counts
    return _outcome(bundle, visit, slot, chosen, why, number, action.experiment, arm, propensity)


def _keep(bundle: Bundle, rule: Rule, where: Sequence[str], outcome: Any) -> None:
    """Remember an outcome for every conjunction of a rule."""
    for conjunction in bits(rule.mask):
        _intern(bundle, conjunction, where, outcome)


def _intern(bundle: Bundle, conjunction: int, where: Sequence[str], outcome: Any) -> None:
    for name in where:
        getattr(bundle.outcomes, name)[conjunction + 1] = outcome
        if bundle.front is not None and conjunction in bundle.front.place:
            getattr(bundle.front.outcomes, name)[bundle.front.place[conjunction] + 1] = outcome


def _always(bundle: Bundle, rule: Rule) -> bool:
    """Whether a rule acts whenever its masks say that it holds."""
    return rule.campaign < 0 and rule.purpose is None and not rule.mask & bundle.with_trees


def _interned(bundle: Bundle, slot: int, rule: int, action: Action, experiment: Experiment) -> _Quick | None:
    """What the quick path needs of a rule's experiment; None where more than the unit decides."""
    if not _by_unit_alone(experiment.design) or any(arm is None or arm.model >= 0 for arm in action.arms):
        return None
    propensities = experiment.design.allocations[0][1].propensities
    outcomes = [
        _outcome(bundle, _NOBODY, slot, arm, "test", rule, action.experiment, i, propensities[i]) for i, arm in enumerate(action.arms)
    ]
    return _quick(experiment, outcomes, None)


def _interned_patch(bundle: Bundle, slot: int, action: Action, why: str, rule: int = -1) -> _Quick | None:
    """The same of a slot's own test, whose arms patch what the ladder chose. Who is outside of it sees that unpatched."""
    test = bundle.slots[slot].test
    experiment = bundle.experiments[test.experiment]
    if not _by_unit_alone(experiment.design) or any(arm is not None and arm.model >= 0 for arm in test.arms):
        return None
    propensities = experiment.design.allocations[0][1].propensities
    outcomes = [
        _outcome(bundle, _NOBODY, slot, arm or action, why, rule, test.experiment, i, propensities[i], patch=i)
        for i, arm in enumerate(test.arms)
    ]
    return _quick(experiment, outcomes, _outcome(bundle, _NOBODY, slot, action, why, rule))


def _by_unit_alone(design: Design) -> bool:
    return design.fixed and design.hash == "sha256" and "." not in design.unit and not design.fallback_unit


def _quick(experiment: Experiment, outcomes: Sequence[Decision], outside: Decision | None) -> _Quick:
    """The stretches of the allocation line, and what who falls into each is shown."""
    design = experiment.design
    _, allocation = design.allocations[0]
    ends: list[int] = []
    decisions: list[Decision | None] = [outside]
    for start, end, arm in zip(allocation.starts, allocation.ends, allocation.arms):
        if ends and ends[-1] == start:
            ends.pop()
            decisions.pop()
        ends += [start, end]
        decisions += [outcomes[arm], outside]
    return (design.unit, design.purpose, assign.prefix(experiment.salt), tuple(map(assign.edge, ends)), tuple(decisions))


_NOBODY = Visit()


def _unenrolled(bundle: Bundle, experiment: Experiment, visit: Visit, chosen: Action) -> str:
    """Why a visitor gets the first arm outside the test: no consent, or no unit of the kind that is randomised."""
    purpose = experiment.design.purpose
    refused = bundle.purposes and not visit.purposes and not visit.units  # so nobody is told apart
    if refused or (purpose and purpose not in visit.purposes):
        return "consent"
    return "rank" if chosen.model >= 0 else "rule"


def _tested(bundle: Bundle, visit: Visit, slot: int, action: Action, why: str, rule: int = -1) -> Decision:
    """The outcome of an action, with the patch of the slot's own test applied."""
    test = bundle.slots[slot].test
    if test is None:
        return _outcome(bundle, visit, slot, action, why, rule)
    experiment = bundle.experiments[test.experiment]
    arm, enrolled, propensity = assigned(experiment, visit)
    if arm < 0:
        return _outcome(bundle, visit, slot, action, why, rule)
    action = test.arms[arm] or action
    if not enrolled:
        return _outcome(bundle, visit, slot, action, why, rule, patch=arm)
    why = "preview" if visit.preview else why
    return _outcome(bundle, visit, slot, action, why, rule, test.experiment, arm, propensity, patch=arm)


def _outcome(
    bundle: Bundle,
    visit: Visit,
    slot: int,
    action: Action,
    why: str,
    rule: int = -1,
    experiment: int = -1,
    arm: int = -1,
    propensity: float = 1.0,
    patch: int = -1,
    holdout: bool = False,
) -> Decision:
    content = _content(bundle, slot, action.variant, patch)
    if action.model < 0:
        return Decision(slot, action.variant, why, rule, content, experiment, arm, propensity, holdout=holdout)
    if action.among:
        model, near, after = nearest(bundle, visit, action)
        variant = near[0].row if near else -1
        content = _content(bundle, slot, variant, patch)
        return Decision(slot, variant, why, rule, content, experiment, arm, propensity, model, holdout=holdout, nearest=near + after)
    model, items, after = rank(bundle, visit, action)
    if not items:  # nothing to show: leave the page's own content
        return Decision(slot, -1, why, rule, -1, experiment, arm, propensity, model, holdout=holdout)
    return Decision(slot, action.variant, why, rule, content, experiment, arm, propensity, model, items, after, holdout)


def _content(bundle: Bundle, slot: int, variant: int, patch: int) -> int:
    """The index of a variant's content, as an arm patches it; -1 for none, as of a flag."""
    contents = bundle.slots[slot].variants[variant][1] if variant >= 0 else ()
    return contents[patch + 1] if contents else -1
