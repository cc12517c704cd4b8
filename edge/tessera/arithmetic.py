"""CEL's arithmetic and its functions `math.…`: whole numbers of 64 bits and doubles. Unknown (None) where CEL has an error.

Sums and products of a whole number and a double are doubles: a number within a value of type `any` is of either kind.
"""

from __future__ import annotations

import math
import re
from typing import Any, Callable

from tessera.compare import MOST, is_number
from tessera.types import MAX_TEXT

LEAST, GREATEST = -(2**63), 2**63 - 1
LONGEST = 64 * MAX_TEXT  # characters of a text that a condition makes
_WHOLE = re.compile(r"([-+]?)0*([0-9]{1,19})\Z")
_DOUBLE = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?\Z")
_SPECIAL = re.compile(r"[-+]?(?:inf(?:inity)?|nan)\Z", re.ASCII | re.IGNORECASE)


def whole(value: Any) -> Any:
    """A whole number of 64 bits; unknown where it is too large."""
    return value if LEAST <= value <= GREATEST else None


def is_whole(value: Any) -> bool:
    return type(value) is int and LEAST <= value <= GREATEST


def _numeric(whole_numbers: Callable[[int, int], Any], doubles: Callable[[float, float], Any]) -> Callable[[Any, Any], Any]:
    def total(a: Any, b: Any) -> Any:
        if not is_number(a) or not is_number(b):
            return None
        if isinstance(a, int) and isinstance(b, int):
            result = whole_numbers(a, b)
            return None if result is None else whole(result)
        return doubles(float(a), float(b))

    return total


def _quotient(a: int, b: int) -> int | None:
    """Truncated toward zero; unknown by zero."""
    if b == 0:
        return None
    return abs(a) // abs(b) if (a < 0) == (b < 0) else -(abs(a) // abs(b))


def _remainder(a: int, b: int) -> int | None:
    """Of the truncated quotient, so it has the sign of the first; unknown by zero, and where the quotient is too large."""
    quotient = _quotient(a, b)
    return None if quotient is None or whole(quotient) is None else a - b * quotient


def _ratio(a: float, b: float) -> float:
    """IEEE 754: by zero it is infinite, or no number at all."""
    if b != 0:
        return a / b
    return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1, b)


_sum = _numeric(lambda a, b: a + b, lambda a, b: a + b)
sub = _numeric(lambda a, b: a - b, lambda a, b: a - b)
mul = _numeric(lambda a, b: a * b, lambda a, b: a * b)
div = _numeric(_quotient, _ratio)
mod = _numeric(_remainder, lambda a, b: None)


def add(a: Any, b: Any) -> Any:
    """The sum of numbers; two texts, or two lists, one after the other. Unknown where the result is too long."""
    if isinstance(a, str) and isinstance(b, str):
        return a + b if len(a) + len(b) <= LONGEST else None
    if isinstance(a, tuple) and isinstance(b, tuple):
        return a + b if len(a) + len(b) <= MOST else None
    return _sum(a, b)


def neg(a: Any) -> Any:
    return whole(-a) if is_whole(a) else -a if isinstance(a, float) else None


# --- conversions ----------------------------------------------------------------------------------------------------------


def to_int(value: Any) -> Any:
    """Of a double its whole part, of a text its decimal digits; unknown where that is none of 64 bits."""
    if is_whole(value):
        return value
    if isinstance(value, float):
        return int(value) if LEAST < value < 2.0**63 else None
    digits = _WHOLE.match(value) if isinstance(value, str) else None
    return whole(int(f"{digits[1]}{digits[2]}")) if digits else None


def to_double(value: Any) -> Any:
    if is_number(value):
        return float(value)
    if not isinstance(value, str) or len(value) > 64:
        return None
    return float(value) if _DOUBLE.match(value) or _SPECIAL.match(value) else None


# --- math.… -----------------------------------------------------------------------------------------------------------------


def _extreme(better: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    def total(*values: Any) -> Any:
        if len(values) == 1 and isinstance(values[0], tuple):
            (values,) = values
        if not values or not all(map(is_number, values)):
            return None
        best = values[0]
        for value in values[1:]:
            if better(value, best):
                best = value
        return best

    return total


greatest = _extreme(lambda a, b: a > b)
least = _extreme(lambda a, b: a < b)


def _of_double(function: Callable[[float], Any]) -> Callable[[Any], Any]:
    """A function of doubles alone; what is infinite or no number stays as it is."""

    def total(value: Any) -> Any:
        if not isinstance(value, float):
            return None
        return float(function(value)) if math.isfinite(value) else value

    return total


def _asks(question: Callable[[float], bool]) -> Callable[[Any], Any]:
    return lambda value: question(value) if isinstance(value, float) else None


def _signed(function: Callable[[float], Any]) -> Callable[[float], float]:
    return lambda value: math.copysign(function(value), value)


ceil = _of_double(_signed(math.ceil))
floor = _of_double(_signed(math.floor))
trunc = _of_double(_signed(math.trunc))
rounded = _of_double(_signed(lambda value: math.floor(abs(value)) + (abs(value) % 1 >= 0.5)))
is_nan = _asks(math.isnan)
is_inf = _asks(math.isinf)
is_finite = _asks(math.isfinite)


def absolute(value: Any) -> Any:
    return abs(value) if isinstance(value, float) else whole(abs(value)) if is_whole(value) else None


def sign(value: Any) -> Any:
    """-1, 0 or 1, of the number's own type."""
    if not is_number(value):
        return None
    return type(value)((value > 0) - (value < 0)) if value == value else value


def sqrt(value: Any) -> Any:
    """The square root, a double; of a negative number no number."""
    if not is_number(value):
        return None
    return math.sqrt(value) if value >= 0 else math.nan


def _bits(function: Callable[..., int]) -> Callable[..., Any]:
    return lambda *values: function(*values) if all(map(is_whole, values)) else None


def _shifted(value: int, places: int, left: bool) -> int | None:
    """Of the 64 bits of a number, zeros coming in; unknown for a negative number of places."""
    if places < 0:
        return None
    bits = 0 if places > 63 else (value % 2**64 << places) % 2**64 if left else value % 2**64 >> places
    return bits - 2**64 if bits > GREATEST else bits


bit_and = _bits(lambda a, b: a & b)
bit_or = _bits(lambda a, b: a | b)
bit_xor = _bits(lambda a, b: a ^ b)
bit_not = _bits(lambda a: ~a)
shift_left = _bits(lambda value, places: _shifted(value, places, True))
shift_right = _bits(lambda value, places: _shifted(value, places, False))
