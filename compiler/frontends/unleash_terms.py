"""Unleash's constraints and strategies as conditions."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from math import isfinite
from typing import Any

from compiler.frontends.site import ImportRefused, Unsupported
from compiler.frontends.terms import ALWAYS, NEVER, Attributes, literal, mapping, negated, objects, refused_pattern, text
from tessera.dialects.coercions import number_of, version_of
from tessera.dialects.javascript import SPACES
from tessera.dialects.unleash import filled_number, moment_of

RANDOM = "random"  # supplied by callers: a fresh text for each decision, where Unleash draws at random
HOSTNAME = "hostname"  # of the application: supplied by callers, as `random` is

_PARTS = {"STR_STARTS_WITH": "starts_with", "STR_ENDS_WITH": "ends_with", "STR_CONTAINS": "contains"}
_NUMERIC = {f"NUM_{order}": f"num_{order.lower()}" for order in ("EQ", "GT", "GTE", "LT", "LTE")}
_VERSIONS = {f"SEMVER_{order}": f"semver_{order.lower()}" for order in ("EQ", "GT", "GTE", "LT", "LTE")}
_DATES = {"DATE_AFTER": "date_after", "DATE_BEFORE": "date_before"}


class Terms:
    """Conditions of one document: the attributes they read, and what of them cannot be expressed."""

    def __init__(self) -> None:
        self.attributes = Attributes()
        self.unsupported: list[Unsupported] = []

    def left_out(self, where: str, what: str) -> str:
        """Note what cannot be expressed; a condition with it never holds."""
        self.unsupported.append(Unsupported(where, what))
        return NEVER

    def constraints(self, holder: dict[str, Any], where: str) -> Iterator[str]:
        """The constraints of a strategy or a segment."""
        for constraint in objects(holder, "constraints", where):
            yield self._constraint(constraint, where)

    def _constraint(self, constraint: dict[str, Any], where: str) -> str:
        """A constraint as a term. One whose own value makes no sense never holds, inverted or not."""
        kind = text(constraint, "operator", where)
        attribute = self.attributes.of(text(constraint, "contextName", where))
        values = [value.strip(SPACES) for value in texts(constraint, "values", where) if value]
        value = constraint.get("value")
        inverted = constraint.get("inverted") is True
        if kind in ("IN", "NOT_IN"):
            inverted ^= kind == "NOT_IN"
            term = f"unleash.one_of({attribute}, {literal(values)})" if values else NEVER
        elif kind in _PARTS:
            suffix = "_ignore_case" if constraint.get("caseInsensitive") is True else ""
            term = f"unleash.{_PARTS[kind]}{suffix}({attribute}, {literal(values)})" if values else NEVER
        elif kind == "IN_CIDR":
            networks = _networks(values)
            term = f"unleash.in_cidr({attribute}, {literal(networks)})" if networks else NEVER
        elif kind in _NUMERIC:
            number = _number(value)
            if number is None:
                return self.left_out(where, f"{kind} compares with {literal(value)}, which is no number: it never holds")
            term = f"unleash.{_NUMERIC[kind]}({attribute}, {number})"
        elif kind in _VERSIONS:
            value = value.strip(SPACES) if isinstance(value, str) else value
            if version_of(value) is None:
                return self.left_out(where, f"{kind} compares with {literal(value)}, which is no semantic version: it never holds")
            term = f"unleash.{_VERSIONS[kind]}({attribute}, {literal(value)})"
        elif kind in _DATES:
            if moment_of(value) is None:
                return self.left_out(where, f"{kind} compares with {literal(value)}, which is no time: it never holds")
            now = "request.at" if constraint["contextName"] == "currentTime" else "null"
            term = f"unleash.{_DATES[kind]}({attribute}, {now}, {literal(value)})"
        elif kind == "REGEX":
            pattern = f"(?i){value}" if constraint.get("caseInsensitive") is True else value
            wrong = refused_pattern(pattern) if isinstance(pattern, str) else "it is no text"
            if wrong:
                return self.left_out(where, f"the pattern {literal(value)} is not RE2 ({wrong}): it never holds")
            term = f"unleash.matches({attribute}, {literal(pattern)})"
        else:
            return self.left_out(where, f"the operator {literal(kind)} is not known: it never holds")
        return negated(term) if inverted else term

    def activation(self, toggle: str, strategy: dict[str, Any], where: str) -> str:
        """When a strategy is active by its name and parameters."""
        name, given = text(strategy, "name", where), mapping(strategy, "parameters", where)
        if name == "default":
            return ALWAYS
        if name == "userWithId":
            return self._one_of("userId", _split(given.get("userIds")))
        if name == "applicationHostname":
            return self._one_of(HOSTNAME, _split(given.get("hostNames")), "_ignore_case")
        if name == "remoteAddress":
            networks = _networks(_split(given.get("IPs")))
            return f"unleash.in_cidr({self.attributes.of('remoteAddress')}, {literal(networks)})" if networks else NEVER
        if name == "gradualRolloutUserId":
            return self._rollout(given.get("percentage"), given.get("groupId") or "", "userId")
        if name == "gradualRolloutSessionId":
            return self._rollout(given.get("percentage"), given.get("groupId") or "", "sessionId")
        if name == "gradualRolloutRandom":
            return self._rollout(given.get("percentage"), toggle, RANDOM)
        if name == "flexibleRollout":
            return self._rollout(given.get("rollout"), group_of(given, toggle), *_stickiness(given.get("stickiness")))
        return self.left_out(where, f"the strategy {literal(name)} is a custom one: it is never active")

    def _one_of(self, original: str, values: list[str], suffix: str = "") -> str:
        return f"unleash.one_of{suffix}({self.attributes.of(original)}, {literal(values)})" if values else NEVER

    def _rollout(self, percent: Any, group: Any, *ids: str) -> str:
        """A rollout by the first of some ids that is known; with `random` among them, one is always known."""
        share = number_of(percent)
        if share is None or share <= 0:
            return NEVER
        if share >= 100 and RANDOM in ids:
            return ALWAYS
        known = ", ".join(map(self.attributes.of, ids))
        return f"unleash.rollout({_number(share)}, {literal(str(group))}, {known})"


def texts(holder: dict[str, Any], key: str, where: str) -> list[str]:
    found = holder.get(key) or []
    if not isinstance(found, list):
        raise ImportRefused(f"{where}: `{key}` is not a list")
    return [each for each in found if isinstance(each, str)]


def _split(listed: Any) -> list[str]:
    """The elements of a text with commas between them, empty ones too; none of an empty text."""
    return [part.strip(SPACES) for part in listed.split(",")] if isinstance(listed, str) and listed else []


def group_of(parameters: dict[str, Any], toggle: str) -> str:
    """What a rollout is hashed with: its group, which may be empty, or the toggle's name where it has none."""
    group = parameters.get("groupId")
    return toggle if group is None else str(group)


def _number(value: Any) -> str | None:
    """A number as CEL, a text that is one too; one that is not finite has no other form than a text."""
    number = filled_number(value)
    if number is None:
        return None
    if not isfinite(number):
        return literal("Infinity" if number > 0 else "-Infinity")
    return str(int(number)) if number == int(number) and abs(number) < 2**53 else repr(float(number))


def _networks(values: list[str]) -> list[str]:
    """The addresses and networks among some texts; as in Unleash, the others count for nothing."""
    return [value for value in values if _is_network(value)]


def _is_network(value: str) -> bool:
    try:
        ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def _stickiness(given: Any) -> tuple[str, ...]:
    """The context fields that a rollout is sticky on, in the order in which they are tried."""
    if given in (None, "", "default"):
        return "userId", "sessionId", RANDOM
    return (str(given),)
