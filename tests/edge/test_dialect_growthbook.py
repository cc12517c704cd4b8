"""GrowthBook's conditions, URL targeting and bucketing over plain values, and JavaScript's coercions below them."""

import pytest
from hypothesis import given

from compiler import patterns
from tests.edge import hostile
from tests.edge.sites import table
from tessera.dialects import urls
from tessera.dialects.growthbook import FUNCTIONS
from tessera.dialects.javascript import compare, to_number, to_text

ROWS = table("dialect_growthbook.yaml")


def plain(value):
    return tuple(map(plain, value)) if isinstance(value, list) else {key: plain(held) for key, held in value.items()} if isinstance(value, dict) else value


def called(name, arguments):
    function = FUNCTIONS[f"growthbook.{name}"]
    arguments = [plain(argument) for argument in arguments]
    if function.pattern:
        arguments[-1] = patterns.compile(arguments[-1])
    return function.call(*arguments)


@pytest.mark.parametrize("name, arguments, expected", ROWS["calls"], ids=[f"{row[0]}{row[1]}"[:80] for row in ROWS["calls"]])
def test_a_function(name, arguments, expected):
    assert called(name, arguments) == plain(expected)


@pytest.mark.parametrize("value, text, number", ROWS["coercions"], ids=[f"{row[0]!r}"[:60] for row in ROWS["coercions"]])
def test_a_coercion(value, text, number):
    found = to_number(plain(value))
    assert to_text(plain(value)) == text
    assert found != found if number == "NaN" else found == float(number)


def test_every_function_has_a_row():
    assert {f"growthbook.{row[0]}" for row in ROWS["calls"]} == set(FUNCTIONS)


def test_texts_are_ordered_by_their_utf_16_units():
    assert compare("\U0001f600", "\ufffd") == -1 and "\U0001f600" > "\ufffd"


@pytest.mark.parametrize("here, target, expected", ROWS["redirects"])
def test_a_redirect_keeps_the_parameters_that_its_target_does_not_have(here, target, expected):
    assert urls.with_parameters(here, target) == expected


@given(hostile.values, hostile.values)
def test_no_value_makes_a_function_raise(value, other):
    program = patterns.compile("a+$")
    for name, function in FUNCTIONS.items():
        arguments = [value, other, value, other, value][: max(function.arity, default=3)]
        if function.pattern:
            arguments[-1] = program
        found = function.call(*arguments)
        assert function.returns != "bool" or isinstance(found, bool), name
