"""Redirects in the running host: told to the log before the visitor leaves, within a limit; to this site alone, with the query."""

from __future__ import annotations

import json
import time

import pytest

from tests.shop import start
from tests.views import HAMBURG, NEW_YORK, Views, cookies_of

SITE = """\
tessera: 1
name: moves
hosts: [localhost, 127.0.0.1, shop.example.com]
pages: {home: /, old: /old, far: /far}
purposes: {analytics: {tcf: [1, 8]}}
jurisdictions: {eea: {when: 'request.region == "EEA"', allow: []}, rest: {allow: [analytics]}}
assets: {dir: public}
log: {purpose: analytics, keep: 1d}
"""
SLOTS = {
    "move": 'place: {page: old, do: redirect}\nvalues: {new: "/new?from=old#part"}\nladder: {cohort: [{rule: named, when: \'request.city != ""\', show: new}], default: none}\n',
    "away": 'place: {page: far, do: redirect}\nvalues: {shop: "https://shop.example.com/"}\nladder: {default: shop}\n',
}
PATIENCE = 5.0  # seconds on a busy machine; the limit itself is 0.2 s
HANG = 60.0  # seconds that a hanging queue would take


@pytest.fixture(scope="module")
def moves(tmp_path_factory):
    folder = tmp_path_factory.mktemp("moves")
    site = folder / "site"
    (site / "slots").mkdir(parents=True)
    (site / "public").mkdir()
    (site / "site.yaml").write_text(SITE)
    for name, text in SLOTS.items():
        (site / "slots" / f"{name}.yaml").write_text(text)
    for name in ("index", "old", "new"):
        (site / "public" / f"{name}.html").write_text(f"<!doctype html><title>{name}</title>")
    shop = start(folder / "place", site)
    yield Views(shop)
    shop.host.stop()


def test_the_record_of_a_redirect(moves):
    view = moves.get("/old?a=1&b=%2F", facts=NEW_YORK)
    assert (view.answer.status, view.answer.headers["location"]) == (302, "/new?from=old&a=1&b=%2F#part")
    assert view.answer.headers["cache-control"] == "private, no-store" and view.answer.body == b""
    assert (view.row["slot"], view.row["variant"], view.row["page_status"], view.row["place"]) == ("move", "new", "redirected", "redirected")
    assert cookies_of(view.answer)[0].startswith("tessera=") and view.row["unit"]


def test_without_consent_it_leads_as_far_and_names_nobody(moves):
    view = moves.get("/old", facts=HAMBURG)
    assert (view.answer.status, view.answer.headers["location"], cookies_of(view.answer)) == (302, "/new?from=old#part", [])
    assert view.row["unit"] is None


def test_to_another_host_of_the_site(moves):
    answer = moves.get("/far?x=1").answer
    assert (answer.status, answer.headers["location"]) == (302, "https://shop.example.com/?x=1")


def test_head_is_redirected_and_post_is_the_origins(moves):
    assert moves.get("/old", method="HEAD").answer.status == 302
    assert moves.get("/old", method="POST").answer.status == 405


@pytest.mark.parametrize("mode", ["hang", "throw"])
def test_a_queue_that_fails_holds_nobody_up(moves, mode):
    moves.get("/old")
    before = moves.shop.said("log-lost")
    moves.shop.fault(DECISIONS=mode)
    try:
        started = time.monotonic()
        answer = moves.get("/old?a=1").answer
        took = time.monotonic() - started
    finally:
        moves.shop.fault()
    assert (answer.status, answer.headers["location"]) == (302, "/new?from=old&a=1#part")
    assert took < PATIENCE < HANG and (took >= 0.2 or mode != "hang"), "the log has its chance, and no more"
    assert mode == "hang" or moves.shop.says("log-lost", before + 1)


def test_an_application_is_told_where_to_go(moves):
    view = moves.get("/_tessera/slots?page=/old%3Fa=1")
    told = json.loads(view.answer.body)
    assert (view.answer.status, told["redirect"], told["slots"]) == (200, "/new?from=old&a=1#part", {})
    assert (view.row["page_status"], view.row["place"], view.row["slot"]) == ("slots", "redirected", "move")
