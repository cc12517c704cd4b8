"""A small writer of consent strings by the tables that read them, for tests: values → bits → text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

from hypothesis import strategies as st

from tessera.consent_fields import CUSTOM, LARGEST, Field

ALPHABET = ascii_uppercase + ascii_lowercase + digits + "-_"


def base64url(bits: str) -> str:
    bits += "0" * (-len(bits) % 6)
    return "".join(ALPHABET[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


def written(fields: Iterable[Field], values: Mapping[str, Any]) -> str:
    """The bits of the fields; ids as a list with whether they are to be ranges."""
    return "".join(_WRITE[field.kind](values[field.name], field.size) for field in fields)


def fibonacci(number: int) -> str:
    """The code whose digits weigh 1, 2, 3, 5, …, with a one behind them."""
    weights = [1, 2]
    while weights[-1] <= number:
        weights.append(weights[-1] + weights[-2])
    code = ""
    for weight in reversed(weights[:-1]):
        number, bit = (number - weight, "1") if weight <= number else (number, "0")
        code = bit + code
    return code.rstrip("0") + "1"


def header(ids: Sequence[int]) -> str:
    steps = [number - before for before, number in zip((0, *ids), ids)]
    return base64url(f"{3:06b}{1:06b}{len(ids):012b}" + "".join("0" + fibonacci(step) for step in steps))


def _spans(ids: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in ids:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def fixed_ranges(ids: Sequence[int]) -> str:
    spans = _spans(ids)
    return f"{len(spans):012b}" + "".join(f"1{a:016b}{b:016b}" if a < b else f"0{a:016b}" for a, b in spans)


def _fibonacci_ranges(ids: Sequence[int]) -> str:
    spans, before, code = _spans(ids), 0, ""
    for first, last in spans:
        code += f"{int(first < last)}" + fibonacci(first - before) + (fibonacci(last - first) if first < last else "")
        before = last
    return f"{len(spans):012b}" + code


def _ids(ranges: Any) -> Any:
    def write(value: tuple[Sequence[int], bool], size: int) -> str:
        ids, ranged = value
        most = max(ids, default=0)
        return f"{most:016b}1" + ranges(ids) if ranged else f"{most:016b}0" + "".join("01"[number in ids] for number in range(1, most + 1))

    return write


def _restrictions(one: Any) -> Any:
    return lambda value, size: f"{len(value):012b}" + "".join(f"{purpose:06b}{kind:02b}" + one(ids) for purpose, kind, ids in value)


def _flags(value: Sequence[bool], size: int) -> str:
    return "".join("01"[flag] for flag in value)


_WRITE: Mapping[str, Any] = {
    "int": lambda value, size: f"{value:0{size}b}",
    "ints": lambda value, size: "".join(f"{each:02b}" for each in value),
    "bool": lambda value, size: "01"[value],
    "flags": _flags,
    "custom": _flags,
    "letters": lambda value, size: "".join(f"{ord(each) - 65:06b}" for each in value),
    "time": lambda value, size: f"{value // 100:036b}",
    "ids": _ids(fixed_ranges),
    "fibonacci ids": _ids(_fibonacci_ranges),
    "restrictions": _restrictions(fixed_ranges),
    "fibonacci restrictions": _restrictions(lambda ids: _ids(_fibonacci_ranges)((ids, True), 0)),
}

_SOME = st.lists(st.integers(1, LARGEST) | st.integers(1, 60), max_size=12).map(lambda ids: sorted(set(ids)))
_NEAR = st.lists(st.integers(1, 200), max_size=40).map(lambda ids: sorted(set(ids)))
_SET = st.tuples(_SOME, st.just(True)) | st.tuples(_NEAR, st.booleans())
_RESTRICTION = st.tuples(st.integers(1, 63), st.integers(0, 3), _SOME.filter(bool))


def _of(field: Field) -> st.SearchStrategy:
    """The values that a field can have."""
    if field.kind.endswith("ids"):
        return _SET
    if field.kind.endswith("restrictions"):
        return st.lists(_RESTRICTION, max_size=4)
    return {
        "int": st.integers(0, (1 << field.size) - 1),
        "ints": st.integers(0, (1 << 2 * field.size) - 1).map(lambda many: tuple(many >> 2 * at & 3 for at in range(field.size))),
        "bool": st.booleans(),
        "flags": st.integers(0, (1 << field.size) - 1).map(lambda many: tuple(many >> at & 1 == 1 for at in range(field.size))),
        "letters": st.text(ascii_uppercase, min_size=field.size, max_size=field.size),
        "time": st.integers(0, 2**36 - 1).map(lambda tenths: 100 * tenths),
    }[field.kind]


@st.composite
def values(draw: Any, fields: Sequence[Field], fixed: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Values for the fields; `fixed` are given."""
    found = {field.name: fixed[field.name] if field.name in fixed else draw(_of(field)) for field in fields if field.kind != "custom"}
    for field in fields:
        if field.kind == "custom":
            found[field.name] = tuple(draw(st.lists(st.booleans(), min_size=found[CUSTOM], max_size=found[CUSTOM])))
    return {field.name: found[field.name] for field in fields}


def plain(value: Any) -> Any:
    """What was written or read, with sets of ids as lists."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], list):
        return value[0]  # ids, and whether they were ranges
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return list(value) if hasattr(value, "ranges") else value
