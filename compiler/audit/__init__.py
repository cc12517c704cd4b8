"""The audit of a site: what is valid, and yet inactive, redundant, unseen, unowned or not permitted everywhere.

`FINDERS` are functions from a Subject to findings; each looks for one kind of thing, and all may be called in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from compiler.audit import attributes, content, markets, names, permission, rules, segments, trials
from compiler.audit.conventions import Conventions
from compiler.audit.findings import Finding, in_order
from compiler.audit.subject import Subject

Finder = Callable[[Subject], Iterator[Finding]]

FINDERS: tuple[Finder, ...] = (
    rules.inactive, rules.redundant, rules.quiet,
    segments.empty, segments.unmet, segments.alike,
    trials.running, trials.aimless, trials.deserted, trials.same_arms,
    content.hidden, content.unseen, content.same_copy,
    attributes.tables, attributes.unread, attributes.unwritten, attributes.unknown,
    names.names, names.metadata,
    permission.opt_in, permission.only_after,
    *markets.FINDERS,
)  # fmt: skip


def audit(subject: Subject, finders: Iterable[Finder] = FINDERS) -> tuple[Finding, ...]:
    """Everything that is found in a site, with what the compiler warned of, as the conventions weigh it."""
    found = [Finding(item.code, item.place, item.message, item.fix or "", "", "warning") for item in subject.compiled.diagnostics.items]
    for finder in finders:
        found += finder(subject)
    return in_order([_weighed(one, subject.conventions) for one in found if not _ignored(one, subject.conventions)])


def _ignored(one: Finding, conventions: Conventions) -> bool:
    return any(each.code == one.code and (each.of is None or each.of in (one.about, one.about.partition(" ")[2])) for each in conventions.ignore)


def _weighed(one: Finding, conventions: Conventions) -> Finding:
    return replace(one, severity=conventions.severity.get(one.code, one.severity))
