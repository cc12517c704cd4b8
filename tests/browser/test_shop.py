"""The example shop as people see it, in a real browser."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime, timezone

import pytest

from compiler.serve import seed
from compiler.visitors import read_file
from tests.browser.conftest import DESKTOP, PHONE
from tests.shop import ROOT, STORE
from tests.views import BOTH, LONDON, NEW_YORK, OAKLAND, TUESDAY, at
from tests.views import HAMBURG as GERMANY

pytestmark = pytest.mark.xdist_group("browser")  # with a shop of its own: the other tests of the shop need not wait

HEADLINES = {"educational": "Your first good cup takes three minutes", "evergreen": "Coffee worth waking up for", "upsell": "Never run out on a Sunday"}
BENEFIT = "Better mornings, delivered"
MORNING = at("2026-11-24T09:30:00+01:00")
HAMBURG = GERMANY | {"city": "Hamburg"}
PAGES = ("/", "/c/filter", "/p/kochere", "/cart", "/privacy", "/thanks", "/nowhere")

SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  const observer = new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; });
  observer.observe({ type: "layout-shift", buffered: true });
  setTimeout(() => { for (const entry of observer.takeRecords()) sum += entry.value; done(sum); }, 300);
})"""


def id_cookie(shop, visitor: str) -> str:
    return shop.cookie(visitor).partition(";")[0].partition("=")[2]


def not_held_out(arrive):
    """A new visitor who is in no holdout: one in twenty is, and gets the default on purpose."""
    for _ in range(5):
        visitor = arrive()
        if visitor.text("#hero h1") != HEADLINES["evergreen"]:
            return visitor
    raise AssertionError("five new visitors in a row got the default")


def load_pictures(visitor) -> None:
    """Those that wait until they are scrolled to as well."""
    visitor.page.evaluate("() => { for (const image of document.images) image.loading = 'eager'; }")
    visitor.page.wait_for_function("() => [...document.images].every((image) => image.complete)")


def known(shop, visitor: str, consent: str = BOTH) -> dict[str, str]:
    """The cookies of an example visitor, whose profile is as it was in the beginning: what tests do is told to the edge."""
    shop.admin.delete_r2("STATE", f"profiles/{visitor}.json")
    if (example := STORE / "profiles" / f"{visitor}.json").exists():
        seed(shop.admin, [read_file(example)], datetime.now(timezone.utc))
    return {"tessera": id_cookie(shop, visitor), "tessera_consent": consent}


def test_a_new_visitor(person):
    def arrive():
        visitor = person(NEW_YORK | at(TUESDAY))
        visitor.open()
        return visitor

    visitor = not_held_out(arrive)
    assert visitor.text("#hero h1") in (HEADLINES["educational"], BENEFIT)
    assert visitor.text("#hero .eyebrow").lower() == "new to fresh coffee?"
    assert visitor.text("#cta h2") == "Not sure where to start?"
    assert visitor.page.locator("#related > li").count() == 8
    assert visitor.page.locator("#banner").count() == 0
    cookie = visitor.cookies()["tessera"]
    assert cookie["httpOnly"] and cookie["secure"] and cookie["sameSite"] == "Lax" and cookie["path"] == "/"
    visitor.shot("new-visitor")


def test_a_returning_customer(person, shop):
    visitor = person(LONDON | at("2026-11-24T09:30:00+00:00"), known(shop, "carl"))
    visitor.open()
    assert visitor.text("#hero h1") in (HEADLINES["upsell"], BENEFIT)
    assert visitor.text("#banner").startswith("Good morning. Royal Mail collects at noon")
    assert "14 days to cancel" in visitor.text("#legal")
    assert not visitor.page.locator("#consent").is_visible()
    assert visitor.cookies()["tessera"]["value"].split(".")[2] == "carl"
    visitor.shot("customer")


