"""Every row of the register of processing ends as it says: each is run. And `tessera log expire`, on a real store."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from compiler.cli_preview import LONGEST
from compiler.expiry import expire_log
from compiler.local import Local, local
from compiler.objects import LocalObjects, Object, WranglerObjects
from compiler.pipeline import compile_site
from compiler.register import QUEUE_SECONDS, Row, rows
from compiler.retention import Blank, blanked, logged, outlived, plan
from compiler.visitors import visit_of
from host.admin import Admin
from host.process import Host
from tessera import consumer, events, identity, log, preview, profile
from tessera.bundle import load, unseal
from tessera.decide import decide
from tessera.derive import derivation
from tessera.fold import fold
from tessera.record import page_view
from tests.compiler.commands import ROOT, STORE, refused, run
from tests.golden.cases import apply, base_site


DAY = 86_400
NOW = 1_795_600_000.0
KEY = identity.Key("k1", bytes(32))
SITE = compile_site(STORE)
PROGRAM = SITE.program
BUNDLE = load(unseal(SITE.bundle))
REGISTER = rows(SITE)
SAMPLES: dict[str, Any] = {"int": 3, "double": 2.5, "bool": True, "string": "x", "timestamp": NOW, "list<item>": ["kochere"], "map<string, double>": {"filter": 1.0}}


def sample(name: str) -> Any:
    """A value of an attribute, as the store holds it."""
    attribute = BUNDLE.attributes[name]
    return sorted(attribute.values)[0] if attribute.values else SAMPLES[attribute.type]


def stored(name: str, at: float) -> dict[str, Any]:
    """A profile with one attribute, written at that time and left alone since."""
    return {"v": 2, "attributes": {name: sample(name)}, "updated_at": {name: at}, "updated": at, "last": at}


# --- what ends each row ------------------------------------------------------------------------------------------------


def by_request(row: Row) -> None:
    assert derivation(BUNDLE.attributes[row.name]) is None
    told = {"id": "a", row.name: "x"}
    from compiler.fact_rows import Facts

    (problem,) = Facts("store", BUNDLE.attributes, None, frozenset(), False, NOW).of(told)
    assert "looked up" in problem.why


def by_max_age(row: Row) -> None:
    assert f"; Max-Age={row.period};" in identity.set_cookie("ana", NOW, KEY)
    assert identity.verify(identity.sign("ana", int(NOW), KEY), [KEY], NOW + row.period + 1).id is None


def by_session(row: Row) -> None:
    assert "Max-Age" not in identity.set_session("s", NOW, KEY) and "Expires" not in identity.set_session("s", NOW, KEY)


def by_token(row: Row) -> None:
    assert row.period == LONGEST
    token = preview.sign({"slot.hero": "none"}, int(NOW) + row.period, KEY)
    wish, cookie = preview.carried(f"https://x/?{row.name}={token}", "", [KEY], NOW)
    assert wish.forced and cookie.startswith(f"{row.name}=") and "Max-Age" not in cookie
    assert not preview.verify(token, [KEY], NOW + row.period + 1).forced


def by_site(row: Row) -> None:
    ours = (identity.set_cookie("ana", NOW, KEY), identity.set_session("s", NOW, KEY))
    assert row.period is None and not any(cookie.startswith(f"{row.name}=") for cookie in ours)


def by_keep(row: Row) -> None:
    purposes = frozenset(PROGRAM.purposes)
    keep = BUNDLE.attributes[row.name].keep
    assert row.period <= keep
    for age, there in ((keep - 1, True), (keep + 1, False)):
        found = profile.read(stored(row.name, NOW - age), BUNDLE.attributes, NOW)
        values, ages = profile.permitted(BUNDLE, found, {}, purposes)
        assert (row.name in ages) is (there and row.name in PROGRAM.reads)


def by_next_event(row: Row) -> None:
    event = {"events": [{"event": "search"}], "id": "e", "received": NOW, "bundle": "b", "unit": "ana", "unit_kind": "visitor", "purposes": [], "jurisdiction": "", "bot": False}
    event = {**event, "purposes": ["analytics"], "profile": "ana", "shown": {}}
    for age, there in ((row.period - 1, True), (row.period + 1, False)):
        document = stored(row.name, NOW - age)
        assert (row.name in fold(BUNDLE, document, event)["attributes"]) is there
        left = outlived({**document, "last": NOW}, PROGRAM, NOW)
        assert (row.name in left["attributes"]) is there and (row.name in left["updated_at"]) is there


def by_kv_expiry(row: Row) -> None:
    if row.store == "facts (KV)":
        from compiler.profile_options import LEAST_TTL
        from compiler.register import longest_keep

        assert max(LEAST_TTL, longest_keep(PROGRAM)) == row.period
    else:
        assert consumer.keep_of(BUNDLE, {}) <= row.period and consumer.keep_of(BUNDLE, {"level": "segment"}) == row.period


def by_profiles_expire(row: Row) -> None:
    for document in (stored("visitor.visits", NOW), {"v": 2, "attributes": {}, "level": "default", "updated": NOW}, {"v": 2, "erased": NOW}):
        assert outlived(document, PROGRAM, NOW + row.period - DAY) is not None or "level" not in document and "erased" not in document
        assert outlived(document, PROGRAM, NOW + row.period + 1) is None


def by_log_expire(row: Row) -> None:
    folder = {"event field": "events", "message": "dead"}.get(row.kind, "decisions")
    name = f"{folder}/date=2026-11-22/a.ndjson"
    ended = logged(name).ended
    for at, there in ((ended + row.period - 1, True), (ended + row.period, False)):
        due = plan([name], PROGRAM, at)
        blank = due.blank.get(name, Blank(frozenset(), frozenset()))
        assert (name not in due.delete and row.name not in blank.attributes) is there


def by_queue(row: Row) -> None:
    settings = (ROOT / "wrangler.toml").read_text()
    assert row.period == QUEUE_SECONDS and "retention" not in settings and row.name in settings


ENDS: dict[str, Callable[[Row], None]] = {
    "request": by_request,
    "max-age": by_max_age,
    "session": by_session,
    "token": by_token,
    "site": by_site,
    "keep": by_keep,
    "keep, at the next event or `tessera profiles expire`": by_next_event,
    "KV expiry": by_kv_expiry,
    "`tessera profiles expire`": by_profiles_expire,
    "`tessera log expire`": by_log_expire,
    "queue": by_queue,
}


@pytest.mark.parametrize("row", REGISTER, ids=lambda row: f"{row.kind} {row.name} {row.store}")
def test_every_row_ends_as_the_register_says(row: Row):
    ENDS[row.ended](row)


def test_every_row_has_a_period():
    assert all(row.period is not None or row.ended == "site" for row in REGISTER)
    assert {row.ended for row in REGISTER} >= {"max-age", "keep", "KV expiry", "queue", "token", "request"}


# --- the log, on a real store ------------------------------------------------------------------------------------------


def day(days_ago: float) -> float:
    return time.time() - days_ago * DAY


def view_at(at: float, unit: str = "ana") -> tuple[str, dict[str, Any]]:
    """A page view of somebody with a basket, as the queue carries it."""
    told = {
        "id": unit, "consent": ["personalization", "analytics"], "at": datetime.fromtimestamp(at, timezone.utc).isoformat(),
        "attributes": {"visitor": {"cart_value": 80.0, "lifecycle": "customer", "recent": ["kochere", "nyeri"]}, "request": {"country": "DE"}},
    }  # fmt: skip
    visit, _ = visit_of(BUNDLE, told, "home")
    view = page_view(BUNDLE, visit, decide(BUNDLE, visit, "home"), view=f"v{at}", page="home")
    return f"m{at}", {"view": view, "page_status": "planned", "places": {}}


def files_of(*days: float) -> dict[str, str]:
    """Files of the log of so many days ago: page views, events, and messages that were given up."""
    found: dict[str, str] = {}
    for days_ago in days:
        id_, message = view_at(day(days_ago))
        found.update(log.files([(id_, json.dumps(message))]))
        received = {"events": [{"event": "search"}], "id": "e", "received": day(days_ago), "bundle": "b", "unit": "ana", "unit_kind": "visitor", "purposes": [], "jurisdiction": "", "bot": False}
        found.update(events.files([(id_, json.dumps(received))]))
        key, lines = consumer.dead(json.dumps(message), day(days_ago), "decisions", "")
        found[key] = lines
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    found = local(tmp_path_factory.mktemp("stores"))
    with Host(found.root, found.state, secrets={}, variables={}, store_only=True):
        yield found


@pytest.fixture
def admin(place: Local) -> Iterator[Admin]:
    found = Admin.running(place.state)
    yield found
    for binding in ("LOG", "STATE"):
        for name in found.list_r2(binding):
            found.delete_r2(binding, name)


def test_days_older_than_the_log_go_and_values_are_blanked(place, admin):
    for name, text in files_of(100, 92, 20, 0.01).items():
        admin.put_r2("LOG", name, text)
    admin.put_r2("LOG", "other/file.txt", "not the log's")
    before = {name: admin.get_r2("LOG", name).content for name in admin.list_r2("LOG")}
    dry = run("log", "expire", "--site", STORE, "--state", place.root, "--dry-run", "--json")
    assert json.loads(dry.stdout)["removed"] == 6 and {name: admin.get_r2("LOG", name).content for name in before} == before

    done = json.loads(run("log", "expire", "--site", STORE, "--state", place.root, "--json").stdout)
    assert (done["removed"], done["left"], done["foreign"]) == (6, [], ["other/file.txt"])
    left = {name: admin.get_r2("LOG", name).content.decode() for name in admin.list_r2("LOG")}
    assert len(left) == 7
    old = datetime.fromtimestamp(day(20), timezone.utc).strftime("date=%Y-%m-%d")
    for name, text in left.items():
        for line in text.splitlines() if name.startswith("decisions/") else ():
            row = json.loads(line)
            shortened = old in name
            assert (row["inputs"]["visitor.cart_value"] is None) is shortened, "kept for 7 days"
            assert ("visitor.cart_value" in row["ages"]) is not shortened
            assert row["inputs"]["visitor.recent"] and row["inputs"]["visitor.lifecycle"] == "customer" and row["unit"] == "ana"
            assert row["inputs"]["request.country"] == "DE" and row["slot"]
        if name.startswith("dead/") and old in name:
            (row,) = map(json.loads, text.splitlines())
            assert row["message"]["view"]["inputs"]["visitor.cart_value"] is None

    again = json.loads(run("log", "expire", "--site", STORE, "--state", place.root, "--json").stdout)
    assert (again["removed"], again["rewritten"]) == (0, 0)


class Contended(LocalObjects):
    """A bucket in which somebody else writes between reading and writing."""

    def get(self, name: str) -> Object | None:
        found = super().get(name)
        self.admin.put_r2(self.binding, name, found.content + b"{}\n")
        return found


def test_a_file_that_somebody_else_writes_is_not_overwritten(admin):
    ((name, text),) = [(name, text) for name, text in files_of(20).items() if name.startswith("decisions/")]
    admin.put_r2("LOG", name, text)
    due = plan([name], PROGRAM, time.time())
    done = expire_log(Contended(admin, "LOG"), due, lambda line: None)
    assert done.left == (name,) and admin.get_r2("LOG", name).content.decode().startswith(text)
    assert expire_log(LocalObjects(admin, "LOG"), due, lambda line: None).rewritten == 1


def test_lines_that_cannot_be_read_stay_as_they_are():
    due = Blank(frozenset(["visitor.a"]), frozenset(["company"]))
    for line in ("not json\n", "[1]\n", '{"inputs": 3}\n', '{"inputs": {"visitor.a": null}}\n', "[" * 100_000 + "\n"):
        assert blanked(line, "decisions", due) is None
    for line in ('{"message": "text"}\n', '{"message": {"view": 3, "events": 4}}\n', '{"message": {"events": [3]}}\n'):
        assert blanked(line, "dead", due) is None
    told = blanked('broken\n{"fields":{"company":"Acme","size":"9"}}\n', "events", due)
    assert told == 'broken\n{"fields":{"company":null,"size":"9"}}\n'


@pytest.mark.parametrize("name", ["decisions/date=2026-13-01/a.ndjson", "decisions/a.ndjson", "bundles/x", "other/date=2026-11-22/a", "decisions/date=2026-11-22/a/b", ""])
def test_names_that_are_not_the_logs_are_left_alone(name):
    assert logged(name) is None and plan([name], PROGRAM, 1e11).foreign == (name,)


def test_profiles_of_who_never_came_back_are_shortened_and_removed(place, admin):
    old, new = day(20), day(1)
    documents = {
        "short": {"v": 2, "attributes": {"visitor.cart_value": 9.0, "visitor.visits": 3}, "updated_at": {"visitor.cart_value": old, "visitor.visits": old}, "state": {"visitor.cart_value": {"x": 1}}, "updated": old, "last": old},
        "gone": {"v": 2, "attributes": {"visitor.visits": 3}, "updated_at": {"visitor.visits": day(500)}, "updated": day(500), "last": day(500)},
        "fresh": {"v": 2, "attributes": {"visitor.visits": 3}, "updated_at": {"visitor.visits": new}, "updated": new, "seen": {"cart_recovery": [new]}},
        "newer": {"v": 3, "attributes": {"visitor.cart_value": 1}, "updated": old},
        "erased": {"v": 2, "erased": old},
    }  # fmt: skip
    for key, document in documents.items():
        admin.put_r2("STATE", f"profiles/{key}.json", json.dumps(document))
        admin.put_kv("PROFILES", f"profile:{key}", json.dumps(document))
    admin.put_r2("STATE", "profiles/broken.json", "{")
    result = run("profiles", "expire", "--site", STORE, "--state", place.root, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1 and told["left"] == ["profiles/broken.json"] and (told["looked"], told["removed"], told["rewritten"]) == (6, 1, 1)
    found = {key: admin.get_r2("STATE", f"profiles/{key}.json") for key in documents}
    assert found["gone"] is None and admin.get_kv("PROFILES", "profile:gone") is None
    short = json.loads(found["short"].content)
    assert short["attributes"] == {"visitor.visits": 3} and short["updated_at"] == {"visitor.visits": old} and short["state"] == {}
    assert json.loads(admin.get_kv("PROFILES", "profile:short")) == short
    assert all(json.loads(found[key].content) == documents[key] for key in ("fresh", "newer", "erased"))


def test_cloudflare_needs_the_names(tmp_path):
    assert "go together" in refused("log", "expire", "--site", STORE, "--cloudflare", code=2)


def test_wrangler_removes_and_blanks(tmp_path):
    """The pinned wrangler, with its own store on this machine in place of Cloudflare's."""
    from compiler.profile_stores import WRANGLER, Wrangler

    if not WRANGLER.is_file():
        pytest.skip("wrangler is not installed: make setup-dev")
    files = {name: text for name, text in files_of(20).items() if name.startswith("decisions/")}
    ((name, text),) = files.items()
    store = WranglerObjects(Wrangler(ROOT / "wrangler.toml", tmp_path / "persisted"), "LOG", [name, "decisions/date=2026-11-01/none.ndjson"])
    store.put(name, text.encode(), "")
    done = expire_log(store, plan(store.names(), PROGRAM, time.time()), lambda line: None)
    assert done.rewritten == 1 and done.left == ()
    assert json.loads(store.get(name).content.splitlines()[0])["inputs"]["visitor.cart_value"] is None


def test_what_forms_told_goes_with_the_attributes_that_come_of_it(tmp_path):
    site = base_site(tmp_path / "site")
    lines = [f"    {name}: {{type: string, purpose: personalization, keep: {keep}, from: form.{field}}}\n" for name, keep, field in (("company", "7d", "company"), ("size", "7d", "size"), ("size_then", "60d", "size"))]
    apply(site, {"change": {"site.yaml": {"    opened:": f"{''.join(lines)}    opened:"}}})
    program = compile_site(site).program
    name = "events/date=2026-11-01/a.ndjson"
    ended = logged(name).ended
    due = {days: plan([name], program, ended + days * DAY).blank.get(name, Blank(frozenset(), frozenset())).fields for days in (6, 8, 61)}
    assert due == {6: set(), 8: {"company"}, 61: {"company", "size"}}
