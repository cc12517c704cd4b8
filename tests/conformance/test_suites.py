"""Every suite passes on the shared cases, and docs/conformance.md tells what they came to."""

import json
import sys

import pytest

from tests.conformance import __main__ as command
from tests.conformance.case import Case
from tests.conformance.scoreboard import BARS, PAGE, Score, of_suite, reasons, row, score
from tests.conformance.suites import SUITES, run


@pytest.mark.parametrize("suite", SUITES)
def test_suite(shared, suite):
    found = score(suite, run(suite, shared / "conformance"))
    assert [f"{case.name}: {case.problem}" for case in found.failures][BARS[suite].fails :] == []
    assert found.short_of(BARS[suite]) is None
    page = PAGE.read_text("utf-8")
    (told,) = of_suite(page, "scoreboard", suite)
    if f" | {found.cases:,} | " not in told:
        pytest.skip(f"docs/conformance.md is about other cases than these {found.cases:,}: {told}")
    assert told == row(found), "run scripts/conformance_scoreboard.py"
    assert of_suite(page, "skipped", suite) == reasons(found), "run scripts/conformance_scoreboard.py"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_last_line_counts(monkeypatch, capsys, options):
    cases = [Case("one"), Case("two", "3, expected 4"), Case("three", skipped="no such thing"), Case("four", skipped="no such thing")]
    monkeypatch.setattr(command, "run", lambda suite, root: iter(cases))
    monkeypatch.setattr(sys, "argv", ["conformance", "cel", *options])
    assert command.main() == 1
    first, *last = capsys.readouterr().out.splitlines()
    assert last == ["skipped 2: no such thing (three; four)", "1 passed, 1 failed"]
    if options:
        told = json.loads(first)
        assert told["passed"] == 1 and told["failed"] == 1 and told["skipped"] == {"no such thing": 2}
        assert told["skipped_cases"] == {"no such thing": ["three", "four"]} and told["failures"][0]["problem"] == "3, expected 4"
    else:
        assert first == "FAILED two: 3, expected 4"


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_that_is_not_there_is_told(suite, tmp_path):
    with pytest.raises(FileNotFoundError):
        list(run(suite, tmp_path))


def _scored(suite: str, passed: int, failed: int, skipped: int) -> Score:
    cases = [Case(f"{n}") for n in range(passed)] + [Case("f", "wrong")] * failed + [Case("s", skipped="why")] * skipped
    return score(suite, cases)


@pytest.mark.parametrize(
    ("suite", "passed", "failed", "skipped", "short"),
    [
        ("growthbook", 98, 2, 0, False),
        ("growthbook", 97, 3, 0, True),
        ("eppo", 97, 0, 3, True),  # what is skipped counts as not passed
        ("flagd", 98, 0, 3, True),
        ("unleash", 99, 1, 0, True),
        ("cel", 400, 0, 900, False),  # but where it is excluded by name
        ("cel", 399, 0, 900, True),
        ("cel", 1000, 1, 0, True),
        ("murmur3", 0, 0, 0, True),
    ],
)
def test_bars(suite, passed, failed, skipped, short):
    assert (_scored(suite, passed, failed, skipped).short_of(BARS[suite]) is not None) is short
