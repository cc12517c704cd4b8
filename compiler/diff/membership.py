"""Who is in which segment, by the old and by the new bundle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from compiler.diff import matching
from compiler.diff.answers import compares
from compiler.diff.plan import Plan
from compiler.diff.report import SegmentShare
from tessera.evaluate import evaluate, names
from tessera.resolved import Bundle
from tessera.types import Visit

REMEMBERED = 65_536  # answers of each condition


class Membership:
    """Counts members. Conditions are asked of the visit as it is; the same values are asked about once."""

    def __init__(self, plan: Plan) -> None:
        self.pairs = matching.segments(plan.old_forms, plan.new_forms)
        alike = 0
        for i, (before, after) in enumerate(self.pairs):
            if before is not None and after is not None and plan.old_forms.tree(plan.old.segments[before]) == plan.new_forms.tree(plan.new.segments[after]):
                alike |= 1 << i
        self._alike = alike
        self._old = _questions(plan.old, [before for before, _ in self.pairs])
        self._new = _questions(plan.new, [after for _, after in self.pairs])
        self._others = _questions(plan.new, [None if alike >> i & 1 else after for i, (_, after) in enumerate(self.pairs)])
        self._counts: Counter[tuple[int, int, bool]] = Counter()

    def add(self, old: Visit, new: Visit, changed: bool) -> None:
        """Count a visitor: in which segments they are, and whether they see something else."""
        before = after = 0
        for asked in self._old:
            before |= asked(old)
        if old is new:
            after = before & self._alike
            for asked in self._others:
                after |= asked(new)
        else:
            for asked in self._new:
                after |= asked(new)
        self._counts[before, after, changed] += 1

    def shares(self) -> tuple[SegmentShare, ...]:
        """What was counted, by segment."""
        return tuple(self._share(1 << i, before, after) for i, (before, after) in enumerate(self.pairs))

    def _share(self, bit: int, before: str | None, after: str | None) -> SegmentShare:
        ours = theirs = joined = left = members = changed = 0
        for (old, new, differs), many in self._counts.items():
            was, is_ = bool(old & bit), bool(new & bit)
            ours += many * was
            theirs += many * is_
            joined += many * (is_ and not was)
            left += many * (was and not is_)
            members += many * (was or is_)
            changed += many * ((was or is_) and differs)
        name = after or before or ""
        return SegmentShare(name, before if before is not None and before != name else None, ours, theirs, joined, left, members, changed)


_Question = Callable[[Visit], int]


def _questions(bundle: Bundle, segments: Sequence[str | None]) -> list[_Question]:
    """What is to be asked of a visit, and the mask of the segments that it is in: one question for all that read the same."""
    by_names: dict[tuple[str, ...], list[tuple[int, tuple]]] = {}
    for i, segment in enumerate(segments):
        if segment is not None:
            tree = bundle.segments[segment]
            by_names.setdefault(tuple(sorted(names(tree))), []).append((1 << i, tree))
    return [_question(bundle, read, trees) for read, trees in by_names.items()]


def _question(bundle: Bundle, read: tuple[str, ...], trees: Sequence[tuple[int, tuple]]) -> _Question:
    def told(visit: Visit) -> int:
        return sum(bit for bit, tree in trees if evaluate(tree, visit.values) is True)

    if not all(compares(bundle, name) for name in read):
        return told
    known: dict[Any, int] = {}
    (first, *_) = read or ("",)

    def asked(visit: Visit) -> int:
        get = visit.values.get
        key = get(first) if len(read) < 2 else tuple([get(name) for name in read])
        try:
            answer = known.get(key)
        except TypeError:  # a value of a wrong type, which has no hash
            return told(visit)
        if answer is None:
            answer = told(visit)
            if len(known) < REMEMBERED:
                known[key] = answer
        return answer

    return asked
