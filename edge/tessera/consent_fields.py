"""The kinds of fields that consent strings are made of (IAB's TCF and GPP), and a reader of them by a table.

A table is a row of `Field`s; `read` gives their values by name. Sets of vendors stay as they were written, as ranges or as
one number of bits: nobody is listed before somebody asks, so a string that names everybody a thousand times costs little.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

from tessera.bits import Bits, ConsentError

LARGEST = 65_535  # the largest id of a vendor
CUSTOM = "NumCustomPurposes"  # the field that says how many flags a field of the kind `custom` has


class Field(NamedTuple):
    """A field of a table.

    Attributes:
        kind: a name of KINDS. size: in bits for `int`, else how many there are.
        default: of an `int` where its segment is not there.
    """

    name: str
    kind: str
    size: int = 0
    default: int = 0


@dataclass(frozen=True, slots=True)
class Ids:
    """A set of ids from 1 to LARGEST.

    Attributes:
        most: the largest id, as the string says it. field: a bit for each id up to `most`, the first id the highest.
        ranges: instead of the field, the first and last ids of ranges, ascending and apart from each other.
    """

    most: int = 0
    field: int = 0
    ranges: tuple[tuple[int, int], ...] = ()

    def __contains__(self, number: int) -> bool:
        if not self.ranges:
            return 0 < number <= self.most and bool(self.field >> (self.most - number) & 1)
        before = bisect_right(self.ranges, (number, LARGEST)) - 1
        return before >= 0 and number <= self.ranges[before][1]

    def __iter__(self) -> Iterator[int]:
        if self.ranges:
            return (number for first, last in self.ranges for number in range(first, last + 1))
        return (number for number, bit in enumerate(f"{self.field:0{self.most}b}", 1) if bit == "1")

    def __bool__(self) -> bool:
        return bool(self.field or self.ranges)

    @property
    def sound(self) -> bool:
        """Whether the largest id is the one that the string says."""
        return (self.ranges[-1][1] if self.ranges else self.most * (self.field & 1)) == self.most


class Restriction(NamedTuple):
    """What a publisher does not let some vendors do: the purpose, the kind of restriction (0 to 3), the vendors."""

    purpose: int
    kind: int
    vendors: Ids


@lru_cache(maxsize=4096)
def held(field: int, size: int) -> frozenset[int]:
    """The numbers, from 1, of the bits that are set in a field of so many bits, the first the highest."""
    return frozenset(number for number in range(1, size + 1) if field >> (size - number) & 1)


def read(bits: Bits, fields: Iterable[Field], lenient: bool = False) -> dict[str, Any]:
    """The values of the fields, which follow each other; what comes after them is not looked at.

    Args:
        lenient: whether the bits may end before or within a publisher's restrictions, which then are none.

    Raises:
        ConsentError: where the bits are malformed, or end too early.
    """
    found: dict[str, Any] = {}
    for field in fields:
        try:
            found[field.name] = KINDS[field.kind](bits, field.size, found)
        except ConsentError:
            if not lenient or bits.at <= bits.size or not field.kind.endswith("restrictions"):
                raise
            found[field.name] = ()
    return found


def default(field: Field) -> Any:
    """The value of a field that is not there."""
    if field.kind == "int":
        return field.default
    return _EMPTY[field.kind] if field.kind in _EMPTY else (0 if field.kind == "ints" else False,) * field.size


def _int(bits: Bits, size: int, found: Mapping[str, Any]) -> int:
    return bits.take(size)


def _ints(bits: Bits, size: int, found: Mapping[str, Any]) -> tuple[int, ...]:
    """Numbers of two bits."""
    value = bits.take(2 * size)
    return tuple(value >> shift & 3 for shift in range(2 * size - 2, -1, -2))


def _bool(bits: Bits, size: int, found: Mapping[str, Any]) -> bool:
    return bits.take(1) == 1


def _flags(bits: Bits, size: int, found: Mapping[str, Any]) -> tuple[bool, ...]:
    value = bits.take(size)
    return tuple(value >> shift & 1 == 1 for shift in range(size - 1, -1, -1))


def _custom(bits: Bits, size: int, found: Mapping[str, Any]) -> tuple[bool, ...]:
    return _flags(bits, found[CUSTOM], found)


def _letters(bits: Bits, size: int, found: Mapping[str, Any]) -> str:
    """Letters of six bits each, A being 0; 63 is a blank."""
    codes = [bits.take(6) for _ in range(size)]
    return "".join(" " if code == 63 else chr(65 + code) for code in codes).strip()


def _time(bits: Bits, size: int, found: Mapping[str, Any]) -> int:
    """Tenths of seconds since the epoch → milliseconds."""
    return 100 * bits.take(36)


def _ids(ranges: Callable[[Bits], tuple[tuple[int, int], ...]]) -> Callable[..., Ids]:
    """A set as a field of bits or as ranges, whichever was shorter."""

    def either(bits: Bits, size: int, found: Mapping[str, Any]) -> Ids:
        most = bits.take(16)
        return Ids(most, 0, ranges(bits)) if bits.take(1) else Ids(most, bits.take(most))

    return either


def _fixed(bits: Bits) -> tuple[tuple[int, int], ...]:
    """Ranges of ids of 16 bits. One that ends before it begins names nobody."""
    found = []
    for _ in range(bits.entries()):
        entry = bits.take(17)
        first = last = entry & LARGEST
        if entry > LARGEST:
            last = bits.take(16)
        if not first:
            raise ConsentError("0 is no id")
        if last >= first:
            found.append((first, last))
    return _apart(found)


_LONGEST = 24  # bits of the code of LARGEST


def fibonacci(bits: Bits) -> tuple[tuple[int, int], ...]:
    """Ranges whose ids are written as the distance from the one before, in Fibonacci's code.

    Raises:
        ConsentError: where an id is larger than LARGEST, or the bits end before.
    """
    count = bits.entries()
    row = bits.peek(count * (1 + 2 * _LONGEST))
    found = []
    place = at = 0
    for _ in range(count):
        ranged = row[place : place + 1] == "1"
        step, place = _number(row, place + 1)
        first = at = at + step
        if ranged and step:
            step, place = _number(row, place)
            at += step
        if not step or at > LARGEST:
            bits.at += place  # says whether they ended
            raise ConsentError("no id, or one that is too large")
        found.append((first, at))
    bits.at += place
    return _apart(found)


def _number(row: str, place: int) -> tuple[int, int]:
    """The number in Fibonacci's code at a place, 0 for none; and the place after it."""
    end = row.find("11", place, place + _LONGEST)
    return (_value(row[place : end + 1]), end + 2) if end >= 0 else (0, place + _LONGEST)


