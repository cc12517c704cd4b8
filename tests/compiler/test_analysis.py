"""Findings: rules that are never reached, and those that only seem so; experiments that meet, and those that do not."""

import pytest

from compiler import ir
from compiler.analysis import MOST_COMPARISONS, _Above
from compiler.implication import World
from tests.golden.cases import messages

COHORT = "  cohort:\n    - {rule: germany, when: 'request.country == \"DE\"', show: welcome}\n"


def of(code: str, folder, **edits) -> list[str]:
    return [message for found, message in messages(folder, **edits) if found == code]


def cohort(*rules: str) -> dict:
    return {"slots/hero.yaml": {COHORT: "  cohort:\n" + "".join(f"    - {{{rule}}}\n" for rule in rules)}}


FIRST = "rule: first, when: 'request.country in [\"DE\", \"AT\"]', show: everyone"


@pytest.mark.parametrize(
    "second",
    [
        "rule: second, when: 'request.country == \"DE\"', show: welcome",
        "rule: second, when: 'request.country in [\"AT\", \"DE\"] && request.hour > 12', show: welcome",
        "rule: second, when: 'request.country == \"DE\" || request.country == \"AT\"', show: welcome",
        "rule: second, when: 'request.country == \"DE\"', show: welcome, campaign: spring",
        "rule: second, when: 'request.country == \"DE\"', show: welcome, share: 20%",
    ],
)
def test_a_rule_under_a_wider_one_is_never_reached(tmp_path, second):
    assert of("W006", tmp_path, change=cohort(FIRST, second)) == ["the rule 'second' is never reached: wherever it holds, 'first' above it does too"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FIRST, "rule: second, when: 'request.country == \"FR\"', show: welcome"),
        (FIRST, "rule: second, when: 'request.hour > 12', show: welcome"),
        (FIRST, "rule: second, when: 'request.country in [\"DE\", \"FR\"]', show: welcome"),
        (FIRST + ", campaign: spring", "rule: second, when: 'request.country == \"DE\"', show: welcome"),
        (FIRST + ", share: 20%", "rule: second, when: 'request.country == \"DE\"', show: welcome"),
        ("rule: first, when: 'request.hour > 12', show: everyone", "rule: second, when: 'request.hour > 11', show: welcome"),
        ("rule: first, when: 'request.hour > 12', show: everyone", "rule: second, when: '!has(request.hour)', show: welcome"),
    ],
)
def test_a_rule_that_may_be_reached_is_not_told(tmp_path, first, second):
    assert of("W006", tmp_path, change=cohort(first, second)) == []


def test_several_rules_together_may_cover_one(tmp_path):
    rules = [f"rule: {name}, when: 'request.country == \"{name.upper()}\"', show: welcome" for name in ("de", "at")]
    both = "rule: both, when: 'request.country == \"AT\" || request.country == \"DE\"', show: everyone"
    told = of("W006", tmp_path, change=cohort(*rules, both))
    assert told == ["the rule 'both' is never reached: wherever it holds, 'at' and 'de' above it do too"]


def test_a_rule_that_never_holds_is_told_once(tmp_path):
    change = cohort(FIRST, "rule: second, when: 'request.country == \"DE\" && request.country == \"FR\"', show: welcome")
    assert [code for code, _ in messages(tmp_path, change=change)] == ["W004"]


@pytest.mark.parametrize(
    "second",
    [
        "layer: apart\nshare: 50%\narms: {a: {weight: 1, rank: trending, take: 2}, b: {weight: 1, rank: trending, take: 1}}\ngoal: click\n",
        "share: 50%\narms: {a: {weight: 1, rank: trending, take: 2}, b: {weight: 1, rank: trending, take: 1}}\ngoal: click\n",
        "unit: account\narms: {a: {weight: 1, rank: trending, take: 2}, b: {weight: 1, rank: trending, take: 1}}\ngoal: click\n",
    ],
)
def test_experiments_that_leave_visitors_to_each_other(tmp_path, second):
    change = {"slots/shelf.yaml": {"  individual:\n": "  individual:\n    - {rule: german, when: 'request.country == \"DE\"', test: second}\n"}}
    assert of("W008", tmp_path, change=change, write={"experiments/second.yaml": second}) == []


def test_the_work_is_bounded():
    """Thousands of rules over one attribute, none of which covers another."""
    above = _Above(World({"visitor.age": "int", "visitor.visits": "int"}))
    for n in range(2000):
        age, visits = (ir.Term(f"visitor.{name}", "", True) for name in ("age", "visits"))
        conjunction = ir.Conjunction((ir.Literal(ir.Test(age, "gt", 2000 - n)), ir.Literal(ir.Test(visits, "gt", n))))
        assert above.over(conjunction) is None
        above.add(ir.Rule(f"r{n}", "segment", ir.Const(True, "bool"), (conjunction,), ir.Action("a"), None, None, ()))
    assert -2000 <= above.left < 0 < MOST_COMPARISONS
