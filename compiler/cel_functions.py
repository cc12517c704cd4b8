"""The functions of conditions: how each is declared to the CEL library, and which operator of `ir` it becomes. A leaf."""

from __future__ import annotations

from typing import NamedTuple

FUNCTIONS = {  # of CEL, by name → operator
    "_&&_": "and", "_||_": "or", "!_": "not", "_?_:_": "if", "_==_": "eq", "_!=_": "ne", "_<_": "lt", "_<=_": "le", "_>_": "gt",
    "_>=_": "ge", "@in": "in", "_+_": "add", "_-_": "sub", "_*_": "mul", "_/_": "div", "_%_": "mod", "-_": "neg", "_[_]": "index",
    "size": "size", "contains": "contains", "startsWith": "starts_with", "endsWith": "ends_with", "matches": "matches",
    "timestamp": "timestamp", "duration": "duration", "version": "version", "ip": "ip", "cidr": "cidr", "int": "int", "double": "double",
    "string": "string", "bool": "bool", "type": "kind", "getHours": "hours", "getMinutes": "minutes", "getSeconds": "seconds",
    "getMilliseconds": "milliseconds", "getDayOfWeek": "day_of_week", "getDayOfMonth": "day_of_month", "getDate": "day_of_month",
    "getDayOfYear": "day_of_year", "getMonth": "month", "getFullYear": "year",
}  # fmt: skip

OVERLOADS = {  # chosen by the checker → operator, where it is not the one of the name
    "add_timestamp_duration": "later", "add_duration_timestamp": "later", "add_duration_duration": "longer",
    "subtract_timestamp_timestamp": "between", "subtract_timestamp_duration": "earlier", "subtract_duration_duration": "shorter",
    "timestamp_to_string": "timestamp_text", "duration_to_string": "duration_text", "version_to_string": "version_text",
    "timestamp_to_int64": "epoch", "duration_to_int64": "in_seconds", "duration_to_hours": "in_hours", "duration_to_minutes": "in_minutes",
    "duration_to_seconds": "in_seconds", "duration_to_milliseconds": "odd_milliseconds", "ip_to_string": "", "cidr_to_string": "",
    "bool_to_bool": "", "int64_to_int64": "", "double_to_double": "", "string_to_string": "", "timestamp_to_timestamp": "", "duration_to_duration": "",
}  # fmt: skip

GETTERS = ("hours", "minutes", "seconds", "milliseconds", "day_of_week", "day_of_month", "day_of_year", "month", "year")


class Own(NamedTuple):
    """A function that CEL's standard library does not have.

    Attributes:
        name: in conditions; a member function is called on its first argument.
        op: its operator.
        result: the type of its value. arguments: the types of its arguments, by overload.
    """

    name: str
    op: str
    member: bool
    result: str
    arguments: tuple[tuple[str, ...], ...]


def _own(name: str, op: str, result: str, *arguments: str) -> Own:
    return Own(name.removeprefix("."), op, name.startswith("."), result, tuple(tuple(each.split()) for each in arguments))


