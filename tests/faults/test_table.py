"""Every fault of the table in docs/edge.md, for real, in a host of its own; and the table, against what was seen.

`TESSERA_UPDATE_GOLDENS=1` writes the table anew.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Iterator

import pytest

from compiler import sign
from compiler.local import local
from compiler.pipeline import compile_site
from compiler.serve import _now, assets_of, host_for, profiles_of, publish_here, release, seed
from host.process import HostError
from tests.faults.cases import BEGIN, CASES, COLD, DEAD, END, ERROR, FALLEN, GARBAGE, LATE, NEW_PAGE, ORIGINAL, PERSONAL, SORRY, Case, table
from tests.faults.test_releases import BAD, Edge, reforged, with_another_deadline
from tests.shop import ROOT, STORE, Answer, Shop
from tests.views import NEW_YORK, TUESDAY, View, Views, at
from tessera.bundle import unseal

pytestmark = pytest.mark.xdist_group("faults")

STORED = b"Never run out on a Sunday"  # what a customer alone is shown on the home page
WHEN = NEW_YORK | at(TUESDAY)
HOME = "/?utm_source=newsletter"
PAGE = ROOT / "docs" / "edge.md"
PATIENCE = 12.0  # seconds for what is said after the answer
POLL = 0.4  # seconds, of the release
PRODUCTS = sorted((STORE / "public" / "p").glob("*.html"))
ORDINARY = {"planned", "plan-hit", "plan-shared"}


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    place = local(tmp_path_factory.mktemp("faults"))
    other_key = place.root / "other.key"
    sign.generate(other_key)
    good = sign.sign(compile_site(STORE).bundle, place.signing_key)
    following = sign.sign(reforged(good, with_another_deadline), place.signing_key)
    host = host_for(assets_of(STORE), place, environment="production")
    host.variables |= {"TESSERA_POLL_SECONDS": str(POLL), "TESSERA_ORIGIN_DEADLINE": "700"}
    with host:
        seed(host.admin, profiles_of(STORE), _now())
        yield Edge(Views(Shop(host, place, unseal(good).name)), good, following, other_key)


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    """Pages that nobody has asked for yet."""
    return iter([f"/p/{path.stem}" for path in PRODUCTS])


def counts(edge: Edge, address: str) -> dict[str, int]:
    return json.loads(edge.shop.get(address).body)["counts"]


def events(edge: Edge) -> dict[str, int]:
    """How often each event is in the Worker's log."""
    found: dict[str, int] = {}
    for line in edge.shop.host.log_file.read_text(errors="replace").splitlines():
        if line.startswith('{"event":'):
            name = json.loads(line)["event"]
            found[name] = found.get(name, 0) + 1
    return found


