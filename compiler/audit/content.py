"""Content that nobody sees, and copy that stands twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compiler import ir
from compiler.audit.findings import Finding, finding
from compiler.audit.subject import Subject, actions, some, times
from compiler.diagnostics import Place


def hidden(subject: Subject) -> Iterator[Finding]:
    """Variants that only rules show which decide nothing; and values of a flag that nothing shows.

    Variants of components that no rule at all shows are warned of by the compiler (W005).
    """
    alive = {key for slot in subject.program.slots for key in _shown(slot, subject.dead)}
    told: set[tuple[str, str]] = set()
    for slot in subject.program.slots:
        for key in _shown(slot, {}) | ({(slot.name, variant.name) for variant in slot.variants} if slot.values is not None else set()):
            if key in alive or key in told:
                continue
            told.add(key)
            rules = [rule for rule in slot.rules if key in _of_rule(slot, rule)]
            dead = [f"'{rule.name}' ({subject.dead[f'{slot.name}.{rule.name}']})" for rule in rules]
            what = f"value '{key[1]}' of the flag '{key[0]}'" if slot.values is not None else f"variant '{key[1]}' of '{key[0]}'"
            message = f"the {what} is never shown" + (f": the only rules for it decide nothing, {some(dead)}" if dead else "")
            yield finding("A030", f"variant {key[0]}.{key[1]}", _place(subject, slot, key[1]), message, "mend the rule, or remove both")


def unseen(subject: Subject) -> Iterator[Finding]:
    """Variants that nobody in the log was shown, and slots that nobody asked for."""
    if subject.log is None:
        return
    shown = {(one.slot, one.variant) for one in subject.log.shown}
    days = times(subject.log.days, "day")
    for slot in subject.program.slots:
        entry = subject.ruleset.slots[slot.name]
        if slot.name not in subject.log.slots:
            message = f"nobody in {days} of the log asked for the slot '{slot.name}'"
            yield finding("A033", f"slot {slot.name}", entry.place(), message, "see that its pages are visited, or that callers ask for it; else remove it")
            continue
        for _, variant in sorted(_shown(slot, subject.dead)):
            if (slot.name, variant) not in shown:
                message = f"nobody in {days} of the log was shown the variant '{variant}' in the slot '{slot.name}'"
                yield finding("A031", f"variant {slot.component or slot.name}.{variant}", _place(subject, slot, variant), message, "see that its rules hold for somebody, or remove it")


def same_copy(subject: Subject) -> Iterator[Finding]:
    """Variants of a component with the same text in every field."""
    for name, entry in subject.ruleset.contents.items():
        first: dict[object, str] = {}
        for variant in entry.spec.variants if entry.spec.fields else ():
            other = first.setdefault(tuple(sorted(_copy(entry.spec.variants, variant).items())), variant)
            if other != variant:
                message = f"the variants '{other}' and '{variant}' of '{name}' have the same copy"
                yield finding("A032", f"variant {name}.{variant}", entry.place("variants", variant, key=True), message, f"let the rules show '{other}', and remove this one; or write the copy that was meant")


def _copy(variants: Mapping[str, Mapping[str, str]], name: str) -> dict[str, str]:
    """Field → text, with what the variant extends. The compiler has refused circles."""
    own = dict(variants[name])
    base = own.pop("extends", None)
    return own if base is None else {**_copy(variants, base), **own}


def _shown(slot: ir.Slot, dead: Mapping[str, str]) -> set[tuple[str, str]]:
    """(component, or flag, and variant) that a slot may show by its default or by rules that are not dead; without rankings of items."""
    tops = [slot.default, slot.test, *(rule.action for rule in slot.rules if f"{slot.name}.{rule.name}" not in dead)]
    return {key for top in tops for key in _of_action(slot, top)}


def _of_rule(slot: ir.Slot, rule: ir.Rule) -> set[tuple[str, str]]:
    return _of_action(slot, rule.action)


def _of_action(slot: ir.Slot, top: ir.Action | None) -> set[tuple[str, str]]:
    owner = slot.name if slot.values is not None or not slot.component else slot.component
    found: set[tuple[str, str]] = set()
    for action in actions(top):
        if action.variant is not None and action.model is None:
            found.add((owner, action.variant))
        found |= {(owner, near.variant) for near in action.among}
    return found


def _place(subject: Subject, slot: ir.Slot, variant: str) -> Place:
    entry: Any = subject.ruleset.slots[slot.name]
    if slot.values is not None:
        return entry.place("values", variant, key=True)
    return subject.ruleset.contents[slot.component].place("variants", variant, key=True) if slot.component else entry.place()
