"""Which arm a bucket belongs to: disjoint ranges over [0, whole), looked up by bisection."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple, Sequence


class Allocation(NamedTuple):
    """Range i is [starts[i], ends[i]) and belongs to arms[i]; sorted by start.

    `propensities`: arm → the share of the buckets that belong to any arm.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    arms: tuple[int, ...]
    propensities: tuple[float, ...]


def by_weight(weights: Sequence[int], whole: int, share: tuple[int, int] = (1, 1)) -> Allocation:
    """Arms side by side in proportion to their weights, each with `share` (parts, of) of its stretch.

    Arm i owns a stretch that starts at ⌊whole·before/total⌋, where the cumulated weights before it end, and ends at
    ⌊whole·(before·of + weight·parts)/(total·of)⌋. So widening the share enrols more units and moves nobody.
    """
    total, before = sum(weights), 0
    parts, of = share
    ranges = []
    for weight in weights:
        ranges.append([(whole * before // total, whole * (before * of + weight * parts) // (total * of))])
        before += weight
    return by_ranges(ranges, [weight / total for weight in weights])


def by_ranges(ranges: Sequence[Sequence[tuple[int, int]]], propensities: Sequence[float] | None = None) -> Allocation:
    """Arms by explicit ranges, none of which overlaps another."""
    flat = sorted((start, end, arm) for arm, own in enumerate(ranges) for start, end in own if start < end)
    if propensities is None:
        widths = [sum(end - start for start, end in own) for own in ranges]
        propensities = [width / (sum(widths) or 1) for width in widths]
    starts, ends, arms = zip(*flat) if flat else ((), (), ())
    return Allocation(starts, ends, arms, tuple(propensities))


def arm_at(allocation: Allocation, bucket: int) -> int:
    """The arm that a bucket belongs to, -1 where none does."""
    i = bisect_right(allocation.starts, bucket) - 1
    return allocation.arms[i] if i >= 0 and bucket < allocation.ends[i] else -1
