"""A canary, a shadow and the kill switch in the running host: who gets what, that it stays so, and what is logged of it."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.local import author, local
from compiler.pipeline import compile_site
from compiler.releases import changes, upkeep
from compiler.releases import publish as releases
from compiler.releases.local_store import LocalStore
from compiler.releases.policy import CanaryPlan
from compiler.releases.publish import Author
from compiler.serve import _now, assets_of, host_for, profiles_of, seed
from compiler.sign import sign
from tests.releasing import pointer
from tests.shop import STORE, Shop
from tests.views import HAMBURG, NEW_YORK, TUESDAY, Views, at, id_of
from tessera.assign import LINE, bucket
from tessera.bundle import READS, unseal

pytestmark = pytest.mark.xdist_group("lanes")

OLD, NEW = b"Not sure where to start?", b"Begin with four small bags"
WHEN = NEW_YORK | at(TUESDAY)
PATIENCE = 15.0  # seconds, for a pointer that is read much more often


@dataclass
class Lanes:
    """A host whose releases a test changes; `old` and `new` are bundles that differ in the last word of the home page."""

    views: Views
    store: LocalStore
    author: Author
    old: bytes
    new: bytes

    @property
    def shop(self) -> Shop:
        return self.views.shop

    def about(self) -> dict[str, Any]:
        return json.loads(self.shop.get("/.well-known/tessera").body)

    def followed(self, serial: int) -> dict[str, Any]:
        """What the edge says of itself once it goes by a release."""
        until = time.monotonic() + PATIENCE
        while (found := self.about())["serial"] != serial and time.monotonic() < until:
            time.sleep(0.05)
        assert found["serial"] == serial, found
        return found

    def live(self, data: bytes, **more: Any) -> dict[str, Any]:
        return self.followed(releases.publish(self.store, [data], self.author, **more).serial)

    def canary(self, **plan: Any) -> dict[str, Any]:
        self.live(self.old)
        return self.live(self.new, canary=CanaryPlan(**{"share": 1.0, **plan}))

    def cookie(self, visitor: str) -> str:
        return self.shop.cookie(visitor)

    def sees_new(self, visitor: str | None, **more: Any) -> bool:
        body = self.shop.get("/", facts=more.pop("facts", WHEN), cookie=self.cookie(visitor) if visitor else "", **more).body
        assert (OLD in body) != (NEW in body), "one of them, whole"
        return NEW in body


def changed(folder: Path) -> Path:
    """The shop with another last word on the home page."""
    shutil.copytree(STORE, folder, ignore=shutil.ignore_patterns("public"))
    (folder / "public").symlink_to(STORE / "public")
    copy = folder / "content" / "cta.yaml"
    copy.write_text(copy.read_text().replace(OLD.decode(), NEW.decode()))
    return folder


@pytest.fixture(scope="module")
def lanes(tmp_path_factory: pytest.TempPathFactory) -> Lanes:
    place = local(tmp_path_factory.mktemp("lanes"))
    old, new = (sign(compile_site(site).bundle, place.signing_key) for site in (STORE, changed(tmp_path_factory.mktemp("changed") / "store")))
    host = host_for(assets_of(STORE), place)
    host.variables |= {"TESSERA_POLL_SECONDS": "0.2"}
    with host:
        seed(host.admin, profiles_of(STORE), _now())
        yield Lanes(Views(Shop(host, place, unseal(old).name)), LocalStore(host.admin, "local"), author(place), old, new)


def test_a_canary_goes_to_its_share_of_visitors_by_the_published_formula_and_stays_with_them(lanes):
    told = lanes.canary(share=0.3)
    salt = releases.current(lanes.store, lanes.author.keys).canary.salt
    assert told["canary"]["share"] == pytest.approx(0.3) and told["bundle"] == unseal(lanes.old).name
    visitors = [f"visitor-{number}" for number in range(60)]
    expected = {visitor: bucket(salt, visitor) < int(0.3 * LINE) for visitor in visitors}
    for _ in range(2):
        assert {visitor: lanes.sees_new(visitor) for visitor in visitors} == expected
    assert 5 < sum(expected.values()) < 35


def test_a_larger_share_takes_the_canary_from_nobody(lanes):
    lanes.canary(share=0.2)
    visitors = [f"widened-{number}" for number in range(40)]
    before = {visitor for visitor in visitors if lanes.sees_new(visitor)}
    lanes.followed(changes.widen(lanes.store, lanes.author, 0.7).serial)
    after = {visitor for visitor in visitors if lanes.sees_new(visitor)}
    assert before and before < after < set(visitors)


def test_newcomers_see_what_their_new_id_says_from_the_first_page_on(lanes):
    lanes.canary(share=0.5)
    salt = releases.current(lanes.store, lanes.author.keys).canary.salt
    seen = set()
    for _ in range(16):
        answer = lanes.shop.get("/", facts=WHEN)
        assert (NEW in answer.body) == (bucket(salt, id_of(answer)) < LINE // 2)
        seen.add(NEW in answer.body)
    assert seen == {True, False}


def test_who_may_have_no_id_gets_the_live_release(lanes):
    lanes.canary(share=0.999)
    germany = HAMBURG | at(TUESDAY)
    assert not any(lanes.sees_new(None, facts=germany) for _ in range(8))


@pytest.mark.parametrize("plan, request_, new", [
    ({"countries": ("DE",)}, {"facts": HAMBURG | at(TUESDAY)}, True),
    ({"countries": ("DE",)}, {}, False),
    ({"countries": ("DE", "US")}, {}, True),
    ({"share": 0.0, "header": ("x-canary", "please")}, {"headers": {"x-canary": "please"}}, True),
    ({"share": 0.0, "header": ("x-canary", "please")}, {"headers": {"x-canary": "other"}}, False),
    ({"share": 0.0, "header": ("x-canary", "please")}, {}, False),
    ({"share": 0.0, "countries": ("DE",), "header": ("x-canary", "please")}, {"headers": {"X-Canary": "please"}}, True),
    ({"share": 1.0}, {"headers": {"x-canary": "please"}}, True),
])  # fmt: skip
def test_a_canary_by_country_and_by_header(lanes, plan, request_, new):
    lanes.canary(**plan)
    assert lanes.sees_new("emil", **request_) is new
    assert lanes.sees_new("emil", **request_) is new


@pytest.mark.parametrize("plan, headers, lane", [
    ({"share": 1.0}, {}, "canary"), ({"share": 0.0}, {}, "control"), ({"countries": ("DE",)}, {}, "live"),
    ({"share": 0.0, "header": ("x-canary", "y")}, {"x-canary": "y"}, "header"),
])  # fmt: skip
def test_the_log_says_by_which_release_and_why(lanes, plan, headers, lane):
    lanes.canary(**plan)
    rows = lanes.views.get("/", facts=WHEN, cookie=lanes.cookie("emil"), headers=headers).rows
    expected = unseal(lanes.old if lane in ("live", "control") else lanes.new).name
    assert {(row["bundle"], row["lane"]) for row in rows.values()} == {(expected, lane)}
    assert all(0 < row["took"] < 30_000 for row in rows.values())


def test_what_an_application_asks_for_comes_from_the_same_release_as_its_pages(lanes):
    lanes.canary(share=0.5)
    for visitor in (f"app-{number}" for number in range(12)):
        told = json.loads(lanes.shop.get("/_tessera/slots?page=/", facts=WHEN, cookie=lanes.cookie(visitor), headers={"sec-fetch-site": "same-origin"}).body)
        assert (NEW.decode() in told["slots"]["cta"]["content"]) == lanes.sees_new(visitor)
        assert told["bundle"] == unseal(lanes.new if lanes.sees_new(visitor) else lanes.old).name[:12]


def test_a_canary_that_cannot_be_loaded_leaves_the_live_release_to_everybody(lanes):
    lanes.live(lanes.old)
    known = releases.current(lanes.store, lanes.author.keys)
    broken = {**known.payload()["live"], "bundle": "9" * 64, "share": 1.0, "salt": "s", "countries": [], "header": None}
    before = lanes.shop.said("candidate-refused")
    forged = pointer(lanes.author.key, known.live.bundle, serial=known.serial + 1, canary=broken, live=known.payload()["live"])
    lanes.store.put("releases/current.json", forged)
    lanes.store.put_copy(forged)
    told = lanes.followed(known.serial + 1)
    assert told["refused"] is None and not lanes.sees_new("emil")
    assert lanes.shop.said("candidate-refused") > before
    restored = releases.publish(lanes.store, [lanes.new], lanes.author).serial
    lanes.followed(restored)


def test_promoting_and_going_back(lanes):
    lanes.canary(share=0.0)
    lanes.followed(changes.promote(lanes.store, lanes.author, "fine").serial)
    assert lanes.sees_new("emil") and lanes.about()["canary"] is None
    told = lanes.followed(changes.rollback(lanes.store, lanes.author, why="not fine").serial)
    assert not lanes.sees_new("emil") and told["bundle"] == unseal(lanes.old).name
    lanes.live(lanes.new, canary=CanaryPlan(1.0))
    assert lanes.sees_new("emil")
    lanes.followed(changes.abort(lanes.store, lanes.author).serial)
    assert not lanes.sees_new("emil")


def test_an_older_pointer_changes_nothing(lanes):
    """As a store gives that is eventually consistent, or somebody who puts an old one back."""
    lanes.live(lanes.old)
    older = lanes.store.get("releases/current.json").content
    told = lanes.live(lanes.new)
    before = lanes.shop.said("pointer-older")
    lanes.store.put_copy(older)
    until = time.monotonic() + PATIENCE
    while lanes.shop.said("pointer-older") == before and time.monotonic() < until:
        lanes.about()
        time.sleep(0.05)
    assert lanes.shop.said("pointer-older") > before
    assert lanes.about()["serial"] == told["serial"] and lanes.sees_new("emil")
    upkeep.repair(lanes.store, lanes.author.keys)


def test_the_kill_switch_shows_original_pages_and_comes_back(lanes):
    lanes.live(lanes.new)
    told = lanes.followed(changes.switch_off(lanes.store, lanes.author, "legal asked").serial)
    assert told["off"] == "legal asked" and told["bundle"] == unseal(lanes.new).name
    page = lanes.shop.get("/", facts=WHEN, cookie=lanes.cookie("carl"))
    assert page.body == (STORE / "public" / "index.html").read_bytes() and not page.headers.get_all("set-cookie")
    assert lanes.shop.get("/_tessera/slots?page=/", headers={"sec-fetch-site": "same-origin"}).status == 503
    lanes.followed(changes.switch_on(lanes.store, lanes.author).serial)
    assert lanes.sees_new("carl")


def test_a_release_in_several_formats_is_taken_in_the_newest_that_the_edge_reads(lanes):
    lanes.live(lanes.old)
    known = releases.current(lanes.store, lanes.author.keys)
    there = known.payload()["live"]
    ahead = {**there, "bundle": "8" * 64, "format": max(READS) + 1, "also": [{key: there[key] for key in ("bundle", "size", "format")}]}
    forged = pointer(lanes.author.key, known.live.bundle, serial=known.serial + 1, live=ahead)
    lanes.store.put("releases/current.json", forged)
    lanes.store.put_copy(forged)
    told = lanes.followed(known.serial + 1)
    assert (told["bundle"], told["refused"], told["formats"]) == (known.live.bundle, None, sorted(READS))


def shadow_rows(lanes: Lanes, wanted: Callable[[list[dict]], bool]) -> list[dict[str, Any]]:
    until = time.monotonic() + PATIENCE
    while True:
        names = [name for name in lanes.shop.admin.list_r2("LOG") if name.startswith("shadow/")]
        rows = [json.loads(line) for name in names for line in lanes.shop.admin.get_r2("LOG", name).content.splitlines()]
        if wanted(rows) or time.monotonic() > until:
            return rows
        time.sleep(0.1)


def test_a_shadow_decides_beside_the_live_release_and_nobody_sees_it(lanes):
    lanes.live(lanes.old)
    told = lanes.live(lanes.new, shadow=1.0)
    assert told["shadow"] == {"bundle": unseal(lanes.new).name, "sample": 1.0}
    for visitor in ("emil", "ana", "carl"):
        assert not lanes.sees_new(visitor)
    rows = shadow_rows(lanes, lambda found: len(found) >= 3)
    assert len(rows) >= 3 and {(row["bundle"], row["shadow"]) for row in rows} == {(unseal(lanes.old).name, unseal(lanes.new).name)}
    assert all(row["slots"] > 3 and row["different"] == [] for row in rows), "the same variants, in other words"
    assert all(re.fullmatch(r"[0-9a-f-]{36}", row["id"]) and "unit" not in row for row in rows)


def test_the_log_as_files_is_what_the_guard_judges_by(lanes, tmp_path):
    lanes.canary(share=0.5)
    time.sleep(2)  # what is logged in the first second of a release does not count here
    visitors = [f"judged-{number}" for number in range(24)]
    new = sum(lanes.sees_new(visitor, facts=NEW_YORK) for visitor in visitors)
    assert lanes.views.get("/", facts=NEW_YORK, cookie=lanes.cookie(visitors[0])).rows, "the log has come so far"
    state = ["--state", str(lanes.shop.place.root)]
    until = time.monotonic() + PATIENCE
    while True:
        fetched = CliRunner().invoke(main, ["log", "fetch", "--out", str(tmp_path / "log"), "--json", *state])
        assert fetched.exit_code == 0, fetched.output
        judged = CliRunner().invoke(main, ["guard", "--log", str(tmp_path / "log"), "--settle", "1s", "--json", *state])
        assert judged.exit_code == 3, judged.output
        told = json.loads(judged.stdout)
        sides = told["control"]["visitors"], told["canary"]["visitors"]
        if sides == (len(visitors) - new, new) or time.monotonic() > until:
            break
        time.sleep(0.2)
    assert (told["verdict"], sides) == ("hold", (len(visitors) - new, new)), judged.output
