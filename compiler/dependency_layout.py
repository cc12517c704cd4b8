"""A layered graph → where its boxes and lines lie: columns from left to right, few crossings, no box over another or over a line.

Lines to one thing run together: what needs a thing some columns away joins one trunk, which passes the columns between in rows of
its own. The order within the columns is found by barycentres (Sugiyama, Tagawa, Toda 1981), heights by isotonic regression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEIGHT, GAP, TRUNK = 20.0, 6.0, 5.0  # of a box; between boxes; of a trunk's row
CHARACTER, PADDING, BETWEEN = 6.7, 9.0, 110.0  # width of one at 11 px; within a box, each side; between columns
SWEEPS, SETTLING = 12, 12

Key = tuple[str, int]  # a thing and a column: its own, or one that its trunk passes


@dataclass(frozen=True, slots=True)
class Box:
    """A thing's box; `x` is its left side, `y` its middle."""

    id: str
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line from a point to one further right, of the things on its way to `target`; `back`: what needs it stands left of it."""

    target: str
    start: tuple[float, float]
    end: tuple[float, float]
    back: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes, lines, the left side of each column, and the whole size."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    columns: tuple[float, ...]
    width: float
    height: float


def layout(columns: Sequence[Sequence[str]], needs: Mapping[str, Sequence[str]], labels: Mapping[str, str], fixed: Sequence[int] = (), apart: Sequence[float] = ()) -> Layout:
    """Lay out a graph.

    Args:
        columns: the ids of each, from the left, in a first order; none is empty. fixed: the columns whose order stays.
        needs: id → the ids that it needs, in whichever columns. labels: what is written in the boxes.
        apart: how far each column must be from the next at least, for what is written above it.
    """
    column_of = {id_: at for at, ids in enumerate(columns) for id_ in ids}
    joints = _joints(column_of, needs)
    rows = _ordered(columns, joints, fixed, column_of)
    heights = _heights(rows, joints, column_of)
    widths = [max((len(labels[id_]) * CHARACTER + 2 * PADDING for id_ in ids), default=0.0) for ids in columns]
    steps = [max(width + BETWEEN, least) for width, least in zip(widths, apart or [0.0] * len(columns))]
    lefts = [sum(steps[:at]) for at in range(len(columns))]
    boxes = tuple(Box(id_, lefts[at], heights[id_, at], widths[at]) for at, row in enumerate(rows) for id_, _ in row if column_of[id_] == at)
    lines = [Line(one[0], (lefts[one[1]] + widths[one[1]], heights[one]), (lefts[other[1]], heights[other]), back) for one, other, back in joints if one[1] != other[1]]
    lines += [Line(id_, (lefts[at], y), (lefts[at] + widths[at], y)) for (id_, at), y in heights.items() if column_of[id_] != at]
    lines += [Line(one[0], (lefts[one[1]], heights[one]), (lefts[other[1]], heights[other])) for one, other, _ in joints if one[1] == other[1]]
    bottom = max((y for y in heights.values()), default=0.0) + HEIGHT
    return Layout(boxes, tuple(dict.fromkeys(lines)), tuple(lefts), (lefts[-1] + widths[-1]) if lefts else 0.0, bottom)


def _joints(column_of: Mapping[str, int], needs: Mapping[str, Sequence[str]]) -> list[tuple[Key, Key, bool]]:
    """(what is on the left, what is on the right, whether that is the needed one) of all lines between neighbouring columns, and within one."""
    found: dict[tuple[Key, Key, bool], None] = {}
    for one, others in needs.items():
        for other in others:
            at, target = column_of[one], column_of[other]
            if target <= at:
                before: Key = (other, target)
                for column in range(target + 1, at):  # the trunk of what is needed
                    found[before, (other, column), False] = None
                    before = (other, column)
                found[before, (one, at), False] = None
            else:
                found[(one, at), (other, target), True] = None  # straight: there are few of these, and no column lies between
    return list(found)


def _ordered(columns: Sequence[Sequence[str]], joints: Sequence[tuple[Key, Key, bool]], fixed: Sequence[int], column_of: Mapping[str, int]) -> list[list[Key]]:
    """The rows of each column, trunks among them, in an order with few crossings."""
    rows: list[list[Key]] = [[(id_, at) for id_ in ids] for at, ids in enumerate(columns)]
    for key in dict.fromkeys(key for one, other, _ in joints for key in (one, other)):
        if column_of[key[0]] != key[1]:
            rows[key[1]].append(key)
    right, left = _neighbours(joints)
    for sweep in range(SWEEPS):
        order = range(len(rows) - 2, -1, -1) if sweep % 2 == 0 else range(1, len(rows))
        beside = right if sweep % 2 == 0 else left
        for at in order:
            if at not in fixed or any(column_of[id_] != at for id_, _ in rows[at]):
                rows[at] = _by_barycentre(rows[at], beside, rows, at in fixed, column_of)
    return rows


def _by_barycentre(row: list[Key], beside: Mapping[Key, Sequence[Key]], rows: Sequence[Sequence[Key]], keep: bool, column_of: Mapping[str, int]) -> list[Key]:
    """A column in the order of its neighbours; with `keep` trunks alone move, between boxes that stay in order."""
    place = {key: (number + 0.5) / len(column) for column in rows for number, key in enumerate(column)}
    wanted = {key: sum(place[other] for other in beside[key]) / len(beside[key]) if beside.get(key) else place[key] for key in row}
    if not keep:
        return sorted(row, key=lambda key: wanted[key])
    boxes = [key for key in row if column_of[key[0]] == key[1]]
    slots = {key: (number + 0.5) / len(boxes) for number, key in enumerate(boxes)}
    return sorted(row, key=lambda key: slots.get(key, wanted[key]))


def _neighbours(joints: Sequence[tuple[Key, Key, bool]]) -> tuple[dict[Key, list[Key]], dict[Key, list[Key]]]:
    right: dict[Key, list[Key]] = {}
    left: dict[Key, list[Key]] = {}
    for one, other, _ in joints:
        if one[1] != other[1]:
            right.setdefault(one, []).append(other)
            left.setdefault(other, []).append(one)
    return right, left


def _heights(rows: Sequence[Sequence[Key]], joints: Sequence[tuple[Key, Key, bool]], column_of: Mapping[str, int]) -> dict[Key, float]:
    """The middle of each row: near its neighbours', none over another."""
    right, left = _neighbours(joints)
    heights: dict[Key, float] = {}
    for row in rows:
        _settle(row, {key: 0.0 for key in row}, heights, column_of)
    tallest = max((heights[row[-1]] for row in rows if row), default=0.0)
    for row in rows:
        spare = (tallest - heights[row[-1]]) / 2 if row else 0.0
        heights |= {key: heights[key] + spare for key in row}
    for turn in range(SETTLING):
        for row in rows if turn % 2 else rows[::-1]:
            wanted = {}
            for key in row:
                beside = [*right.get(key, ()), *left.get(key, ())]
                wanted[key] = sum(heights[other] for other in beside) / len(beside) if beside else heights[key]
            _settle(row, wanted, heights, column_of)
    top = min(heights.values(), default=0.0) - HEIGHT / 2
    return {key: y - top for key, y in heights.items()}


def _settle(row: Sequence[Key], wanted: Mapping[Key, float], heights: dict[Key, float], column_of: Mapping[str, int]) -> None:
    """Put the rows of a column as near to where they want to be as their order and sizes let them (least squares)."""
    offsets, offset, before = [], 0.0, 0.0
    for key in row:
        half = HEIGHT / 2 if column_of[key[0]] == key[1] else TRUNK / 2
        offset += before + half + GAP if before else 0.0
        offsets.append(offset)
        before = half
    pools: list[list[float]] = []  # (sum of wishes, how many): those that would overlap share their mean
    for key, own in zip(row, offsets):
        pools.append([wanted[key] - own, 1.0])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    shifts = [pool[0] / pool[1] for pool in pools for _ in range(int(pool[1]))]
    heights |= {key: own + shift for key, own, shift in zip(row, offsets, shifts)}
