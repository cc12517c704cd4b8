"""One bundle's decisions, those that come again from memory: who meets the same rule, of whom all is the same that it ranks by, sees the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from compiler.diff.forms import OF_PAGE, Forms
from compiler.diff.lean import is_alike_for_all, lean
from tessera.decide import decide_slots
from tessera.enrol import assigned
from tessera.evaluate import names as read_by
from tessera.match import bits, match
from tessera.rerank import chain
from tessera.resolved import Action, Bundle, Experiment, Slot
from tessera.sound import ILL_TYPED
from tessera.types import FARTHEST, Decision, Visit

REMEMBERED = 65_536  # decisions of a bundle


class _Inputs(NamedTuple):
    """What a ranking goes by: attributes; whether the moment counts, by which what was seen fades; whether the purposes in force do."""

    names: tuple[str, ...]
    timed: bool = False
    consents: bool = False


class _Way(NamedTuple):
    """How a rule that holds decides: by an experiment's arms, or (None) as the one action says; of each action its inputs, None where they
    cannot be told."""

    rule: int
    experiment: Experiment | None
    inputs: tuple[_Inputs | None, ...]


class _Recalled(NamedTuple):
    """What is remembered: a decision, or (None) where the next is to be kept that is of this rule: by a key; or in a place for one alone."""

    decision: Decision | None
    rule: int
    key: Any = None
    place: Any = None


_UNKNOWN = _Recalled(None, -2)  # no rule has this number


class Answers:
    """Decides some slots of one bundle, as `decide_slots` does; but for the reason of a default, which is never `consent`."""

    def __init__(self, forms: Forms, slots: Iterable[int]) -> None:
        self._forms = forms
        self._bundle = lean(forms.bundle, slots, forms.scoring)
        self._ways: dict[int, _Way | None] = {}  # by 1 + conjunction
        self._ranks: dict[tuple[int, ...], bool] = {}
        self._defaults: dict[int, Decision | None] = {}  # of who is held out; None: has to be decided
        self._known: dict[Any, Decision] = {}
        self._last: dict[Any, tuple[Any, Decision]] = {}  # of the last visitor, on another page

    def decide(self, visit: Visit, numbers: Sequence[int], held: bool) -> Sequence[Decision]:
        """The decisions of some slots, in their order. held: whether the bundle holds the visitor out of all."""
        bundle, values = self._bundle, visit.values
        if bundle.front is not None or visit.forced or visit.preview or visit.most != FARTHEST or values.get("request.bot"):
            return decide_slots(bundle, visit, numbers)
        if held:
            return self._to_held(visit, numbers)
        if not self._is_worth_it(tuple(numbers)):
            return decide_slots(bundle, visit, numbers)
        try:
            alive = match(bundle.index, values)
        except ILL_TYPED:
            return decide_slots(bundle, visit, numbers)
        masks, shown = bundle.outcomes.masks, bundle.outcomes.shown
        found: list[Any] = []
        rest = []
        for place, number in enumerate(numbers):
            top = (alive & masks[number]).bit_length()
            decision = shown[top]
            if decision is None:
                recalled = self._recall(number, top, visit)
                decision = recalled.decision
                if decision is None:
                    rest.append((place, number, recalled))
            found.append(decision)
        if rest:
            for (place, _, recalled), decision in zip(rest, decide_slots(bundle, visit, [number for _, number, _ in rest])):
                found[place] = decision
                if decision.rule == recalled.rule:  # not where it had nothing to show, and the ladder went on
                    self._remember(recalled, decision)
        return found

    def _recall(self, number: int, top: int, visit: Visit) -> _Recalled:
        """What a conjunction led to before, if all was the same that counts."""
        if top not in self._ways:
            self._ways[top] = self._way(number, top)
        way = self._ways[top]
        if way is None:
            return _UNKNOWN
        head: Any = top
        inputs = way.inputs[0]
        if way.experiment is not None:
            given = assigned(way.experiment, visit)
            if given.arm < 0:
                return _UNKNOWN
            inputs = way.inputs[given.arm]
            head = (top, *given, not given.enrolled and (visit.purposes, not visit.units))  # by which it says why somebody is not enrolled
        if inputs is None:
            return _UNKNOWN
        get = visit.values.get
        key = (head, visit.purposes if inputs.consents else None, *[get(name) for name in inputs.names])
        if inputs.timed:
            key = (visit.at, *key)
            last = self._last.get(head)
            return _Recalled(last[1] if last is not None and last[0] == key else None, way.rule, key, head)
        try:
            return _Recalled(self._known.get(key), way.rule, key)
        except TypeError:  # a value of a wrong type, which has no hash
            return _UNKNOWN

    def _remember(self, recalled: _Recalled, decision: Decision) -> None:
        if recalled.place is not None:
            self._last[recalled.place] = (recalled.key, decision)
        elif len(self._known) < REMEMBERED:
            self._known[recalled.key] = decision

    def _way(self, number: int, top: int) -> _Way | None:
        """How the rule of a conjunction decides, or the default; None where more counts than that its masks hold."""
        bundle = self._bundle
        slot, rule_number = bundle.slots[number], bundle.rule_of[top - 1] if top else -1
        if slot.test is not None or not top:
            return None
        if rule_number < 0:
            return _Way(-1, None, (self._inputs(slot, slot.default),))
        rule = bundle.rules[rule_number]
        if rule.campaign >= 0 or rule.purpose is not None or rule.mask & bundle.with_trees:
            return None
        action = rule.action
        if action.experiment < 0:
            return _Way(rule_number, None, (self._inputs(slot, action),))
        return _Way(rule_number, bundle.experiments[action.experiment], tuple(self._inputs(slot, arm or action) for arm in action.arms))

    def _inputs(self, slot: Slot, action: Action) -> _Inputs | None:
        if action.model < 0:
            return _Inputs(())
        names = tuple(sorted(self._forms.ranks_by(slot, action)))
        models = [self._bundle.models[number] for number in chain(self._bundle, action.model)]
        timed = any(model.half_life > 0 and model.source is not None and not model.source.startswith(OF_PAGE) for model in models)
        consents = any(name.startswith("consent.") for tree in (action.where, *(tree for *_, tree in action.tables)) for name in read_by(tree))
        return _Inputs(names, timed, consents) if all(compares(self._bundle, name) for name in names) else None

    def _is_worth_it(self, numbers: tuple[int, ...]) -> bool:
        """Whether any of some slots ranks: the edge itself remembers the others."""
        if numbers not in self._ranks:
            self._ranks[numbers] = any(self._may_rank(number) for number in numbers)
        return self._ranks[numbers]

    def _may_rank(self, number: int) -> bool:
        bundle = self._bundle
        slot = bundle.slots[number]
        rules = {bundle.rule_of[conjunction] for conjunction in bits(slot.mask)} - {-1}
        actions = [slot.default, *(bundle.rules[rule].action for rule in rules)]
        return any(one.model >= 0 for action in actions for one in (action, *(arm for arm in action.arms if arm is not None)))

    def _to_held(self, visit: Visit, numbers: Sequence[int]) -> Sequence[Decision]:
        """The same for who is held out, and gets every default."""
        known = self._defaults
        found = [known.get(number) for number in numbers]
        rest = [place for place, decision in enumerate(found) if decision is None]
        if rest:
            for place, decision in zip(rest, decide_slots(self._bundle, visit, [numbers[place] for place in rest])):
                found[place] = decision
                slot = self._bundle.slots[decision.slot]
                if decision.why == "holdout" and (slot.default.model < 0 or is_alike_for_all(self._bundle, slot.default)):
                    known[decision.slot] = decision
        return found


def compares(bundle: Bundle, name: str) -> bool:
    """Whether equal values of an attribute are the same value: not where 1 and true may stand side by side, and maps have no hash."""
    attribute = bundle.attributes.get(name)
    return attribute is not None and attribute.type != "any" and not attribute.type.startswith("map<")
