"""Patterns at the edge: what is found in which texts, by both forms of program, and in how many steps."""

import sys

import msgpack
import pytest

from compiler import regex_program
from tests.edge.sites import table
from tessera import automaton
from tessera.automaton import LONGEST, matches
from tessera.operators import OPERATORS

ROWS = [
    pytest.param(row["pattern"], text, expected, id=f"{row['pattern']!r} {text!r}")
    for row in table("patterns.yaml")
    for key, expected in (("finds", True), ("misses", False))
    for text in row.get(key, ())
]


def both(pattern: str) -> tuple:
    """The program of a pattern, and the one that it would be if its table were too large."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(regex_program, "MOST_STATES", 0)
        steps = regex_program.compile(pattern)
    return regex_program.compile(pattern), steps


@pytest.mark.parametrize(("pattern", "text", "expected"), ROWS)
def test_what_is_found(pattern, text, expected):
    programs = both(pattern)
    assert [program[1] for program in programs] == ["table", "steps"]
    assert [matches(text, program) for program in programs] == [expected, expected]


@pytest.mark.parametrize("pattern", ["^/p/[a-z]+$", "(?i)\\bstraße|\\pL{2}$"])
def test_a_program_survives_the_bundle(pattern):
    for program in both(pattern):
        packed = msgpack.packb(program, use_bin_type=True)
        assert msgpack.unpackb(packed, use_list=False) == program
        assert hash(program)
        assert matches("a straße", msgpack.unpackb(packed)) is matches("a straße", program)


def test_only_the_beginning_of_a_long_text_is_looked_at():
    program = regex_program.compile("b")
    assert matches("a" * (LONGEST - 1) + "b", program) is True
    assert matches("a" * LONGEST + "b", program) is False


def test_the_operator_is_total():
    program = regex_program.compile("^1$")
    assert [OPERATORS["matches"](value, program) for value in ("1", "2", None, 1, True, ("1",), {"1": 1})] == [True, False, *[None] * 5]


# --- the work is linear in the text: lines of the module that are run, counted exactly -----------------------------------


def lines(text: str, program: tuple) -> int:
    """How many lines of tessera.automaton run to decide."""
    count = 0

    def inside(frame, event, arg):
        nonlocal count
        count += event == "line"
        return inside

    before = sys.gettrace()
    sys.settrace(lambda frame, event, arg: inside if frame.f_code.co_filename == automaton.__file__ else None)
    try:
        matches(text, program)
    finally:
        sys.settrace(before)
    return count


EVIL = ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){10}$", "(a*)*b", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)(.*)(.*)(.*)=", "^(\\w+\\s?)*$"]


@pytest.mark.parametrize("pattern", EVIL)
def test_evil_patterns_take_linear_time(pattern):
    for program in both(pattern):
        short, long = (lines("a" * size + "!", program) for size in (100, 800))
        assert long <= 8.5 * short
        assert long <= 20_000


def test_no_text_takes_more_than_each_step_for_each_character():
    """A pattern whose table would have 2¹⁵ states, on a text that meets a new state at nearly every character."""
    program = regex_program.compile("(?:a|b)*a(?:a|b){14}c")
    steps = len(program[-1]) // 3
    text, state = "", 1
    while len(text) < 1000:  # a shift register: all different neighbourhoods
        state = (state << 1 | (state >> 14 ^ state >> 13) & 1) & 0x7FFF
        text += "ab"[state & 1]
    assert program[1] == "steps"
    assert lines(text, program) <= 12 * steps * len(text)
    assert lines(text, program) <= 2.2 * lines(text[:500], program)
