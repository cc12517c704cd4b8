"""Patterns as plain tests: they must say what RE2 says, or be refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.cel import Environment
from compiler.ir import Call, Const, Expr, Ref
from compiler.patterns import plain
from tessera.operators import OPERATORS

SUBJECT = Ref("request.path", "string")
ENVIRONMENT = Environment({"request.path": "string"})


def told(pattern: str):
    """The plain tests of a pattern, as (operator, texts)."""
    found = plain(SUBJECT, pattern, 0)
    if found is None:
        return None
    tests = found.args if found.op == "or" else (found,)
    assert all(test.args[0] == SUBJECT for test in tests)
    return tests[0].op, *(test.args[1].value for test in tests)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/p/", ("contains", "/p/")),
        ("^/p/", ("starts_with", "/p/")),
        ("\\.html$", ("ends_with", ".html")),
        ("^/$", ("in", ("/",))),
        ("", ("contains", "")),
        ("^", ("starts_with", "")),
        ("$", ("ends_with", "")),
        ("^$", ("in", ("",))),
        ("a|b", ("contains", "a", "b")),
        ("(a|b)", ("contains", "a", "b")),
        ("^(?:/a|/b)", ("starts_with", "/a", "/b")),
        ("^(/a|/b)$", ("in", ("/a", "/b"))),
        ("(\\.jpg|\\.png)$", ("ends_with", ".jpg", ".png")),
        ("a\\+b", ("contains", "a+b")),
        ("(a|)", ("contains", "a", "")),
        ("caf\u00e9", ("contains", "caf\u00e9")),
    ],
)
def test_plain_patterns(pattern, expected):
    assert told(pattern) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "a.b", "a*", "a+", "a?", "[ab]", "a{2}", "\\d", "\\bx", "^a|b$", "^a|b", "(?i)a", "(a)(b)", "(a|b)c", "((a))", "(?P<x>a)", "\\pL", "\\Qa\\E", "a\\\\$", "^^a", "a$$", "\\x41", "(a\\)",
    ],
)  # fmt: skip
def test_what_needs_more_is_refused(pattern):
    assert told(pattern) is None


def answer(expr: Expr, subject: str) -> bool:
    if isinstance(expr, Const):
        return expr.value
    if isinstance(expr, Ref):
        return subject
    values = [answer(arg, subject) for arg in expr.args]
    return any(values) if expr.op == "or" else OPERATORS[expr.op](*values)


def by_re2(pattern: str, subject: str) -> bool | None:
    """What the library's RE2 says; None where it refuses the pattern."""
    quoted = ['"' + "".join(f"\\U{ord(char):08x}" for char in text) + '"' for text in (subject, pattern)]
    try:
        value = ENVIRONMENT.library.compile(f"{quoted[0]}.matches({quoted[1]})").eval().value()
    except RuntimeError:
        return None
    return value if isinstance(value, bool) else None


PIECES = st.lists(st.sampled_from(["a", "b", "/", "|", "^", "$", "(", ")", "(?:", "\\.", "\\|", "\\$", "\\\\", ".", "é", "-", "\n"]), max_size=7).map("".join)


@settings(max_examples=400, deadline=None)
@given(PIECES, st.text("ab/.|$\\é-\n", max_size=5))
def test_plain_tests_say_what_re2_says(pattern, subject):
    expected = by_re2(pattern, subject)
    found = plain(SUBJECT, pattern, 0) if expected is not None else None
    if found is not None:
        assert answer(found, subject) is expected


def test_the_place_of_the_call_is_kept():
    found = plain(SUBJECT, "a|b", 7)
    assert isinstance(found, Call) and found.offset == 7 and all(test.offset == 7 for test in found.args)
