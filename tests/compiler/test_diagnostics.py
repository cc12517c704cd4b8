"""Messages: their form, their order, their codes."""

import pytest

from compiler.diagnostics import CODES, Diagnostic, Diagnostics, Place, Problem, Rejected, did_you_mean, nearest

LINE = "      when: 'request.contry == \"US\" && visitor.visits > 3'"
PLACE = Place("rulesets/store/slots/hero.yaml", 12, 14, 14, LINE)


def test_an_error_says_where_what_and_how_to_mend_it():
    message = Diagnostic("E021", "unknown attribute 'request.contry'", PLACE, "did you mean 'request.country'?")
    assert message.render() == (
        "rulesets/store/slots/hero.yaml:12:14: E021 unknown attribute 'request.contry'\n"
        "  12 |       when: 'request.contry == \"US\" && visitor.visits > 3'\n"
        "     |              ^^^^^^^^^^^^^^\n"
        "  fix: did you mean 'request.country'?"
    )


@pytest.mark.parametrize(
    ("diagnostic", "expected"),
    [
        (Diagnostic("W001", "nothing reads this", Place("a.yml", 1, 1), "rename it", "warning"), "a.yml:1:1: warning W001 nothing reads this\n  fix: rename it"),
        (Diagnostic("E001", "missing", Place("a", 1, 1)), "a:1:1: E001 missing"),
        (Diagnostic("E003", "x", Place("a", 1, 2, 1, "\tb")), "a:1:2: E003 x\n   1 | \tb\n     | \t^"),
        (Diagnostic("E003", "x", Place("a", 1, 3, 2, "日本語x")), "a:1:3: E003 x\n   1 | 日本語x\n     |     ^^^"),
        (Diagnostic("E003", "\x1b[31mred", Place("a\n", 1, 1)), "a\ufffd:1:1: E003 \ufffd[31mred"),
    ],
)
def test_forms(diagnostic, expected):
    assert diagnostic.render() == expected


def test_a_long_line_is_cut_around_the_place():
    line = "x" * 500 + "HERE" + "y" * 500
    shown = Diagnostic("E003", "m", Place("a", 1, 501, 4, line)).render().split("\n")
    assert len(shown[1]) < 180 and shown[1].startswith("   1 | …") and shown[1].endswith("…")
    start = shown[2].index("^")
    assert shown[1][start : start + 4] == "HERE" and shown[2].count("^") == 4


def test_items_are_sorted_and_not_repeated():
    found = Diagnostics()
    found.error("E021", Place("b", 1, 1), "second")
    found.error("E009", Place("a", 2, 1), "first")
    found.warning("W001", Place("a", 1, 9), "warning")
    found.error("E021", Place("b", 1, 1), "second")
    assert [item.message for item in found.items] == ["warning", "first", "second"]
    assert found.failed and found.render().count("\n\n") == 2


def test_warnings_alone_do_not_fail():
    found = Diagnostics()
    found.warning("W001", Place("a", 1, 1), "m")
    assert not found.failed


def test_an_unknown_code_is_a_mistake_of_the_program():
    with pytest.raises(KeyError):
        Diagnostics().error("E999", Place("a", 1, 1), "m")


def test_problems_of_a_text_become_errors():
    found = Diagnostics()
    found.problems([Problem(3, 2, "E022", "m", "f")], lambda offset, length: Place("a", 1, offset + 1, length))
    assert found.items == [Diagnostic("E022", "m", Place("a", 1, 4, 2), "f")]


def test_rejected_carries_the_diagnostics():
    found = Diagnostics()
    found.error("E001", Place("a", 1, 1), "gone")
    assert Rejected(found).diagnostics is found and "gone" in str(Rejected(found))


def test_codes_are_well_formed():
    assert all(code[0] in "EW" and code[1:].isdigit() and len(code) == 4 and meaning for code, meaning in CODES.items())


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [("contry", ["country", "city"], "country"), ("Hero", ["hero"], "hero"), ("zzz", ["country"], None), ("x", [], None)],
)
def test_nearest(name, known, expected):
    assert nearest(name, known) == expected


def test_did_you_mean_describes():
    assert did_you_mean("contry", ["country"], lambda name: "string") == "did you mean 'country' (string)?"
    assert did_you_mean("contry", ["country"]) == "did you mean 'country'?"
    assert did_you_mean("zzz", ["country"]) is None
