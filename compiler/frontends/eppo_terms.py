"""Eppo's targeting rules and shards as conditions; both of its formats use them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from compiler.frontends.site import ImportRefused, Unsupported
from compiler.frontends.terms import ALWAYS, LONGEST, NEVER, Attributes, all_of, any_of, literal, objects, refused_pattern, text
from tessera.dialects.coercions import number_of
from tessera.dialects.eppo import version

SUBJECT = "subjectKey"  # the name under which callers supply the subject's key
MOST_SHARDS = 2**32
MOST_WHOLE = 2**53  # larger whole numbers are written as the doubles that Eppo compares

Range = tuple[int, int]  # shards [from, to)

_ORDERS = {"GT": "gt", "GTE": "gte", "LT": "lt", "LTE": "lte"}


class Terms:
    """Conditions of one document: the attributes they read, and what of them cannot be expressed.

    Args:
        ignore_case: whether ONE_OF and NOT_ONE_OF compare in lower case, as the older format does.
    """

    def __init__(self, ignore_case: bool = False) -> None:
        self.attributes = Attributes()
        self.unsupported: list[Unsupported] = []
        self._suffix = "_ignore_case" if ignore_case else ""
        self.subject = self.attributes.of(SUBJECT)

    def left_out(self, where: str, what: str) -> str:
        """Note what cannot be expressed; a condition with it never holds."""
        self.unsupported.append(Unsupported(where, what))
        return NEVER

    def rules(self, rules: Sequence[dict[str, Any]], where: str) -> str:
        """Whether one of the rules holds; there is nothing to hold where there are none."""
        return any_of(self._rule(rule, where) for rule in rules) if rules else ALWAYS

    def _rule(self, rule: dict[str, Any], where: str) -> str:
        return all_of([self._condition(condition, where) for condition in objects(rule, "conditions", where)])

    def _condition(self, condition: dict[str, Any], where: str) -> str:
        original, kind, value = text(condition, "attribute", where), text(condition, "operator", where), condition.get("value")
        attribute = self.attributes.of(original)
        if kind == "IS_NULL":
            if original == "id":
                return NEVER if value else ALWAYS
            return f"!has({attribute})" if value else f"has({attribute})"
        if original == "id":
            attribute = f"eppo.either({attribute}, {self.subject})"
        if kind in _ORDERS:
            return self._order(_ORDERS[kind], attribute, value, where)
        if kind in ("ONE_OF", "NOT_ONE_OF") and isinstance(value, list):
            texts = [each for each in value if isinstance(each, str)]
            texts = [each.lower() for each in texts] if self._suffix else texts
            return f"eppo.{kind.lower()}{self._suffix}({attribute}, {literal(texts)})"
        if kind in ("MATCHES", "NOT_MATCHES") and isinstance(value, str):
            wrong = refused_pattern(value)
            if wrong:
                return self.left_out(where, f"the pattern {literal(value)} cannot be expressed ({wrong}): its rule never holds")
            return f"eppo.{kind.lower()}({attribute}, {literal(value)})"
        return self.left_out(where, f"the operator {literal(kind)} with the value {literal(value)} is not known: its rule never holds")

    def _order(self, order: str, attribute: str, value: Any, where: str) -> str:
        """A comparison of versions where the value is one, else of numbers."""
        if version(value) is not None:
            return f"eppo.semver_{order}({attribute}, {literal(value)})"
        number = number_of(value)
        if number is None:
            return self.left_out(where, f"{order} compares with {literal(value)}, which is neither a number nor a version: its rule never holds")
        return f"eppo.{order}({attribute}, {_number(number)})"

    def fits(self, when: str, where: str) -> bool:
        """Whether a condition can hold and is not too long."""
        if len(when) > LONGEST:
            self.left_out(where, f"its condition has {len(when):,} characters, at most {LONGEST:,} are possible")
        return when != NEVER and len(when) <= LONGEST


def _number(number: float) -> str:
    """A number as CEL; an infinite one as a text, which the comparison reads as JavaScript does."""
    if not isfinite(number):
        return literal("Infinity" if number > 0 else "-Infinity")
    return literal(int(number) if number == int(number) and abs(number) <= MOST_WHOLE else float(number))


def shard(total: int, *parts: str) -> str:
    """The shard of some texts: references, or literals."""
    return f"eppo.shard({', '.join(parts)}, {total})"


def within(number: str, ranges: Sequence[Range], total: int) -> str:
    """Whether a shard lies in one of the ranges."""
    found = [list(_bounds(number, start, end, total)) for start, end in ranges]
    return any_of(f"({' && '.join(bounds)})" if len(bounds) == 2 and len(found) > 1 else all_of(bounds) for bounds in found)


def _bounds(number: str, start: int, end: int, total: int) -> Iterator[str]:
    if start > 0:
        yield f"{number} >= {start}"
    if end < total:
        yield f"{number} < {end}"


def ranges_of(listed: Sequence[dict[str, Any]], total: int, where: str) -> tuple[Range, ...]:
    """Ranges cut to [0, total), without empty ones, in order and joined where they touch."""
    found: list[Range] = []
    for each in listed:
        start, end = each.get("start"), each.get("end")
        if not all(isinstance(bound, int) and not isinstance(bound, bool) for bound in (start, end)):
            raise ImportRefused(f"{where}: a range needs whole numbers `start` and `end`")
        found.append((max(start, 0), min(end, total)))
    joined: list[Range] = []
    for start, end in sorted(each for each in found if each[0] < each[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def total_of(holder: dict[str, Any], key: str, where: str) -> int:
    """The number of shards."""
    total = holder.get(key, 10_000)
    if isinstance(total, bool) or not isinstance(total, int) or not 0 < total <= MOST_SHARDS:
        raise ImportRefused(f"{where}: `{key}` is not a whole number from 1 to {MOST_SHARDS:,}")
    return total
