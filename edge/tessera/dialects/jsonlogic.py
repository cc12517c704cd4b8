"""JsonLogic as json-logic-js 2 computes it: JavaScript's coercions, and JsonLogic's own idea of what is true.

Lists are tuples, objects dicts; None is null, and stands for JavaScript's undefined too, but for arguments that were not
given. Numbers are doubles: results that are whole are ints, `not a number` is a NaN. Source: jwadhams/json-logic-js, logic.js.
"""

from __future__ import annotations

import math
import re
from itertools import islice
from typing import Any, Callable

from tessera.dialects.function import Function
from tessera.dialects.javascript import NAN, SPACES, compare, strictly_equal, to_number, to_text

WHOLE = 2**53  # every whole number below is a double of its own
LONGEST = 65_536  # characters of a text that is made, elements of a list that is made

_DECIMAL = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_MISSING: Any = object()  # an argument that was not given


def truthy(value: Any) -> bool:
    """Whether JsonLogic takes a value for true: not null, false, 0, NaN, an empty text or an empty list."""
    return isinstance(value, dict) or (bool(value) and value == value)


def _text(value: Any) -> str:
    return "undefined" if value is _MISSING else to_text(value)


def _joined(value: Any) -> str:
    """An element as Array.join writes it."""
    return "" if value is None or value is _MISSING else to_text(value)


