"""Why a slot got its variant, in plain sentences: the rules tried before it and what kept each from holding.

Computed on demand from the same postings that decide; the plain path pays nothing for it.
"""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple

from tessera.resolved import Bundle, Rule
from tessera.decide import capped, facts_of, runner_up
from tessera.evaluate import evaluate
from tessera.match import bits, question
from tessera.operators import OPERATORS
from tessera.phrase import TESTS, expression, quoted
from tessera.ranking import action_of
from tessera.record import outcome, variant_name
from tessera.sound import total
from tessera.types import LADDER, Decision, Visit

_CAMPAIGN = "its campaign '"  # begins what keeps a rule back that holds; no other sentence begins so


class Attempt(NamedTuple):
    """One rule that was tried: its name, its level, whether it held, and the sentence why (not)."""

    rule: str
    level: str
    held: bool
    because: str


class Alternative(NamedTuple):
    """What else the slot could have got: the variant (or item), why, and the probability or score where there is one."""

    variant: str
    because: str
    weight: float | None = None


class Explanation(NamedTuple):
    """A slot's decision in words, the rules of its ladder in the order they were tried, and the next best, best first."""

    slot: str
    sentence: str
    attempts: tuple[Attempt, ...]
    alternatives: tuple[Alternative, ...]


@total
def explain(bundle: Bundle, visit: Visit, decision: Decision) -> Explanation:
    """Say why the slot got what it got, and what it would have got otherwise."""
    slot = bundle.slots[decision.slot]
    seen = _Seen(bundle, visit, facts_of(bundle, visit, decision.slot))
    attempts = tuple(_attempts(seen, decision, slot.mask))
    return Explanation(slot.name, _sentence(bundle, visit, decision, attempts), attempts, tuple(_alternatives(seen, decision)))


@total
def brief(bundle: Bundle, visit: Visit, decision: Decision) -> Explanation:
    """The same without the rules that were tried, and of a default without the rule that came nearest: what it costs does not grow
    with the rules."""
    if decision.why in ("cap", "paused"):
        return explain(bundle, visit, decision)._replace(attempts=())
    slot = bundle.slots[decision.slot]
    seen = _Seen(bundle, visit, facts_of(bundle, visit, decision.slot) if bundle.trees else visit.values)
    attempts = (_deciding(seen, decision),) if slot.mask else ()
    return Explanation(slot.name, _sentence(bundle, visit, decision, attempts), (), tuple(_others(seen, decision)))


def _deciding(seen: _Seen, decision: Decision) -> Attempt:
    """The rule that decided; of a default, that others were tried."""
    if decision.rule < 0:
        return Attempt("", "default", False, "")
    rule = seen.bundle.rules[decision.rule]
    met = next((c for c in bits(rule.mask) if _unmet(seen, c) is None), None)
    return Attempt(rule.name, rule.level, True, "it holds" if met is None else _met(seen, met))


class _Seen(NamedTuple):
    """What the decision saw: the visit, and what trees may read."""

    bundle: Bundle
    visit: Visit
    facts: Any


def _alternatives(seen: _Seen, decision: Decision) -> Iterator[Alternative]:
    """What else there was, and for a default the rule that came nearest to holding."""
    yield from _others(seen, decision)
    if decision.rule < 0 and decision.why in ("default", "consent"):
        yield from _nearest(seen, decision)


def _others(seen: _Seen, decision: Decision) -> Iterator[Alternative]:
    """The other arms of its experiment, the items that came next, and what the ladder would have shown without the rule."""
    bundle, visit = seen.bundle, seen.visit
    if decision.experiment >= 0:
        for arm, variant, propensity in other_arms(bundle, decision):
            yield Alternative(variant, f"the arm '{arm}' of the experiment", propensity)
    ids = bundle.items.ids
    for item in decision.runners_up:
        yield Alternative(ids[item.row], "the next item by score", item.score)
    for other in decision.nearest[1:]:
        yield Alternative(bundle.slots[decision.slot].variants[other.row][0], "the next variant by score", other.score)
    following = runner_up(bundle, visit, decision)
    if following is not None:
        rule = f"the rule '{bundle.rules[following.rule].name}' holds too" if following.rule >= 0 else "the default"
        yield Alternative(variant_name(bundle, following), rule)


def _nearest(seen: _Seen, decision: Decision) -> Iterator[Alternative]:
    """The first of the rules whose conditions lack the fewest tests."""
    bundle, slot = seen.bundle, seen.bundle.slots[decision.slot]
    lacking = [(len(list(_lacks(seen, c))), i, c) for i, c in enumerate(bits(slot.mask))]
    if not lacking:
        return
    _, _, conjunction = min(lacking)
    rule = bundle.rules[bundle.rule_of[conjunction]]
    because = "; ".join(_lacks(seen, conjunction)) or _held_back(bundle, seen.visit, rule, bundle.slots[decision.slot].channel)
    action = rule.action
    if action.experiment >= 0:
        shown = f"one of {', '.join(bundle.experiments[action.experiment].design.arms)}"
    else:
        shown = slot.variants[action.variant][0] if action.variant >= 0 else "none"
    yield Alternative(shown, f"the rule '{rule.name}' came nearest: {because}")


