"""What tests say together: known contradictions and consequences, and that no visitor ever shows one to be wrong."""

from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from compiler.cel import Environment
from compiler.implication import World, conflict, implies, told, written
from compiler.lower import alternatives, tree
from compiler.passes import simplified
from compiler.patterns import without
from tests.edge import effort  # noqa: F401
from tests.edge.conditions import LISTS, conditions, visitors
from tests.edge.sites import TYPES
from tessera.evaluate import bind, evaluate

NAMES = {
    "visitor.plan": "[free, pro, team]", "visitor.name": "string", "visitor.visits": "int", "visitor.spend": "double", "visitor.beta": "bool",
    "visitor.app": "version", "visitor.recent": "list<string>", "visitor.any": "any",
}  # fmt: skip
ENVIRONMENT = Environment(NAMES, (), {"partners": "string"})
KINDS = {name: ENVIRONMENT.names[name].kind for name in NAMES}
WORLD = World(KINDS, {"visitor.plan": ("free", "pro", "team")}, {"partners": frozenset({"acme.com", "globex.com"})})


def conjunctions(text: str):
    expr = ENVIRONMENT.compile(text)
    assert not isinstance(expr, list), expr
    return alternatives(simplified(without(expr, pytest.fail)), KINDS)


def never(text: str) -> bool:
    return all(conflict(conjunction, WORLD) for conjunction in conjunctions(text))


@pytest.mark.parametrize(
    "text",
    [
        "visitor.visits > 3 && visitor.visits < 2",
        "visitor.visits > 3 && visitor.visits < 4",
        "visitor.visits >= 3 && visitor.visits < 3",
        "visitor.visits == 1 && visitor.visits != 1",
        "visitor.visits > 3 && visitor.visits == 2",
        "visitor.visits > 3 && visitor.visits in [1, 2, 3]",
        "visitor.visits >= 1 && visitor.visits <= 2 && visitor.visits != 1 && visitor.visits != 2",
        "visitor.spend > 1.0 && visitor.spend <= 1.0",
        'visitor.app >= version("2.0.0") && visitor.app < version("2.0.0-rc.1")',
        'visitor.plan == "free" && visitor.plan == "pro"',
        'visitor.plan != "free" && visitor.plan != "pro" && visitor.plan != "team"',
        'visitor.plan in ["free", "pro"] && visitor.plan == "team"',
        "visitor.beta && !visitor.beta",
        "has(visitor.plan) && !has(visitor.plan)",
        '!has(visitor.plan) && visitor.plan != "free"',
        'visitor.name.startsWith("ab") && visitor.name.startsWith("ac")',
        'visitor.name.startsWith("ab") && visitor.name == "xy"',
        'visitor.name.endsWith("a") && visitor.name.endsWith("b")',
        'visitor.name.startsWith("abc") && !visitor.name.contains("b")',
        'visitor.name == "abc" && !visitor.name.matches("^[a-c]+$")',
        'visitor.name == "Ab" && visitor.name.lowerAscii() == "xy"',
        'visitor.name.lowerAscii() == "AB" && visitor.name.lowerAscii().startsWith("ab")',
        'visitor.name in lists.partners && visitor.name == "rival.com"',
        '"x" in visitor.recent && !("x" in visitor.recent)',
        "size(visitor.recent) < 0",
        "size(visitor.recent) > 2 && size(visitor.recent) < 3",
        "visitor.visits > 3 && (visitor.visits < 2 || visitor.visits == 1)",
        "visitor.visits + 1 > 3 && !(visitor.visits + 1 > 3)",
        "growthbook.gt(visitor.any, 3) && !growthbook.gt(visitor.any, 3)",
    ],
)
def test_contradictions(text):
    assert never(text)