@lru_cache(maxsize=4096)
def _value(code: str) -> int:
    """What a code without the last of its ones stands for."""
    total, one, two = 0, 1, 2
    for bit in code:
        total += one * (bit == "1")
        one, two = two, one + two
    return total


def _apart(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same ids as ascending ranges with a gap between them."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def _restrictions(vendors: Callable[..., Ids]) -> Callable[..., tuple[Restriction, ...]]:
    def all_of_them(bits: Bits, size: int, found: Mapping[str, Any]) -> tuple[Restriction, ...]:
        return tuple(Restriction(bits.take(6), bits.take(2), vendors(bits, size, found)) for _ in range(bits.entries()))

    return all_of_them


def _only_ranges(bits: Bits, size: int, found: Mapping[str, Any]) -> Ids:
    ranges = _fixed(bits)
    return Ids(ranges[-1][1] if ranges else 0, 0, ranges)


KINDS: Mapping[str, Callable[[Bits, int, Mapping[str, Any]], Any]] = {
    "int": _int, "ints": _ints, "bool": _bool, "flags": _flags, "custom": _custom, "letters": _letters, "time": _time,
    "ids": _ids(_fixed), "fibonacci ids": _ids(fibonacci),
    "restrictions": _restrictions(_only_ranges), "fibonacci restrictions": _restrictions(_ids(fibonacci)),
}  # fmt: skip
_EMPTY: Mapping[str, Any] = {
    "bool": False, "custom": (), "letters": "", "time": 0, "ids": Ids(), "fibonacci ids": Ids(), "restrictions": (), "fibonacci restrictions": (),
}  # fmt: skip


def ints(*names: str) -> tuple[Field, ...]:
    """Fields of two bits each, which is what most of a section about US states is."""
    return tuple(Field(name, "int", 2) for name in names)


def bits_before(fields: Sequence[Field], name: str) -> int:
    """How many bits stand in front of a field, in a table whose fields up to it have fixed sizes."""
    sizes = {"int": 1, "ints": 2, "flags": 1, "letters": 6}
    ahead = fields[: [field.name for field in fields].index(name)]
    return sum({"bool": 1, "time": 36}.get(field.kind) or sizes[field.kind] * field.size for field in ahead)
