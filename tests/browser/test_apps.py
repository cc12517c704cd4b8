"""Applications in a real browser: what the edge decided survives them or is said to be undone, and only what was seen counts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Iterator

import pytest

from tests.browser.apps import events, running
from tests.browser.conftest import DESKTOP, Person, told
from tests.browser.test_shop import SHIFTS
from tests.shop import Shop
from tests.views import NEW_YORK

pytestmark = pytest.mark.xdist_group("browser")

LOOK = 1400  # milliseconds: long enough that what is in view counts
DECIDED = "Decided at the edge"
NOTE, OTHER = "A note for you", "Another note"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running(tmp_path_factory.mktemp("applications")) as shop:
        yield shop


@pytest.fixture
def visitor(chromium: Any, site: Shop) -> Iterator[Person]:
    """A visitor of the site; afterwards the browser may have complained of nothing."""
    context = chromium.new_context(extra_http_headers=told(site, NEW_YORK), **DESKTOP)
    context.set_default_timeout(10_000)
    person = Person(site, context)
    yield person
    context.close()
    assert (person.errors, person.strangers) == ([], [])


def island(visitor: Person) -> dict[str, Any]:
    return json.loads(visitor.page.locator("#tessera").text_content())


def leave(visitor: Person) -> None:
    visitor.page.goto("about:blank")


def seen(visitor: Person, path: str, *, wait: int = LOOK) -> tuple[str, Any]:
    """Open a page, look at it, and tell the id of the page view."""
    visitor.open(path)
    view = island(visitor)["view"]
    visitor.page.wait_for_timeout(wait)
    return view, visitor.page


# --- React --------------------------------------------------------------------------------------------------------------


def test_an_application_that_reads_the_island_keeps_what_was_decided_and_both_slots_were_seen(visitor, site):
    view, page = seen(visitor, "/")
    assert page.locator("html").get_attribute("data-ready") == "yes" and page.evaluate("recovered") == 0
    assert (visitor.text("#title"), visitor.text("#offer")) == (DECIDED, f"{DECIDED} & more")
    page.locator("#more").click()
    assert visitor.text("#more") == "pressed", "the application is alive"
    leave(visitor)
    assert events(site, view, 2) == [("exposure", "offer"), ("exposure", "title")]


def test_a_hydration_that_undoes_the_slots_is_no_exposure_and_is_told(visitor, site):
    """https://github.com/cloudflare/skills/issues/80: rewriting undone by hydration while the exposure is already logged."""
    view, page = seen(visitor, "/careless")
    assert page.evaluate("recovered") >= 1
    assert (visitor.text("#title"), visitor.text("#offer")) == ("Hello", "Nothing special")
    leave(visitor)
    assert events(site, view, 2) == [("undone", "offer"), ("undone", "title")]


# --- what was seen ------------------------------------------------------------------------------------------------------


def test_only_what_was_in_view_for_a_second_counts_and_once(visitor, site):
    view, page = seen(visitor, "/scroll")
    assert page.locator("#gone").count() == 0
    assert visitor.text("#top") == NOTE
    leave(visitor)
    assert events(site, view, 2) == [("exposure", "kept"), ("exposure", "top")]


def stand_still(visitor: Person) -> None:
    """From the next page on the visitor's clock stands still, however slow the machine is."""
    visitor.context.clock.install()
    visitor.context.clock.pause_at(datetime.now() + timedelta(seconds=1))


def looked(visitor: Person, milliseconds: int) -> None:
    """Time goes by on a clock that stands still, once the page was told what is in view."""
    visitor.page.evaluate("new Promise((told) => new IntersectionObserver(told).observe(document.body))")
    visitor.context.clock.run_for(milliseconds)


def test_a_slot_below_counts_once_it_is_scrolled_to(visitor, site):
    stand_still(visitor)
    view, page = seen(visitor, "/scroll", wait=0)
    looked(visitor, 300)
    page.locator("#below").scroll_into_view_if_needed()
    looked(visitor, LOOK)
    page.evaluate("scrollTo(0, 0)")
    looked(visitor, 300)
    leave(visitor)
    assert events(site, view) == [("exposure", "below")], "of what was at the top there was no time to see anything"


def test_a_glance_is_no_exposure(visitor, site):
    stand_still(visitor)
    glance, page = seen(visitor, "/scroll", wait=0)
    looked(visitor, 300)
    leave(visitor)
    view, page = seen(visitor, "/scroll", wait=0)
    looked(visitor, LOOK)
    leave(visitor)
    assert len(events(site, view, 2)) == 2 and events(site, glance, patience=0) == []


