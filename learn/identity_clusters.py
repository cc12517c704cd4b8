"""Links → groups of ids, names for them, and how they compare with the truth. Pure; the same links give the same groups."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

EXACT = "exact"
PROBABLE = "probable"
ALONE = "alone"


class Link(NamedTuple):
    """Two ids (by number) that are one person, with this probability (0–1); `exact` where an identifier says so, `sure` where
    nothing else can speak against it."""

    left: int
    right: int
    probability: float
    exact: bool
    sure: bool


class Member(NamedTuple):
    """Of one id: its group (the group's smallest member), how sure its best link in the group is, and of which sort it is."""

    group: int
    probability: float | None
    how: str


class Name(NamedTuple):
    """What a group is called; `own` where the files call it so."""

    text: str
    own: bool


class Measure(NamedTuple):
    """Pairs of ids: how many are true, how many were said, how many of these are true."""

    true: int
    said: int
    both: int

    @property
    def precision(self) -> float:
        return self.both / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        return self.both / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.both / (self.true + self.said) if self.true + self.said else 1.0


class Forest:
    """Ids 0 … count-1 in groups; the smallest id is the root of its group."""

    def __init__(self, count: int) -> None:
        self.parent = list(range(count))
        self.size = [1] * count

    def root(self, of: int) -> int:
        while self.parent[of] != of:
            self.parent[of] = self.parent[self.parent[of]]
            of = self.parent[of]
        return of

    def join(self, left: int, right: int) -> None:
        """Join two roots, of which `left` is the smaller."""
        self.parent[right] = left
        self.size[left] += self.size[right]


def components(count: int, links: Iterable[Link], threshold: float) -> list[int]:
    """What all links from the threshold on lead together, as the root of each id."""
    forest = Forest(count)
    for link in links:
        left, right = sorted((forest.root(link.left), forest.root(link.right)))
        if left != right and link.probability >= threshold:
            forest.join(left, right)
    return [forest.root(n) for n in range(count)]


def grouped(count: int, links: Iterable[Link], threshold: float, apart: Iterable[tuple[int, int]] = ()) -> list[Member]:
    """What each of the ids 0 … count-1 belongs to.

    Links are taken by falling probability, those that are sure first. One that would join two groups must be the surer the larger
    the smaller of them is: with n ids in it, at least 1 − (1 − threshold) / n. So a join puts fewer than 1 − threshold ids into a
    wrong group, as far as can be expected, and one doubtful link cannot make one person of two that are well known. Between single
    ids it is the threshold. Groups that hold the two ids of a pair in `apart` are not joined, unless the link is sure.
    """
    ordered = sorted(links, key=lambda link: (not link.sure, -link.probability, not link.exact, link.left, link.right))
    forest = Forest(count)
    against: dict[int, set[int]] = defaultdict(set)  # root → roots that it must not join
    for one, other in apart:
        against[one].add(other)
        against[other].add(one)
    for link in ordered:
        left, right = sorted((forest.root(link.left), forest.root(link.right)))
        enough = 1 - (1 - threshold) / min(forest.size[left], forest.size[right])
        if left == right or (not link.sure and (link.probability < enough or right in against[left])):
            continue
        forest.join(left, right)
        for other in against.pop(right, ()):
            against[other].discard(right)
            if other != left:
                against[other].add(left)
                against[left].add(other)
    root = forest.root
    members = [Member(root(n), None, ALONE) for n in range(count)]
    for link in ordered:
        if members[link.left].group == members[link.right].group:
            for end in (link.left, link.right):
                held = members[end]
                how = EXACT if link.exact or held.how == EXACT else PROBABLE
                members[end] = Member(held.group, max(link.probability, held.probability or 0.0), how)
    return members


def group_name(key: str) -> str:
    """The name of a group by the key of its smallest member: 64 bits of SHA-256, so that nobody's own id is told on."""
    return "p_" + hashlib.sha256(key.encode("utf-8")).hexdigest()[:16]


def group_names(members: Sequence[Member], keys: Sequence[str], accounts: Sequence[Sequence[str]]) -> dict[int, Name]:
    """Group → name: the smallest account that only this group has, as the site names the person; otherwise `group_name`."""
    owners: dict[str, set[int]] = defaultdict(set)
    for member, known in zip(members, accounts):
        for account in known:
            owners[account].add(member.group)
    names = {group: Name(group_name(keys[group]), False) for group in {member.group for member in members}}
    for account in sorted(owners, reverse=True):
        if len(owners[account]) == 1:
            names[next(iter(owners[account]))] = Name(account, True)
    return names


def measured(groups: Sequence[Hashable], truth: Sequence[Hashable], files: Sequence[Hashable] | None = None) -> Measure:
    """Compare by pairs, over the ids whose truth is known (not None). With `files` only pairs of two different files count."""
    known = [n for n, true in enumerate(truth) if true is not None]

    def pairs(*of: Sequence[Hashable]) -> int:
        def within(rows: Iterable[Hashable]) -> int:
            return sum(n * (n - 1) // 2 for n in Counter(rows).values())

        rows = [tuple(column[n] for column in of) for n in known]
        return within(rows) - (within((row, files[n]) for row, n in zip(rows, known)) if files else 0)

    return Measure(pairs(truth), pairs(groups), pairs(truth, groups))
