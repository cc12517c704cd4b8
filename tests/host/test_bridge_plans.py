"""When a plan is used without asking the origin, when it is asked again, and what is served when it fails."""

from __future__ import annotations

import itertools
import json
import time

import pytest

from asking import served

pytestmark = pytest.mark.xdist_group("host")
counter = itertools.count()
PAGE = "<body><b>old</b></body>"
SLOT = [["slot", "b", "inner", "1", "new"]]
FILLED = b"<body><b>new</b></body>"
NOW = int(time.time() * 1000)


@pytest.fixture
def page(client):
    """Ask for a page of its own, at a moment in seconds from now; its status in the log and how often the origin was asked."""
    key = f"plans-{next(counter)}"

    def ask(after: float = 0, cache: str | None = None, *, change: dict | None = None, headers: dict = {}, **more) -> tuple[str, int]:
        owner = {"tessera-host-token": client.host.token, "tessera-host-facts": json.dumps({"now": NOW + int(1000 * after)})}
        origin = served(PAGE, **({"cache-control": cache} if cache else {}), **more) | (change or {})
        reply = client.page("/made", SLOT, origin=origin, key=key, headers={**owner, **headers})
        ask.last = reply
        return reply.headers.get("x-report", str(reply.status)).partition("|")[0], int(reply.headers["x-asked"])

    return ask


def test_a_fresh_plan_needs_no_request_to_the_origin(page):
    assert page(0, "public, max-age=60") == ("planned", 1)
    assert page(59, "public, max-age=60") == ("plan-hit", 0)
    assert page.last.body == FILLED and page.last.headers["cache-control"] == "private, no-cache"
    assert page(61, "public, max-age=60") == ("plan-hit", 1)
    assert page(120, "public, max-age=60") == ("plan-hit", 0), "asked again, it is fresh again"


def test_what_the_origin_knows_not_to_have_changed_is_fresh_again(page):
    assert page(0, "max-age=60", etag='"e"') == ("planned", 1)
    assert page(100, "max-age=60", etag='"e"') == ("plan-hit", 1)
    assert page(150, "max-age=60", etag='"e"') == ("plan-hit", 0)


@pytest.mark.parametrize("headers", [{"cache-control": "no-cache"}, {"authorization": "Basic eDp5"}], ids=["reload", "a login of HTTP"])
def test_who_asks_for_a_new_page_gets_one(page, headers):
    page(0, "max-age=60")
    assert page(1, "max-age=60", headers=headers) == ("plan-hit", 1)
    assert page(1, "max-age=60")[1] == 0, "for others it is as fresh as before"


@pytest.mark.parametrize("cache", ["private, max-age=60", "no-store", "max-age=60, PRIVATE"])
def test_a_page_for_one_visitor_is_not_kept(page, cache):
    assert [page(n, cache) for n in range(3)] == [("planned", 1)] * 3


@pytest.mark.parametrize("more", [{"vary": "*"}, {"vary": "cookie, *"}])
def test_a_page_that_varies_with_everything_is_not_kept(page, more):
    assert [page(n, "max-age=60", **more) for n in range(2)] == [("planned", 1)] * 2


@pytest.mark.parametrize("cache, more", [
    (None, {}), ("no-cache, max-age=60", {}), ("max-age=0", {}), ("max-age=60", {"vary": "cookie"}), ("max-age=60", {"vary": "accept-language"}),
    ("max-age=60", {"set-cookie": "sid=1"}), ("max-age=60", {"age": "60"}), ("max-age=soon", {}),
])  # fmt: skip
def test_a_page_that_is_never_fresh_is_compared(page, cache, more):
    assert [page(n, cache, **more) for n in range(2)] == [("planned", 1), ("plan-hit", 1)]


DOWN, ERROR = {"failures": 99}, {"status": 503}


@pytest.mark.parametrize("change, status", [(DOWN, "stale:origin"), (ERROR, "stale:503")])
def test_a_plan_stands_in_for_an_origin_that_fails(page, change, status):
    page(0, "max-age=60")
    assert page(90, "max-age=60", change=change)[0] == status
    assert page.last.body == FILLED and page.last.status == 200
    assert page(91, "max-age=60")[0] == "plan-hit"


@pytest.mark.parametrize("cache", ["max-age=60, must-revalidate", "max-age=60, proxy-revalidate", "no-cache", "private"])
@pytest.mark.parametrize("change, status", [(DOWN, "502"), (ERROR, "passed:status")])
def test_it_does_not_where_the_origin_forbids_it(page, cache, change, status):
    page(0, cache)
    assert page(90, cache, change=change)[0] == status


def test_a_page_that_breaks_off_is_asked_for_again_and_passed_on(page):
    status, asked = page(0, change={"chunk": 8, "breaks": 16, "pad": 64})
    assert (status, asked) == ("passed:broken", 2)
    assert page(1) == ("planned", 1)
    assert page.last.body == FILLED


# --- what is remembered ---


def shelf(client, budget: int, *steps: list) -> dict:
    return client.task(do="unit", name="shelf", given={"budget": budget, "steps": steps}).json()


SHELVES = [  # budget, steps (a value is what it takes), found, left
    (10, [["keep", "a", 4], ["keep", "b", 4], ["recall", "a"], ["recall", "b"], ["recall", "c"]], [4, 4, None], 2),
    (10, [["keep", "a", 4], ["keep", "b", 4], ["keep", "c", 4], ["recall", "a"], ["recall", "b"], ["recall", "c"]], [None, 4, 4], 2),
    (10, [["keep", "a", 4], ["keep", "b", 4], ["recall", "a"], ["keep", "c", 4], ["recall", "a"], ["recall", "b"]], [4, 4, None], 2),
    (10, [["keep", "a", 4], ["keep", "a", 10], ["recall", "a"]], [10], 1),
    (10, [["keep", "a", 4], ["keep", "b", 11], ["recall", "a"], ["recall", "b"]], [None, None], 0),
    (10, [["keep", "a", 8], ["drop", "a"], ["drop", "a"], ["keep", "b", 10], ["recall", "a"], ["recall", "b"]], [None, 10], 1),
    (3, [["keep", name, 1] for name in "abcdef"] + [["recall", name] for name in "abcdef"], [None, None, None, 1, 1, 1], 3),
    (0, [["keep", "a", 1], ["recall", "a"]], [None], 0),
]


@pytest.mark.parametrize("budget, steps, found, left", SHELVES, ids=range(len(SHELVES)))
def test_what_was_used_longest_ago_goes_first(client, budget, steps, found, left):
    assert shelf(client, budget, *steps) == {"found": found, "size": left}
