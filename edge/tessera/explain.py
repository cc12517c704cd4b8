"""Why a slot got its variant, in plain sentences: the rules tried before it and what kept each from holding.

Computed on demand from the same postings that decide; the plain path pays nothing for it.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Iterator, NamedTuple

from tessera.bundle import Bundle, Rule
from tessera.decide import capped
from tessera.match import bits, evaluate
from tessera.operators import OPERATORS
from tessera.record import outcome, plain, variant_name
from tessera.types import Decision, ListedItem, Visit, version_text

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_PHRASE = {
    "eq": "{0} is {1}",
    "in": "{0} is one of {1}",
    "in_list": "{0} is in the list {1}",
    "lt": "{0} is below {1}",
    "le": "{0} is at most {1}",
    "gt": "{0} is above {1}",
    "ge": "{0} is at least {1}",
    "contains": "{0} contains {1}",
    "starts_with": "{0} starts with {1}",
    "ends_with": "{0} ends with {1}",
    "has_element": "{0} has {1}",
}
_CAMPAIGN = "its campaign '"  # begins what keeps a rule back that holds; no other sentence begins so


class Attempt(NamedTuple):
    """One rule that was tried: its name, its level, whether it held, and the sentence why (not)."""

    rule: str
    level: str
    held: bool
    because: str


class Explanation(NamedTuple):
    """A slot's decision in words, and the rules of its ladder in the order they were tried."""

    slot: str
    sentence: str
    attempts: tuple[Attempt, ...]


def explain(bundle: Bundle, visit: Visit, decision: Decision) -> Explanation:
    """Say why the slot got what it got."""
    slot = bundle.slots[decision.slot]
    attempts = tuple(_attempts(bundle, visit, decision, slot.mask))
    return Explanation(slot.name, _sentence(bundle, visit, decision, attempts), attempts)


def _attempts(bundle: Bundle, visit: Visit, decision: Decision, mask: int) -> Iterator[Attempt]:
    if decision.why in ("bot", "holdout"):
        return
    for number, rule in enumerate(bundle.rules):
        if not rule.mask & mask:
            continue
        met = [c for c in bits(rule.mask) if _unmet(bundle, visit, c) is None]
        if number == decision.rule:
            yield Attempt(rule.name, rule.level, True, _met(bundle, visit, met[0]) if met else "it holds")
            return
        if met:
            yield Attempt(rule.name, rule.level, False, _held_back(bundle, visit, rule))
        else:
            why = dict.fromkeys(_unmet(bundle, visit, c) or "" for c in bits(rule.mask))
            yield Attempt(rule.name, rule.level, False, "; ".join(why) or "its condition can never hold")


def _held_back(bundle: Bundle, visit: Visit, rule: Rule) -> str:
    if rule.campaign >= 0:
        campaign = bundle.campaigns[rule.campaign]
        if campaign.run and not campaign.run.holds(visit.at, visit.offset):
            return f"{_CAMPAIGN}{campaign.name}' is not running at this time"
        if campaign.pause and evaluate(campaign.pause, visit.values) is True:
            return f"{_CAMPAIGN}{campaign.name}' is paused for this visitor"
        if capped(campaign, visit):
            return f"{_CAMPAIGN}{campaign.name}' was already seen {campaign.cap[0]} times"
    if rule.action.experiment >= 0:
        return f"the visitor is outside the experiment '{bundle.experiments[rule.action.experiment].name}'"
    return "its model knows nothing of this visitor"


def _met(bundle: Bundle, visit: Visit, conjunction: int) -> str:
    said = [_describe(bundle, visit, literal) for literal in bundle.conditions["conjunctions"][conjunction]]
    if bundle.trees.get(conjunction):
        said.append("its condition holds")
    return " and ".join(said) or "it always holds"


def _unmet(bundle: Bundle, visit: Visit, conjunction: int) -> str | None:
    """What keeps a conjunction from holding (the first literal that is not true); None where it holds."""
    for literal in bundle.conditions["conjunctions"][conjunction]:
        if _answer(bundle, visit, literal) is not True:
            return _describe(bundle, visit, literal)
    tree = bundle.trees.get(conjunction)
    return "its condition does not hold" if tree is not None and evaluate(tree, visit.values) is not True else None


