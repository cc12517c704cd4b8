"""What has to be looked at to tell two bundles apart for a visitor: the slots that are not proved to show the same, and on which pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from compiler.diff import matching
from compiler.diff.draws import Draw
from compiler.diff.forms import UNITS, Forms
from compiler.diff.held import Held
from compiler.diff.matching import Pair
from tessera.resolved import Bundle
from tessera.types import Visit

NOWHERE = Pair(None, None)  # the page of flags and of the slots of channels
ALWAYS_READ = ("request.bot", *UNITS)


class Look(NamedTuple):
    """Slots to decide together, as numbers of pairs: those that stand in both bundles, in the old one alone, in the new one alone."""

    both: tuple[int, ...]
    gone: tuple[int, ...] = ()
    come: tuple[int, ...] = ()


class Guard(NamedTuple):
    """When a slot that is another shows the same to somebody of whom both bundles know the same: they meet none of the rules that are
    others (masks of conjunctions), and are drawn for the same arms by those that they meet (masks again, -1: the slot's own test)."""

    old: int
    new: int
    draws: tuple[tuple[Draw, int, int], ...]


class Plan:
    """The comparison of two bundles before any visitor is looked at.

    Attributes:
        slots: pairs of numbers of slots. open: the numbers of those pairs that are not proved alike.
        pages: pairs of names of pages; None in both for flags and channels.
        held, held_now: who is held out of all by the old bundle, and by the new one.
        guards: of those the ones of which rules or draws alone are others.
        reads: the attributes by which slots that are alike, or have a guard, decide.
    """

    def __init__(self, old: Bundle, new: Bundle) -> None:
        self.old, self.new = old, new
        self.old_forms, self.new_forms = Forms(old), Forms(new)
        self._draws: dict[tuple[int, int], Draw] = {}
        self.held, self.held_now = Held(old), Held(new)
        self.slots = matching.slots(old, new)
        self.pages = [*matching.pages(old, new), NOWHERE]
        self.proves = all(pair.old == pair.new for pair in self.pages if pair.old is not None and pair.new is not None)
        self.open = frozenset(number for number, pair in enumerate(self.slots) if not (self.proves and self._is_alike(pair)))
        self.guards = {number: guard for number in sorted(self.open) if (guard := self._guard(number)) is not None}
        trusted = [pair for number, pair in enumerate(self.slots) if number not in self.open or number in self.guards]
        self.reads = tuple(sorted(frozenset(ALWAYS_READ).union(*(self.old_forms.slot(pair.old).reads & self.new_forms.slot(pair.new).reads for pair in trusted))))
        self._looks: dict[Any, Look] = {}
        self._spreads: dict[tuple[int, int], int] = {}
        self._tours: dict[bool, tuple[tuple[int, Look], ...]] = {}

    def _is_alike(self, pair: Pair) -> bool:
        if pair.old is None or pair.new is None:
            return False
        return self._place(self.old, pair.old) == self._place(self.new, pair.new) and self.old_forms.slot(pair.old).own == self.new_forms.slot(pair.new).own

    def _place(self, bundle: Bundle, slot: int) -> tuple:
        found = bundle.slots[slot]
        return (found.pages, found.selector, found.operation)

    def _guard(self, number: int) -> Guard | None:
        """The guard of a slot; None where more than rules and draws is another."""
        pair = self.slots[number]
        if not self.proves or pair.old is None or pair.new is None or self._place(self.old, pair.old) != self._place(self.new, pair.new):
            return None
        ours, theirs = self.old_forms.slot(pair.old), self.new_forms.slot(pair.new)
        if ours.frame is None or theirs.frame is None or _undrawn_frame(ours.frame) != _undrawn_frame(theirs.frame):
            return None
        draws = []
        if ours.frame != theirs.frame:
            draws.append((self.draw(self.old.slots[pair.old].test.experiment, self.new.slots[pair.new].test.experiment), -1, -1))
        before, after = ({rule: undrawn(form) for rule, form in side.rules} for side in (ours, theirs))
        kept = set(_common(before.values(), after.values()))
        if [form for form in before.values() if form in kept] != [form for form in after.values() if form in kept]:
            return None
        forms = dict(ours.rules), dict(theirs.rules)
        places = {form: rule for rule, form in before.items() if form in kept}
        for rule, form in after.items():
            if form in kept and forms[0][places[form]] != forms[1][rule]:
                old, new = self.old.rules[places[form]], self.new.rules[rule]
                draws.append((self.draw(old.action.experiment, new.action.experiment), old.mask, new.mask))
        masks = [sum(bundle.rules[rule].mask for rule, form in rules.items() if form not in kept) for bundle, rules in ((self.old, before), (self.new, after))]
        return Guard(masks[0], masks[1], tuple(draws))

    def draw(self, old: int, new: int) -> Draw:
        """How experiments of both bundles draw, by their numbers; one for each pair."""
        if (old, new) not in self._draws:
            self._draws[old, new] = Draw(self.old.experiments[old], self.new.experiments[new])
        return self._draws[old, new]

    @cached_property
    def shares_visits(self) -> bool:
        """Whether both bundles make the same visit of whatever is known."""
        return _inputs(self.old_forms) == _inputs(self.new_forms)

    def agree(self, old: Visit, new: Visit) -> bool:
        """Whether slots that are alike show the same in these two visits."""
        if old.forced or new.forced:  # by names, which may have changed
            return False
        if old is not new:
            if (old.purposes, old.units, old.at, old.offset, old.seen, old.sticky, old.most) != (new.purposes, new.units, new.at, new.offset, new.seen, new.sticky, new.most):
                return False
            if any(old.values.get(name) != new.values.get(name) for name in self.reads):
                return False
        return self.old.holdout == self.new.holdout or self.held(old) == self.held_now(new)

    # --- where to look ------------------------------------------------------------------------------------------------------

    def tour(self, whole: bool) -> tuple[tuple[int, Look], ...]:
        """(number of a page pair, what to look at there) for a visitor who is on all pages: of pages that are alike to a slot one.

        Args:
            whole: all slots, not only those that are open.
        """
        if whole not in self._tours:
            self._tours[whole] = tuple(self._tour(range(len(self.slots)) if whole else sorted(self.open)))
        return self._tours[whole]

    def _tour(self, wanted: Sequence[int]) -> list[tuple[int, Look]]:
        pages: dict[int, set[int]] = {}
        groups = [(number, group) for number in wanted for group in self.groups(number)]
        for number, group in sorted(groups, key=lambda one: (len(one[1]), one)):
            pages.setdefault(next((page for page in group if page in pages), group[0]), set()).add(number)
        return [(page, self._look(page, frozenset(pages[page]))) for page in sorted(pages)]

    def groups(self, number: int) -> list[tuple[int, ...]]:
        """The pages that a slot of either bundle stands on, those together on which it shows the same."""
        found: dict[Any, list[int]] = {}
        for page in self.standing(number):
            found.setdefault(self._kind(number, page), []).append(page)
        return [tuple(pages) for pages in found.values()]

    def _kind(self, number: int, page: int) -> Any:
        """What is the same for pages on which a slot shows the same."""
        pair, told = self.slots[number], self.pages[page]
        sides = []
        for bundle, forms, slot, name in ((self.old, self.old_forms, pair.old, told.old), (self.new, self.new_forms, pair.new, told.new)):
            if slot is None or not self._is_on(bundle, slot, name, told):
                sides.append(None)
                continue
            asked = forms.slot(slot).pages
            sides.append((page,) if asked is None else (name if name in asked else None, "stands"))
        return tuple(sides)

    def spread(self, number: int, page: int) -> int:
        """The mask of the pages on which a slot shows what it shows on this one."""
        key = (number, page)
        if key not in self._spreads:
            group = next((group for group in self.groups(number) if page in group), (page,))
            self._spreads[key] = sum(1 << one for one in group)
        return self._spreads[key]

    def on_page(self, page: int, whole: bool, only: frozenset[str] | None = None) -> Look:
        """What to look at for somebody who is on one page; of no page all slots, or those named (by the old names or the new)."""
        key = (page, whole, only)
        if key not in self._looks:
            nowhere = self.pages[page] == NOWHERE
            numbers = [number for number in range(len(self.slots)) if whole or number in self.open]
            if only is not None:
                numbers = [number for number in numbers if not only.isdisjoint(self.names(number))]
            elif not nowhere:
                numbers = [number for number in numbers if page in self.standing(number)]
            self._looks[key] = self._look(page, frozenset(numbers), everywhere=nowhere)
        return self._looks[key]

    def _look(self, page: int, numbers: frozenset[int], everywhere: bool = False) -> Look:
        told = self.pages[page]
        both, gone, come = [], [], []
        for number in sorted(numbers):
            pair = self.slots[number]
            old = pair.old is not None and (everywhere or stands(self.old, pair.old, told.old))
            new = pair.new is not None and (everywhere or stands(self.new, pair.new, told.new))
            if old or new:
                (both if old and new else gone if old else come).append(number)
        return Look(tuple(both), tuple(gone), tuple(come))

    def names(self, number: int) -> tuple[str, ...]:
        """What a pair of slots is called, the old name first where it has another."""
        pair = self.slots[number]
        return tuple(dict.fromkeys(bundle.slots[one].name for bundle, one in ((self.old, pair.old), (self.new, pair.new)) if one is not None))

    def standing(self, number: int) -> list[int]:
        """The numbers of the page pairs that a slot of either bundle stands on, that of flags and channels for those."""
        pair = self.slots[number]
        return [
            page for page, told in enumerate(self.pages)
            if (pair.old is not None and self._is_on(self.old, pair.old, told.old, told)) or (pair.new is not None and self._is_on(self.new, pair.new, told.new, told))
        ]  # fmt: skip

    def _is_on(self, bundle: Bundle, slot: int, page: str | None, told: Pair) -> bool:
        return (page is not None or told == NOWHERE) and stands(bundle, slot, page)


def undrawn(form: tuple) -> tuple:
    """The form of a rule without how its experiment draws."""
    condition, action, *rest = form
    return (condition, _undrawn_action(action), *rest)


def _undrawn_action(action: Any) -> Any:
    return (action[0], action[1], None, *action[3:]) if action is not None and action[0] == "test" else action


def _undrawn_frame(frame: tuple) -> tuple:
    channel, always, default, test = frame
    return (channel, always, default, _undrawn_action(test))


def _common(old: Iterable[Any], new: Iterable[Any]) -> Iterator[Any]:
    """The forms that occur once in each."""
    ours, theirs = Counter(old), Counter(new)
    return (form for form in ours if ours[form] == 1 == theirs.get(form))


def stands(bundle: Bundle, slot: int, page: str | None) -> bool:
    """Whether a slot stands on a page; a flag or a channel's slot on None."""
    pages = bundle.slots[slot].pages
    return page in pages if pages else page is None


def _inputs(forms: Forms) -> tuple:
    """All that makes a visit of what is known of somebody."""
    bundle = forms.bundle
    attributes = tuple(sorted(((a.name, a.type, a.purpose, a.keep, a.source, repr(a.default), tuple(sorted(a.values))) for a in bundle.reads), key=lambda row: row[0]))
    predicted = tuple((one.attribute, forms.predicted(one.attribute) or object(), one.pages, one.features) for one in bundle.propensities)
    places = tuple((name, forms.tree(when), allowed, gpc) for name, when, allowed, gpc in bundle.jurisdictions)
    markets = tuple((name, forms.tree(when)) for name, when in bundle.markets.rows) if bundle.markets else ()
    return (attributes, predicted, markets, places, bundle.purposes, bundle.lookups, bundle.cookieless, bundle.pages, {a.name: a.type for a in bundle.attributes.values()})


