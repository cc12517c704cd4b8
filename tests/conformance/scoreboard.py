"""The figures of docs/conformance.md: what a suite's cases came to, as rows of its tables; and the least that is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.conformance.case import Case
from tests.conformance.suites import SUITES

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
NAMED = 20  # so many skipped cases of one reason are listed by name


@dataclass(frozen=True)
class Bar:
    """Where a suite comes from, and the least it must come to.

    Attributes:
        share: of the cases that must pass; `skips`: whether skipped cases are left out of that share.
        run: how many cases must be run, that is not skipped, of the suite as it is measured on the page.
        fails: how many cases of it are known to fail.
    """

    source: str
    share: Fraction = Fraction(1)
    skips: bool = False
    run: int = 1
    fails: int = 0


_MOST = Fraction(98, 100)
BARS = {
    "growthbook": Bar("growthbook/growthbook, `packages/sdk-js/test/cases.json`, spec 0.8.0", _MOST),
    "unleash": Bar("Unleash/client-specification 6.1"),
    "flagd": Bar("open-feature/flagd-testbed", _MOST),
    "optimizely": Bar("optimizely/python-sdk, go-sdk, javascript-sdk: bucket values; decisions of python-sdk 5.7.0 on their datafiles"),
    "eppo": Bar("Eppo-exp/sdk-test-data", _MOST),
    "jsonlogic": Bar("json-logic/compat-tables, `compatible.json`", _MOST),
    "cel": Bar("google/cel-spec, tests/simple", skips=True, run=400),
    "murmur3": Bar("amplitude/experiment-evaluation, splitio/javascript-commons"),
    "msgpack": Bar("kawanet/msgpack-test-suite"),
    "ua-parser": Bar("ua-parser/uap-core, tests", Fraction(97, 100)),
    "crawlers": Bar("monperrus/crawler-user-agents; people: browsers of uap-core's tests", Fraction(97, 100), fails=13),
    "urlpattern": Bar("web-platform-tests, `urlpatterntestdata.json`", Fraction(95, 100)),
    "structured-fields": Bar("httpwg/structured-field-tests", Fraction(95, 100)),
    "http-cookies": Bar("abarth/http-state, `parser.json`"),
    "iab-consent": Bar("IAB Tech Lab: iabtcf-es, iabtcf-java, iabgpp-es, iabgpp-java", Fraction(99, 100)),
    "html5lib": Bar("html5lib/html5lib-tests: inputs of tokenizer and tree-construction", skips=True, run=3000),
    "lol-html": Bar("cloudflare/lol-html, tests/data"),
    "pages": Bar("real pages, 12 operations on several elements of each, by html5lib's reading"),
}
assert tuple(BARS) == SUITES


@dataclass(frozen=True)
class Score:
    """What the cases of a suite came to; `skipped`: reason → the names of the cases."""

    suite: str
    cases: int
    failures: tuple[Case, ...]
    skipped: dict[str, tuple[str, ...]]

    @property
    def out(self) -> int:
        """How many were skipped."""
        return sum(map(len, self.skipped.values()))

    @property
    def passed(self) -> int:
        return self.cases - len(self.failures) - self.out

    def short_of(self, bar: Bar) -> str | None:
        """Which part of the bar is not met."""
        run = self.cases - self.out
        whole = run if bar.skips else self.cases
        if self.passed < bar.share * whole:
            return f"{self.suite}: {self.passed} of {whole} passed, at least {float(bar.share):.0%} must"
        return f"{self.suite}: {run} cases were run, at least {bar.run} must" if run < bar.run else None


def score(suite: str, cases: Iterable[Case]) -> Score:
    """Count the cases of a suite."""
    held = list(cases)
    skipped: dict[str, tuple[str, ...]] = {}
    for case in held:
        if case.skipped:
            skipped[case.skipped] = (*skipped.get(case.skipped, ()), case.name)
    by_size = sorted(skipped.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return Score(suite, len(held), tuple(case for case in held if case.problem), dict(by_size))


def listed(names: Sequence[str]) -> str:
    """The cases by name, where they are few."""
    return "; ".join(names if len(names) <= NAMED else [*names[:3], "…"])


def row(score: Score) -> str:
    """The suite's row of the scoreboard."""
    figures = (score.cases, score.passed, len(score.failures), score.out)
    return f"| [{score.suite}](#{score.suite}) | {BARS[score.suite].source} | {' | '.join(f'{figure:,}' for figure in figures)} |"


def reasons(score: Score) -> list[str]:
    """The suite's rows of the table of what is skipped."""
    return [f"| {score.suite} | {len(names)} | {_cell(reason)} | {_cell(listed(names))} |" for reason, names in score.skipped.items()]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def tables(scores: Iterable[Score]) -> dict[str, str]:
    """The tables of the page by their marks."""
    held = list(scores)
    board = ["| suite | source | cases | passed | failed | skipped |", "|---|---|---:|---:|---:|---:|", *map(row, held)]
    out = ["| suite | cases | why | which |", "|---|---:|---|---|", *(line for one in held for line in reasons(one))]
    return {"scoreboard": "\n".join(board), "skipped": "\n".join(out)}


def table(page: str, mark: str) -> list[str]:
    """The lines of the table below a comment `<!-- mark -->`."""
    return page.split(f"<!-- {mark} -->\n", 1)[1].split("\n\n", 1)[0].splitlines()


def of_suite(page: str, mark: str, suite: str) -> list[str]:
    """The rows of a suite in one of the tables."""
    return [line for line in table(page, mark) if line.startswith((f"| {suite} |", f"| [{suite}]"))]


def current(page: str, scores: Iterable[Score]) -> str:
    """The page with its tables as they should be."""
    for mark, text in tables(scores).items():
        page = page.replace("\n".join(table(page, mark)), text)
    return page