_NUMBERS = tuple(" ".join(["dyn"] * count) for count in range(1, 9))
OWN = (  # a leading dot: a member function
    _own("version", "version", "version", "string"),
    _own(".charAt", "char_at", "string", "string int"),
    _own(".indexOf", "index_of", "int", "string string", "string string int"),
    _own(".join", "join", "string", "list<string>", "list<string> string"),
    _own(".lastIndexOf", "last_index_of", "int", "string string", "string string int"),
    _own(".lowerAscii", "lower_ascii", "string", "string"),
    _own(".replace", "replace", "string", "string string string", "string string string int"),
    _own(".reverse", "reverse", "string", "string"),
    _own(".split", "split", "list<string>", "string string", "string string int"),
    _own(".substring", "substring", "string", "string int", "string int int"),
    _own(".trim", "trim", "string", "string"),
    _own(".upperAscii", "upper_ascii", "string", "string"),
    _own("strings.quote", "quote", "string", "string"),
    _own("math.greatest", "greatest", "dyn", *_NUMBERS),
    _own("math.least", "least", "dyn", *_NUMBERS),
    _own("math.ceil", "ceil", "double", "double"),
    _own("math.floor", "floor", "double", "double"),
    _own("math.round", "round", "double", "double"),
    _own("math.trunc", "trunc", "double", "double"),
    _own("math.abs", "abs", "int", "int"),
    _own("math.abs", "abs", "double", "double"),
    _own("math.sign", "sign", "int", "int"),
    _own("math.sign", "sign", "double", "double"),
    _own("math.sqrt", "sqrt", "double", "double", "int"),
    _own("math.isNaN", "is_nan", "bool", "double"),
    _own("math.isInf", "is_inf", "bool", "double"),
    _own("math.isFinite", "is_finite", "bool", "double"),
    _own("math.bitAnd", "bit_and", "int", "int int"),
    _own("math.bitOr", "bit_or", "int", "int int"),
    _own("math.bitXor", "bit_xor", "int", "int int"),
    _own("math.bitNot", "bit_not", "int", "int"),
    _own("math.bitShiftLeft", "shift_left", "int", "int int"),
    _own("math.bitShiftRight", "shift_right", "int", "int int"),
    _own("ip", "ip", "ip", "string"),
    _own(".ip", "network_ip", "ip", "cidr"),
    _own("ip.isCanonical", "is_canonical", "bool", "string"),
    _own("isIP", "is_ip", "bool", "string"),
    _own(".family", "family", "int", "ip"),
    _own(".isUnspecified", "is_unspecified", "bool", "ip"),
    _own(".isLoopback", "is_loopback", "bool", "ip"),
    _own(".isGlobalUnicast", "is_global_unicast", "bool", "ip"),
    _own(".isLinkLocalUnicast", "is_link_local_unicast", "bool", "ip"),
    _own(".isLinkLocalMulticast", "is_link_local_multicast", "bool", "ip"),
    _own("cidr", "cidr", "cidr", "string"),
    _own("isCIDR", "is_cidr", "bool", "string"),
    _own(".containsIP", "contains_ip", "bool", "cidr ip", "cidr string"),
    _own(".containsCIDR", "contains_cidr", "bool", "cidr cidr", "cidr string"),
    _own(".masked", "masked", "cidr", "cidr"),
    _own(".prefixLength", "prefix_length", "int", "cidr"),
)
STRINGS = ("bool", "int", "double", "string", "timestamp", "duration", "version", "ip", "cidr")  # what string() takes
ORDERED = ("bool", "int", "double", "string", "timestamp", "duration", "version")  # what < > compare, each with its own kind
COMPARISONS = {"_<_": "less", "_<=_": "less_equals", "_>_": "greater", "_>=_": "greater_equals"}
TYPES = ("bool", "int", "double", "string", "list", "map", "null_type", "type", "timestamp", "duration")
NAMES = tuple(sorted({*(name for name in FUNCTIONS if name.isalpha()), *(own.name for own in OWN)}))


def overload(own: Own, arguments: tuple[str, ...]) -> str:
    """The identifier of an overload; every own one begins with `own:`."""
    return f"own:{own.op}:{'.'.join((own.name, *arguments))}"


def operator(function: str, overloads: tuple[str, ...]) -> str | None:
    """The operator of a function under the overloads that the checker found possible; "" where the value stays as it is.

    None for a function that does not run at the edge.
    """
    if overloads and overloads[0].startswith("own:"):
        return overloads[0].split(":")[1]
    if len(overloads) == 1 and overloads[0] in OVERLOADS:
        return OVERLOADS[overloads[0]]
    found = FUNCTIONS.get(function)
    return found if found is not None else next((own.op for own in OWN if own.name == function), None)
