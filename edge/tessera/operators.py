"""The one definition of what each test means. The compiler folds constants with these very functions.

Every operator is total: an unknown operand (None) gives unknown, and so does an operand of a wrong type. Logic is
Kleene's three-valued: `false && unknown` is false, `true || unknown` is true, everything else with unknown is unknown.
"""

from __future__ import annotations

from typing import Any, Callable

from tessera import arithmetic, automaton, compare, moments, networks, texts
from tessera.types import parse_version, version_text


def _version(value: Any) -> Any:
    return parse_version(value) if isinstance(value, str) else None


def _version_text(value: Any) -> Any:
    return version_text(value) if compare.is_version(value) else None


def _kind(value: Any) -> Any:
    """The CEL name of a value's type; of values of type `any`, which are JSON."""
    kinds = {bool: "bool", int: "int", float: "double", str: "string", tuple: "list", dict: "map"}
    return kinds.get(type(value))


def _matches(text: Any, program: Any) -> Any:
    return automaton.matches(text, program) if isinstance(text, str) else None


OPERATORS: dict[str, Callable[..., Any]] = {
    # values
    "eq": compare.eq,
    "ne": compare.ne,
    "lt": compare.ordered(lambda a, b: a < b),
    "le": compare.ordered(lambda a, b: a <= b),
    "gt": compare.ordered(lambda a, b: a > b),
    "ge": compare.ordered(lambda a, b: a >= b),
    "in": compare.within,
    "index": compare.index,
    "has_key": compare.has_key,
    "is_null": lambda value: value is None,
    "kind": _kind,
    "size": compare.size,
    "make_list": compare.make_list,
    "make_map": compare.make_map,
    "known_list": compare.known_list,
    "known_map": compare.known_map,
    "known": compare.known,
    "map_of": compare.map_of,
    "places": compare.places,
    # numbers
    "add": arithmetic.add,
    "sub": arithmetic.sub,
    "mul": arithmetic.mul,
    "div": arithmetic.div,
    "mod": arithmetic.mod,
    "neg": arithmetic.neg,
    "int": arithmetic.to_int,
    "double": arithmetic.to_double,
    "greatest": arithmetic.greatest,
    "least": arithmetic.least,
    "ceil": arithmetic.ceil,
    "floor": arithmetic.floor,
    "round": arithmetic.rounded,
    "trunc": arithmetic.trunc,
    "abs": arithmetic.absolute,
    "sign": arithmetic.sign,
    "sqrt": arithmetic.sqrt,
    "is_nan": arithmetic.is_nan,
    "is_inf": arithmetic.is_inf,
    "is_finite": arithmetic.is_finite,
    "bit_and": arithmetic.bit_and,
    "bit_or": arithmetic.bit_or,
    "bit_xor": arithmetic.bit_xor,
    "bit_not": arithmetic.bit_not,
    "shift_left": arithmetic.shift_left,
    "shift_right": arithmetic.shift_right,
    # texts
    "contains": texts.contains,
    "starts_with": texts.starts_with,
    "ends_with": texts.ends_with,
    "matches": _matches,
    "lower_ascii": texts.lower_ascii,
    "upper_ascii": texts.upper_ascii,
    "trim": texts.trim,
    "reverse": texts.reverse,
    "quote": texts.quote,
    "char_at": texts.char_at,
    "index_of": texts.index_of,
    "last_index_of": texts.last_index_of,
    "substring": texts.substring,
    "replace": texts.replace,
    "split": texts.split,
    "join": texts.join,
    "bool": texts.to_bool,
    "string": texts.to_text,
    # moments
    "timestamp": moments.timestamp,
    "duration": moments.duration,
    "later": moments.later,
    "earlier": moments.earlier,
    "between": moments.between,
    "longer": moments.longer,
    "shorter": moments.shorter,
    "hours": moments.hours,
    "minutes": moments.minutes,
    "seconds": moments.seconds,
    "milliseconds": moments.milliseconds,
    "day_of_week": moments.day_of_week,
    "day_of_month": moments.day_of_month,
    "day_of_year": moments.day_of_year,
    "month": moments.month,
    "year": moments.year,
    "in_hours": moments.in_hours,
    "in_minutes": moments.in_minutes,
    "in_seconds": moments.in_seconds,
    "odd_milliseconds": moments.odd_milliseconds,
    "timestamp_text": moments.timestamp_text,
    "duration_text": moments.duration_text,
    # versions, addresses, networks
    "version": _version,
    "version_text": _version_text,
    "ip": networks.ip,
    "cidr": networks.cidr,
    "is_ip": networks.is_ip,
    "is_cidr": networks.is_cidr,
    "is_canonical": networks.is_canonical,
    "contains_ip": networks.contains_ip,
    "contains_cidr": networks.contains_cidr,
    "family": networks.family,
    "is_unspecified": networks.is_unspecified,
    "is_loopback": networks.is_loopback,
    "is_link_local_unicast": networks.is_link_local_unicast,
    "is_link_local_multicast": networks.is_link_local_multicast,
    "is_global_unicast": networks.is_global_unicast,
    "masked": networks.masked,
    "prefix_length": networks.prefix_length,
    "network_ip": networks.network_ip,
}


def negation(a: Any) -> Any:
    """Kleene's not; of anything but a bool it is unknown."""
    return not a if isinstance(a, bool) else None


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
