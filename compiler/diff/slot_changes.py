"""What is another in a slot: where it stands, what its rules ask and do, in which order, and what its variants say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.diff import matching
from compiler.diff.forms import Forms, rules_of
from compiler.diff.matching import Pair
from compiler.diff.plan import Plan, undrawn
from compiler.diff.words import condition, every
from tessera.resolved import Action, Bundle, Rule, Slot


def of_slot(plan: Plan, old: int, new: int) -> Iterator[str]:
    """One line for each thing."""
    ours, theirs = plan.old.slots[old], plan.new.slots[new]
    yield from _place(ours, theirs)
    yield from _variants(plan, ours, theirs)
    yield from _rules(plan, old, new)
    if _does(plan.old, ours, ours.default) != _does(plan.new, theirs, theirs.default):
        yield f"by default {_does(plan.new, theirs, theirs.default)}, was {_does(plan.old, ours, ours.default)}"
    before, after = ("no test" if slot.test is None else f"the test {bundle.experiments[slot.test.experiment].name}" for bundle, slot in ((plan.old, ours), (plan.new, theirs)))
    if (ours.test is None) != (theirs.test is None):
        yield f"{after} of its own, was {before}"
    if ours.always != theirs.always:
        yield "the holdout gets it too" if theirs.always else "the holdout gets its default now"


def _place(old: Slot, new: Slot) -> Iterator[str]:
    if old.pages != new.pages:
        yield f"pages: {every(sorted(old.pages)) or 'none'} → {every(sorted(new.pages)) or 'none'}"
    if (old.channel, old.selector, old.operation) != (new.channel, new.selector, new.operation):
        yield f"place: {old.operation} {old.selector or old.channel} → {new.operation} {new.selector or new.channel}"


def _variants(plan: Plan, old: Slot, new: Slot) -> Iterator[str]:
    ours, theirs = _contents(plan.old_forms, old), _contents(plan.new_forms, new)
    for pair in matching.matched(ours, theirs, lambda one: one[0], lambda one: one[1]):
        if pair.old is None:
            yield f"variant '{theirs[pair.new][0]}' added"
        elif pair.new is None:
            yield f"variant '{ours[pair.old][0]}' removed"
        elif ours[pair.old][0] != theirs[pair.new][0]:
            yield f"variant '{ours[pair.old][0]}' is called '{theirs[pair.new][0]}'"
        elif ours[pair.old][1] != theirs[pair.new][1]:
            yield f"variant '{theirs[pair.new][0]}' says something else"


def _contents(forms: Forms, slot: Slot) -> list[tuple]:
    """Each variant's name and what it says, but for what the catalogue says of its items."""
    said = (forms.variant(slot, number) for number in range(len(slot.variants)))
    return [(name, one if slot.values is not None else tuple(parts for parts, _ in one)) for (name, _), one in zip(slot.variants, said)]


def _rules(plan: Plan, old: int, new: int) -> Iterator[str]:
    ours, theirs = list(rules_of(plan.old, old)), list(rules_of(plan.new, new))
    forms = {id(rule): plan.old_forms.rule(plan.old.slots[old], rule) for rule in ours} | {id(rule): plan.new_forms.rule(plan.new.slots[new], rule) for rule in theirs}
    pairs = matching.matched(ours, theirs, lambda rule: rule.name, lambda rule: forms[id(rule)])
    for pair in pairs:
        if pair.old is None:
            rule = theirs[pair.new]
            yield f"rule '{rule.name}' added at place {pair.new + 1}: {_does(plan.new, plan.new.slots[new], rule.action)} where {condition(plan.new, rule.mask)}"
        elif pair.new is None:
            yield f"rule '{ours[pair.old].name}' removed"
        else:
            yield from _rule(plan, old, new, ours[pair.old], theirs[pair.new], forms)
    if _is_reordered(pairs):
        yield f"the rules stand in another order: {every(rule.name for rule in theirs)}"


def _rule(plan: Plan, old: int, new: int, ours: Rule, theirs: Rule, forms: dict) -> Iterator[str]:
    before, after = forms[id(ours)], forms[id(theirs)]
    if ours.name != theirs.name:
        yield f"rule '{ours.name}' is called '{theirs.name}'"
    if undrawn(before) == undrawn(after):  # its experiment is told of by itself
        return
    called = f"rule '{theirs.name}'"
    if before[0] != after[0]:
        said, was = condition(plan.new, theirs.mask), condition(plan.old, ours.mask)
        yield f"{called} holds where {said}; was: {was}" if said != was else f"{called}: a list or a pattern that it asks about is another"
    acts = [_does(bundle, bundle.slots[slot], rule.action) for bundle, slot, rule in ((plan.old, old, ours), (plan.new, new, theirs))]
    if acts[0] != acts[1]:
        yield f"{called} {acts[1]}; was: {acts[0]}"
    elif undrawn(before)[1] != undrawn(after)[1]:
        yield f"{called} shows the same by name, of which the content, the model or the filter is another"
    if before[2] != after[2]:
        names = ["none" if rule.campaign < 0 else bundle.campaigns[rule.campaign].name for bundle, rule in ((plan.old, ours), (plan.new, theirs))]
        yield f"{called} belongs to the campaign {names[1]}, was {names[0]}" if names[0] != names[1] else f"{called}: its campaign {names[1]} is another"
    if before[3] != after[3]:
        yield f"{called} needs consent to {theirs.purpose or 'nothing more'}, was {ours.purpose or 'nothing more'}"
    if before[4] != after[4]:
        yield f"{called} stands at the level {theirs.level}, was {ours.level}"


def _is_reordered(pairs: Sequence[Pair]) -> bool:
    """Whether those that are in both stand in another order."""
    kept = [pair.old for pair in pairs if pair.old is not None and pair.new is not None]
    return kept != sorted(kept)


def _does(bundle: Bundle, slot: Slot, action: Action) -> str:
    """What a rule does, in names."""
    if action.experiment >= 0:
        return f"tests {bundle.experiments[action.experiment].name}"
    if action.model >= 0:
        what = f"the nearest of {every(slot.variants[each.variant][0] for each in action.among)}" if action.among else f"{action.take} items"
        return f"shows {what} by the model {bundle.models[action.model].name}"
    return f"shows '{slot.variants[action.variant][0]}'" if action.variant >= 0 else "leaves the page as it is"
