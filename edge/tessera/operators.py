"""The one definition of what each test means. The compiler folds constants with these very functions.

Every operator is total: an unknown operand (None) gives unknown, and so does an operand of a wrong type. Logic is
Kleene's three-valued: `false && unknown` is false, `true || unknown` is true, everything else with unknown is unknown.
"""

from __future__ import annotations

import operator
from datetime import datetime, timedelta, timezone
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Callable

from tessera.types import parse_duration, parse_time, parse_version

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)


def _binary(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def total(a: Any, b: Any) -> Any:
        if a is None or b is None:
            return None
        try:
            return function(a, b)
        except (TypeError, ValueError, ArithmeticError):
            return None

    return total


def _unary(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def total(a: Any) -> Any:
        if a is None:
            return None
        try:
            return function(a)
        except (TypeError, ValueError, ArithmeticError, AttributeError):
            return None

    return total


def _ids(collection: Any) -> Any:
    """A `list<item>` is compared by the ids of its elements."""
    if isinstance(collection, tuple) and collection and hasattr(collection[0], "id"):
        return [element.id for element in collection]
    return collection


def _contains(whole: Any, part: Any) -> Any:
    return part in whole if isinstance(whole, str) and isinstance(part, str) else None


def _utc(seconds: float) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


def _div(a: Any, b: Any) -> Any:
    """CEL's division: integers truncate toward zero; by zero is unknown."""
    if isinstance(a, int) and isinstance(b, int):
        quotient = abs(a) // abs(b)
        return quotient if (a < 0) == (b < 0) else -quotient
    return a / b


def _add(a: Any, b: Any) -> Any:
    return a + b if isinstance(a, str) == isinstance(b, str) else None


def _mul(a: Any, b: Any) -> Any:
    return a * b if isinstance(a, (int, float)) and isinstance(b, (int, float)) else None


def _index(whole: Any, key: Any) -> Any:
    """The value of a map's key, or the element at a list's place (from 0); unknown where there is none."""
    if isinstance(whole, dict):
        return whole.get(key)
    return _ids(whole)[key] if isinstance(whole, tuple) and 0 <= key < len(whole) else None


OPERATORS: dict[str, Callable[..., Any]] = {
    "eq": _binary(operator.eq),
    "ne": _binary(operator.ne),
    "lt": _binary(operator.lt),
    "le": _binary(operator.le),
    "gt": _binary(operator.gt),
    "ge": _binary(operator.ge),
    "in": _binary(lambda a, b: a in _ids(b)),
    "contains": _binary(_contains),
    "starts_with": _binary(str.startswith),
    "ends_with": _binary(str.endswith),
    "size": _unary(len),
    "lower_ascii": _unary(lambda text: text.translate(_LOWER)),
    "upper_ascii": _unary(lambda text: text.translate(_UPPER)),
    "add": _binary(_add),
    "sub": _binary(operator.sub),
    "mul": _binary(_mul),
    "div": _binary(_div),
    "mod": _binary(lambda a, b: a - b * _div(a, b)),
    "neg": _unary(operator.neg),
    "hours": _unary(lambda t: _utc(t).hour),
    "minutes": _unary(lambda t: _utc(t).minute),
    "day_of_week": _unary(lambda t: _utc(t).isoweekday() % 7),
    "day_of_month": _unary(lambda t: _utc(t).day - 1),
    "month": _unary(lambda t: _utc(t).month - 1),
    "year": _unary(lambda t: _utc(t).year),
    "index": _binary(_index),
    "timestamp": _unary(parse_time),
    "duration": _unary(parse_duration),
    "version": _unary(parse_version),
    "int": _unary(lambda v: int(v) if isinstance(v, (int, float)) else int(v, 10)),
    "double": _unary(float),
    "string": _unary(lambda v: v if isinstance(v, str) else str(v).lower() if isinstance(v, bool) else str(v)),
}


def negation(a: Any) -> Any:
    """Kleene's not."""
    return None if a is None else not a


def conjunction(values: Any) -> Any:
    """Kleene's and over an iterable; stops at the first false."""
    result: Any = True
    for value in values:
        if value is False:
            return False
        if value is not True:
            result = None
    return result


def disjunction(values: Any) -> Any:
    """Kleene's or over an iterable; stops at the first true."""
    result: Any = False
    for value in values:
        if value is True:
            return True
        if value is not False:
            result = None
    return result
