"""What a comparison found, as frozen values: everything the formats tell is in here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """Something of the site that is another: `kind` slot, segment, experiment, campaign, model, or site (all that is the whole site's);
    `what` added, removed, renamed or changed; `was`: its old name, where it has another."""

    kind: str
    name: str
    what: str
    was: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """Visitors of a group, and how many of them see something else."""

    name: str
    visitors: int
    changed: int

    @property
    def share(self) -> float:
        return self.changed / self.visitors if self.visitors else 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """So many visitors saw `before` and see `after`: names of variants, `none` for the page as it is."""

    before: str
    after: str
    visitors: int


@dataclass(frozen=True, slots=True)
class SlotShare:
    """Of a slot how many visitors see something else, and what in place of what. `proved`: it was proved to be the same, without looking."""

    name: str
    was: str | None
    visitors: int
    changed: int
    proved: bool
    turns: tuple[Turn, ...] = ()

    @property
    def share(self) -> float:
        return self.changed / self.visitors if self.visitors else 0.0


@dataclass(frozen=True, slots=True)
class SegmentShare:
    """A segment: how many are in it by the old and by the new bundle, how many came and went, and how many of the members (of either)
    see something else."""

    name: str
    was: str | None
    before: int
    after: int
    joined: int
    left: int
    members: int
    changed: int

    @property
    def share(self) -> float:
        return self.changed / self.members if self.members else 0.0


@dataclass(frozen=True, slots=True)
class Assignment:
    """Of an experiment whose assignment changed, who is in which arm before and after: rows (before, after, visitors), `` for outside.

    `moved`: visitors who were in an arm and are in another; `left`: those who are in none now; `joined`: those who were in none.
    `before`: how many were in any arm.
    """

    name: str
    was: str | None
    before: int
    after: int
    moved: int
    left: int
    joined: int
    matrix: tuple[tuple[str, str, int], ...] = ()

    @property
    def share(self) -> float:
        """Of those who were in an arm, the part that is in another one."""
        return self.moved / self.before if self.before else 0.0


@dataclass(frozen=True, slots=True)
class Side:
    """What a visitor gets of a slot from one bundle: variant, rule, reason, what is shown (cut), and why in a sentence."""

    variant: str
    rule: str | None
    reason: str
    shown: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Example:
    """A visitor for whom a slot changes; `visitors`: how many there are like this one. A side is None where the slot is not there."""

    slot: str
    page: str | None
    visitor: str | None
    known: tuple[tuple[str, Any], ...]
    old: Side | None
    new: Side | None
    visitors: int


@dataclass(frozen=True, slots=True)
class Report:
    """The whole comparison. `old`, `new`: the bundles' names; `sample`: how the visitors were come by, in words."""

    old: str
    new: str
    site: str
    sample: str
    visitors: int
    changed: int
    changes: tuple[Change, ...] = ()
    slots: tuple[SlotShare, ...] = ()
    pages: tuple[Share, ...] = ()
    countries: tuple[Share, ...] = ()
    segments: tuple[SegmentShare, ...] = ()
    experiments: tuple[Assignment, ...] = ()
    examples: tuple[Example, ...] = field(default=())

    @property
    def share(self) -> float:
        """The part of the visitors who see something else somewhere, 0 to 1."""
        return self.changed / self.visitors if self.visitors else 0.0


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain JSON; see docs/diff.md."""
    return {
        "old": report.old,
        "new": report.new,
        "site": report.site,
        "sample": report.sample,
        "visitors": report.visitors,
        "changed": report.changed,
        "changed_share": report.share,
        "changes": [{"kind": c.kind, "name": c.name, "what": c.what, "was": c.was, "details": list(c.details)} for c in report.changes],
        "slots": {
            one.name: {
                "was": one.was, "changed": one.changed, "changed_share": one.share, "proved_the_same": one.proved,
                "turns": [{"old": turn.before, "new": turn.after, "visitors": turn.visitors} for turn in one.turns],
            }
            for one in report.slots
        },
        "pages": {one.name: _share(one) for one in report.pages},
        "countries": {one.name: _share(one) for one in report.countries},
        "segments": {
            one.name: {
                "was": one.was, "old_visitors": one.before, "new_visitors": one.after, "joined": one.joined, "left": one.left,
                "members": one.members, "changed": one.changed, "changed_share": one.share,
            }
            for one in report.segments
        },
        "experiments": {
            one.name: {
                "was": one.was, "old_visitors": one.before, "new_visitors": one.after, "rebucketed": one.moved, "rebucketed_share": one.share,
                "joined": one.joined, "left": one.left,
                "matrix": [{"old": before or None, "new": after or None, "visitors": visitors} for before, after, visitors in one.matrix],
            }
            for one in report.experiments
        },
        "examples": [
            {"slot": e.slot, "page": e.page, "visitor": e.visitor, "known": dict(e.known), "visitors": e.visitors, "old": _side(e.old), "new": _side(e.new)}
            for e in report.examples
        ],
    }  # fmt: skip


def _share(one: Share) -> dict[str, Any]:
    return {"visitors": one.visitors, "changed": one.changed, "changed_share": one.share}


def _side(side: Side | None) -> dict[str, Any] | None:
    return None if side is None else {"variant": side.variant, "rule": side.rule, "reason": side.reason, "shown": side.shown, "why": side.why}