def other_arms(bundle: Bundle, decision: Decision) -> Iterator[tuple[str, str, float]]:
    """(arm, variant that it shows, its probability) of the arms that the visitor did not get."""
    slot, experiment = bundle.slots[decision.slot], bundle.experiments[decision.experiment]
    by_rule = bundle.rules[decision.rule].action if decision.rule >= 0 else None
    action = by_rule if by_rule is not None and by_rule.experiment == decision.experiment else slot.test
    _, allocation = experiment.design.allocations[-1]
    for i, arm in enumerate(experiment.design.arms):
        if i == decision.arm:
            continue
        shown = action.arms[i].variant if action is not None and action.arms[i] is not None else decision.variant
        yield arm, slot.variants[shown][0] if shown >= 0 else "none", allocation.propensities[i]


def _attempts(seen: _Seen, decision: Decision, mask: int) -> Iterator[Attempt]:
    if decision.why in ("bot", "holdout") or (decision.why == "preview" and decision.rule < 0):
        return
    bundle = seen.bundle
    for number, rule in enumerate(bundle.rules):
        if not rule.mask & mask:
            continue
        met = [c for c in bits(rule.mask) if _unmet(seen, c) is None]
        if number == decision.rule:
            yield Attempt(rule.name, rule.level, True, _met(seen, met[0]) if met else "it holds")
            return
        if met:
            yield Attempt(rule.name, rule.level, False, _held_back(bundle, seen.visit, rule, bundle.slots[decision.slot].channel))
        else:
            why = dict.fromkeys(_unmet(seen, c) or "" for c in bits(rule.mask))
            yield Attempt(rule.name, rule.level, False, "; ".join(why) or "its condition can never hold")


def _held_back(bundle: Bundle, visit: Visit, rule: Rule, channel: str) -> str:
    if LADDER.index(rule.level) < LADDER.index(visit.most):
        return f"the visitor wishes that nothing above the level '{visit.most}' decides"
    if rule.purpose is not None and rule.purpose not in visit.purposes:
        return f"acting by it needs consent to {rule.purpose}"
    if rule.campaign >= 0:
        campaign = bundle.campaigns[rule.campaign]
        if campaign.run and not campaign.run.holds(visit.at, visit.offset):
            return f"{_CAMPAIGN}{campaign.name}' is not running at this time"
        if campaign.pause and evaluate(campaign.pause, visit.values) is True:
            return f"{_CAMPAIGN}{campaign.name}' is paused for this visitor"
        if capped(campaign, visit, channel):
            return f"{_CAMPAIGN}{campaign.name}' was already seen {campaign.cap[0]} times"
    if rule.action.experiment >= 0:
        return f"the visitor is outside the experiment '{bundle.experiments[rule.action.experiment].name}'"
    by_page = rule.action.model >= 0 and (bundle.models[rule.action.model].source or "").startswith("page.")
    return f"its model knows nothing of {'what the page is about' if by_page else 'this visitor'}"


def _met(seen: _Seen, conjunction: int) -> str:
    said = [_describe(seen, literal) for literal in seen.bundle.postings.literals[conjunction]]
    tree = seen.bundle.trees.get(conjunction)
    if tree is not None:
        said.append(f"{expression(tree)} holds")
    return " and ".join(said) or "it always holds"


def _unmet(seen: _Seen, conjunction: int) -> str | None:
    """What keeps a conjunction from holding, in words: the first that is not true; None where it holds."""
    return next(_lacks(seen, conjunction), None)


def _lacks(seen: _Seen, conjunction: int) -> Iterator[str]:
    """All that keeps a conjunction from holding: the tests that are not true, and of its tree the first part that is not."""
    for literal in seen.bundle.postings.literals[conjunction]:
        if _answer(seen, literal) is not True:
            yield _describe(seen, literal)
    tree = seen.bundle.trees.get(conjunction)
    if tree is None or evaluate(tree, seen.facts) is True:
        return
    part = next((t for t in tree[1:] if evaluate(t, seen.facts) is not True), tree) if tree[0] == "and" else tree
    yield f"{expression(part)} {'does not hold' if evaluate(part, seen.facts) is False else 'is not known'}"


def _asked(seen: _Seen, literal: int) -> tuple[str, str, Any]:
    """What a literal asks about: the attribute, how it is told, and its value."""
    attribute, function, _ = seen.bundle.postings.terms[seen.bundle.postings.questions[literal][0]]
    value = seen.visit.values.get(attribute)
    shown = f"size({attribute})" if function == "size" else attribute
    return attribute, shown, OPERATORS[function](value) if function and value is not None else value


