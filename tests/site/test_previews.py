"""A preview goes on from page to page, says so on each, ends when it is told to, and counts for nobody."""

import re

import pytest

from tessera import identity, preview
from tests.shop import STORE
from tests.views import NEW_YORK, TUESDAY, at, cookies_of

WHEN = NEW_YORK | at(TUESDAY)
HOME = (STORE / "public" / "index.html").read_bytes()


def token(views, seconds: float = 600.0) -> str:
    (key, *_) = identity.keys(views.shop.place.cookie_key.read_text().strip())
    return preview.sign({"slot.hero": "win_back"}, int(WHEN["now"] / 1000 + seconds), key)


def carried(view) -> str:
    """The preview's cookie as the browser sends it back; empty where none is set."""
    found = (re.match(r"tessera_preview=[^;]+", cookie) for cookie in cookies_of(view.answer))
    return next((match[0] for match in found if match), "")


@pytest.fixture(scope="module")
def first(views):
    return views.get(f"/?tessera_preview={token(views)}", facts=WHEN)


def test_a_preview_persists_while_navigating(views, first):
    """Users of other products lose their preview with the first link that they follow."""
    cookie = carried(first)
    assert cookie and "HttpOnly; Secure; SameSite=Lax" in next(c for c in cookies_of(first.answer) if c.startswith(cookie))
    for path in ("/", "/?utm_source=newsletter"):
        view = views.get(path, cookie=cookie, facts=WHEN)
        assert view.rows["hero"]["variant"] == first.rows["hero"]["variant"] == "win_back"
        assert carried(view) == "", "it is set once"


def test_every_page_of_it_says_so(views, first):
    assert first.text.count('id="tessera-preview"') == 1 and "hero: win_back" in first.text
    elsewhere = views.get("/p/kochere", cookie=carried(first), facts=WHEN)
    assert elsewhere.text.count('id="tessera-preview"') == 1
    assert b"tessera-preview" not in views.get("/", facts=WHEN).answer.body


def test_it_ends_when_it_is_told_to(views, first):
    ended = views.get(f"/?tessera_preview={preview.OFF}", cookie=carried(first), facts=WHEN)
    assert b"tessera-preview" not in ended.answer.body and ended.rows["hero"]["reason"] != "preview"
    assert any(cookie.startswith("tessera_preview=; Max-Age=0") for cookie in cookies_of(ended.answer))


def test_it_ends_with_its_token(views):
    outlived = f"tessera_preview={token(views, -1)}"
    view = views.get("/", cookie=outlived, facts=WHEN)
    assert b"tessera-preview" not in view.answer.body
    assert any(cookie.startswith("tessera_preview=; Max-Age=0") for cookie in cookies_of(view.answer))


def test_it_is_never_an_exposure(first):
    assert {(row["unit"], row["experiment"] and row["reason"]) for row in first.rows.values()} <= {(None, None), (None, "preview")}
