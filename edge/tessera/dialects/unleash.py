"""Unleash's constraints and rollouts: what is compared is the context value's text, and a missing value holds for nothing.

Every function is two-valued, so that `!` is Unleash's `inverted`. Source: Unleash/yggdrasil and Unleash/unleash-client-node.
"""

from __future__ import annotations

import operator
import re
from ipaddress import ip_address, ip_network
from typing import Any, Callable

from tessera import automaton
from tessera.assign import HASHES
from tessera.dialects.coercions import number_of, text_of, version_of
from tessera.dialects.function import Function
from tessera.dialects.javascript import SPACES
from tessera.types import parse_time

WHOLE = 100  # a rollout is in percent

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\Z", re.ASCII)

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le,
}  # fmt: skip


def one_of(value: Any, values: Any) -> bool:
    """Whether the text is one of some texts."""
    text = text_of(value)
    return text is not None and isinstance(values, tuple) and text in values


def _any_part(test: Callable[[str, str], bool], ignore_case: bool) -> Callable[[Any, Any], bool]:
    def held(value: Any, parts: Any) -> bool:
        text = text_of(value)
        if text is None or not isinstance(parts, tuple):
            return False
        texts = [part for part in parts if isinstance(part, str)]
        if ignore_case:
            return any(test(text.lower(), part.lower()) for part in texts)
        return any(test(text, part) for part in texts)

    return held


def _numeric(order: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def held(value: Any, limit: Any) -> bool:
        number, against = filled_number(value), filled_number(limit)
        return number is not None and against is not None and order(number, against)

    return held


def filled_number(value: Any) -> float | None:
    """The number that a value is; a blank text is none, while JavaScript's Number() gives 0."""
    return None if isinstance(value, str) and not value.strip(SPACES) else number_of(value)


def moment_of(value: Any) -> float | None:
    """Epoch seconds of a date with or without a time as RFC 3339 writes it; of ISO 8601's other forms none counts."""
    if not isinstance(value, str):
        return None
    text = value.upper()
    return parse_time(text) if _MOMENT.match(text) else None


def _semver(order: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def held(value: Any, limit: Any) -> bool:
        version, against = version_of(value.strip(SPACES) if isinstance(value, str) else value), version_of(limit)
        return version is not None and against is not None and order(version, against)

    return held


def _dated(order: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Any], bool]:
    def held(value: Any, now: Any, limit: Any) -> bool:
        """`value`: ISO 8601 text; `now`: epoch seconds, used where there is no value; `limit`: ISO 8601 text."""
        given = value if value not in (None, "") else now
        moment = given if isinstance(given, (int, float)) else moment_of(given)
        against = moment_of(limit)
        return moment is not None and against is not None and order(moment, against)

    return held


def matches(value: Any, program: Any) -> bool:
    """Whether the pattern is found in the text."""
    text = text_of(value)
    return text is not None and automaton.matches(text, program) is True


def in_cidr(value: Any, networks: Any) -> bool:
    """Whether the address lies in one of some networks; an address is a network of its own, what is neither counts for nothing."""
    try:
        address = ip_address(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return address is not None and isinstance(networks, tuple) and any(_holds(network, address) for network in networks)


def _holds(network: Any, address: Any) -> bool:
    try:
        return isinstance(network, str) and address in ip_network(network, strict=False)
    except ValueError:
        return False


def rollout(percent: Any, group: Any, *ids: Any) -> bool:
    """Whether the first of the ids that is known (not empty) lies within a rollout: MurmurHash3 of `group:id` in 1..100."""
    unit = next((text for text in map(text_of, ids) if text), None)
    share = number_of(percent)
    if unit is None or share is None or not isinstance(group, str):
        return False
    return HASHES["unleash"].number(group, unit, WHOLE) + 1 <= share


_PARTS: dict[str, Callable[[str, str], bool]] = {"starts_with": str.startswith, "ends_with": str.endswith, "contains": operator.contains}

FUNCTIONS: dict[str, Function] = {
    "unleash.one_of": Function(one_of, (2,), "bool"),
    "unleash.one_of_ignore_case": Function(_any_part(operator.eq, True), (2,), "bool"),
    **{f"unleash.{name}": Function(_any_part(test, False), (2,), "bool") for name, test in _PARTS.items()},
    **{f"unleash.{name}_ignore_case": Function(_any_part(test, True), (2,), "bool") for name, test in _PARTS.items()},
    **{f"unleash.num_{name}": Function(_numeric(order), (2,), "bool") for name, order in _ORDERS.items()},
    **{f"unleash.semver_{name}": Function(_semver(order), (2,), "bool") for name, order in _ORDERS.items()},
    "unleash.date_after": Function(_dated(operator.gt), (3,), "bool"),
    "unleash.date_before": Function(_dated(operator.lt), (3,), "bool"),
    "unleash.matches": Function(matches, (2,), "bool", pattern=True),
    "unleash.in_cidr": Function(in_cidr, (2,), "bool"),
    "unleash.rollout": Function(rollout, (3, 4, 5), "bool"),
}
