"""Segments that nobody is in, and those that say the same."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.audit.findings import Finding, finding
from compiler.audit.subject import Subject, some, times
from compiler.cel import refs
from compiler.lower import alternatives


def empty(subject: Subject) -> Iterator[Finding]:
    """Segments whose condition can never be true, or no more."""
    for name, when in subject.program.segments:
        entry = subject.ruleset.segments[name]
        possible = subject.possible(when)
        if possible and not subject.expired(possible):
            continue
        why = "a date in its condition is past" if possible else "its condition contradicts itself" if alternatives(when, subject.kinds) else "its condition is never true"
        yield finding("A010", f"segment {name}", entry.place("when"), f"nobody can be in the segment '{name}': {why}", "correct the condition, or remove the segment with the rules that ask for it")


def unmet(subject: Subject) -> Iterator[Finding]:
    """Segments that nobody in the log is in, by the values that the edge logged; those that slots decide are not told."""
    if subject.log is None:
        return
    declared = {one.name for one in subject.program.attributes}
    for name, when in subject.program.segments:
        asked = refs(when)
        attributes = [one for one in asked if not one.startswith("lists.")]
        if name in subject.log.met or not set(attributes) <= declared:
            continue
        missing = [one for one in attributes if one not in subject.log.known]
        why = f"; {some(missing)} was never known" if missing else ""
        message = f"nobody in {times(subject.log.days, 'day')} of the log ({times(subject.log.rows, 'row')}) is in the segment '{name}'{why}"
        fix = f"see that something writes {missing[0]}, and that visitors consent to it" if missing else "widen the condition, or remove the segment with the rules that ask for it"
        yield finding("A011", f"segment {name}", subject.ruleset.segments[name].place("when"), message, fix)


def alike(subject: Subject) -> Iterator[Finding]:
    """Segments whose conditions are the same once the segments that they name are put in."""
    first: dict[object, str] = {}
    for name, when in subject.program.segments:
        other = first.setdefault(when, name)
        if other != name:
            message = f"the segments '{other}' and '{name}' have the same condition"
            yield finding("A012", f"segment {name}", subject.ruleset.segments[name].place("when"), message, f"keep one, or write `when: segment.{other}` for a second name")
