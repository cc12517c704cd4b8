"""GrowthBook's conditions and bucketing as functions of plain values: packages/sdk-js of growthbook/growthbook, spec 0.8.0.

Every function is two-valued where GrowthBook's is: a missing attribute is null, and null is compared like anything else.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from tessera import assign, automaton
from tessera.dialects import urls
from tessera.dialects.function import Function
from tessera.dialects.javascript import compare, same, strictly_equal, to_number, to_text, truthy, type_of

_LINE_ENDS = "\n\r\u2028\u2029"


# --- the value of a path -----------------------------------------------------------------------------------------------


def get(value: Any, path: Any) -> Any:
    """What stands at a dotted path of objects and lists, None where nothing does."""
    for part in to_text(path).split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, (tuple, list)):
            value = _element(value, part)
        else:
            return None
    return value


def _element(values: Sequence, part: str) -> Any:
    """A list has a length, and elements by their number."""
    if part == "length":
        return len(values)
    if not (part.isascii() and part.isdigit() and len(part) < 10 and str(int(part)) == part):
        return None
    return values[int(part)] if int(part) < len(values) else None


def size(value: Any) -> int | None:
    """The number of a list's elements; None for anything else."""
    return len(value) if isinstance(value, (tuple, list)) else None


def elements(value: Any) -> tuple:
    """The elements of a list; none for anything else."""
    return tuple(value) if isinstance(value, (tuple, list)) else ()


# --- comparisons -------------------------------------------------------------------------------------------------------


def is_(value: Any, expected: Any) -> bool:
    """A condition without an operator: the value is coerced to the type of what is expected; lists and objects are compared as JSON."""
    if isinstance(expected, bool):
        return value is not None and truthy(value) is expected
    if isinstance(expected, str):
        return to_text(value) == expected
    if isinstance(expected, (int, float)):
        return to_number(value) == to_number(expected)
    return value is None if expected is None else same(value, expected)


def eq(value: Any, expected: Any) -> bool:
    return strictly_equal(value, expected)


def ne(value: Any, expected: Any) -> bool:
    return not strictly_equal(value, expected)


def lt(value: Any, expected: Any) -> bool:
    return compare(value, expected) == -1


def le(value: Any, expected: Any) -> bool:
    return compare(value, expected) in (-1, 0)


def gt(value: Any, expected: Any) -> bool:
    return compare(value, expected) == 1


def ge(value: Any, expected: Any) -> bool:
    return compare(value, expected) in (0, 1)


def type_is(value: Any, expected: Any) -> bool:
    return type_of(value) == expected


def matches(value: Any, program: Any) -> bool:
    return automaton.matches(to_text(value), program)


# --- lists -------------------------------------------------------------------------------------------------------------


def any_of(value: Any, expected: Any) -> bool:
    """Whether the value, or one element of it where it is a list, is strictly one of those expected."""
    return _intersects(value, expected, _as_is)


def any_of_ci(value: Any, expected: Any) -> bool:
    """Likewise, texts without regard to case."""
    return _intersects(value, expected, _lower)


def all_of(value: Any, expected: Any) -> bool:
    """Whether the value is a list with every one of those expected, each compared as `is` does."""
    return isinstance(value, (tuple, list)) and all(any(is_(own, one) for own in value) for one in elements(expected))


def all_of_ci(value: Any, expected: Any) -> bool:
    """Likewise, texts without regard to case."""
    return isinstance(value, (tuple, list)) and all(any(_is_ci(own, one) for own in value) for one in elements(expected))


def _is_ci(value: Any, expected: Any) -> bool:
    return to_text(value).lower() == expected.lower() if isinstance(expected, str) else is_(value, expected)


def _as_is(value: Any) -> Any:
    return value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _intersects(value: Any, expected: Any, fold: Callable[[Any], Any]) -> bool:
    wanted = [fold(one) for one in elements(expected)]
    return any(strictly_equal(fold(own), one) for own in (value if isinstance(value, (tuple, list)) else (value,)) for one in wanted)


# --- versions ----------------------------------------------------------------------------------------------------------


