"""Arms that are kept, sessions, previews and redirects, as browsers meet them. This site has a host of its own."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Iterator
from urllib.parse import urlsplit

import pytest

from compiler.serve import release
from tests.shop import Shop, start
from tests.views import Views, cookies_of, id_of
from tessera import identity, preview

pytestmark = pytest.mark.xdist_group("assignments")

PAGE = "<!doctype html>\n<title>t</title>\n<body><p id=g>as it was</p></body>\n"
MOVE = "unit: visitor\nsticky: true\narms: {{stay: {{weight: {}, show: old}}, move: {{weight: {}, show: new}}}}\n"
FILES = {
    "site.yaml": """\
tessera: 1
name: assignments
hosts: [localhost, 127.0.0.1]
pages: {old: /old, new: /new, left: /left, right: /right, plain: /plain}
purposes: {personalization: {tcf: [1]}, analytics: {tcf: [1, 8]}}
jurisdictions: {rest: {allow: [personalization, analytics]}}
assets: {dir: public}
log: {purpose: analytics, keep: 1d}
""",
    "content/note.html": '<aside>{{request.city | "nobody"}}</aside>',
    "content/note.yaml": "fields: {}\nvariants: {only: {}}\n",
    "content/word.html": "<b>{{word}}</b>",
    "content/word.yaml": "fields: {word: text}\nvariants: {odd: {word: an odd one}, even: {word: an even one}}\n",
    "slots/note.yaml": "place: {page: [old, new, left, plain], selector: body, do: prepend}\ncomponent: note\nladder: {default: only}\n",
    "slots/moved.yaml": """\
place: {page: [old, new], do: redirect}
values: {old: /old, new: "/new?from=test#top"}
ladder:
  cohort: [{rule: everyone, when: 'request.gpc == false', test: move}]
  default: none
""",
    "slots/to_the_right.yaml": "place: {page: left, do: redirect}\nvalues: {there: /right}\nladder: {default: there}\n",
    "slots/to_the_left.yaml": "place: {page: right, do: redirect}\nvalues: {there: /left}\nladder: {default: there}\n",
    "slots/greeting.yaml": """\
place: {page: plain, selector: "#g", do: inner}
component: word
ladder:
  cohort: [{rule: everyone, when: 'request.gpc == false', test: by_session}]
  default: none
