"""Experiments that are over, far away, endless or without a goal, and those that compare nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler import ir
from compiler.audit.conventions import DAY
from compiler.audit.findings import Finding, finding
from compiler.audit.subject import Subject, actions, day, last_day, times
from compiler.syntax import Entry


def running(subject: Subject) -> Iterator[Finding]:
    """Experiments that a slot runs at a time when they do not, or for too long."""
    for one in subject.program.experiments:  # those that a slot runs
        entry, about = subject.ruleset.experiments[one.name], f"experiment {one.name}"
        run, limit = one.run, subject.conventions.run
        if run is not None and subject.over(run):
            ago = times(int((subject.at - run.end) // DAY), "day")
            message = f"the experiment '{one.name}' ended on {last_day(run.end)}, {ago} ago, and no decision was made: a slot runs it still, and nobody takes part"
            yield finding("A020", about, entry.place("run", "until"), message, "show the arm that won, and remove the experiment; or give it a new end")
        elif subject.begins_in(run) > subject.conventions.ahead:
            message = f"the experiment '{one.name}' does not begin before {day(run.start)}, in {times(int(subject.begins_in(run) // DAY), 'day')}"
            yield finding("A021", about, entry.place("run", "from"), message, "correct the date, or add the experiment nearer to it")
        elif run is not None and run.start is not None and subject.at - run.start > limit:
            message = f"the experiment '{one.name}' has run since {day(run.start)}, {times(int((subject.at - run.start) // DAY), 'day')}, without a decision"
            yield finding("A022", about, entry.place("run", "from"), message, f"decide it; experiments run {limit // DAY} days at most (`run` in the conventions)")
        elif (run is None or run.end is None) and one.hash == "sha256":  # experiments of other tools end there
            message = f"the experiment '{one.name}' has no end"
            yield finding("A023", about, entry.place("run"), message, "write when it is decided: `run: {from: …, until: …}`")


def aimless(subject: Subject) -> Iterator[Finding]:
    """Experiments and campaigns of which nobody says what they are for."""
    kinds: tuple[tuple[str, Any], ...] = (("experiment", subject.ruleset.experiments), ("campaign", subject.ruleset.campaigns))
    for kind, entries in kinds:
        for name, entry in entries.items():
            if entry.spec.goal is None and getattr(entry.spec, "hash", "sha256") == "sha256":
                metrics = sorted(subject.ruleset.metrics)
                message = f"the {kind} '{name}' has no goal, so nothing tells whether it worked"
                yield finding("A024", f"{kind} {name}", entry.place(), message, f"write `goal: {metrics[0] if metrics else '…'}`, a metric of metrics.yaml")


def deserted(subject: Subject) -> Iterator[Finding]:
    """Experiments that ran while the log was written, in slots that were asked for, and in which nobody takes part."""
    if subject.log is None:
        return
    seen = {one.experiment for one in subject.log.shown}
    for one in subject.program.experiments:
        if one.name in seen or one.run is not None and ((one.run.start or 0) > subject.log.last or (one.run.end or float("inf")) <= subject.log.first):
            continue
        if any(slot.name in subject.log.slots for slot in subject.program.slots if one.name in _experiments(slot)):
            message = f"nobody in {times(subject.log.days, 'day')} of the log takes part in the experiment '{one.name}'"
            fix = f"see that its rule holds for somebody, and that visitors consent to '{one.purpose}'" if one.purpose else "see that its rule holds for somebody"
            yield finding("A025", f"experiment {one.name}", subject.ruleset.experiments[one.name].place(), message, fix)


def _experiments(slot: ir.Slot) -> set[str | None]:
    return {action.experiment for action in (*(rule.action for rule in slot.rules), slot.test) if action is not None}


def same_arms(subject: Subject) -> Iterator[Finding]:
    """Arms of an experiment that a slot runs which show the same, with the same copy."""
    for slot in subject.program.slots:
        for top in (*(rule.action for rule in slot.rules), slot.default, slot.test):
            for action in actions(top):
                if action.experiment is not None:
                    yield from _same_of(action, subject.ruleset.experiments[action.experiment])


def _same_of(action: ir.Action, entry: Entry[Any]) -> Iterator[Finding]:
    first: dict[object, str] = {}
    for (name, spec), arm in zip(entry.spec.arms.items(), action.arms):
        other = first.setdefault((arm, tuple(sorted(spec.set.items()))), name)
        if other != name:
            message = f"the arms '{other}' and '{name}' of the experiment '{entry.name}' do the same"
            yield finding("A026", f"experiment {entry.name}", entry.place("arms", name, key=True), message, "let them differ, or remove one; ignore it where the draw itself is tested (A/A)")
