"""Rules that decide nothing, or nothing that would not be decided without them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compiler import ir
from compiler.audit.findings import Finding, finding
from compiler.audit.subject import UNREACHED, PlacedRule, Subject, always, day, last_day, times
from compiler.implication import conflict, implies

MOST_COMPARISONS = 20_000  # of conjunctions in one slot; beyond it the rest of the slot is not looked at


def inactive(subject: Subject) -> Iterator[Finding]:
    """Rules that cannot decide now or any more: their campaign is over, far away or paused, or a date in the condition is past."""
    for one in subject.rules:
        campaign = subject.campaigns.get(one.rule.campaign or "")
        about, name = f"rule {one.name}", one.rule.name
        if campaign is not None and campaign.run is not None and subject.over(campaign.run):
            message = f"the rule '{name}' decides nothing any more: its campaign '{campaign.name}' ended on {last_day(campaign.run.end)}"
            yield finding("A001", about, one.place("campaign"), message, "remove the rule, or give the campaign a new end")
        elif campaign is not None and subject.begins_in(campaign.run) > subject.conventions.ahead:
            message = f"the rule '{name}' decides nothing for long: its campaign '{campaign.name}' begins on {day(campaign.run.start)}"
            yield finding("A002", about, one.place("campaign"), message, "correct the date, or add the rule nearer to it")
        elif campaign is not None and always(campaign.pause):
            message = f"the rule '{name}' decides nothing: its campaign '{campaign.name}' is always paused"
            yield finding("A004", about, one.place("campaign"), message, "give the campaign a condition for its pause, or remove the rule")
        if subject.expired(one.rule.conjunctions):
            message = f"the rule '{name}' can hold no more: its condition asks for a time before {day(subject.at)}"
            yield finding("A003", about, one.place("when"), message, "remove the rule, or correct the date")


def quiet(subject: Subject) -> Iterator[Finding]:
    """Rules that decided nothing in the log, of slots that were asked for."""
    if subject.log is None:
        return
    decided = {(one.slot, one.rule) for one in subject.log.shown}
    for one in subject.rules:
        campaign = subject.campaigns.get(one.rule.campaign or "")
        later = campaign is not None and campaign.run is not None and (campaign.run.start or 0) > subject.log.last
        if one.slot.name in subject.log.slots and (one.slot.name, one.rule.name) not in decided and one.name not in subject.dead and not later:
            message = f"the rule '{one.rule.name}' decided nothing in {times(subject.log.days, 'day')} of the log"
            yield finding("A007", f"rule {one.name}", one.place("when"), message, "look with `tessera explain` whom it is for, and remove it if that is nobody")


# --- rules that change nothing ---------------------------------------------------------------------------------------------


def redundant(subject: Subject) -> Iterator[Finding]:
    """Rules that are implied by another one with the same outcome."""
    by_slot: dict[str, list[PlacedRule]] = {}
    for one in subject.rules:
        if subject.dead.get(one.name) in (None, UNREACHED):  # which is reached where the rule above it goes
            by_slot.setdefault(one.slot.name, []).append(one)
    for rules in by_slot.values():
        yield from _of_slot(subject, rules, _Budget(MOST_COMPARISONS))


class _Budget:
    """How many comparisons are left."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, one: ir.Rule, other: ir.Rule) -> bool:
        self.left -= len(one.conjunctions) * len(other.conjunctions)
        return self.left >= 0


def _of_slot(subject: Subject, rules: list[PlacedRule], budget: _Budget) -> Iterator[Finding]:
    default = rules[0].slot.default
    for number, one in enumerate(rules):
        if one.name in subject.dead:
            continue
        over = next((other for other in rules[:number] if _same(one.rule, other.rule) and budget.spend(one.rule, other.rule) and _holds_wherever(subject, other.rule, one.rule)), None)
        if over is not None:
            message = f"the rule '{one.rule.name}' is redundant: wherever it holds, '{over.rule.name}' above it does too, with the same outcome"
            yield finding("A005", f"rule {one.name}", one.place("when"), message, "remove it")
            continue
        under = _instead(subject, one.rule, [other.rule for other in rules[number + 1 :]], default, budget)
        if under:
            message = f"without the rule '{one.rule.name}' the same would be shown, by {under}"
            yield finding("A006", f"rule {one.name}", one.place("when"), message, "remove it, unless reports are to tell its visitors apart")


def _same(one: ir.Rule, other: ir.Rule) -> bool:
    """Whether two rules do the same, behind the same gates."""
    return one.action == other.action and one.campaign == other.campaign and one.purpose == other.purpose


def _holds_wherever(subject: Subject, rule: ir.Rule, other: ir.Rule) -> bool:
    """Whether a rule holds wherever the other one does."""
    return bool(other.conjunctions) and all(any(implies(b, a, subject.world) for a in rule.conjunctions) for b in other.conjunctions)


def _instead(subject: Subject, rule: ir.Rule, below: list[ir.Rule], default: ir.Action, budget: _Budget) -> str:
    """What would show the same to everybody for whom a rule holds, if it were not there; empty where nothing would.

    A rule of an experiment is none of these: what it shows is what it is for.
    """
    if rule.action.experiment is not None or not any(_same(rule, other) for other in below) and default != rule.action:
        return ""
    for other in below:
        if not budget.spend(rule, other):
            return ""
        if _same(replace(rule, purpose=other.purpose or rule.purpose), replace(other, purpose=other.purpose or rule.purpose)) and other.purpose in (None, rule.purpose):
            if _holds_wherever(subject, other, rule):
                return f"'{other.name}' below it"
            if rule.campaign is None:
                continue  # the same, for some of them
        if _may_meet(subject, rule, other):
            return ""
    return "the default" if default == rule.action and rule.campaign is None else ""


def _may_meet(subject: Subject, one: ir.Rule, other: ir.Rule) -> bool:
    """Whether two rules can hold for one visitor, as far as can be told."""
    return any(not conflict(_joined(a, b), subject.world) for a in one.conjunctions for b in other.conjunctions)


def _joined(a: ir.Conjunction, b: ir.Conjunction) -> ir.Conjunction:
    trees = tuple(tree for tree in (a.tree, b.tree) if tree is not None)
    return ir.Conjunction((*a.literals, *b.literals), ir.Call("and", trees) if len(trees) > 1 else trees[0] if trees else None)
