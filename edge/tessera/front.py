"""The front rows of a large site: the first rules of each slot, masked apart, because one of them nearly always decides.

An AND of masks costs what they are long. Of a slot with a thousand rules the first that holds mostly stands among the first
hundred, so a large site is matched against those alone, and against all its rules only where that leaves a slot open.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence

from tessera.match import Index, Postings, build
from tessera.outcomes import Outcomes

LARGE = 4096  # conjunctions from which on a site has front rows
DEPTH = 128  # conjunctions of each slot that stand in them


class Front(NamedTuple):
    """The masks of the front rows, and what is interned of them; `place`: conjunction of the site → conjunction here."""

    index: Index
    outcomes: Outcomes
    place: Mapping[int, int]


def front(postings: Postings, masks: Sequence[int], lists: Mapping[str, frozenset], large: int = LARGE, depth: int = DEPTH) -> Front | None:
    """The front rows of a site, None for one that is not large.

    Args:
        masks: slot → the mask of its rules and of its default, side by side and without a gap.
    """
    if postings.conjunctions < large:
        return None
    chosen: list[int] = []
    ranges = []
    for mask in reversed(masks):  # the last slot has the lowest conjunctions
        end, start = mask.bit_length(), (mask & -mask).bit_length() - 1
        first = len(chosen)
        chosen += range(max(start, end - depth), end)
        ranges.append((1 << len(chosen)) - (1 << first))
    place = {number: i for i, number in enumerate(chosen)}
    return Front(build(postings.some(place), lists), Outcomes(len(chosen), ranges[::-1]), place)