def risen(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """What there is more of; `missing:hero` and the like without the slot."""
    return {name.removesuffix(":" + name.rpartition(":")[2]) if name.startswith("missing:") else name for name in after if after[name] > before.get(name, 0)}


def original(path: str) -> bytes:
    return (STORE / "public" / (f"{path[1:]}.html" if path.startswith("/p/") else "index.html")).read_bytes()


def got(answer: Answer, path: str) -> str:
    """What the visitor was given, judged by the answer alone."""
    if answer.status != 200:
        assert not answer.headers.get_all("set-cookie") or answer.status == 500
        return {502: SORRY, 504: LATE, 500: ERROR}[answer.status]
    if answer.body == original(path):
        return ORIGINAL
    if b"garbage" in answer.body:
        return GARBAGE
    return FALLEN if path.startswith("/?") and STORED not in answer.body else PERSONAL


def rows(view: View) -> set[str]:
    """What is unusual in the rows of the decision log, where they have come."""
    found = view.views.rows(view.city, view.day, 0.15).values()
    told = {f"fallbacks: {name}" for row in found for name in row["fallbacks"]}
    told |= {f"page_status: {row['page_status']}" for row in found if row["page_status"] not in ORDINARY}
    return told | {f"place: {row['place']}" for row in found if row["place"] not in ("spliced", "kept")}


def carl(edge: Edge, path: str) -> View:
    """A page view of a returning customer, whose stored facts the home page shows."""
    return edge.views.get(path, cookie=edge.shop.cookie("carl"), facts=WHEN)


def seen(edge: Edge, case: Case, path: str, address: str) -> Case:
    """Bring the faults about, look at a page, and wait for what is logged and counted: the case as it really was."""
    counted, said = counts(edge, address), events(edge)
    if case.release:
        BAD[case.release][0](edge)
    with suppress(HostError) if case is DEAD else nullcontext():  # the request that kills the interpreter may die with it
        edge.shop.admin.fault(**case.faults)
    if case.message:
        edge.shop.admin.send("EVENTS", case.message)
    if case.counters & {"pointer-copy-failed", "pointer-copy-broken", "bundle-refused"}:
        time.sleep(POLL)  # so that the page below begins to follow the release
    view = carl(edge, path)
    until = time.monotonic() + PATIENCE
    while True:
        found = replace(
            case, gets=got(view.answer, path), logged=frozenset(risen(said, events(edge)) - {"bundle-loaded"} | rows(view)), counters=frozenset(risen(counted, counts(edge, address)))
        )  # fmt: skip
        if (found.logged >= case.logged and found.counters >= case.counters) or time.monotonic() > until:
            return found
        time.sleep(0.1)


AGAIN = {"log-not-written", "profiles-not-written", "messages-refused"}  # what is counted of messages that come again


def settled(edge: Edge) -> None:
    """Wait until no message comes again."""
    until = time.monotonic() + PATIENCE
    while edge.shop.admin.list_r2("LOG", "retried/"):
        assert time.monotonic() < until
        time.sleep(0.1)


observed: list[Case] = []


def check(edge: Edge, case: Case, path: str, address: str = "/.well-known/tessera") -> None:
    found = seen(edge, case, path, address)
    assert (found.gets, found.logged, found.counters) == (case.gets, case.logged, case.counters)
    observed.append(found)


# One story, in order: before any release, then with one; what hangs for long comes last.


def test_before_any_release(edge):
    check(edge, COLD, HOME)


def test_a_good_release_goes_live(edge):
    publish_here(edge.shop.admin, edge.good, edge.shop.place)
    assert edge.told(lambda found: found["bundle"] == edge.name)["refused"] is None
    answer = carl(edge, HOME).answer
    assert got(answer, HOME) == PERSONAL and "server-timing" not in answer.headers, "which is for developers"


@pytest.fixture
def good(edge) -> None:
    """The good release is live, whatever was before."""
    if edge.told(lambda found: True)["refused"]:
        edge.put(edge.good)
        assert edge.told(lambda found: found["refused"] is None)["refused"] is None


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_fault(edge, pages, case, request):
    if not case.release:
        request.getfixturevalue("good")
    path = next(pages) if case.page == NEW_PAGE else HOME
    try:
        check(edge, case, path)
    finally:
        edge.shop.fault(PYTHON=None)
        if "hang" in case.faults.values():
            time.sleep(1.2)  # until what still waits for the pointer's copy has given up
        if case.counters & AGAIN:
            settled(edge)
    if case is not CASES[-1]:  # of which nothing comes until it is given up
        assert got(carl(edge, path).answer, path) == PERSONAL, "afterwards all is as before"
    if case.counters & AGAIN:
        time.sleep(0.4)  # so that its record is kept before the next fault


def test_a_dead_interpreter_behind_the_front(tmp_path):
    """A host of its own, whose requests all go through Python, as on the platform."""
    place = local(tmp_path)
    host = host_for(assets_of(STORE), place, environment="production")
    host.front, host.variables = True, host.variables | {"HOST_DIRECT": "no"}
    with host:
        live = release(STORE, place, host.admin)
        dead = Edge(Views(Shop(host, place, live.bundle)), b"", b"", None)
        until = time.monotonic() + 60
        while got(carl(dead, HOME).answer, HOME) != PERSONAL:
            assert time.monotonic() < until
            time.sleep(0.2)
        check(dead, DEAD, HOME, "/.well-known/tessera-front")


def test_the_table_of_the_document_is_what_was_seen():
    if len(observed) != len(CASES) + 2:
        pytest.skip("only some of the faults were brought about")
    written = table(observed)
    text = PAGE.read_text("utf-8")
    before, rest = text.split(BEGIN)
    old, after = rest.split(END)
    if os.environ.get("TESSERA_UPDATE_GOLDENS"):
        PAGE.write_text(f"{before}{BEGIN}\n{written}\n{END}{after}", "utf-8")
    else:
        assert old.strip() == written, "TESSERA_UPDATE_GOLDENS=1 writes the table anew"