""",
    "experiments/move.yaml": MOVE.format(0, 100),
    "experiments/by_session.yaml": "unit: session\narms: {odd: {weight: 50, show: odd}, even: {weight: 50, show: even}}\n",
    **{f"public/{name}.html": PAGE for name in ("old", "new", "left", "right", "plain")},
}


def write(folder: Path) -> Path:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("assignments") / "site")


@pytest.fixture(scope="module")
def views(site: Path) -> Iterator[Views]:
    shop: Shop = start(site.parent / "local", site, environment="production")
    yield Views(shop)
    shop.host.stop()


def republish(views: Views, site: Path, **weights: int) -> None:
    """Publish the site with other weights of `move`, and wait until the edge decides by them."""
    (site / "experiments/move.yaml").write_text(MOVE.format(weights["stay"], weights["move"]))
    live = release(site, views.shop.place, views.shop.admin).bundle
    until = time.monotonic() + 15
    while json.loads(views.shop.get("/.well-known/tessera").body)["bundle"] != live:
        assert time.monotonic() < until, "the edge does not take the new bundle over"
        time.sleep(0.2)


def key(views: Views) -> identity.Key:
    return identity.keys(views.shop.place.cookie_key.read_text())[0]


def sent_back(*answers) -> str:
    """The Cookie header of a browser that got these answers."""
    jar: dict[str, str] = {}
    for answer in answers:
        for cookie in cookies_of(answer):
            name, _, value = cookie.partition(";")[0].partition("=")
            jar[name] = value
    return "; ".join(f"{name}={value}" for name, value in jar.items() if value)


# --- redirects -------------------------------------------------------------------------------------------------------


def test_a_redirect_keeps_the_query_and_is_for_this_visitor_alone(views):
    view = views.get("/old?utm_source=mail&x=%0d%0aa:b")
    answer = view.answer
    assert (answer.status, answer.body) == (302, b"")
    assert answer.headers["location"] == "/new?from=test&utm_source=mail&x=%0d%0aa:b#top"
    assert answer.headers["cache-control"] == "private, no-store"
    (cookie,) = [cookie for cookie in cookies_of(answer) if cookie.startswith("tessera=")]
    proven = identity.verify(cookie.partition(";")[0].partition("=")[2], [key(views)], time.time())
    assert proven.sticky == {"move__0": "move"}
    assert view.rows.keys() == {"moved"}, "what else stands on the page was not shown"
    row = view.rows["moved"]
    assert (row["place"], row["page_status"], row["variant"], row["arm"], row["reason"]) == ("redirected", "redirected", "new", "move", "test")
    assert row["unit"] == proven.id


def test_where_it_leads_the_visitor_stays(views):
    first = views.get("/old")
    second = views.get(first.answer.headers["location"].partition("#")[0], cookie=sent_back(first.answer))
    assert second.answer.status == 200 and second.city in second.text
    assert cookies_of(second.answer) == []
    assert (second.rows["moved"]["arm"], second.rows["moved"]["unit"]) == ("move", first.rows["moved"]["unit"])
    assert second.rows["moved"]["place"] is None


@pytest.mark.parametrize("query", ["", "?", "?a=1", "?tessera_preview=broken"])
def test_head_tells_what_get_would(views, query):
    get, head = (views.get(f"/old{query}", method=method) for method in ("GET", "HEAD"))
    assert head.answer.status == get.answer.status == 302 and head.answer.body == b""
    assert head.answer.headers["location"] == get.answer.headers["location"]
    assert head.rows["moved"]["place"] == "redirected"


def test_a_form_is_not_redirected(views):
    assert views.get("/old", method="POST").answer.status != 302


def test_without_consent_the_first_arm_stays(views):
    view = views.get("/old", cookie="tessera_consent=none")
    assert view.answer.status == 200 and cookies_of(view.answer) == []
    assert (view.rows["moved"]["experiment"], view.row["unit"]) == (None, None)


@pytest.mark.parametrize("path", ["/left", "/right", "/left?a=1"])
def test_nobody_is_sent_in_circles(views, path):
    view = views.get(path)
    assert view.answer.status == 200 and "as it was" in view.text
    assert "redirected" not in {row["place"] for row in view.rows.values()}


def test_a_page_without_a_slot_but_a_redirect_is_as_it_was(views):
    assert views.get("/right").answer.body == PAGE.encode()


# --- arms that are kept ----------------------------------------------------------------------------------------------


def test_a_kept_arm_outlives_other_weights(views, site):
    before = views.get("/old").answer
    republish(views, site, stay=100, move=0)
    try:
        kept, fresh = views.get("/old", cookie=sent_back(before)), views.get("/old")
        assert (kept.answer.status, kept.rows["moved"]["arm"]) == (302, "move")
        assert cookies_of(kept.answer) == []
        assert (fresh.answer.status, fresh.rows["moved"]["arm"]) == (200, "stay")
        plain = identity.sign("v", int(time.time()), key(views))
        assert views.get("/old", cookie=f"tessera={plain}").answer.status == 200, "an id alone keeps nothing"
    finally:
        republish(views, site, stay=0, move=100)


def test_without_analytics_a_kept_arm_is_neither_used_nor_kept_on(views):
    cookie = identity.sign("v", int(time.time()), key(views), {"move__0": "move", "other__0": "b"})
    view = views.get("/old", cookie=f"tessera={cookie}; tessera_consent=personalization")
    assert view.answer.status == 200
    (renewed,) = [cookie for cookie in cookies_of(view.answer) if cookie.startswith("tessera=")]
    proven = identity.verify(renewed.partition(";")[0].partition("=")[2], [key(views)], time.time())
    assert (proven.id, proven.sticky) == ("v", {}), "nor what an experiment gave that is no more"


# --- sessions --------------------------------------------------------------------------------------------------------


def test_a_session_keeps_its_arm_and_ends_with_the_browser(views):
    first = views.get("/plain")
    visitor, session = cookies_of(first.answer)
    assert "Max-Age" in visitor and visitor.startswith("tessera=")
    assert session.split("; ")[1:] == ["Path=/", "HttpOnly", "Secure", "SameSite=Lax"] and session.startswith("tessera_session=")
    row = first.rows["greeting"]
    assert row["unit_kind"] == "session" and row["unit"] not in (None, id_of(first.answer))
    again = views.get("/plain", cookie=sent_back(first.answer))
    assert cookies_of(again.answer) == []
    assert (again.rows["greeting"]["arm"], again.rows["greeting"]["unit"]) == (row["arm"], row["unit"])


def test_another_session_of_the_same_visitor_may_get_another_arm(views):
    cookie = f"tessera={identity.sign('v', int(time.time()), key(views))}"
    taken = [views.get("/plain", cookie=cookie) for _ in range(16)]
    assert all([cookie.partition("=")[0] for cookie in cookies_of(view.answer)] == ["tessera_session"] for view in taken)
    assert {view.rows["greeting"]["arm"] for view in taken} == {"odd", "even"}
    assert len({view.rows["greeting"]["unit"] for view in taken}) == 16


def test_neither_cookie_stands_for_the_other(views):
    visitor, session = sent_back(views.get("/plain").answer).split("; ")
    swapped = f"tessera={session.partition('=')[2]}; tessera_session={visitor.partition('=')[2]}"
    assert len(cookies_of(views.get("/plain", cookie=swapped).answer)) == 2


def test_withdrawal_takes_both_cookies_away(views):
    before = views.get("/plain").answer
    view = views.get("/plain", cookie=f"{sent_back(before)}; tessera_consent=none")
    assert cookies_of(view.answer) == [f"{name}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax" for name in ("tessera", "tessera_session")]
    assert view.row["unit"] is None and view.rows["greeting"]["experiment"] is None


# --- previews --------------------------------------------------------------------------------------------------------


def asked(views: Views, forced: dict[str, str], path: str = "/plain", seconds: float = 600, by: identity.Key | None = None, **request):
    token = preview.sign(forced, int(time.time() + seconds), by or key(views))
    return views.get(f"{path}?{preview.PARAMETER}={token}", **request)


@pytest.mark.parametrize("consent", ["all", "none"])
@pytest.mark.parametrize("forced, word", [
    ({"by_session": "odd"}, "an odd one"), ({"by_session": "even"}, "an even one"), ({"slot.greeting": "odd"}, "an odd one"), ({"slot.greeting": "none"}, "as it was"),
])  # fmt: skip
def test_a_preview_shows_what_was_wished_for_and_counts_for_nobody(views, forced, word, consent):
    view = asked(views, forced, cookie=f"tessera_consent={consent}")
    assert word in view.text
    assert (view.rows["greeting"]["reason"], view.row["unit"], view.rows["greeting"]["unit"]) == ("preview", None, None)


def test_a_preview_of_a_redirect_is_kept_on_the_way(views):
    assert asked(views, {"slot.moved": "none"}, "/old").answer.status == 200
    first = asked(views, {"move": "move"}, "/old")
    assert first.answer.status == 302 and preview.PARAMETER in first.answer.headers["location"]
    assert id_of(first.answer), "an id, and no kept arm"
    assert first.rows["moved"]["reason"] == "preview"
    target = urlsplit(first.answer.headers["location"])
    assert views.get(f"{target.path}?{target.query}", cookie=sent_back(first.answer)).rows["moved"]["reason"] == "preview"


def test_a_token_that_is_outlived_or_not_ours_is_ignored(views):
    stranger = identity.Key(key(views).id, b"another secret key")
    for view in (asked(views, {"slot.greeting": "none"}, seconds=-1), asked(views, {"slot.greeting": "none"}, by=stranger)):
        assert "one</b>" in view.text and view.rows["greeting"]["reason"] == "test"
    for token in ("", ".", "1.dev.e30.x", "1.dev..", "%00", "%ff%fe", "A" * 3000):
        assert "one</b>" in views.get(f"/plain?{preview.PARAMETER}={token}").text