def test_a_customer_of_a_target_account_with_the_right_words_in_the_right_places(person, shop):
    visitor = person(HAMBURG | {"ip": "192.0.2.7"} | MORNING, known(shop, "ana"))
    visitor.open()
    assert visitor.text("#hero .eyebrow").lower() == "tidewick for offices"
    assert "We would love to do the same for Acme." in visitor.text("#hero .lede")
    assert "free delivery to Hamburg tomorrow" in visitor.text("#banner")
    assert visitor.text("#testimonial figcaption strong") == "Idris Okafor"
    order = visitor.page.evaluate("() => [...document.querySelectorAll('#main > #banner, #hero, #related, #testimonial, #cta')].map((e) => e.id)")
    assert order == ["banner", "hero", "related", "testimonial", "cta"]
    tops = [visitor.page.locator(f"#{name}").bounding_box()["y"] for name in order]
    assert tops == sorted(tops)


@pytest.mark.parametrize("query, referrer, headline", [
    ("?utm_source=newsletter&utm_medium=email", None, "Thank you for reading our letters"),
    ("?gclid=abc", None, "Everything for the first cup"),
    ("", "https://www.google.com/", "Find it by taste, not by name"),
    ("?utm_source=instagram.com", "https://blog.example/", "Seen it, now smell it"),
    ("", "https://blog.example/post", "Somebody sent you. Good taste."),
])
def test_a_visitor_from_a_campaign(person, query, referrer, headline):
    visitor = person(HAMBURG)
    visitor.open(f"/{query}", **({"referer": referrer} if referrer else {}))
    assert visitor.text("#cta h2") == headline
    assert visitor.cookies() == {}, "where consent is needed, a campaign is none"


def test_on_the_way_through_the_shop_the_visitor_comes_from_inside(person):
    def arrive():
        visitor = person(NEW_YORK)
        visitor.open("/?utm_source=newsletter")
        return visitor

    visitor = not_held_out(arrive)
    visitor.page.get_by_role("link", name="Filter", exact=True).first.click()
    visitor.page.wait_for_url("**/c/filter")
    visitor.page.locator(".grid .card a, main .card a").first.click()
    visitor.page.wait_for_url("**/p/*")
    assert "To North America" in visitor.text("#delivery-note")
    visitor.page.get_by_role("button", name="Add to cart").click()
    visitor.page.get_by_role("link", name="Go to the cart").click()
    visitor.page.wait_for_url("**/cart*")
    assert visitor.page.locator(".cart-lines li").count() == 1
    assert len({visitor.cookies()["tessera"]["value"]}) == 1


def test_without_consent_nothing_is_kept_until_it_is_given_and_after_it_is_withdrawn(person):
    def arrive():
        visitor = person(HAMBURG | MORNING)
        visitor.open()
        assert visitor.text("#hero h1") == HEADLINES["evergreen"]
        assert visitor.page.locator("#consent").is_visible()
        visitor.page.reload()
        assert visitor.cookies() == {}
        visitor.shot("consent")
        with visitor.page.expect_navigation():
            visitor.page.get_by_role("button", name="Yes to both").click()
        return visitor

    visitor = not_held_out(arrive)
    assert not visitor.page.locator("#consent").is_visible()
    given = visitor.cookies()
    assert given["tessera_consent"]["value"] == BOTH and given["tessera"]["httpOnly"]
    assert visitor.text("#hero h1") in (HEADLINES["educational"], BENEFIT)

    visitor.open("/privacy")
    visitor.page.locator("#choices:has(input[value=personalization]:checked):has(input[value=analytics]:checked)").wait_for()
    visitor.page.locator("#why:visible dt", has_text="hero").wait_for()
    for box in visitor.page.locator("#choices input[name=purpose]").all():
        box.uncheck()
    visitor.page.get_by_role("button", name="Save my choice").click()
    visitor.page.get_by_text("Your choice is saved").wait_for()
    visitor.open()
    assert set(visitor.cookies()) == {"tessera_consent"} and visitor.cookies()["tessera_consent"]["value"] == "none"
    assert visitor.text("#hero h1") == HEADLINES["evergreen"]
    assert not visitor.page.locator("#consent").is_visible()


