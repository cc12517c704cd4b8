"""What each test means, row by row; and that no operand whatsoever makes an operator raise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tessera.operators import OPERATORS, conjunction, disjunction, negation
from tessera.types import ListedItem, parse_version

AT = 1_764_756_900.0  # Wednesday 2025-12-03T10:15:00Z
ITEMS = (ListedItem("a"), ListedItem("b", 1.0))
ROWS = [  # operator, operands, answer
    ("eq", ("a", "a"), True), ("eq", ("a", "A"), False), ("ne", (1, 2), True), ("lt", (1, 2), True), ("le", (2, 2), True), ("gt", (2, 2), False),
    ("ge", (2.5, 2), True), ("lt", ("a", 1), None), ("lt", ("a", "b"), True), ("eq", (None, None), None), ("ne", (None, 1), None),
    ("in", ("a", ("a", "b")), True), ("in", ("c", frozenset("ab")), False), ("in", ("a", ITEMS), True), ("in", ("z", ITEMS), False), ("in", ("a", ()), False),
    ("in", ("k", {"k": "v"}), True), ("in", ("a", 5), None), ("in", ([], {"k"}), None), ("in", (None, ()), None),
    ("contains", ("abc", "b"), True), ("contains", ("abc", ""), True), ("contains", (("b",), "b"), None), ("contains", ("abc", 1), None),
    ("starts_with", ("abc", "ab"), True), ("starts_with", ("abc", 1), None), ("starts_with", (1, "a"), None), ("ends_with", ("abc", "bc"), True),
    ("ends_with", ("abc", "ab"), False),
    ("size", ("abc",), 3), ("size", (ITEMS,), 2), ("size", ({"a": "b"},), 1), ("size", (5,), None), ("size", (None,), None),
    ("lower_ascii", ("AÄb",), "aÄb"), ("upper_ascii", ("aäB",), "AäB"), ("lower_ascii", ("\u212a",), "\u212a"), ("lower_ascii", (5,), None),
    ("lower_ascii", (("A",),), None), ("upper_ascii", (None,), None),
    ("add", (1, 2), 3), ("add", ("a", "b"), "ab"), ("add", ("a", 1), None), ("sub", (1, 2.5), -1.5), ("sub", ("a", "b"), None), ("mul", (3, 4), 12),
    ("mul", ("a", 3), None), ("mul", (3, ("a",)), None), ("mul", ("a", 10**12), None), ("neg", (3,), -3), ("neg", ("a",), None),
    ("div", (7, 2), 3), ("div", (-7, 2), -3), ("div", (7, -2), -3), ("div", (-7, -2), 3), ("div", (7, 0), None), ("div", (7.0, 2), 3.5),
    ("div", (7.0, 0.0), None), ("div", ("a", 2), None), ("mod", (7, 3), 1), ("mod", (-7, 3), -1), ("mod", (7, -3), 1), ("mod", (7, 0), None),
    ("hours", (AT,), 10), ("minutes", (AT,), 15), ("day_of_week", (AT,), 3), ("day_of_week", (AT + 4 * 86400,), 0), ("day_of_month", (AT,), 2),
    ("month", (AT,), 11), ("year", (AT,), 2025), ("hours", (-0.5,), 23), ("year", (1e17,), None), ("year", (1e300,), None), ("year", (-1e12,), None),
    ("year", ("2025",), None), ("hours", (float("nan"),), None),
    ("index", ({"k": "v"}, "k"), "v"), ("index", ({"k": "v"}, "x"), None), ("index", (("a", "b"), 1), "b"), ("index", (("a",), 1), None),
    ("index", (("a", "b"), -1), None), ("index", (ITEMS, 0), "a"), ("index", ((), 0), None), ("index", ("abc", 0), None), ("index", (("a",), "0"), None),
    ("index", ({"k": 1}, []), None), ("index", (5, 0), None),
    ("timestamp", ("1970-01-02",), 86_400.0), ("timestamp", ("soon",), None), ("timestamp", (5,), None), ("duration", ("90s",), 90.0),
    ("duration", ("long",), None), ("version", ("1.2",), parse_version("1.2.0")), ("version", (1.2,), None),
    ("int", (3.9,), 3), ("int", (-3.9,), -3), ("int", ("12",), 12), ("int", ("x",), None), ("int", (float("inf"),), None), ("int", ("9" * 5000,), None),
    ("double", ("1.5",), 1.5), ("double", ("x",), None), ("double", (2,), 2.0), ("double", (10**400,), None), ("double", ((),), None),
    ("string", ("a",), "a"), ("string", (True,), "true"), ("string", (3,), "3"), ("string", (10**5000,), None),
]  # fmt: skip


@pytest.mark.parametrize("name, operands, answer", ROWS, ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(ROWS)])
def test_operator(name, operands, answer):
    found = OPERATORS[name](*operands)
    assert found == answer and isinstance(found, type(answer))


def test_every_operator_has_a_row():
    assert set(OPERATORS) == {name for name, _, _ in ROWS}


ARITY = {name: len(operands) for name, operands, _ in ROWS}
OPERANDS = st.one_of(hostile.values, st.sampled_from([ITEMS, ("a", "b"), frozenset("ab"), {"a": "b"}, parse_version("1.2.3"), AT]))


@given(st.sampled_from(sorted(OPERATORS)), OPERANDS, OPERANDS)
def test_operators_are_total(name, a, b):
    OPERATORS[name](*(a, b)[: ARITY[name]])


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_operators_are_total_on_nasty_operands(name):
    for a in hostile.NASTY:
        for b in (hostile.NASTY if ARITY[name] == 2 else (None,)):
            OPERATORS[name](*(a, b)[: ARITY[name]])


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_the_unknown_makes_the_unknown(name):
    for place in range(ARITY[name]):
        operands = ["a", "a"][: ARITY[name]]
        operands[place] = None
        assert OPERATORS[name](*operands) is None


T, F, U = True, False, None
KLEENE = [  # a, b, and, or
    (T, T, T, T), (T, F, F, T), (T, U, U, T), (F, T, F, T), (F, F, F, F), (F, U, F, U), (U, T, U, T), (U, F, F, U), (U, U, U, U),
]  # fmt: skip


@pytest.mark.parametrize("a, b, both, either", KLEENE)
def test_kleene(a, b, both, either):
    assert (conjunction([a, b]), disjunction([a, b])) == (both, either)
    assert negation(conjunction([a, b])) is disjunction([negation(a), negation(b)])


@pytest.mark.parametrize("a, answer", [(T, F), (F, T), (U, U)])
def test_negation(a, answer):
    assert negation(a) is answer


def test_nothing_to_join():
    assert (conjunction([]), disjunction([])) == (True, False)


@given(st.lists(st.sampled_from([T, F, U]), max_size=6))
def test_order_does_not_matter(values):
    assert conjunction(values) is conjunction(values[::-1])
    assert disjunction(values) is disjunction(values[::-1])


def test_what_follows_a_decided_answer_is_not_asked():
    def asked():
        yield from (False, True)
        raise AssertionError("asked further")

    assert conjunction(asked()) is False
