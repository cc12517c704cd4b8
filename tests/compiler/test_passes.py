"""Simpler conditions: what each pass makes of which condition, and that none changes what any condition means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir import Call, Const, Expr, Fold, Has, Local, Ref
from compiler.lower import lower, tree
from compiler.passes import PASSES, UNKNOWN, simplified
from tests.edge import effort  # noqa: F401
from tests.edge.conditions import LISTS, conditions, visitors
from tests.edge.sites import TYPES
from tessera.evaluate import bind, evaluate

PRO = Call("eq", (Ref("visitor.plan", "string"), Const("pro", "string")))
OLD = Call("gt", (Ref("visitor.age", "int"), Const(3, "int")))
BETA, ANY = Ref("visitor.beta", "bool"), Ref("visitor.anything", "any")
TRUE, FALSE = Const(True, "bool"), Const(False, "bool")


def both(*parts: Expr) -> Expr:
    return Call("and", parts)


def either(*parts: Expr) -> Expr:
    return Call("or", parts)


def no(part: Expr) -> Expr:
    return Call("not", (part,))


def number(value: int) -> Const:
    return Const(value, "int")


def text(value: str) -> Const:
    return Const(value, "string")


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        # constants
        (Call("add", (number(1), Call("mul", (number(2), number(3))))), number(7)),
        (Call("div", (number(1), number(0))), UNKNOWN),
        (Call("starts_with", (text("abc"), text("ab"))), TRUE),
        (Call("gt", (Const("1.10.0", "version"), Const("1.9.0", "version"))), TRUE),
        (Call("unleash.starts_with", (text("abc"), Const(("ab",), "list<string>"))), TRUE),
        (Call("size", (Call("make_list", (number(1), number(2))),)), number(2)),
        (Fold("exists", "x", Const((1, 2), "list<int>"), Call("eq", (Local("x"), number(2)))), TRUE),
        (Call("make_list", (number(1), number(2))), Call("make_list", (number(1), number(2)))),
        (Call("eq", (BETA, TRUE)), Call("eq", (BETA, TRUE))),
        # connectives
        (both(FALSE, BETA), FALSE),
        (both(BETA, TRUE), BETA),
        (both(TRUE, TRUE), TRUE),
        (either(BETA, TRUE), TRUE),
        (either(FALSE, BETA), BETA),
        (both(ANY, TRUE), both(ANY)),
        (both(BETA, UNKNOWN), both(BETA, UNKNOWN)),
        (both(UNKNOWN, UNKNOWN), UNKNOWN),
        (no(UNKNOWN), UNKNOWN),
        (no(TRUE), FALSE),
        (no(no(BETA)), BETA),
        (no(no(ANY)), no(no(ANY))),
        (Call("if", (Call("lt", (number(1), number(2))), BETA, PRO)), BETA),
        (Call("if", (UNKNOWN, BETA, PRO)), UNKNOWN),
        (either(Has("visitor.plan"), no(Has("visitor.plan"))), TRUE),
        (both(Has("visitor.plan"), no(Has("visitor.plan"))), FALSE),
        (either(BETA, no(BETA)), either(BETA, no(BETA))),
        # operands
        (both(BETA, both(PRO, BETA)), both(BETA, PRO)),
        (either(PRO, either(PRO, PRO)), PRO),
        (either(PRO, both(PRO, BETA)), PRO),
        (both(PRO, either(BETA, PRO)), PRO),
        (either(both(PRO, OLD), both(PRO, OLD, BETA)), both(PRO, OLD)),
        (both(either(FALSE, PRO), Call("lt", (number(1), number(2)))), PRO),
    ],
)
def test_what_becomes_of_a_condition(expr, expected):
    assert simplified(expr) == expected


def meaning(expr: Expr, values: dict):
    return evaluate(bind(tree(expr), {name: frozenset(list_) for name, list_ in LISTS.items()}), values)


@given(conditions, visitors)
def test_nothing_changes_what_a_condition_means(condition, visitor):
    simple = simplified(condition)
    assert meaning(simple, visitor) is meaning(condition, visitor)
    assert simplified(simple) == simple


# constants stand everywhere in these, the unknown one too
_leaves = st.one_of(st.sampled_from([TRUE, FALSE, UNKNOWN, BETA, Has("visitor.plan"), PRO, OLD]), conditions)
_mixed = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(lambda op, args: Call(op, tuple(args)), st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=4)),
        st.builds(no, inner),
        st.builds(lambda *args: Call("if", args), inner, inner, inner),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("simplify", PASSES)
@given(expr=_mixed, visitor=visitors)
def test_no_single_pass_does_either(simplify, expr, visitor):
    assert meaning(simplify(expr), visitor) is meaning(expr, visitor)


@given(_mixed, visitors)
def test_all_of_them_together(expr, visitor):
    assert meaning(simplified(expr), visitor) is meaning(expr, visitor)


@pytest.mark.parametrize("expr", [UNKNOWN, no(UNKNOWN), both(BETA, UNKNOWN), no(either(BETA, UNKNOWN))])
def test_an_unknown_constant_never_holds(expr):
    assert lower(simplified(expr), TYPES) == ()
