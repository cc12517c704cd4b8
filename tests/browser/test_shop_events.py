"""What the example shop's own script tells of visitors: the right events at the right moments, each of which the edge takes."""

from __future__ import annotations

import json

import pytest

from tests.browser.test_shop import known
from tests.views import NEW_YORK, TUESDAY, at
from tessera.vocabulary import wrong

pytestmark = pytest.mark.xdist_group("browser")

LISTEN = """() => {
  const send = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (url, body) => (tell(url, body), send(url, body));
}"""


@pytest.fixture
def shopper(person):
    """shopper(cookies): a visitor, and the events that are told of them."""

    def make(cookies):
        visitor, told = person(NEW_YORK | at(TUESDAY), cookies), []
        visitor.context.expose_function("tell", lambda url, body: told.extend(json.loads(body)["events"]) if url == "/_tessera/events" else None)
        visitor.context.add_init_script(f"({LISTEN})()")
        return visitor, told

    return make


def brief(told):
    return [(event["event"], event.get("item"), event.get("quantity"), event.get("value")) for event in told]


def test_looking_buying_and_feedback_are_told(shopper, shop):
    visitor, told = shopper(known(shop, "ana"))
    visitor.open("/p/kochere")
    visitor.page.fill("#buy input[name=count]", "2")
    visitor.page.click("#buy button[type=submit]")
    visitor.page.wait_for_selector("#buy-status a")
    first = visitor.page.locator("#related [data-sku]").first.get_attribute("data-sku")
    visitor.page.locator("#related .close").first.click()
    assert visitor.page.locator(f"#related [data-sku={first}]").count() == 0
    visitor.open("/cart")
    visitor.page.fill(".cart-lines input", "1")
    visitor.page.press(".cart-lines input", "Tab")
    with visitor.page.expect_navigation():
        visitor.page.click("#checkout")
    visitor.open("/thanks")  # again: the order is not told twice
    assert brief(told) == [
        ("view_item", "kochere", None, 15.9), ("add_to_cart", "kochere", 2, 15.9), ("hide", first, None, None), ("remove_from_cart", "kochere", 1, 15.9), ("purchase", None, None, 15.9),
    ]  # fmt: skip
    assert told[-1]["items"] == ["kochere"] and [why for why in map(wrong, told) if why] == []


def test_who_said_no_is_told_of_nowhere_and_asked_nothing(shopper):
    visitor, told = shopper({"tessera_consent": "none"})
    visitor.open("/p/kochere")
    visitor.page.click("#buy button[type=submit]")
    assert (told, visitor.page.locator(".close").count()) == ([], 0)


def test_the_edge_takes_what_is_told(shopper, shop):
    visitor, told = shopper(known(shop, "ana"))
    with visitor.new_tab().expect_response("**/_tessera/events") as answer:
        visitor.open("/p/kochere")
    assert answer.value.status == 202 and brief(told)[0][0] == "view_item"