def _leading(value: Any) -> float:
    """JavaScript's parseFloat(value): the number that a text begins with."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return to_number(value)
    found = _DECIMAL.match(_text(value).lstrip(SPACES))
    return float(found[0]) if found else NAN


def _plain(value: float) -> Any:
    """A double as JSON writes it: whole numbers without a point."""
    return int(value) if math.isfinite(value) and abs(value) < WHOLE and value == int(value) else value


# --- comparisons -----------------------------------------------------------------------------------------------------


def eq(a: Any = None, b: Any = None, *_: Any) -> bool:
    """`==`. Two lists, or two objects, are never the same one."""
    if a is None or b is None:
        return a is b
    if isinstance(a, (tuple, list, dict)):
        if isinstance(b, (tuple, list, dict)):
            return False
        a = to_text(a)
    elif isinstance(b, (tuple, list, dict)):
        b = to_text(b)
    return a == b if isinstance(a, str) and isinstance(b, str) else to_number(a) == to_number(b)


def ne(*values: Any) -> bool:
    """`!=`"""
    return not eq(*values)


def strict_eq(a: Any = _MISSING, b: Any = _MISSING, *_: Any) -> bool:
    """`===`. Two lists, or two objects, are never the same one."""
    if a is _MISSING or b is _MISSING:
        return a is b
    return strictly_equal(a, b)


def strict_ne(*values: Any) -> bool:
    """`!==`"""
    return not strict_eq(*values)


def lt(a: Any = _MISSING, b: Any = _MISSING, c: Any = _MISSING, *_: Any) -> bool:
    """`<`; of three: whether the second lies between the others."""
    return _compare(a, b) == -1 and (c is _MISSING or compare(b, c) == -1)


def le(a: Any = _MISSING, b: Any = _MISSING, c: Any = _MISSING, *_: Any) -> bool:
    """`<=`; of three: whether the second lies between the others or is one of them."""
    return _compare(a, b) in (-1, 0) and (c is _MISSING or compare(b, c) in (-1, 0))


def gt(a: Any = _MISSING, b: Any = _MISSING, *_: Any) -> bool:
    """`>`"""
    return _compare(a, b) == 1


def ge(a: Any = _MISSING, b: Any = _MISSING, *_: Any) -> bool:
    """`>=`"""
    return _compare(a, b) in (0, 1)


def _compare(a: Any, b: Any) -> int | None:
    return None if a is _MISSING or b is _MISSING else compare(a, b)


# --- logic -----------------------------------------------------------------------------------------------------------


def first_false(*values: Any) -> Any:
    """`and`: the first value that is not true, or the last."""
    return next((value for value in values if not truthy(value)), values[-1] if values else None)


def first_true(*values: Any) -> Any:
    """`or`: the first value that is true, or the last."""
    return next((value for value in values if truthy(value)), values[-1] if values else None)


def choose(*values: Any) -> Any:
    """`if`: the value after the first condition that is true; the last where none is and it has no condition, else null."""
    for place in range(0, len(values) - 1, 2):
        if truthy(values[place]):
            return values[place + 1]
    return values[-1] if len(values) % 2 else None


# --- numbers ---------------------------------------------------------------------------------------------------------


def add(*values: Any) -> Any:
    """`+`: the sum of the numbers that the values begin with."""
    return _plain(sum(map(_leading, values), 0.0))


def mul(*values: Any) -> Any:
    """`*`: the product of the numbers that the values begin with; a value alone stays as it is."""
    if len(values) < 2:
        return values[0] if values else None
    return _plain(math.prod(map(_leading, values)))


def sub(a: Any = _MISSING, b: Any = _MISSING, *_: Any) -> Any:
    """`-`; of one: its negative."""
    return _plain(-to_number(a) if b is _MISSING else to_number(a) - to_number(b))


def div(a: Any = _MISSING, b: Any = _MISSING, *_: Any) -> Any:
    """`/`"""
    x, y = to_number(a), to_number(b)
    if y == 0:
        return NAN if x == 0 or math.isnan(x) else math.copysign(math.inf, x) * math.copysign(1, y)
    return _plain(x / y)


def mod(a: Any = _MISSING, b: Any = _MISSING, *_: Any) -> Any:
    """`%`: the remainder, with the sign of what is divided."""
    x, y = to_number(a), to_number(b)
    return NAN if y == 0 or math.isinf(x) or math.isnan(x) or math.isnan(y) else _plain(math.fmod(x, y))


def least(*values: Any) -> Any:
    """`min`"""
    return _extreme(min, math.inf, values)


def greatest(*values: Any) -> Any:
    """`max`"""
    return _extreme(max, -math.inf, values)


def _extreme(pick: Callable[..., float], start: float, values: tuple) -> Any:
    numbers = [to_number(value) for value in values]
    return NAN if any(map(math.isnan, numbers)) else _plain(pick(numbers, default=start))


# --- texts and lists -------------------------------------------------------------------------------------------------


def cat(*values: Any) -> str:
    """`cat`: the texts of the values in a row; null is nothing."""
    return "".join(map(_joined, values))[:LONGEST]


def _units(string: str) -> bytes:
    """The code units by which JavaScript counts, two bytes each."""
    return string.encode("utf-16-be", "surrogatepass")


def substr(source: Any = _MISSING, start: Any = 0, length: Any = _MISSING, *_: Any) -> str:
    """`substr`: from a place on, counted from the end where negative; a negative length leaves so many out at the end."""
    units = _units(_text(source))
    size = len(units) // 2
    first = _whole(start, 0)
    first = max(size + first, 0) if first < 0 else min(first, size)
    if length is not _MISSING and to_number(length) < 0:  # a negative text leaves nothing: JavaScript's `+` joins it to the length
        length = max(size - first + length, 0) if isinstance(length, (int, float)) else 0
    end = size if length is _MISSING else min(first + _whole(length, 0), size)
    return units[2 * first : 2 * end].decode("utf-16-be", "surrogatepass")


def _whole(value: Any, otherwise: int) -> int:
    amount = to_number(value)
    return otherwise if math.isnan(amount) else int(max(min(amount, WHOLE), -WHOLE))


def is_in(needle: Any = None, haystack: Any = _MISSING, *_: Any) -> bool:
    """`in`: part of a text, or (`===`) an element of a list."""
    if isinstance(haystack, str):
        return bool(haystack) and _text(needle) in haystack
    return isinstance(haystack, (tuple, list)) and any(strictly_equal(element, needle) for element in haystack)


def contains(haystack: Any, needle: Any) -> bool:
    """`in`, turned around."""
    return is_in(needle, haystack)


def merge(*values: Any) -> tuple:
    """`merge`: the elements of the lists, and what is no list, in one list."""
    elements = (element for value in values for element in (value if isinstance(value, (tuple, list)) else (value,)))
    return tuple(islice(elements, LONGEST))


def as_list(value: Any) -> tuple:
    """What map, filter, reduce, all, some and none go through: the list, or nothing."""
    return tuple(value) if isinstance(value, (tuple, list)) else ()


# --- data ------------------------------------------------------------------------------------------------------------


def get(data: Any, key: Any = None, default: Any = None, *_: Any) -> Any:
    """`var`: what lies at a path of names and places (`items.0.price`) in the data, all of it for null and the empty text."""
    if key is None or key == "":
        return data
    for name in to_text(key).split("."):
        data = _property(data, name)
        if data is _MISSING:
            return default
    return data


def default(value: Any, otherwise: Any) -> Any:
    """`var` with a default, of an attribute: the value, or the default where it is not known."""
    return otherwise if value is None else value


def _property(data: Any, name: str) -> Any:
    if isinstance(data, dict):
        return data.get(name, _MISSING)
    if isinstance(data, str) and (name == "length" or _INDEX.fullmatch(name)):
        units = _units(data)
        if name == "length":
            return len(units) // 2
        unit = units[2 * int(name) : 2 * int(name) + 2]
        return unit.decode("utf-16-be", "surrogatepass") if unit else _MISSING
    if isinstance(data, (tuple, list)):
        if name == "length":
            return len(data)
        return data[int(name)] if _INDEX.fullmatch(name) and int(name) < len(data) else _MISSING
    return _MISSING


def missing(data: Any = None, *keys: Any) -> tuple:
    """`missing`: the keys (or those in the list that comes first) whose value is null or an empty text."""
    wanted = keys[0] if keys and isinstance(keys[0], (tuple, list)) else keys
    return tuple(key for key in wanted if _is_absent(data, key))


def _is_absent(data: Any, key: Any) -> bool:
    arguments = key if isinstance(key, (tuple, list)) else (key,)
    value = get(data, *arguments)
    return value is None or value == ""


def missing_some(data: Any = None, needed: Any = _MISSING, keys: Any = (), *_: Any) -> tuple:
    """`missing_some`: nothing where at least so many of the keys have a value, else those that have none.

    One key without a list counts by the length of its text, as JavaScript's `keys.length` does.
    """
    found = missing(data, *(keys if isinstance(keys, (tuple, list)) else (keys,)))
    length = _property(keys, "length") if isinstance(keys, (tuple, list, str)) else _MISSING
    return () if length is not _MISSING and ge(length - len(found), needed) else found


FUNCTIONS: dict[str, Function] = {
    "jsonlogic.truthy": Function(truthy, (1,), "bool"),
    "jsonlogic.eq": Function(eq, (), "bool"),
    "jsonlogic.ne": Function(ne, (), "bool"),
    "jsonlogic.strict_eq": Function(strict_eq, (), "bool"),
    "jsonlogic.strict_ne": Function(strict_ne, (), "bool"),
    "jsonlogic.lt": Function(lt, (), "bool"),
    "jsonlogic.le": Function(le, (), "bool"),
    "jsonlogic.gt": Function(gt, (), "bool"),
    "jsonlogic.ge": Function(ge, (), "bool"),
    "jsonlogic.is_in": Function(is_in, (), "bool"),
    "jsonlogic.contains": Function(contains, (2,), "bool"),
    "jsonlogic.and": Function(first_false, (), "dyn"),
    "jsonlogic.or": Function(first_true, (), "dyn"),
    "jsonlogic.choose": Function(choose, (), "dyn"),
    "jsonlogic.add": Function(add, (), "dyn"),
    "jsonlogic.sub": Function(sub, (), "dyn"),
    "jsonlogic.mul": Function(mul, (), "dyn"),
    "jsonlogic.div": Function(div, (), "dyn"),
    "jsonlogic.mod": Function(mod, (), "dyn"),
    "jsonlogic.min": Function(least, (), "dyn"),
    "jsonlogic.max": Function(greatest, (), "dyn"),
    "jsonlogic.cat": Function(cat, (), "string"),
    "jsonlogic.substr": Function(substr, (), "string"),
    "jsonlogic.merge": Function(merge, (), "dyn"),
    "jsonlogic.list": Function(as_list, (1,), "dyn"),
    "jsonlogic.default": Function(default, (2,), "dyn"),
    "jsonlogic.get": Function(get, (1, 2, 3), "dyn"),
    "jsonlogic.missing": Function(missing, (), "dyn"),
    "jsonlogic.missing_some": Function(missing_some, (), "dyn"),
}
