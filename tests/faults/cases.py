"""What may fail at the edge, what the visitor gets then, what is logged and what is counted: the table of docs/edge.md.

A row of the table is a group of cases that all end alike. Every case is brought about for real (tests/faults/test_table.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable, Mapping

PERSONAL = "the personal page"
FALLEN = "the page, decided without what is stored of the visitor"
ORIGINAL = "the origin's page, byte for byte"
ERROR = "the origin's own error page"
GARBAGE = "what the origin said"
SORRY = "a word that the page is not available, with status 502"
LATE = "a word that the page is not available, with status 504"

NEW_PAGE, KNOWN_PAGE = "a page that is not planned yet", "the home page"
BEGIN, END = "<!-- faults -->", "<!-- /faults -->"


@dataclass(frozen=True)
class Case:
    """Faults and how they end.

    faults: by binding or one of its methods, or PYTHON. release: a name of test_releases.BAD. message: what is sent to the queue of events. logged: events of the Worker's log, and `key: value` of the
    decision log's rows. counters: those that rise at /.well-known/tessera.
    """

    group: str
    name: str
    gets: str
    logged: frozenset[str]
    counters: frozenset[str]
    faults: Mapping[str, str] = field(default_factory=dict)
    release: str = ""
    page: str = KNOWN_PAGE
    message: str = ""


def _case(
    group: str, name: str, gets: str, logged: str, counters: str, page: str = KNOWN_PAGE, release: str = "", message: str = "", **faults: str
) -> Case:
    parts = (frozenset(part for part in text.split("; ") if part) for text in (logged, counters))
    return Case(group, name, gets, *parts, faults, release, page, message)


STAGES = ("parse", "arrive", "profile.document", "settle", "decide", "destination", "contents", "text", "fillings")
BUNDLES = {
    "a bundle that is not there": "is not in the store",
    "truncated": "is cut off",
    "one flipped byte": "has a flipped bit",
    "a flipped byte of the signature": "has a flipped bit in its signature",
    "signed by an unknown key": "is signed by another key",
    "not signed": "is not signed",
    "of a newer format": "is of a format from the future",
    "sections that do not fit": "has sections that do not fit together",
}

CASES = (
    _case("The store of profiles (KV `PROFILES`) throws", "profiles throw", FALLEN, "fallbacks: profile-error; profiles-not-written", "profile-error; profiles-not-written", PROFILES="throw"),
    _case("The store of profiles does not answer in time", "profiles hang", FALLEN, "fallbacks: profile-late; profiles-not-written", "profile-late; profiles-not-written", PROFILES="hang"),
    _case("The store of profiles answers garbage", "profiles garbage", FALLEN, "fallbacks: profile-broken", "profile-broken", PROFILES="garbage"),
    _case("The copy of profiles (KV `PROFILES`) cannot be written: the queue delivers again", "copies throw", PERSONAL, "profiles-not-written", "profiles-not-written", **{"PROFILES.put": "throw"}),
    _case("The truth of profiles (R2 `STATE`) throws: the queue delivers again", "state throws", PERSONAL, "profiles-not-written", "profiles-not-written", STATE="throw"),
    _case("A message of a queue cannot be read, however often it comes: it is kept as a dead letter", "dead letter", PERSONAL, "messages-refused; dead-letters", "messages-refused; dead-letters", message="{"),
    _case("The pointer's copy (KV `RELEASES`) throws, or does not answer in time: the pointer itself is read", "releases throw", PERSONAL, "pointer-copy-failed", "pointer-copy-failed", RELEASES="throw"),
    _case("The pointer's copy (KV `RELEASES`) throws, or does not answer in time: the pointer itself is read", "releases hang", PERSONAL, "pointer-copy-failed", "pointer-copy-failed", RELEASES="hang"),
    _case("The pointer's copy is garbage: the pointer itself is read", "releases garbage", PERSONAL, "pointer-copy-broken", "pointer-copy-broken", RELEASES="garbage"),
    _case("Both stores of the release throw: the last good bundle decides", "both throw", PERSONAL, "pointer-copy-failed; bundle-refused", "pointer-copy-failed; bundle-refused", RELEASES="throw", BUNDLES="throw"),
    _case("Both stores of the release are garbage: the last good bundle decides", "both garbage", PERSONAL, "pointer-copy-broken; bundle-refused", "pointer-copy-broken; bundle-refused", RELEASES="garbage", BUNDLES="garbage"),
    *(_case(f"A new bundle {' or '.join(BUNDLES.values())}: the last good one decides", name, PERSONAL, "bundle-refused", "bundle-refused", release=name) for name in BUNDLES),
    _case("The release pointer and its copy cannot be read: the last good bundle decides", "a pointer that is no JSON", PERSONAL, "pointer-copy-broken; bundle-refused", "pointer-copy-broken; bundle-refused", release="a pointer that is no JSON"),
    _case("The queue (`DECISIONS`) throws, or does not answer in time: the record is lost", "queue throws", PERSONAL, "log-lost", "log-lost", DECISIONS="throw"),
    _case("The queue (`DECISIONS`) throws, or does not answer in time: the record is lost", "queue hangs", PERSONAL, "log-lost", "log-lost", DECISIONS="hang"),
    _case("The log's store (R2 `LOG`) throws: the queue delivers again", "log throws", PERSONAL, "log-not-written", "log-not-written", LOG="throw"),
    _case("The origin throws, for a page whose plan is known", "assets throw for a known page", PERSONAL, "", "", ASSETS="throw"),
    _case("The origin throws twice", "assets throw", SORRY, "origin-failed", "origin-failed", NEW_PAGE, ASSETS="throw"),
    _case("The origin does not answer in time", "assets hang", LATE, "origin-failed", "origin-failed", NEW_PAGE, ASSETS="hang"),
    _case("The origin answers an error", "assets err", ERROR, "page_status: passed:status", "passed:status", NEW_PAGE, ASSETS="error"),
    _case("The origin breaks off in the middle of a page, and then does not", "assets break off", ORIGINAL, "origin-broke-off; page_status: passed:broken", "origin-broke-off; passed:broken", NEW_PAGE, ASSETS="break"),
    _case("The origin answers garbage: it is not kept", "assets garbage", GARBAGE, "place: missing", "missing", NEW_PAGE, ASSETS="garbage"),
    *(_case("Python raises, at any stage of a page view: " + ", ".join(f"`{stage}`" for stage in STAGES), f"{stage} raises", ORIGINAL, "decision-failed", "decision-failed", PYTHON=f"{stage}:KeyError") for stage in STAGES),
    _case("Python is out of memory, or recurses without end", "out of memory", ORIGINAL, "decision-failed", "decision-failed", PYTHON="decide:MemoryError"),
    _case("Python is out of memory, or recurses without end", "recursion", ORIGINAL, "decision-failed", "decision-failed", PYTHON="decide:RecursionError"),
    _case("The release's stores do not answer at all: the last good bundle decides", "both hang", PERSONAL, "pointer-copy-failed; bundle-late", "pointer-copy-failed; bundle-late", RELEASES="hang", BUNDLES="hang"),
)  # fmt: skip
COLD = _case("No release is live yet", "cold", ORIGINAL, "bundle-refused", "bundle-refused")
DEAD = _case("The interpreter dies: the front answers", "dead", ORIGINAL, "front-passed", "front-passed:error", PYTHON="fatal")


def table(cases: Iterable[Case]) -> str:
    """The Markdown table: a row for each group, in order."""
    rows = dict.fromkeys((case.group, case.gets, _listed(case.logged), _listed(case.counters)) for case in cases)
    return "\n".join(["| what fails | what the visitor gets | what is logged | what is counted |", "|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "nothing"
