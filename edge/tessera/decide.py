"""Ladder → one Decision per slot: the first rule that holds and is not held back, else the default."""

from __future__ import annotations

from typing import Sequence

from tessera import assign, score
from tessera.bundle import Action, Bundle, Campaign, Experiment, Model, Rule, Slot
from tessera.match import bits, evaluate, match, names
from tessera.types import Decision, Items, ListedItem, Ranked, Visit

HOLDOUT = "@holdout"  # the key of `forced` that puts a visitor "in" or "out" of the holdout


def decide(bundle: Bundle, visit: Visit, page: str | None = None) -> tuple[Decision, ...]:
    """Decide the slots of a page (of every page for None). Total: it raises for no visit whatsoever."""
    alive = match(bundle.index, visit.values)
    return tuple(_decide(bundle, visit, slot, alive) for slot in bundle.slots_of(page))


def _decide(bundle: Bundle, visit: Visit, number: int, alive: int) -> Decision:
    slot = bundle.slots[number]
    if visit.values.get("request.bot"):
        return _outcome(bundle, visit, number, slot.default, "bot")
    if not slot.always and _held_out(bundle, visit):
        return _outcome(bundle, visit, number, slot.default, "holdout", holdout=True)
    held_back = None
    candidates = alive & slot.mask
    while candidates:
        lowest = (candidates & -candidates).bit_length() - 1
        rule_number = bundle.rule_of[lowest]
        rule = bundle.rules[rule_number]
        if not _holds(bundle, visit, lowest):
            candidates &= candidates - 1
            continue
        candidates &= ~rule.mask
        reason = _held_back(bundle, visit, rule)
        if reason is None:
            decision = _by_rule(bundle, visit, number, rule_number, rule)
            if decision is not None:
                return decision
        held_back = held_back or reason
    why = held_back or ("consent" if _consent_matters(bundle, visit, slot, alive) else "default")
    return _tested(bundle, visit, number, slot.default, why)


def _holds(bundle: Bundle, visit: Visit, conjunction: int) -> bool:
    tree = bundle.trees.get(conjunction)
    return tree is None or evaluate(tree, visit.values) is True


def _held_out(bundle: Bundle, visit: Visit) -> bool:
    if HOLDOUT in visit.forced:
        return visit.forced[HOLDOUT] == "in"
    unit = visit.units.get("visitor")
    if bundle.holdout is None or unit is None:
        return False
    parts, whole, salt = bundle.holdout
    return assign.bucket(salt, unit) < assign.point(parts, whole)


def _held_back(bundle: Bundle, visit: Visit, rule: Rule) -> str | None:
    """Why a rule that holds may not act now: its campaign is paused, over or not begun, or capped."""
    if rule.campaign < 0:
        return None
    campaign = bundle.campaigns[rule.campaign]
    if campaign.run and not campaign.run.holds(visit.at, visit.offset):
        return "paused"
    if campaign.pause and evaluate(campaign.pause, visit.values) is True:
        return "paused"
    return "cap" if capped(campaign, visit) else None


def capped(campaign: Campaign, visit: Visit) -> bool:
    """Whether the visitor has seen the campaign as often as it may be seen."""
    if campaign.cap is None:
        return False
    times, per = campaign.cap
    seen = visit.seen.get(campaign.name, 0)
    count = seen if isinstance(seen, int) else sum(1 for at in seen if visit.at - per < at <= visit.at)
    return count >= times


def _consent_matters(bundle: Bundle, visit: Visit, slot: Slot, alive: int) -> bool:
    """Whether a rule of the slot that does not hold could have held, had the withheld purposes been in force."""
    withheld = slot.purposes - visit.purposes
    if not withheld:
        return False
    hidden = frozenset(attribute.name for attribute in bundle.reads if attribute.purpose in withheld)
    possible = match(bundle.index, visit.values, hidden) & slot.mask
    return any(_could_hold(bundle, visit, c, bool(alive >> c & 1), hidden) for c in bits(possible))


def _could_hold(bundle: Bundle, visit: Visit, conjunction: int, tests_hold: bool, hidden: frozenset[str]) -> bool:
    """Whether the hidden values decide a conjunction whose other tests hold."""
    tree = bundle.trees.get(conjunction)
    if tree is not None and names(tree) & hidden:
        return True
    return not tests_hold and _holds(bundle, visit, conjunction)


def _by_rule(bundle: Bundle, visit: Visit, slot: int, number: int, rule: Rule) -> Decision | None:
    """The rule's decision; None where its experiment does not take this visitor, or its model knows nothing of them,
    so that the ladder goes on."""
    action = rule.action
    if action.experiment < 0:
        decision = _tested(bundle, visit, slot, action, "rank" if action.model >= 0 else "rule", number)
        return None if action.model >= 0 and not decision.items else decision
    experiment = bundle.experiments[action.experiment]
    arm, enrolled = assigned(experiment, visit)
    if arm < 0:
        return None
    chosen = action.arms[arm] or action
    if not enrolled:
        return _outcome(bundle, visit, slot, chosen, _unenrolled(experiment, visit, chosen), number)
    propensity = _propensity(experiment, arm, visit)
    return _outcome(bundle, visit, slot, chosen, "test", number, action.experiment, arm, propensity)