def padded(value: Any) -> str:
    """A version as a text that sorts: without a leading v and without build metadata, numbers padded to five places, a
    release after its pre-releases. What is no text and no number counts as 0."""
    text = to_text(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not text:
        text = "0"
    text = text.removeprefix("v")
    last_line = 1 + max(map(text.rfind, _LINE_ENDS))
    build = text.find("+", last_line)
    parts = (text if build < 0 else text[:build]).replace("-", ".").split(".")
    if len(parts) == 3:
        parts.append("~")
    return "-".join(part.rjust(5) if part.isascii() and part.isdigit() else part for part in parts)


def veq(value: Any, expected: Any) -> bool:
    return padded(value) == padded(expected)


def vgt(value: Any, expected: Any) -> bool:
    return compare(padded(value), padded(expected)) == 1


def vge(value: Any, expected: Any) -> bool:
    return compare(padded(value), padded(expected)) in (0, 1)


def vlt(value: Any, expected: Any) -> bool:
    return compare(padded(value), padded(expected)) == -1


def vle(value: Any, expected: Any) -> bool:
    return compare(padded(value), padded(expected)) in (-1, 0)


# --- bucketing ---------------------------------------------------------------------------------------------------------


def first(*values: Any) -> Any:
    """The first value that is not false, 0, empty or missing: a hash attribute, or the one to fall back on."""
    return next((value for value in values if truthy(value)), None)


def hash_(seed: Any, value: Any, version: Any) -> float | None:
    """A unit's number in [0, 1); None where the unit is false, 0, empty or missing, or the version is unknown."""
    return assign.growthbook(to_text(seed), to_text(value), version) if truthy(value) else None


def in_range(seed: Any, value: Any, version: Any, start: Any, end: Any) -> bool:
    """Whether a unit's number lies in [start, end)."""
    number = hash_(seed, value, version)
    return number is not None and to_number(start) <= number < to_number(end)


def in_namespace(value: Any, name: Any, start: Any, end: Any) -> bool:
    """Whether a unit lies in a part of a namespace."""
    return in_range(f"__{to_text(name)}", value, 1, start, end)


FUNCTIONS: dict[str, Function] = {
    "growthbook.get": Function(get, (2,), "dyn"),
    "growthbook.size": Function(size, (1,), "dyn"),
    "growthbook.elements": Function(elements, (1,), "dyn"),
    "growthbook.truthy": Function(truthy, (1,), "bool"),
    "growthbook.is": Function(is_, (2,), "bool"),
    "growthbook.eq": Function(eq, (2,), "bool"),
    "growthbook.ne": Function(ne, (2,), "bool"),
    "growthbook.lt": Function(lt, (2,), "bool"),
    "growthbook.le": Function(le, (2,), "bool"),
    "growthbook.gt": Function(gt, (2,), "bool"),
    "growthbook.ge": Function(ge, (2,), "bool"),
    "growthbook.type_is": Function(type_is, (2,), "bool"),
    "growthbook.matches": Function(matches, (2,), "bool", pattern=True),
    "growthbook.any_of": Function(any_of, (2,), "bool"),
    "growthbook.any_of_ci": Function(any_of_ci, (2,), "bool"),
    "growthbook.all_of": Function(all_of, (2,), "bool"),
    "growthbook.all_of_ci": Function(all_of_ci, (2,), "bool"),
    "growthbook.veq": Function(veq, (2,), "bool"),
    "growthbook.vgt": Function(vgt, (2,), "bool"),
    "growthbook.vge": Function(vge, (2,), "bool"),
    "growthbook.vlt": Function(vlt, (2,), "bool"),
    "growthbook.vle": Function(vle, (2,), "bool"),
    "growthbook.first": Function(first, (), "dyn"),
    "growthbook.hash": Function(hash_, (3,), "dyn"),
    "growthbook.in_range": Function(in_range, (5,), "bool"),
    "growthbook.in_namespace": Function(in_namespace, (4,), "bool"),
    "growthbook.url_is": Function(urls.is_like, (2,), "bool"),
    "growthbook.url_matches": Function(urls.matches, (2,), "bool", pattern=True),
}
