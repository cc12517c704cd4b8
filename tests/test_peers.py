"""What users of other products complain of (docs/edge.md): the tests that have no better place, and that each is there."""

import re
import subprocess
import sys
import time

import pytest

from compiler import selectors
from host.tools import EDGE, ROOT
from tests.conformance.planner import Planner, Task

PAGE = "<!doctype html><title>ä</title><p class='a'>one<p>two <b id=x>three — €</b></p><ul><li>four</ul><img src=i.png alt=''>".encode()
SLOTS = (("#x", "inner"), ("b", "before"), ("img", "src"), ("ul", "append"))
CONTENTS = ("drei €", "<i>neu</i>", "/neu.png", "<li>fünf")


def test_every_complaint_has_its_test():
    text = (ROOT / "docs" / "edge.md").read_text()
    table = text.partition("<!-- complaints -->")[2].partition("<!-- /complaints -->")[0]
    named = re.findall(r"`(tests/[\w/]+\.py)`: `(\w+)`", table)
    assert len(named) > 20
    for file, name in named:
        assert re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text(), re.M), f"{file}: {name}"


def test_a_page_may_be_split_anywhere():
    """Text chunks end anywhere, also within a character: the place of a slot must not depend on it."""
    with Planner() as planner:
        (answer,) = planner.perform([(PAGE, [Task(SLOTS, CONTENTS, seed=seed) for seed in range(25)])])
    whole, *split = answer.results
    assert set(whole.statuses) == {"spliced"} and "drei €".encode() in whole.body
    assert {result.body for result in split} == {whole.body}


@pytest.mark.parametrize("selector", ["h2 + p", "h2 ~ p", "p:last-child", "div:has(> p)", "p:nth-last-child(2)"])
def test_a_selector_that_a_streaming_rewriter_cannot_follow_is_refused_with_a_hint(selector):
    problem, hint = selectors.problem(selector)
    assert "while the page streams" in problem and hint


def test_importing_the_worker_stays_within_what_a_start_may_cost():
    """Modules cost at every start without a snapshot: no heavy ones, and not many."""
    code = "import sys, tessera.turn, tessera.log, tessera.events, tessera.about; print(*sys.modules)"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split())
    own = {name for name in loaded if name.startswith("tessera")}
    assert len(own) <= len(list((EDGE / "tessera").rglob("*.py")))
    assert not loaded & {"numpy", "asyncio", "pydantic", "ssl", "http.client", "xml", "sqlite3", "multiprocessing", "unittest", "ctypes"}
    assert not {name for name in own if "page_" in name}, "the twins of the bridge's modules are for runtimes without it"


def test_the_client_watches_no_changes_of_the_page():
    """Who answers the framework's changes with changes never comes to an end."""
    source = (ROOT / "client" / "tessera.mjs").read_text()
    assert "IntersectionObserver" in source and "MutationObserver" not in source and "setInterval" not in source


def test_events_are_logged_without_any_setting(shop):
    """An edge SDK that sends nothing by default leaves empty reports: here nothing has to be switched on."""
    before = shop.log_files()
    shop.get("/?utm_source=newsletter", cookie=shop.cookie("carl"))
    found: set[str] = set()
    until = time.monotonic() + 20
    while not found >= {"hero", "cta"} and time.monotonic() < until:  # rows of what other tests asked before may still come in
        found = {row["slot"] for row in shop.logged(before)}
    assert found >= {"hero", "cta"}