@pytest.mark.parametrize("button, consent, has_id", [("No, thanks", "none", False), ("Only suggestions", "personalization", True)])
def test_the_other_answers_of_the_banner(person, button, consent, has_id):
    def arrive():
        visitor = person(HAMBURG | MORNING)
        visitor.open("/c/filter")
        with visitor.page.expect_navigation():
            visitor.page.get_by_role("button", name=button).click()
        assert visitor.cookies()["tessera_consent"]["value"] == consent
        assert ("tessera" in visitor.cookies()) == has_id
        visitor.open()
        return visitor

    visitor = not_held_out(arrive) if has_id else arrive()
    assert visitor.text("#hero h1") == (HEADLINES["educational"] if has_id else HEADLINES["evergreen"]), "no test without analytics"


def test_a_script_cannot_read_the_id(person):
    visitor = person(NEW_YORK, {"tessera_consent": BOTH})
    visitor.open()
    assert visitor.page.evaluate("() => document.cookie") == f"tessera_consent={BOTH}"


def test_the_privacy_signal_of_the_browser_counts_in_california(person):
    with_signal, without = person(OAKLAND, headers={"sec-gpc": "1"}), person(OAKLAND)
    for visitor in (with_signal, without):
        visitor.open()
    assert with_signal.cookies() == {} and "tessera" in without.cookies()
    assert with_signal.text("#hero h1") == HEADLINES["evergreen"]
    assert "Global Privacy Control" in with_signal.text("#legal")


@pytest.mark.parametrize("cookie", ["nonsense", "1.dev.carl.6b000000.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x" * 3900], ids=["broken", "forged", "oversized"])
def test_a_bad_cookie_makes_a_new_visitor(person, cookie):
    def arrive():
        visitor = person(NEW_YORK | at(TUESDAY), {"tessera": cookie, "tessera_consent": BOTH})
        assert visitor.open().status == 200
        return visitor

    visitor = not_held_out(arrive)
    assert visitor.text("#hero h1") in (HEADLINES["educational"], BENEFIT)
    replaced = visitor.cookies()["tessera"]["value"]
    assert replaced != cookie and len(replaced) < 1024 and ".carl." not in replaced
    visitor.page.reload()
    assert visitor.cookies()["tessera"]["value"].split(".")[2] == replaced.split(".")[2]


def test_what_a_visitor_is_assigned_stays(person):
    headlines = set()
    for _ in range(3):
        visitor = person(NEW_YORK | at(TUESDAY))
        visitor.open()
        first = visitor.text("#hero h1")
        for _ in range(2):
            visitor.page.reload()
            assert visitor.text("#hero h1") == first
        visitor.new_tab()
        visitor.open("/?utm_source=newsletter")
        assert visitor.text("#hero h1") == first and len(visitor.context.pages) == 2
        headlines.add(first)
    assert headlines <= {HEADLINES["educational"], BENEFIT, HEADLINES["evergreen"]}


def test_both_arms_of_a_test_are_shown_and_kept(person, shop):
    seen = {}
    for visitor_id in ("carl", "reader-a", "reader-b", "reader-c"):
        visitor = person(NEW_YORK | at(TUESDAY), known(shop, visitor_id))
        visitor.open()
        seen[visitor_id] = visitor.text("#hero h1")
        visitor.page.reload()
        assert visitor.text("#hero h1") == seen[visitor_id]
    assert BENEFIT in seen.values() and len(set(seen.values())) >= 2


def test_without_javascript_the_page_is_as_personal(person, shop):
    visitor = person(LONDON | at("2026-11-24T09:30:00+00:00"), known(shop, "carl"), javascript=False)
    visitor.open("/?utm_source=newsletter")
    assert visitor.text("#hero h1") in (HEADLINES["upsell"], BENEFIT)
    assert visitor.text("#cta h2") == "Thank you for reading our letters"
    assert visitor.page.locator("#banner").is_visible()
    stranger = person(HAMBURG | MORNING, javascript=False)
    stranger.open()
    assert stranger.text("#hero h1") == HEADLINES["evergreen"]
    assert not stranger.page.locator("#consent").is_visible(), "a question that could not be answered is not asked"
    assert stranger.cookies() == {}


