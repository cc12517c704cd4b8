"""A personalised page differs from the original inside its slots and nowhere else, byte for byte."""

from __future__ import annotations

import re

import pytest

from tests.shop import STORE
from tests.site.locate import fillings, locate, places
from tests.views import BOTH, HAMBURG, LONDON, NEW_YORK, NOWHERE, OAKLAND, at

PUBLIC = STORE / "public"
LATER = at("2026-11-26T15:30:00+00:00")  # a day of its own, whose many rows nobody reads
FILLS = {
    "almanac": r"(?:Today|Tomorrow) is roasting day",
    "banner": r'<aside class="banner" id="banner".*?</aside>\n?',
    "basket_note": r'<p class="basket-note" id="basket-note">.*?</p>\n?',
    "carousel": r'\n?(?:<li class="card" data-sku="[a-z0-9-]+">.*?</li>\n*)+',
    "bundle": r'\n?(?:<li data-sku="[a-z-]+".*?</li>\n*){1,2}',
    "cta": r'\n?<div class="wrap cta-row">.*?</div>\n?',
    "delivery_note": r'<p class="delivery-note" id="delivery-note">.*?</p>\n?',
    "hero": r'<section id="hero" class="hero">.*?</section>\n?',
    "legal_notice": r'<p class="legal-notice">.*?</p>\n?',
    "offer": r'<aside class="offer" id="offer".*?</aside>\n?',
    "shelf": r'\n?<a class="shelf-tile".*?</a>\n?',
    "testimonial": r'\n?<figure>.*?</figure>\n?',
}
# name: (example visitor or None, consent, facts, query, slots of the home page that are filled)
VISITORS = {
    "new in the USA": (None, BOTH, NEW_YORK | LATER, "", "almanac carousel cta hero shelf testimonial"),
    "new in Germany": (None, None, HAMBURG | at("2026-11-26T09:30:00+01:00"), "", "almanac banner carousel cta hero legal_notice shelf testimonial"),
    "a customer in England": ("carl", BOTH, LONDON | at("2026-11-26T09:30:00+00:00"), "", "almanac banner carousel cta hero legal_notice shelf testimonial"),
    "from a target account": ("ana", BOTH, HAMBURG | {"ip": "192.0.2.7"} | at("2026-11-28T12:00:00+01:00"), "", "almanac banner carousel cta hero legal_notice shelf testimonial"),
    "on a Tuesday": (None, None, HAMBURG | at("2026-11-24T09:30:00+01:00"), "", "almanac banner carousel cta hero legal_notice shelf testimonial"),
    "with a cart": ("emil", BOTH, OAKLAND | LATER, "", "almanac banner carousel cta hero legal_notice shelf testimonial"),
    "of a campaign": (None, "none", OAKLAND | LATER, "?utm_source=newsletter&utm_medium=email", "almanac carousel cta hero legal_notice shelf testimonial"),
    "from nowhere": (None, None, NOWHERE | LATER, "", "almanac carousel cta hero shelf testimonial"),
}


def pages() -> list[tuple[str, str, str]]:
    """(clean URL, file, kind of page) of every page of the shop."""
    found = []
    for path in sorted(PUBLIC.rglob("*.html")):
        name = path.relative_to(PUBLIC).as_posix()
        url = "/" + name.removesuffix(".html").removesuffix("index")
        kind = {"/": "home", "/cart": "cart"}.get(url) or {"/c": "category", "/p": "product"}.get(url.rpartition("/")[0], "")
        found.append((url, name, kind))
    return found


def test_the_shop_has_pages_of_every_kind():
    kinds = [kind for _, _, kind in pages()]
    assert {kind: kinds.count(kind) for kind in kinds} == {"": 4, "cart": 1, "category": 4, "home": 1, "product": 30}


@pytest.mark.parametrize("who", VISITORS)
def test_only_slots_differ(views, who):
    visitor, consent, facts, query, filled = VISITORS[who]
    cookie = views.shop.cookie(visitor, consent) if visitor else f"tessera_consent={consent}" if consent else ""
    for url, name, kind in pages():
        original = (PUBLIC / name).read_bytes()
        answer = views.get(url + query, cookie=cookie, facts=facts).answer
        assert answer.status == 200, url
        found = fillings(original, answer.body, places(STORE, kind), FILLS) if kind else {} if answer.body == original else None
        assert found is not None, f"{url} differs outside its slots"
        if kind == "home":
            home, slots = answer.body, found
    assert sorted(slots) == ["almanac", "banner", "carousel", "cta", "hero", "legal_notice", "shelf", "testimonial"]
    put = [slot for slot, content in sorted(slots.items()) if content]
    assert " ".join(put) == filled
    assert locate(home, "story") is not None


@pytest.mark.parametrize("day, heading", [("24T09:30", "Today is roasting day"), ("23T18:30", "Tomorrow is roasting day"), ("25T09:30", "Tuesday is roasting day")])
def test_a_text_is_put_in_and_the_image_that_is_shown_is_preloaded(views, day, heading):
    page = views.get("/", facts=HAMBURG | at(f"2026-11-{day}:00+01:00")).answer.body
    assert f'<h2 id="story-title">{heading}</h2>'.encode() in page
    (image,) = re.findall(rb'<link rel="preload" as="image" href="([^"]+)"></head>', re.sub(rb">\s+</head>", b"></head>", page))
    assert b'<img class="hero-art" src="' + image + b'"' in page


def test_everyone_sees_another_home_page(views):
    bodies = []
    for visitor, consent, facts, query, _ in VISITORS.values():
        cookie = views.shop.cookie(visitor, consent) if visitor else f"tessera_consent={consent}" if consent else ""
        bodies.append(views.get("/" + query, cookie=cookie, facts=facts).answer.body)
    assert len(set(bodies)) >= len(bodies) - 2, "two of them at most get the default"


def test_all_slots_of_a_page_can_be_found():
    """The locator itself: every place of the shop's files is on its pages, in the order of the operations."""
    for url, name, kind in pages():
        for place in places(STORE, kind) if kind else []:
            extent = locate((PUBLIC / name).read_bytes(), place.id)
            assert extent and extent.start < extent.inside <= extent.close < extent.end, (url, place)