def _answer(seen: _Seen, literal: int) -> Any:
    """Kleene's answer of one literal, by the operators themselves."""
    _, op, argument, negated = seen.bundle.postings.questions[literal]
    _, _, value = _asked(seen, literal)
    if op == "has":
        answer = value is not None
    else:
        answer = question(op)(value, seen.bundle.lists[argument] if op == "in_list" else argument)
    return (not answer) if answer is not None and negated else answer


def _describe(seen: _Seen, literal: int) -> str:
    """What the literal found: the value that is, against the value that is asked for."""
    bundle, visit = seen.bundle, seen.visit
    attribute, shown, value = _asked(seen, literal)
    _, op, argument, negated = bundle.postings.questions[literal]
    declared = bundle.attributes.get(attribute)
    if op == "has":
        return f"{shown} is {'known' if value is not None else 'not known'}"
    if value is None and "." not in op:
        withheld = declared is not None and declared.purpose is not None and declared.purpose not in visit.purposes
        return f"{shown} may not be used without consent to {declared.purpose}" if withheld else f"{shown} is not known"
    holds = _answer(seen, literal) is True
    phrase = TESTS.get(op, f"{op}({{0}}, {{1}})")
    if holds == negated:  # say what is not so
        phrase = phrase.replace(" is ", " is not ", 1) if " is " in phrase else f"it is not so that {phrase}"
    kind = declared.type.removeprefix("list<").removesuffix(">") if declared and shown == attribute else ""
    asked = phrase.format(shown, quoted(argument, kind))
    if holds and op == "eq" and not negated:
        return asked
    return f"{asked} (it is {quoted(value, kind)})"


def _sentence(bundle: Bundle, visit: Visit, decision: Decision, attempts: tuple[Attempt, ...]) -> str:
    told = outcome(bundle, decision)
    variant = variant_name(bundle, decision)
    shown = "The page was left as it is" if variant == "none" else f"'{variant}' was shown"
    return f"{shown}{_because(bundle, visit, decision, told, attempts)}{_experiment(told)}{_ranking(bundle, decision)}."


def _because(bundle: Bundle, visit: Visit, decision: Decision, told: dict, attempts: tuple[Attempt, ...]) -> str:
    rule, why = told["rule"], decision.why
    if why == "bot":
        return ", because robots get the default"
    if why == "holdout":
        return ", because this visitor is held out and always gets the default"
    if why == "preview" and not rule:
        return ", because a preview wishes for it"
    if rule and why == "consent":
        return f" by the rule '{rule}' without enrolling the visitor, because consent to the test's purpose is missing"
    if rule:
        empty = ", but no item was left to show" if told["model"] and not (decision.items or decision.nearest) else ""
        return f", because the rule '{rule}' ({told['level']} level) holds: {attempts[-1].because if attempts else ''}{empty}"
    if why == "preference":
        return f" by default, because the visitor wishes that nothing above the level '{visit.most}' decides"
    if why == "consent":
        lacking = ", ".join(sorted(bundle.slots[decision.slot].purposes - visit.purposes))
        return f" by default, because without consent to {lacking} no rule above it could hold"
    if why in ("cap", "paused"):
        held = next((a for a in attempts if a.because.startswith(_CAMPAIGN)), None)
        return f" by default, because the rule '{held.rule}' holds but {held.because}" if held else " by default, because a campaign held its rule back"
    return " by default, because no rule holds" if attempts else " by default, because the slot has no rules"


def _experiment(told: dict) -> str:
    if not told["experiment"]:
        return ""
    return f"; in the experiment '{told['experiment']}' the visitor is in the arm '{told['arm']}' (probability {told['propensity']:g})"


def _ranking(bundle: Bundle, decision: Decision) -> str:
    """By which model the items or the variant were chosen, and what of it was not the model's doing."""
    action = action_of(bundle, decision)
    if action is None or not (decision.items or decision.nearest):
        return ""
    model, asked = bundle.models[decision.model], bundle.models[action.model]
    by = f"the model '{model.name}'"
    if model.kind == "cascade":
        by += f" ({', then '.join(bundle.models[part].name for part in model.parts)})"
    if decision.model != action.model:
        by += f", which stands in for '{asked.name}'"
    if decision.nearest:
        others = [bundle.slots[decision.slot].variants[other.row][0] for other in decision.nearest[1:2]]
        return f"; by {by} it is the nearest to this visitor" + "".join(f", before '{other}'" for other in others)
    said = f"; ranked by {by}"
    if action.without:
        said += f", without the items of {' and '.join(action.without)}"
    pinned = [bundle.items.ids[item.row] for item in decision.items if item.row in action.pin]
    return said + (f", with {', '.join(pinned)} pinned to the front" if pinned else "")