@pytest.mark.parametrize("path", PAGES)
def test_on_a_phone_nothing_sticks_out(person, shop, path):
    visitor = person(HAMBURG | {"ip": "192.0.2.7"} | MORNING, known(shop, "ana"), screen=PHONE)
    response = visitor.open(path)
    assert response.status == (404 if path == "/nowhere" else 200)
    wide = visitor.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    load_pictures(visitor)
    visitor.errors[:] = [error for error in visitor.errors if path != "/nowhere" or "404" not in error]
    visitor.shot("phone" + path.replace("/", "-").rstrip("-"), full_page=True)


def test_on_a_phone_the_consent_question_leaves_room(person):
    visitor = person(HAMBURG | MORNING, screen=PHONE)
    visitor.open()
    notice = visitor.page.locator("#consent").bounding_box()
    assert notice["x"] >= 0 and notice["x"] + notice["width"] <= 360 and notice["height"] <= 740 * 0.6
    visitor.shot("phone-consent")


STEADY = [("/", DESKTOP), ("/", PHONE), ("/p/kochere", PHONE), ("/c/filter", DESKTOP), ("/cart", DESKTOP)]


def watchers(shop):
    """Visitors, as facts and cookies, who get something in every slot between them."""
    yield LONDON | at("2026-11-24T09:30:00+00:00"), known(shop, "carl")
    yield NEW_YORK | at(TUESDAY), known(shop, "emil")
    yield HAMBURG | MORNING, {}


@pytest.mark.parametrize("path, screen", STEADY)
def test_nothing_moves_while_the_page_loads(person, shop, path, screen):
    for facts, cookies in watchers(shop):
        visitor = person(facts, cookies, screen=screen)
        visitor.open(path)
        assert visitor.page.evaluate(SHIFTS) == 0


def test_every_slot_is_among_what_does_not_move(shop):
    shown = set()
    for facts, cookies in watchers(shop):
        for path in {path for path, _ in STEADY}:
            answer = shop.get(f"/_tessera/slots?page={path}", facts=facts, cookie="; ".join(f"{name}={value}" for name, value in cookies.items()))
            shown |= {name for name, slot in json.loads(answer.body)["slots"].items() if slot["content"] is not None}
    assert shown == {path.stem for path in (STORE / "slots").glob("*.yaml") if "channel:" not in path.read_text()}


@pytest.mark.parametrize("path", ["/", "/c/gifts", "/p/night-ferry", "/cart"])
def test_every_picture_of_a_page_is_there(person, shop, path):
    visitor = person(LONDON | at("2026-11-24T09:30:00+00:00"), known(shop, "emil"))
    visitor.open(path)
    load_pictures(visitor)
    assert visitor.page.evaluate("() => [...document.images].filter((image) => image.naturalWidth === 0).map((image) => image.src)") == []


def test_the_cart_knows_what_free_delivery_lacks(person, shop):
    visitor = person(NEW_YORK | at(TUESDAY), known(shop, "emil"))
    visitor.open("/cart")
    assert visitor.text("#basket-note").startswith("Nearly there.")
    note, summary = (visitor.page.locator(name).bounding_box() for name in ("#basket-note", "#cart-summary"))
    assert note["y"] + note["height"] <= summary["y"]
    visitor.open("/")
    assert "still in the cart" in visitor.text("#banner")


def test_a_picture_for_the_readme(person, shop):
    """The personalised home page as it stands in docs/shop.png; made anew where TESSERA_PICTURE is set."""
    visitor = person(HAMBURG | {"ip": "192.0.2.7"} | MORNING, known(shop, "ana"))
    visitor.open()
    visitor.page.evaluate("() => document.fonts.ready")
    picture = visitor.shot("home")
    assert picture.stat().st_size <= 300 * 1024
    if os.environ.get("TESSERA_PICTURE"):
        shutil.copy(picture, ROOT / "docs" / "shop.png")
    load_pictures(visitor)
    visitor.shot("home-whole", full_page=True)