@pytest.mark.parametrize(
    "text",
    [
        "visitor.visits > 3 && visitor.visits < 5",
        "visitor.spend > 3.0 && visitor.spend < 4.0",
        "visitor.visits >= 3 && visitor.visits <= 3",
        'visitor.plan != "free" && visitor.plan != "pro"',
        'visitor.name.startsWith("ab") && visitor.name.startsWith("abc")',
        'visitor.name.startsWith("ab") && !visitor.name.startsWith("abc")',
        'visitor.name.startsWith("ab") && visitor.name.endsWith("xb")',
        'visitor.name in lists.partners && visitor.name == "acme.com"',
        'visitor.name == "Ab" && visitor.name.lowerAscii() == "ab"',
        '"x" in visitor.recent && "y" in visitor.recent',
        "!has(visitor.plan)",
        "visitor.visits > 3 || visitor.visits < 2",
        "growthbook.gt(visitor.any, 3) && growthbook.lt(visitor.any, 2)",
    ],
)
def test_what_can_hold(text):
    assert not never(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("visitor.visits > 5", "visitor.visits > 3"),
        ("visitor.visits > 5", "visitor.visits >= 6"),
        ("visitor.visits == 5", "visitor.visits != 4"),
        ("visitor.visits == 5 && visitor.beta", "visitor.visits in [4, 5]"),
        ("visitor.visits > 5", "has(visitor.visits)"),
        ("visitor.visits > 5", "!(visitor.visits == 2)"),
        ('visitor.plan != "free" && visitor.plan != "pro"', 'visitor.plan == "team"'),
        ('visitor.name == "acme.com"', "visitor.name in lists.partners"),
        ('visitor.name == "acme.com"', 'visitor.name.endsWith(".com")'),
        ('visitor.name == "acme.com"', 'visitor.name.matches("^[a-m]{4}[.]")'),
        ('visitor.name.startsWith("abc")', 'visitor.name.startsWith("ab")'),
        ('visitor.name.startsWith("abc")', 'visitor.name.contains("bc")'),
        ('visitor.name.startsWith("abc")', '!visitor.name.startsWith("x")'),
        ("size(visitor.recent) == 3", "size(visitor.recent) >= 2"),
        ("visitor.visits + 1 > 3 && visitor.beta", "visitor.visits + 1 > 3"),
        ("visitor.beta", "true"),
    ],
)
def test_consequences(one, other):
    (first,), (second,) = conjunctions(one), conjunctions(other)
    assert implies(first, second, WORLD)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("visitor.visits > 3", "visitor.visits > 5"),
        ("visitor.visits > 3", "visitor.spend > 1.0"),
        ("has(visitor.visits)", "visitor.visits > 5"),
        ("!has(visitor.visits)", "visitor.visits != 5"),
        ("true", "visitor.beta"),
        ("growthbook.gt(visitor.any, 5)", "has(visitor.any)"),
        ('visitor.name.contains("abc")', 'visitor.name.startsWith("ab")'),
        ("visitor.beta", "visitor.visits + 1 > 3"),
    ],
)
def test_what_does_not_follow(one, other):
    (first,), (second,) = conjunctions(one), conjunctions(other)
    assert not implies(first, second, WORLD)


# --- no visitor shows one to be wrong --------------------------------------------------------------------------------------

RANDOM = World(TYPES, {}, {name: frozenset(values) for name, values in LISTS.items()})


def holds(conjunction, visitor: dict) -> bool:
    """By the lowered tests, put back into a tree."""
    from tessera.operators import OPERATORS

    def answer(literal):
        test = literal.test
        value = visitor.get(test.term.attribute)
        if test.op == "has":
            return (value is not None) is not literal.negated
        if test.term.function:
            value = OPERATORS[test.term.function](value)
        if test.op == "in_list":
            found = OPERATORS["in"](value, RANDOM.lists[test.argument])
        elif test.op == "has_element":
            found = OPERATORS["in"](test.argument, value)
        else:
            found = OPERATORS[test.op](value, test.argument)
        return found is (not literal.negated)

    bound = None if conjunction.tree is None else bind(tree(conjunction.tree), RANDOM.lists)
    return all(map(answer, conjunction.literals)) and (bound is None or evaluate(bound, visitor) is True)


@given(conditions, visitors)
def test_what_is_said_to_be_impossible_never_holds(condition, visitor):
    for conjunction in alternatives(condition, TYPES):
        if conflict(conjunction, RANDOM):
            assert not holds(conjunction, visitor)


@given(conditions, conditions, st.lists(visitors, min_size=3, max_size=3))
def test_what_is_said_to_follow_does(one, other, people):
    pairs = [(a, b) for a in alternatives(one, TYPES) for b in alternatives(other, TYPES)][:40]
    assume(pairs)
    for first, second in pairs:
        if implies(first, second, RANDOM):
            assert all(holds(second, visitor) for visitor in people if holds(first, visitor))


def test_a_contradiction_in_words():
    found = SimpleNamespace(say=lambda text: told([conflict(c, WORLD) for c in conjunctions(text)]))
    assert found.say("visitor.visits > 3 && visitor.visits < 2") == "visitor.visits > 3 and visitor.visits < 2 exclude each other"
    assert found.say('!has(visitor.plan) && visitor.plan != "free"') == '!has(visitor.plan) and visitor.plan != "free" exclude each other'
    assert found.say("visitor.beta && !visitor.beta") == "visitor.beta and !visitor.beta exclude each other"
    assert found.say("visitor.visits + 1 > 3 && !(visitor.visits + 1 > 3)") == "its condition contradicts itself"
    assert found.say("false") == "its condition is never true"


@pytest.mark.parametrize(
    "text",
    [
        "visitor.visits > 3", 'visitor.plan != "free"', 'visitor.plan in ["free", "pro"]', "!visitor.beta", "visitor.beta", "!has(visitor.plan)",
        '!(visitor.name.startsWith("a"))', "visitor.name in lists.partners", '"x" in visitor.recent', "size(visitor.recent) >= 2",
        'visitor.name.lowerAscii() == "x"', 'visitor.app >= version("2.0.0")', 'visitor.name.matches("a+")',
    ],
)  # fmt: skip
def test_a_literal_as_an_author_writes_it(text):
    ((conjunction,),) = (conjunctions(text),)
    assert written(conjunction.literals[0]) == text