def _term_value(bundle: Bundle, visit: Visit, test: int) -> tuple[str, str, Any]:
    attribute, function, _ = bundle.conditions["terms"][bundle.conditions["tests"][test][0]]
    value = visit.values.get(attribute)
    shown = f"size({attribute})" if function == "size" else attribute
    return attribute, shown, OPERATORS[function](value) if function and value is not None else value


def _answer(bundle: Bundle, visit: Visit, literal: int) -> Any:
    """Kleene's answer of one literal, by the operators themselves."""
    _, op, argument = bundle.conditions["tests"][literal >> 1]
    _, _, value = _term_value(bundle, visit, literal >> 1)
    if op == "has":
        answer = value is not None
    elif op == "has_element":
        answer = OPERATORS["in"](argument, value)
    elif op == "in_list":
        answer = OPERATORS["in"](value, bundle.lists[argument])
    else:
        answer = OPERATORS[op](value, argument)
    return (not answer) if answer is not None and literal & 1 else answer


def _describe(bundle: Bundle, visit: Visit, literal: int) -> str:
    """What the literal found: the value that is, against the value that is asked for."""
    attribute, shown, value = _term_value(bundle, visit, literal >> 1)
    _, op, argument = bundle.conditions["tests"][literal >> 1]
    declared = bundle.attributes.get(attribute)
    if op == "has":
        return f"{shown} is {'known' if value is not None else 'not known'}"
    if value is None:
        withheld = declared is not None and declared.purpose is not None and declared.purpose not in visit.purposes
        return f"{shown} may not be used without consent to {declared.purpose}" if withheld else f"{shown} is not known"
    holds = _answer(bundle, visit, literal) is True
    phrase = _PHRASE[op]
    if holds == bool(literal & 1):  # say what is not so
        phrase = phrase.replace(" is ", " is not ", 1) if " is " in phrase else f"it is not so that {phrase}"
    kind = declared.type.removeprefix("list<").removesuffix(">") if declared and shown == attribute else ""
    asked = phrase.format(shown, _quoted(argument, kind))
    if holds and op == "eq" and not literal & 1:
        return asked
    return f"{asked} (it is {_quoted(value, kind)})"


def _quoted(value: Any, kind: str = "") -> str:
    """A value as it is written in a condition; `kind` is its type, or that of its elements."""
    if kind == "version" and value and isinstance(value[0], int):
        return version_text(value)
    if kind == "timestamp" and isinstance(value, float):
        return _moment(value)
    if isinstance(value, (list, tuple)) and not isinstance(value, ListedItem):
        head = ", ".join(_quoted(v, kind) for v in value[:5])
        return f"[{head}{', …' if len(value) > 5 else ''}]"
    value = plain(value.id if isinstance(value, ListedItem) else value)
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(seconds: float) -> str:
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return str(seconds)


def _sentence(bundle: Bundle, visit: Visit, decision: Decision, attempts: tuple[Attempt, ...]) -> str:
    told = outcome(bundle, decision)
    variant = variant_name(bundle, decision)
    shown = "The page was left as it is" if variant == "none" else f"'{variant}' was shown"
    return f"{shown}{_because(bundle, visit, decision, told, attempts)}{_experiment(told)}."


def _because(bundle: Bundle, visit: Visit, decision: Decision, told: dict, attempts: tuple[Attempt, ...]) -> str:
    rule, why = told["rule"], decision.why
    if why == "bot":
        return ", because robots get the default"
    if why == "holdout":
        return ", because this visitor is held out and always gets the default"
    if rule and why == "consent":
        return f" by the rule '{rule}' without enrolling the visitor, because consent to the test's purpose is missing"
    if rule:
        empty = ", but no item was left to show" if told["model"] and not decision.items else ""
        return f", because the rule '{rule}' ({told['level']} level) holds: {attempts[-1].because if attempts else ''}{empty}"
    if why == "consent":
        lacking = ", ".join(sorted(bundle.slots[decision.slot].purposes - visit.purposes))
        return f" by default, because without consent to {lacking} no rule above it could hold"
    if why in ("cap", "paused"):
        held = next(a for a in attempts if a.because.startswith(_CAMPAIGN))
        return f" by default, because the rule '{held.rule}' holds but {held.because}"
    return " by default, because no rule holds" if attempts else " by default, because the slot has no rules"


def _experiment(told: dict) -> str:
    if not told["experiment"]:
        return ""
    return f"; in the experiment '{told['experiment']}' the visitor is in the arm '{told['arm']}' (probability {told['propensity']:g})"
