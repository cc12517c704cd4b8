"""Slots as places in pages: what selectors and operations tell before any page is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

from compiler.operations import ATTRIBUTES, misplaced

_TAKING = ("replace", "remove")  # the element itself goes
_FILLING = ("inner", "text")  # what stands in it goes
_BESIDE = ("before", "after")


def elements(selector: str) -> tuple[str | None, ...]:
    """The type of element that each alternative of a valid selector names; None where it may be any."""
    return tuple(_type(tree) for tree in _trees(selector))


def wrong(selector: str, do: str) -> tuple[str, str] | None:
    """Why an operation never works at a valid selector (message, fix), if that is certain."""
    found = (misplaced(do, element) for element in elements(selector) if element is not None)
    return next(filter(None, found), None)


def overlapping(slots: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any, str]]:
    """Pairs of slots that are in each other's way on some page: (the one to report, the other, why, with {} for the other's name).

    Args:
        slots: (whatever stands for the slot, its `place`), places with valid selectors.
    """
    read = [(slot, place, [repr(tree) for tree in _trees(place.selector)], [set(_around(tree)) for tree in _trees(place.selector)]) for slot, place in slots]
    for (one, place, own, around), (other, there, others, beyond) in combinations(read, 2):
        if not set(place.page) & set(there.page):
            continue
        if set(own) & set(others):
            why = _same(place.do, there.do)
            if why:
                yield other, one, why
        elif there.do in (*_TAKING, *_FILLING) and any(outer in names for names in around for outer in others):
            yield one, other, f"lies in what '{{}}' takes away by `do: {there.do}`"
        elif place.do in (*_TAKING, *_FILLING) and any(outer in names for names in beyond for outer in own):
            yield other, one, f"lies in what '{{}}' takes away by `do: {place.do}`"


def _same(do: str, other: str) -> str:
    """Why two operations on one element cannot both be done; "" where they can."""
    if do in _TAKING and other not in _BESIDE or other in _TAKING and do not in _BESIDE:
        return "and '{}' have the same element, which one of them takes away"
    if do in _FILLING and other in _FILLING:
        return "and '{}' fill the same element"
    return f"and '{{}}' set the same {do} of one element" if do == other and do in ATTRIBUTES else ""


def _trees(selector: str) -> list[Any]:
    from cssselect import parser

    return [one.parsed_tree for one in parser.parse(selector)]


def _type(tree: Any) -> str | None:
    """The type of element that a selector's last part names."""
    while type(tree).__name__ != "Element":
        tree = tree.subselector if type(tree).__name__ == "CombinedSelector" else tree.selector
    return tree.element.lower() if tree.element else None


def _around(tree: Any) -> Iterator[str]:
    """The selectors of the elements that a selector says its own lies in."""
    while type(tree).__name__ == "CombinedSelector":
        tree = tree.selector
        yield repr(tree)
