"""Two bundles and visitors → who sees something else: each visitor is decided by both, slots that are proved alike left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from compiler.diff import examples as picked
from compiler.diff.answers import Answers
from compiler.diff.changes import changes
from compiler.diff.draws import Draw
from compiler.diff.examples import Seen
from compiler.diff.lean import alive, trimmed
from compiler.diff.membership import Membership
from compiler.diff.plan import Guard, Look, Plan
from compiler.diff.rebucketing import Rebucketing
from compiler.diff.report import Report, Share, SlotShare, Turn
from compiler.diff.shown import judge, shown
from compiler.diff.twins import Deciding, Twin, twin
from compiler.diff.visitors import Visitor
from tessera.match import Index
from tessera.record import variant_name
from tessera.resolved import Bundle
from tessera.types import Decision, Visit

EXAMPLES = 5
ELSEWHERE = "messages and flags"  # where slots stand that are on no page
MOST_PATTERNS = 1024  # ways to differ of which a visitor is kept


def compare(
    old: Bundle, new: Bundle, visits: Iterable[Visitor | Visit], *, sample: str = "visits given", examples: int = EXAMPLES, ids: bool = True, plan: Plan | None = None
) -> Report:
    """Say who of these visitors sees something else.

    Args:
        visits: visitors, or plain visits, which are decided by both bundles on no page, with every slot.
        sample: how they were come by, for the report. examples: how many are told of. ids: whether with their ids.
        plan: of these two bundles, where it is at hand.
    """
    plan = plan or Plan(old, new)
    tally = _Tally(plan)
    for visitor in visits:
        tally.add(Visitor(visitor, visitor) if isinstance(visitor, Visit) else visitor)
    return tally.report(sample, examples, ids)


@dataclass(slots=True)
class _Pages:
    """How many visitors were on a page, and of how many something else is seen there."""

    visitors: int = 0
    changed: int = 0


Outcome = tuple[int, Decision | None, Decision | None]  # the number of a pair of slots, and what both bundles decide


class _Decided:
    """Decides for both bundles what has to be looked at.

    Args:
        whole: whether all slots may be asked for, and no guard counts, because what is known of a visitor differs.
    """

    def __init__(self, plan: Plan, whole: bool) -> None:
        self._plan, self._whole = plan, whole
        wanted = [pair for number, pair in enumerate(plan.slots) if whole or number in plan.open]
        self._old = Answers(plan.old_forms, [pair.old for pair in wanted if pair.old is not None])
        self._new = Answers(plan.new_forms, [pair.new for pair in wanted if pair.new is not None])
        forms = Deciding(plan.old), Deciding(plan.new)
        found = {} if whole else {number: twin(*forms, plan.slots[number]) for number in plan.open}
        self._twins = {number: one for number, one in found.items() if one is not None}
        self._guards: dict[Look, tuple[Mapping[int, Guard], Index, Index]] = {}
        self._draws: dict[Look, tuple[Draw, ...] | None] = {}
        self._numbers: dict[tuple[tuple[int, ...], bool], _Numbers] = {}

    def spares(self, look: Look, old: Visit, new: Visit) -> bool:
        """Whether nothing has to be decided there, on whatever page: of all slots draws alone are others, and give this visitor the same."""
        if look not in self._draws:
            guards = [self._plan.guards.get(number) for number in look.both]
            free = not self._whole and not look.gone and not look.come
            draws = [draw for guard in guards if guard is not None for draw, *_ in guard.draws]
            only = free and all(guard is not None and not guard.old and not guard.new for guard in guards) and all(draw.is_by_units for draw in draws)
            self._draws[look] = tuple(dict.fromkeys(draws)) if only else None
        draws = self._draws[look]
        return draws is not None and all(draw.is_same(old, new) for draw in draws)

    def decide(self, look: Look, old: Visit, new: Visit) -> Sequence[Outcome]:
        """What both decide of the slots that may differ."""
        both = look.both if self._whole else tuple(self._unguarded(look, old, new))
        found: list[Outcome] = []
        if not (both or look.gone or look.come):
            return found
        held = self._plan.held(old)
        held_now = self._plan.held_now(new) if self._whole else held  # a visitor of whom both know the same is held out by both, or by none
        slots = self._plan.slots
        if both:
            ours, theirs, twins = self._numbered(both, old is new)
            before = self._old.decide(old, ours, held)
            after = iter(self._new.decide(new, theirs, held_now) if theirs else ())
            for number, one, same in zip(both, before, twins):
                found.append((number, one, next(after) if same is None else same.new(one)))
        if look.gone:
            found += ((number, one, None) for number, one in zip(look.gone, self._old.decide(old, [slots[number].old for number in look.gone], held)))
        if look.come:
            found += ((number, None, one) for number, one in zip(look.come, self._new.decide(new, [slots[number].new for number in look.come], held_now)))
        return found

    def _numbered(self, both: tuple[int, ...], is_one: bool) -> _Numbers:
        """Pairs of slots by the numbers of each bundle, of the new one those that have to be decided too; and the twins of the others.

        Args:
            is_one: whether both bundles make the same visit.
        """
        found = self._numbers.get((both, is_one))
        if found is None:
            twins = tuple(self._twins.get(number) if is_one else None for number in both)
            pairs = [self._plan.slots[number] for number in both]
            theirs = tuple(pair.new for pair, same in zip(pairs, twins) if same is None)
            found = self._numbers[both, is_one] = (tuple(pair.old for pair in pairs), theirs, twins)
        return found

    def _unguarded(self, look: Look, old: Visit, new: Visit) -> Sequence[int]:
        """Without the slots that show the same by their guard."""
        found = self._guards.get(look)
        if found is None:
            found = self._guards[look] = self._guarded(look)
        guards, index, index_now = found
        if not guards:
            return look.both
        if self._plan.held(old):  # what has a guard has the same default
            return [number for number in look.both if number not in guards or self._plan.old.slots[self._plan.slots[number].old].always]
        met, met_now = alive(index, old.values), alive(index_now, new.values)
        return [number for number in look.both if number not in guards or not _is_same(guards[number], met, met_now, old, new)]

    def _guarded(self, look: Look) -> tuple[Mapping[int, Guard], Index, Index]:
        """The guards that are worth asking, and what tells in each bundle whether their rules are met."""
        guards = {number: self._plan.guards[number] for number in look.both if number in self._plan.guards}
        if len(guards) < len(look.both):  # the others need a look anyway
            guards = {number: guard for number, guard in guards.items() if number not in self._twins}
        old = new = 0
        for number, guard in guards.items():
            old |= guard.old
            new |= 0 if number in self._twins else guard.new  # a twin's rules are met by the same visitors
            for _, mask, mask_now in guard.draws:
                old |= max(mask, 0)
                new |= max(mask_now, 0)
        return guards, trimmed(self._plan.old.index, old), trimmed(self._plan.new.index, new)


def _is_same(guard: Guard, met: int, met_now: int, old: Visit, new: Visit) -> bool:
    if met & guard.old or met_now & guard.new:
        return False
    for draw, mask, mask_now in guard.draws:
        if (mask < 0 or met & mask or met_now & mask_now) and not draw.is_same(old, new):
            return False
    return True


_Numbers = tuple[tuple[int, ...], tuple[int, ...], tuple[Twin | None, ...]]


class _Tally:
    """What is counted, visitor by visitor."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.old, self.new = plan.old, plan.new
        self.decided = {whole: _Decided(plan, whole) for whole in (False, True)}
        self.membership, self.rebucketing = Membership(plan), Rebucketing(plan)
        self.judges = [judge(plan.old_forms, plan.new_forms, pair) if pair.old is not None and pair.new is not None else None for pair in plan.slots]
        self.visitors = self.changed = 0
        self.everywhere = 0  # visitors who are on all pages
        self.slots = [0] * len(plan.slots)
        self.pages = [_Pages() for _ in plan.pages]
        self.numbers = {name: number for number, pair in enumerate(plan.pages) for name in (pair.new, pair.old) if name is not None}
        self.nowhere = len(plan.pages) - 1
        self.countries: Counter[tuple[str | None, bool]] = Counter()
        self.patterns: dict[tuple, Seen] = {}
        self.turns: Counter[tuple[int, str, str]] = Counter()

    def add(self, visitor: Visitor) -> None:
        """Count one visitor."""
        plan, old, new = self.plan, visitor.old, visitor.new
        whole = not plan.agree(old, new)
        slots = pages = 0  # what differs, as masks
        if visitor.everywhere and visitor.view is not None:
            for number, look in plan.tour(whole):
                if self.decided[whole].spares(look, old, new):
                    continue
                pair = plan.pages[number]
                before, after = (old, new) if pair.old == pair.new == visitor.page else visitor.view(pair.old, pair.new)
                slots, pages = self._look(number, look, before, after, whole, slots, pages)
            self.everywhere += 1
        else:
            number = self.nowhere if visitor.page is None else self.numbers.get(visitor.page, self.nowhere)
            slots, pages = self._look(number, plan.on_page(number, whole, visitor.only), old, new, whole, slots, pages)
            pages &= 1 << number
            self.pages[number].visitors += 1
        self.visitors += 1
        if slots:
            self.changed += 1
            for number in _bits(slots):
                self.slots[number] += 1
            for number in _bits(pages):
                self.pages[number].changed += 1
        country = old.values.get("request.country") or new.values.get("request.country")
        self.countries[country if isinstance(country, str) else None, bool(slots)] += 1
        self.membership.add(old, new, bool(slots))
        if self.rebucketing.matters:
            self.rebucketing.add(old, new)

    def _look(self, page: int, look: Look, old: Visit, new: Visit, whole: bool, slots: int, pages: int) -> tuple[int, int]:
        """The masks of what differs, with the slots of this page added."""
        for number, before, after in self.decided[whole].decide(look, old, new):
            if before is None or after is None:
                text = shown(self.new, new, after) if before is None else shown(self.old, old, before)
                differs = text is not None
            else:
                differs = self.judges[number](old, new, before, after)
            if differs:
                pages |= self.plan.spread(number, page)
                if not slots >> number & 1:
                    slots |= 1 << number
                    self._note(number, page, old, new, before, after)
        return slots, pages

    def _note(self, number: int, page: int, old: Visit, new: Visit, before: Decision | None, after: Decision | None) -> None:
        """Remember how a slot differs, and of each way the first visitor."""
        key = (number, _way(before), _way(after))
        seen = self.patterns.get(key)
        if seen is not None:
            seen.visitors += 1
        elif len(self.patterns) < MOST_PATTERNS:
            self.patterns[key] = Seen(number, page, old, new, before, after)
        self.turns[number, _variant(self.old, before), _variant(self.new, after)] += 1

    # --- the report -----------------------------------------------------------------------------------------------------------

    def report(self, sample: str, examples: int, ids: bool) -> Report:
        plan = self.plan
        return Report(
            old=plan.old.name,
            new=plan.new.name,
            site=plan.new.site,
            sample=sample,
            visitors=self.visitors,
            changed=self.changed,
            changes=tuple(changes(plan)),
            slots=tuple(self._slot(number) for number in range(len(plan.slots))),
            pages=tuple(self._page(number) for number in range(len(plan.pages)) if self.pages[number].visitors or self.everywhere and self._is_used(number)),
            countries=_shares(self.countries),
            segments=self.membership.shares(),
            experiments=self.rebucketing.assignments(),
            examples=picked.examples(plan, list(self.patterns.values()), examples, ids),
        )

    def _slot(self, number: int) -> SlotShare:
        was, *now = self.plan.names(number)
        found = sorted(((many, before, after) for (slot, before, after), many in self.turns.items() if slot == number), key=lambda row: (-row[0], row[1:]))
        turns = tuple(Turn(before, after, many) for many, before, after in found)
        proved = number not in self.plan.open and not self.slots[number]
        return SlotShare(now[0] if now else was, was if now else None, self.visitors, self.slots[number], proved, turns)

    def _is_used(self, page: int) -> bool:
        """Whether it is a page, or a slot stands on none."""
        return page != self.nowhere or any(page in self.plan.standing(slot) for slot in range(len(self.slots)))

    def _page(self, number: int) -> Share:
        pair, told = self.plan.pages[number], self.pages[number]
        name = pair.new or pair.old or ELSEWHERE
        return Share(name, told.visitors + self.everywhere, told.changed)


def _way(decision: Decision | None) -> tuple | None:
    """Decisions that differ in the same way for one visitor as for another."""
    return None if decision is None else (decision.variant, decision.why, decision.rule, decision.experiment, decision.arm)


def _variant(bundle: Bundle, decision: Decision | None) -> str:
    return "none" if decision is None else variant_name(bundle, decision)


def _bits(mask: int) -> Iterable[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _shares(counts: Mapping[tuple[str | None, bool], int]) -> tuple[Share, ...]:
    """By name, the largest groups first; none where only the unknown is there."""
    names = {name for name, _ in counts} - {None}
    found = [Share(str(name), counts[name, False] + counts[name, True], counts[name, True]) for name in names]
    return tuple(sorted(found, key=lambda share: (-share.visitors, share.name)))