def _unenrolled(experiment: Experiment, visit: Visit, chosen: Action) -> str:
    """Why a visitor gets the first arm outside the test: no consent, or no unit of the kind that is randomised."""
    if not visit.units or (experiment.purpose and experiment.purpose not in visit.purposes):
        return "consent"
    return "rank" if chosen.model >= 0 else "rule"


def _tested(bundle: Bundle, visit: Visit, slot: int, action: Action, why: str, rule: int = -1) -> Decision:
    """The outcome of an action, with the patch of the slot's own test applied."""
    test = bundle.slots[slot].test
    if test is None:
        return _outcome(bundle, visit, slot, action, why, rule)
    experiment = bundle.experiments[test.experiment]
    arm, enrolled = assigned(experiment, visit)
    if arm < 0:
        return _outcome(bundle, visit, slot, action, why, rule)
    action = test.arms[arm] or action
    if not enrolled:
        return _outcome(bundle, visit, slot, action, why, rule, patch=arm)
    return _outcome(bundle, visit, slot, action, why, rule, test.experiment, arm, _propensity(experiment, arm, visit), patch=arm)


def assigned(experiment: Experiment, visit: Visit) -> tuple[int, bool]:
    """The arm (-1: none, the visitor is outside the test) and whether the visitor is enrolled.

    Without the experiment's purpose, or without a unit, the visitor gets the first arm and is not enrolled.
    """
    if experiment.run and not experiment.run.holds(visit.at, visit.offset):
        return -1, False
    forced = visit.forced.get(experiment.name)
    if forced in experiment.arms:
        return experiment.arms.index(forced), True
    unit = assign.unit_of(visit.units, experiment.unit)
    if unit is None or (experiment.purpose and experiment.purpose not in visit.purposes):
        return 0, False
    if experiment.layer:
        salt, start, end = experiment.layer
        if not assign.within(assign.bucket(salt, unit), start, end):
            return -1, False
    arm = assign.arm_of(assign.bucket(experiment.salt, unit), experiment.weights, experiment.share)
    return arm, arm >= 0


def _propensity(experiment: Experiment, arm: int, visit: Visit) -> float:
    if visit.forced.get(experiment.name) in experiment.arms:
        return 1.0
    return experiment.weights[arm] / sum(experiment.weights)


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
    content = -1
    if action.variant >= 0:
        content = bundle.slots[slot].variants[action.variant][1][patch + 1]
    if action.model < 0:
        return Decision(slot, action.variant, why, rule, content, experiment, arm, propensity, holdout=holdout)
    model, items, after = rank(bundle, visit, action)
    if not items:  # nothing to show: leave the page's own content
        return Decision(slot, -1, why, rule, -1, experiment, arm, propensity, model, holdout=holdout)
    return Decision(slot, action.variant, why, rule, content, experiment, arm, propensity, model, items, after, holdout)


def rank(bundle: Bundle, visit: Visit, action: Action) -> tuple[int, tuple[Ranked, ...], tuple[Ranked, ...]]:
    """The model that ranked, the items an action shows, best first, and the runners-up.

    Nothing is shown where neither the model nor the one that stands in for it knows the visitor.
    """
    number, items = action.model, bundle.items
    order = _order(bundle.models[number], items, visit)
    if order is None and bundle.models[number].otherwise >= 0:
        number = bundle.models[number].otherwise
        order = _order(bundle.models[number], items, visit)
    if order is None:
        return number, (), ()
    model = bundle.models[number]
    recent = _recent(model, visit)
    recent_rows = {items.row_of.get(item.id) for item in recent}

    def keep(row: int) -> bool:
        if row in recent_rows:
            return False
        return action.where is None or evaluate(action.where, _facts(items, row, visit)) is True

    groups = [(items.columns[field], most) for field, most in action.at_most]
    best, after = score.top(order, action.take, keep, groups)
    return number, tuple(best), tuple(after)


def _recent(model: Model, visit: Visit) -> Sequence[ListedItem]:
    return visit.values.get(model.attribute) or () if model.attribute else ()


def _order(model: Model, items: Items, visit: Visit) -> Sequence[float] | None:
    if model.vectors is None:
        return model.order
    query = score.taste(model.vectors, _recent(model, visit), items.row_of, model.half_life, visit.at)
    return None if query is None else score.scores(model.vectors, query)


def _facts(items: Items, row: int, visit: Visit) -> dict:
    return {**visit.values, "item.id": items.ids[row], **{f"item.{name}": column[row] for name, column in items.columns.items()}}
