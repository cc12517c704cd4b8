"""Equality and order of values, and what lists and maps hold. Total over plain values; unknown (None) where CEL has an error."""

from __future__ import annotations

from typing import Any, Callable

from tessera.types import MAX_DEPTH, is_version

_ORDERED = (int, float, str, bool)
MOST = 4_096  # elements that a list, or keys that a map, may have that a condition makes


def is_number(value: Any) -> bool:
    """Whether a value is a whole number of 64 bits or a double; a bool is none."""
    return type(value) is float or type(value) is int and -(2**63) <= value < 2**63


def same(a: Any, b: Any, depth: int = MAX_DEPTH) -> bool:
    """CEL's equality: a whole number and a double as doubles, lists and maps by their parts, a bool never equals a number.

    A `list<item>`'s element is compared by its id. Values nested more deeply than MAX_DEPTH are not equal.
    """
    if type(a) is type(b) and isinstance(a, (str, int, float)):
        return a == b
    a, b = getattr(a, "id", a), getattr(b, "id", b)
    if isinstance(a, (bool, str)) or isinstance(b, (bool, str)):
        return type(a) is type(b) and a == b
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and depth > 0 and all(same(x, y, depth - 1) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return len(a) == len(b) and depth > 0 and all(has_key(b, key) and same(value, b[key], depth - 1) for key, value in a.items())
    return float(a) == float(b) if type(a) is not type(b) and is_number(a) and is_number(b) else a == b


def eq(a: Any, b: Any) -> Any:
    return None if a is None or b is None else same(a, b)


def ne(a: Any, b: Any) -> Any:
    return None if a is None or b is None else not same(a, b)


def ordered(relation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    """A relation of two numbers, two texts, two bools or two versions; unknown for anything else. Numbers of two types are compared as doubles."""

    def total(a: Any, b: Any) -> Any:
        kind = type(a)
        if kind is type(b):
            return relation(a, b) if kind in _ORDERED or is_version(a) and is_version(b) else None
        return relation(float(a), float(b)) if is_number(a) and is_number(b) else None

    return total


def within(element: Any, collection: Any) -> Any:
    """Whether a list has an element, or a map a key; unknown where the element can be no key."""
    if element is None:
        return None
    if isinstance(collection, frozenset):  # a named list, of texts
        return isinstance(element, str) and element in collection
    if isinstance(collection, dict):
        return has_key(collection, element) if isinstance(element, (str, int, float)) else None
    return any(same(element, one) for one in collection) if isinstance(collection, (tuple, list)) else None


def has_key(collection: Any, key: Any) -> bool:
    """Whether a value is a map and has a key; two-valued. A bool is no number here, though Python's dicts take it for one."""
    if not isinstance(collection, dict) or not isinstance(key, (str, int, float)) or key not in collection:
        return False
    return isinstance(key, str) or isinstance(key, bool) == isinstance(next(iter(collection)), bool)


def index(collection: Any, key: Any) -> Any:
    """The value of a map's key, or the element at a list's place (from 0); unknown where there is none."""
    if isinstance(collection, dict):
        return collection[key] if has_key(collection, key) else None
    if not isinstance(collection, (tuple, list)) or not is_number(key) or not 0 <= key < len(collection) or key != int(key):
        return None
    element = collection[int(key)]
    return getattr(element, "id", element)


def size(value: Any) -> Any:
    """The characters of a text, the elements of a list, the keys of a map."""
    return len(value) if isinstance(value, (str, tuple, list, dict, frozenset)) else None


def make_list(*elements: Any) -> Any:
    """A list; an unknown element is null in it."""
    return elements if len(elements) <= MOST else None


def known_list(*elements: Any) -> Any:
    """A list; unknown where an element is."""
    return None if None in elements else make_list(*elements)


def make_map(*parts: Any) -> Any:
    """A map of keys and values in turn.

    Unknown where a key is neither a text, a whole number nor a bool, where one stands twice, and where only some are bools.
    """
    keys = parts[::2]
    bools = sum(isinstance(key, bool) for key in keys)
    if not all(isinstance(key, (str, int)) for key in keys) or len(set(keys)) < len(keys) or len(keys) > MOST or 0 < bools < len(keys):
        return None
    return dict(zip(keys, parts[1::2]))


def map_of(entries: Any) -> Any:
    """A map of a list of keys, each with its value; unknown where one is."""
    if not isinstance(entries, tuple) or not all(isinstance(entry, tuple) and len(entry) == 2 for entry in entries):
        return None
    return make_map(*(part for entry in entries for part in entry))


def known(elements: Any) -> Any:
    """A list as it is; unknown where an element is."""
    return elements if isinstance(elements, tuple) and None not in elements else None


def places(collection: Any) -> Any:
    """The places of a list (0, 1, …), or the keys of a map."""
    return tuple(collection) if isinstance(collection, dict) else tuple(range(len(collection))) if isinstance(collection, tuple) else None


def known_map(*parts: Any) -> Any:
    """A map; unknown where a key or a value is."""
    return None if None in parts else make_map(*parts)