@pytest.fixture
def keeper(launch: Any, site: Shop) -> Iterator[Person]:
    """A visitor whose browser keeps pages that are left (back/forward cache), which Playwright's usual one does not."""
    browser = launch(ignore_default_args=["--disable-back-forward-cache"])
    person = Person(site, browser.new_context(extra_http_headers=told(site, NEW_YORK), **DESKTOP))
    yield person
    browser.close()
    assert (person.errors, person.strangers) == ([], [])


def back(page: Any) -> None:
    """Go back to a page that was kept, as it was."""
    page.evaluate("void setTimeout(() => history.back())")  # after this call has come back
    page.wait_for_function("window.isKept")


def test_a_page_that_was_laid_aside_goes_on_where_it_was(keeper, site):
    view, page = seen(keeper, "/scroll")
    page.evaluate("isKept = true")
    keeper.open("/app/plain")
    assert events(site, view, 2) == [("exposure", "kept"), ("exposure", "top")]
    back(page)
    page.locator("#below").scroll_into_view_if_needed()
    page.wait_for_timeout(LOOK)
    leave(keeper)
    assert events(site, view, 3) == [("exposure", "below"), ("exposure", "kept"), ("exposure", "top")], "each once"


def test_while_a_page_is_laid_aside_nobody_looks_at_it(keeper, site):
    view, page = seen(keeper, "/scroll", wait=300)
    page.evaluate("isKept = true")
    leave(keeper)
    page.wait_for_timeout(LOOK)
    back(page)
    page.wait_for_timeout(300)
    leave(keeper)
    assert events(site, view, patience=1) == []


# --- applications that navigate by themselves ---------------------------------------------------------------------------

WITHOUT = "Object.defineProperty(window, 'navigation', { value: undefined })"


@pytest.mark.parametrize("script", [None, WITHOUT], ids=["navigation", "history"])
def test_pages_that_an_application_shows_get_their_slots(visitor, site, script):
    page = visitor.new_tab()
    if script:
        page.add_init_script(script)
    first, _ = seen(visitor, "/app/one")
    assert (visitor.text("#word"), visitor.text("#body"), visitor.text("header .deal")) == (NOTE, NOTE, f"{DECIDED} & more")
    with page.expect_response("**/_tessera/slots*") as answered:
        page.get_by_role("link", name="two", exact=True).click()
    answer = answered.value.json()
    assert (answer["page"], set(answer["slots"])) == ("two", {"word", "link", "beside", "body", "only"}) and answer["view"] != first
    page.wait_for_function("document.querySelector('#word').textContent === 'Another note'")
    assert (visitor.text("#body"), page.locator("#link").get_attribute("href")) == (OTHER, "/app/one")
    assert page.locator("#only").evaluate("(element) => element.previousElementSibling.textContent") == NOTE
    assert page.locator("header .deal").count() == 1, "what both pages have beside the same element is there once"
    page.wait_for_timeout(LOOK)
    with page.expect_response("**/_tessera/slots*"):
        page.go_back()
    page.wait_for_function("document.querySelector('#word').textContent === 'A note for you'")
    leave(visitor)
    assert events(site, first, 4) == [("exposure", name) for name in ("beside", "body", "link", "word")]
    assert events(site, answer["view"], 5) == [("exposure", name) for name in ("beside", "body", "link", "only", "word")]


def test_an_application_may_fill_the_slots_itself(visitor):
    visitor.open("/app/one")
    visitor.page.evaluate("addEventListener('tessera', (event) => { event.preventDefault(); window.told = event.detail; })")
    visitor.page.get_by_role("link", name="two", exact=True).click()
    visitor.page.wait_for_function("window.told")
    assert visitor.page.evaluate("told.slots.word.content") == OTHER and visitor.text("#word") == NOTE


def test_the_same_page_with_another_fragment_is_not_asked_for(visitor):
    visitor.open("/app/one")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.page.evaluate("history.pushState(null, '', '#part')")
    visitor.page.wait_for_timeout(300)
    assert asked == []


# --- strict pages -------------------------------------------------------------------------------------------------------


def test_a_strict_policy_lets_in_what_has_the_pages_nonce(visitor, site):
    nonces = set()
    for _ in range(2):
        view, page = seen(visitor, "/strict")
        assert page.evaluate("lively") == 1
        assert page.locator("#hero b").evaluate("(element) => getComputedStyle(element).color") == "rgb(1, 2, 3)"
        nonces.add(page.locator("#hero script").evaluate("(element) => element.nonce"))
        leave(visitor)
        assert events(site, view) == [("exposure", "hero")]
    assert len(nonces) == 2 and all(nonces)


@pytest.mark.parametrize("path", ["/", "/scroll", "/app/two"])
def test_nothing_moves_by_what_the_edge_put_in(visitor, path):
    visitor.open(path)
    assert visitor.page.evaluate(SHIFTS) == 0
