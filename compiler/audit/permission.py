"""What is read where it is not permitted without the visitor's opt-in, by jurisdiction."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from compiler import ir
from compiler.audit.attributes import declared
from compiler.audit.findings import Finding, finding
from compiler.audit.subject import Subject, actions, some
from compiler.cel import refs
from compiler.implication import conflict, listed
from compiler.lower import alternatives
from compiler.register import ELSEWHERE
from tessera.context import Request, request_values
from tessera.evaluate import evaluate
from tessera.resolved import Bundle

_COUNTRY = "request.country"


def opt_in(subject: Subject) -> Iterator[Finding]:
    """Attributes that are read, with the jurisdictions that ask for an opt-in first and the rules that cannot hold there until then."""
    for name, spec, place in declared(subject):
        if name not in subject.program.reads or spec.purpose == "none":
            continue
        where = [one for one in jurisdictions(subject) if spec.purpose not in allowed(subject, one)]
        reading = [one for one in subject.rules if name in read_by(one.rule)]
        if where and reading:
            stuck = [one.name for one in reading if _needs(one.rule, name)]
            others = [one.name for one in reading if not _needs(one.rule, name)]
            told = [f"{some(stuck, 5)} cannot hold there"] * bool(stuck) + [f"{some(others, 5)} decide{'s' * (len(others) == 1)} there as if it were unknown"] * bool(others)
            message = f"{name} is not permitted without opt-in in {some(where, 8)} (purpose '{spec.purpose}'); until then {', and '.join(told)}"
            yield finding("A070", f"attribute {name}", place, message, "see that what is shown instead is good there, or decide by request.… alone")


def _needs(rule: ir.Rule, name: str) -> bool:
    """Whether a rule never holds where an attribute is unknown: each of its alternatives tests a value of it."""
    return bool(rule.conjunctions) and all(
        any(literal.test.term.attribute == name and "." not in literal.test.op and not (literal.test.op == "has" and literal.negated) for literal in one.literals)
        for one in rule.conjunctions
    )


def only_after(subject: Subject) -> Iterator[Finding]:
    """Rules that are for places alone where what they read is not permitted without opt-in."""
    places = _Places(subject)
    for one in subject.rules:
        if not one.rule.purposes or one.name in subject.dead or not one.rule.conjunctions:
            continue
        found: dict[str, None] = {}
        for conjunction in one.rule.conjunctions:
            found |= dict.fromkeys(places.of(conjunction))
        needing = [place for place in found if set(one.rule.purposes) - allowed(subject, place)]
        if len(needing) == len(found) and set(found) != set(jurisdictions(subject)):
            message = f"the rule '{one.rule.name}' is only for {some(list(found))}, where {some(list(one.rule.purposes))} needs an opt-in: it holds for nobody there who made no choice"
            yield finding("A071", f"rule {one.name}", one.place("when"), message, "see what its visitors get before they choose, or decide by request.… alone")


def jurisdictions(subject: Subject) -> tuple[str, ...]:
    """The jurisdictions, and ELSEWHERE where none need hold."""
    found = subject.program.jurisdictions
    return (*(one.name for one in found), *(() if found and found[-1].when is None else (ELSEWHERE,)))


def allowed(subject: Subject, name: str) -> frozenset[str]:
    """The purposes that are in force in a jurisdiction without a choice."""
    return next((frozenset(one.allow) for one in subject.program.jurisdictions if one.name == name), frozenset())


def read_by(rule: ir.Rule) -> frozenset[str]:
    """The attributes that a rule asks about, by its condition or by what it does."""
    found = set(refs(rule.when))
    for action in actions(rule.action):
        found |= {*action.without, *(refs(action.where) if action.where else ())}
    return frozenset(found)


class _Places:
    """In which jurisdictions a conjunction can hold."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @cached_property
    def bundle(self) -> Bundle:
        from tessera.bundle import load, unseal

        return load(unseal(self.subject.compiled.bundle))

    @cached_property
    def conditions(self) -> tuple[tuple[str, tuple[ir.Conjunction, ...]], ...]:
        """Jurisdiction → the alternatives in which it is the first that holds."""
        found, earlier = [], list[ir.Expr]()
        for one in self.subject.program.jurisdictions:
            parts = (*(ir.Call("not", (other,)) for other in earlier), *((one.when,) if one.when is not None else ()))
            found.append((one.name, self._lowered(parts)))
            earlier += [one.when] if one.when is not None else []
        if ELSEWHERE in jurisdictions(self.subject):
            found.append((ELSEWHERE, self._lowered(tuple(ir.Call("not", (other,)) for other in earlier))))
        return tuple(found)

    def _lowered(self, parts: tuple[ir.Expr, ...]) -> tuple[ir.Conjunction, ...]:
        return alternatives(ir.Call("and", parts) if len(parts) > 1 else parts[0], self.subject.kinds) if parts else (ir.Conjunction(()),)

    def of(self, conjunction: ir.Conjunction) -> tuple[str, ...]:
        """The jurisdictions; by the countries that it asks for where it asks for some, for a region follows from a country."""
        literals = [literal for literal in conjunction.literals if literal.test.term.attribute == _COUNTRY]
        countries = listed(literals, self.subject.world) if literals else None
        possible = tuple(name for name, conditions in self.conditions if any(not conflict(self._joined(conjunction, other), self.subject.world) for other in conditions))
        if countries is None:
            return possible
        told = {self._of_country(country) for country in countries if isinstance(country, str)}
        return possible if None in told else tuple(name for name in possible if name in told)

    def _of_country(self, country: str) -> str | None:
        """The jurisdiction of a country; None where that cannot be told by the country alone."""
        asked = {name for one in self.subject.program.jurisdictions if one.when is not None for name in refs(one.when)}
        values = request_values(Request(country=country), asked)
        for name, when, _, _ in self.bundle.jurisdictions:
            answer = True if when is None else evaluate(when, values)
            if answer is None or answer is False and when is not None and self._by_state(country):
                return None
            if answer is True:
                return name
        return ELSEWHERE

    def _by_state(self, country: str) -> bool:
        """Whether a jurisdiction speaks of a part of a country."""
        return any(f"{country}-" in value for one in self.subject.program.jurisdictions if one.when is not None for value in _texts(one.when))

    @staticmethod
    def _joined(a: ir.Conjunction, b: ir.Conjunction) -> ir.Conjunction:
        trees = tuple(tree for tree in (a.tree, b.tree) if tree is not None)
        return ir.Conjunction((*a.literals, *b.literals), ir.Call("and", trees) if len(trees) > 1 else trees[0] if trees else None)


def _texts(expr: ir.Expr) -> Iterator[str]:
    if isinstance(expr, ir.Const):
        yield from (value for value in (expr.value if isinstance(expr.value, tuple) else (expr.value,)) if isinstance(value, str))
    elif isinstance(expr, ir.Call):
        for arg in expr.args:
            yield from _texts(arg)

