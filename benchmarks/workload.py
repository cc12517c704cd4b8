"""The rules that all decision engines decide: N random rules for 10 slots and 200 visitors, the same for the same seed.

Each rule asks two to four things of 20 attributes, all of which must hold; popular values are asked for and met most
often (Zipf). Every third rule is an experiment with two equal arms, hashed by the visitor's id; the others show a
variant. A slot shows what the first of its rules that holds says, and nothing where none does.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Iterator, Mapping, Sequence

SLOTS = ("hero", "banner", "carousel", "sidebar", "footer", "checkout", "search", "pricing", "popup", "menu")
TEXTS = {
    "country": 40, "language": 12, "device": 4, "browser": 8, "os": 8, "channel": 12,
    "campaign": 60, "city": 200, "plan": 5, "industry": 16, "lifecycle": 6, "category": 25,
}  # attribute → how many values it has
NUMBERS = ("visits", "orders", "cart_value", "days_away", "page_views", "age")
SWITCHES = ("logged_in", "subscriber")
ATTRIBUTES = (*TEXTS, *NUMBERS, *SWITCHES)
LARGEST = 100
VARIANTS = 8  # of a slot
VISITORS = 200
EXPERIMENT_EVERY = 3
ARMS = ("control", "treatment")
MET, ASKED = 1.1, 0.5  # how steeply the popularity of values falls: among visitors, among rules
SEED = 20261122


@dataclass(frozen=True, slots=True)
class Test:
    """`op`: eq, ne, in, not_in for texts; gt, lt for numbers; eq for switches. A list for in and not_in."""

    attribute: str
    op: str
    argument: Any


@dataclass(frozen=True, slots=True)
class Rule:
    """Shows `variants[0]`; with an experiment's name, one of two variants, half of the visitors each."""

    name: str
    tests: tuple[Test, ...]
    variants: tuple[str, ...]
    experiment: str | None = None

    def holds(self, visitor: Mapping[str, Any]) -> bool:
        return all(_holds(test, visitor[test.attribute]) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Workload:
    """`slots`: name → rules, the first that holds decides. A visitor is `id` and all attributes, none unknown."""

    size: int
    slots: Mapping[str, tuple[Rule, ...]]
    visitors: tuple[Mapping[str, Any], ...]

    def first(self, slot: str, visitor: Mapping[str, Any]) -> Rule | None:
        """The naive reference: the rule that decides."""
        return next((rule for rule in self.slots[slot] if rule.holds(visitor)), None)

    def rules(self) -> Iterator[Rule]:
        for rules in self.slots.values():
            yield from rules


def _holds(test: Test, value: Any) -> bool:
    op, argument = test.op, test.argument
    if op in ("in", "not_in"):
        return (value in argument) is (op == "in")
    if op in ("eq", "ne"):
        return (value == argument) is (op == "eq")
    return value > argument if op == "gt" else value < argument


def _values(attribute: str) -> list[str]:
    return [f"{attribute[:2]}{number:02d}" for number in range(TEXTS[attribute])]


def _popular(random: Random, values: Sequence[Any], skew: float, count: int = 1) -> list[Any]:
    """So many different values, by Zipf's law: that of rank r has a weight of 1 / r^skew."""
    found: dict[Any, None] = {}
    weights = [1 / rank**skew for rank in range(1, len(values) + 1)]
    while len(found) < count:
        found[random.choices(values, weights)[0]] = None
    return list(found)


def _test(random: Random, attribute: str) -> Test:
    if attribute in SWITCHES:
        return Test(attribute, "eq", random.random() < 0.5)
    if attribute in NUMBERS:
        (bound,) = _popular(random, range(LARGEST), ASKED)
        return Test(attribute, "lt", bound + 2) if random.random() < 0.25 else Test(attribute, "gt", bound)
    op = random.choices(("eq", "in", "ne", "not_in"), (60, 30, 5, 5))[0]
    values = _popular(random, _values(attribute), ASKED, random.randint(2, 4) if "in" in op else 1)
    return Test(attribute, op, tuple(values) if "in" in op else values[0])


def _rule(random: Random, number: int, slot: str) -> Rule:
    attributes = random.sample(ATTRIBUTES, random.randint(2, 4))
    tests = tuple(_test(random, attribute) for attribute in attributes)
    variants = random.sample([f"{slot}_{letter}" for letter in "abcdefgh"[:VARIANTS]], 2)
    if number % EXPERIMENT_EVERY == 0:
        return Rule(f"rule_{number}", tests, tuple(variants), f"test_{number}")
    return Rule(f"rule_{number}", tests, (variants[0],))


def _visitor(random: Random, number: int) -> dict[str, Any]:
    texts = {attribute: _popular(random, _values(attribute), MET)[0] for attribute in TEXTS}
    numbers = {attribute: _popular(random, range(LARGEST), MET)[0] for attribute in NUMBERS}
    switches = {attribute: random.random() < 0.5 for attribute in SWITCHES}
    return {"id": f"{random.getrandbits(64):016x}", **texts, **numbers, **switches}


def workload(size: int, seed: int = SEED) -> Workload:
    """`size` rules in all, dealt to the slots in turn."""
    random = Random(f"{seed}/{size}")
    slots: dict[str, list[Rule]] = {slot: [] for slot in SLOTS}
    for number in range(size):
        slot = SLOTS[number % len(SLOTS)]
        slots[slot].append(_rule(random, number, slot))
    visitors = tuple(_visitor(random, number) for number in range(VISITORS))
    return Workload(size, {slot: tuple(rules) for slot, rules in slots.items()}, visitors)
