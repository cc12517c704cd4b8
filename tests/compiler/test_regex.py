"""Regular expressions: the syntax is RE2's, word for word refused where RE2 refuses, and the answers are RE2's."""

import pytest
import re2
from hypothesis import assume, given
from hypothesis import strategies as st

from compiler import regex_program
from compiler.ir import Call, Const, Fold, Local, Ref
from compiler.patterns import compile, without
from tests.compiler.test_patterns import by_re2
from tests.edge import effort  # noqa: F401
from tessera.automaton import matches

OPTIONS = re2.Options()
OPTIONS.log_errors = False


def reference(pattern: str):
    """RE2's own program; None where it refuses the pattern."""
    try:
        return re2.compile(pattern, OPTIONS)
    except re2.error:
        return None


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a(?=b)", "invalid perl operator: (?=: RE2 cannot look ahead or behind"),
        ("(?<!a)b", "invalid perl operator: (?<: RE2 cannot look ahead or behind"),
        ("(?>a)", "invalid perl operator: (?>"),
        ("(?x)a", "invalid perl operator: (?x"),
        ("(a)\\1", "invalid escape sequence: \\1: RE2 has no back-references"),
        ("a++", "bad repetition operator: ++: a repetition cannot be repeated without a group, (?:…)"),
        ("*a", "no argument for repetition operator: *"),
        ("a{1001}", "invalid repetition size: {1001}"),
        ("a{3,2}", "invalid repetition size: {3,2}"),
        ("(a{50}){30}", "invalid repetition size: {30}: at most 1000 in all"),
        ("(a", "missing ): a group is not closed"),
        ("a)", "unexpected ): there is no group to close"),
        ("[a", "missing ]: [a"),
        ("[b-a]", "invalid character class range: b-a"),
        ("[[:letter:]]", "invalid character class range: [:letter:]"),
        ("\\p{Klingon}", "invalid character class range: \\p{Klingon}"),
        ("\\Z", "invalid escape sequence: \\Z"),
        ("\\x{110000}", "invalid escape sequence: \\x{110000}"),
        ("(?P<a-b>x)", "invalid named capture group: (?P<a-b>"),
        ("a\\", "trailing \\ at the end of the pattern"),
    ],
)
def test_what_re2_refuses(pattern, reason):
    assert reference(pattern) is None
    with pytest.raises(ValueError) as refused:
        compile(pattern)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("\\C", "\\C, a single byte, is not supported: texts are made of characters; write (?s:.)"),
        ("(" * 101 + ")" * 101, "more than 100 groups within each other"),
        ("(?:abc){700}", "the pattern is too large: with its repetitions written out it has more than 2,000 steps"),
        ("|".join(f"[^{chr(point)}]" for point in range(0x100, 0x200)), "the pattern is too large: its program would take 6"),
    ],
)
def test_what_the_edge_cannot_run(pattern, reason):
    assert reference(pattern) is not None
    with pytest.raises(ValueError) as refused:
        compile(pattern)
    assert str(refused.value).startswith(reason)


def test_the_same_pattern_gives_the_same_program():
    assert compile("(?i)stra(ß|ss)e\\b") == compile("(?i)stra(ß|ss)e\\b")


PIECES = [
    "a", "b", "é", "K", "ſ", "k", "S", "_", "1", " ", "\n", ".", "^", "$", "(", "(?:", "(?i)", "(?i:", "(?s)", "(?m)", "(?m:", "(?-i)", "(?U)", "(?P<n>",
    "(?<x>", ")", ")", ")", "|", "|", "*", "+", "?", "*?", "??", "{2}", "{1,3}", "{0,2}", "{2,}", "{0}", "[ab]", "[^a]", "[a-c_]", "[^\\d]", "[[:alpha:]]",
    "[[:^space:]]", "[\\w-]", "[^\\n]", "[\\s\\S]", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\b", "\\B", "\\A", "\\z", "\\pL", "\\PL", "\\p{Greek}",
    "\\p{^Lu}", "\\x41", "\\x{e9}", "\\n", "\\.", "\\Qa.b\\E", "[", "]", "-", "{", "}", "\\", "i", "s", ":", "[^", "=", "\\7", "\\07", "\\x", "\\p", "\\Q",
    "\\E", ",", "<", ">", "P", "!",
]  # fmt: skip
PATTERNS = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
TEXTS = st.lists(st.text("abkKſsSé1_ .\nαΑ-", max_size=8), min_size=1, max_size=6)


@given(PATTERNS, TEXTS, st.booleans())
def test_the_answers_are_re2s(pattern, texts, small):
    expected = reference(pattern)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(regex_program, "MOST_STATES", 256 if small else 0)
        try:
            program = compile(pattern)
        except ValueError:
            assert expected is None
            return
    assert expected is not None
    for text in texts:
        if "\\B" not in pattern or text.isascii():  # RE2 finds \B inside of a character's bytes
            assert matches(text, program) is (expected.search(text) is not None)


@given(PATTERNS, TEXTS)
def test_so_are_those_of_the_conditions_own_library(pattern, texts):
    assume(reference(pattern) is not None)
    program = compile(pattern)
    for text in texts[:2]:
        assert matches(text, program) is by_re2(pattern, text) or not text.isascii() and "\\B" in pattern


@pytest.mark.parametrize("name", ["Lu", "Ll", "L", "M", "N", "P", "S", "Z", "C", "Han", "Greek", "Latin", "Cyrillic", "Common"])
def test_groups_of_characters_are_re2s(name):
    text = "".join(chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000)
    program, expected = compile(f"^\\p{{{name}}}+$"), set("".join(re2.findall(f"\\p{{{name}}}+", text)))
    sample = {char for run in re2.findall(f"\\p{{{name}}}+", text) for char in (run[0], run[-1], chr(max(0, ord(run[0]) - 1)), chr(ord(run[-1]) + 1))} & set(text)
    assert {char for char in sample if matches(char, program)} == sample & expected


# --- in conditions -------------------------------------------------------------------------------------------------------

PATH = Ref("request.path", "string")


def test_plain_tests_where_they_suffice_and_programs_elsewhere():
    found = without(Call("and", (Call("matches", (PATH, Const("^/p", "string"))), Call("matches", (PATH, Const("^/p+$", "string", 9))))), pytest.fail)
    plain, other = found.args
    assert plain == Call("starts_with", (PATH, Const("/p", "string")))
    assert other == Call("matches", (PATH, Const(compile("^/p+$"), "pattern", 9)))


def test_within_lists_and_functions_of_other_tools():
    names = Ref("visitor.names", "list<string>")
    found = without(Fold("exists", "x", names, Call("matches", (Local("x"), Const("a+", "string")))), pytest.fail)
    assert found.body.args[1].value == compile("a+")
    found = without(Call("unleash.matches", (PATH, Const("a", "string"))), pytest.fail)
    assert found.args[1].value == compile("a")


def test_what_cannot_run_is_told():
    told = []
    pattern = Const("a(?:bcd){800}", "string", 7)
    assert without(Call("or", (PATH, Call("matches", (PATH, pattern)))), lambda *args: told.append(args)) is None
    assert [(const, reason[:24]) for const, reason in told] == [(pattern, "the pattern is too large")]
