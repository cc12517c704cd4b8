"""Eppo's conditions and shards: what is compared is the attribute's text or number, and a missing attribute holds for nothing.

The conditions are two-valued. Source: Eppo-exp/js-sdk-common, rules.ts and evaluator.ts.
"""

from __future__ import annotations

import operator
import re
from hashlib import md5
from typing import Any, Callable

from tessera import automaton
from tessera.assign import HASHES
from tessera.dialects.coercions import number_of, text_of, version_of
from tessera.dialects.function import Function

_NUMBER = r"(0|[1-9]\d{0,15})"
_NUMBERS = re.compile(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?!\d)", re.ASCII)
_LARGEST = 2**53 - 1  # of a version's numbers
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def either(value: Any, otherwise: Any) -> Any:
    """The first that is there: Eppo's attribute `id` is the subject's key unless the attributes have their own."""
    return otherwise if value is None else value


def one_of(value: Any, values: Any) -> bool:
    """Whether the attribute's text is one of some texts."""
    text = text_of(value)
    return text is not None and isinstance(values, tuple) and text in values


def one_of_ignore_case(value: Any, values: Any) -> bool:
    """The same in lower case."""
    text = text_of(value)
    return text is not None and isinstance(values, tuple) and text.lower() in (each.lower() for each in values if isinstance(each, str))


def matches(value: Any, program: Any) -> bool:
    """Whether the pattern is found in the attribute's text."""
    text = text_of(value)
    return text is not None and automaton.matches(text, program) is True


def _known_but_not(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, against: value is not None and not test(value, against)


def _numeric(order: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def held(value: Any, limit: Any) -> bool:
        number, against = number_of(value), number_of(limit)
        return number is not None and against is not None and order(float(number), float(against))  # JavaScript's numbers are doubles

    return held


def _semver(order: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def held(value: Any, limit: Any) -> bool:
        own, against = version(value), version(limit)
        return own is not None and against is not None and order(own, against)

    return held


def version(value: Any) -> tuple | None:
    """A version as node-semver reads it, sortable: its numbers may be long; spaces around it and a `v` before it do not count."""
    text = value.strip() if isinstance(value, str) else ""
    found = _NUMBERS.match(text)
    suffix = version_of(f"0.0.0{text[found.end() :]}") if found else None
    if not found or suffix is None:
        return None
    numbers = tuple(map(int, found.groups()))
    return (*numbers, *suffix[3:]) if max(numbers) <= _LARGEST else None


def shard(*parts_and_total: Any) -> int | None:
    """The shard in [0, total) of some texts: MD5 of the texts with `-` between them. None where one of them is missing."""
    *parts, total = parts_and_total
    texts = [text_of(part) for part in parts]
    if None in texts or isinstance(total, bool) or not isinstance(total, int) or total < 1:
        return None
    return HASHES["eppo"].number(texts[0], "-".join(texts[1:]), total)


def hashed(value: Any) -> str | None:
    """The MD5 of a text in hexadecimal digits, by which Eppo lists the subjects of an override."""
    text = text_of(value)
    return None if text is None else md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


FUNCTIONS: dict[str, Function] = {
    "eppo.either": Function(either, (2,), "dyn"),
    "eppo.one_of": Function(one_of, (2,), "bool"),
    "eppo.not_one_of": Function(_known_but_not(one_of), (2,), "bool"),
    "eppo.one_of_ignore_case": Function(one_of_ignore_case, (2,), "bool"),
    "eppo.not_one_of_ignore_case": Function(_known_but_not(one_of_ignore_case), (2,), "bool"),
    "eppo.matches": Function(matches, (2,), "bool", pattern=True),
    "eppo.not_matches": Function(_known_but_not(matches), (2,), "bool", pattern=True),
    **{f"eppo.{name}": Function(_numeric(order), (2,), "bool") for name, order in _ORDERS.items()},
    **{f"eppo.semver_{name}": Function(_semver(order), (2,), "bool") for name, order in _ORDERS.items()},
    "eppo.shard": Function(shard, (3, 4), "int"),
    "eppo.md5": Function(hashed, (1,), "string"),
}
