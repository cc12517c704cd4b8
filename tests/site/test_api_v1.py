"""The HTTP API of a running host: credentials, what is stored and decided, export and erasure; and any call whatsoever."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Iterator

import pytest

from host.tools import ROOT
from tests.edge.test_api import MATRIX
from tests.site.api_site import ROLES, Api, start
from tessera.api_routes import ROUTES
from tessera.identity import account_key

pytestmark = pytest.mark.xdist_group("api")
ALL = ["personalization", "analytics"]
CAME_LATE = {"v": 2, "attributes": {"visitor.visits": 1}}
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
BODIES = {
    "write_profile": {"attributes": {"visits": 3}, "consent": ALL}, "write_preferences": {"level": "segment"}, "personalize": {},
    "add_interactions": {"events": [{"event": "view_item", "item": "nyeri"}], "consent": ALL}, "explain": {"slot": "hero"}, "rank": {"ids": ["nyeri", "huila"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    running = start(tmp_path_factory.mktemp("api"))
    yield running
    running.shop.host.stop()


def eventually(found: Any, patience: float = 10.0) -> Any:
    """What a function comes to once it is true; its last answer where it never is."""
    until = time.monotonic() + patience
    while not (told := found()) and time.monotonic() < until:
        time.sleep(0.1)
    return told


# --- who may do what ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [None, *ROLES])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_every_address_by_every_role(api, route, role):
    path = "/".join({"{id}": f"matrix-{role}-{route.operation}", "{kind}": "products", "{channel}": "email"}.get(part, part) for part in route.path)
    told = api.ask(route.method, path, BODIES.get(route.operation), role)
    if role is None:
        assert (told.status, told.json()["type"]) == (401, "/_tessera/problems/no-credentials") and told.headers["www-authenticate"].startswith("Bearer ")
    elif role not in MATRIX[route.operation].split():
        assert (told.status, told.json()["type"]) == (403, "/_tessera/problems/insufficient-scope")
    else:
        assert told.status in ((404,) if route.operation == "read_profile" else (200, 201, 202))
    assert told.headers["cache-control"] == "private, no-store" and told.headers["x-content-type-options"] == "nosniff" and "set-cookie" not in told.headers


@pytest.mark.parametrize(
    "headers, status",
    [
        ({"authorization": "Bearer tsr_admin_" + "A" * 43}, 401), ({"authorization": "Basic YTpi"}, 401), ({"authorization": ""}, 401),
        ({"authorization": "Bearer x", "x-api-key": "y"}, 400), ({"authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}, 401),
    ],
)  # fmt: skip
def test_wrong_credentials(api, headers, status):
    told = api.ask("GET", "user/carl/profile", None, None, headers)
    assert told.status == status and told.headers["content-type"].startswith("application/problem+json")


MALFORMED = [
    ("GET", "/api/v1/", None, 404), ("GET", "nothing", None, 404), ("PATCH", "user/carl/profile", {}, 405), ("HEAD", "user/carl/profile", None, 405),
    ("PUT", "user/carl/profile", b"{", 400), ("PUT", "user/carl/profile", b"\xff", 400), ("PUT", "user/carl/profile", b"[" * 3000, 400),
    ("PUT", "user/carl/profile", b'{"attributes": {}, "x": "' + b"y" * 65_536 + b'"}', 413), ("GET", "user/%/profile", None, 400), ("GET", "user/%ff/profile", None, 400),
    ("GET", "user/a%2Fb/profile", None, 422), ("GET", "user/carl/profile?" + "a" * 5000, None, 400), ("GET", "user/%1e/profile", None, 422),
    ("POST", "personalize/webpage", {"page": "/\u001e"}, 422), ("POST", "explain", {"slot": "\ud800"}, 422),
]  # fmt: skip


@pytest.mark.parametrize("method, path, body, status", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_calls(api, method, path, body, status):
    assert api.ask(method, path, body).status == status


# --- profiles and decisions ---------------------------------------------------------------------------------------------------


def test_what_is_written_decides(api):
    assert api.ask("PUT", "user/vera/profile", {"attributes": {"cart_value": 40}, "consent": ALL}, "writer").status == 201
    told = api.ask("POST", "personalize/webpage", {"user": "vera", "page": "/"}, "reader").json()
    assert {slot["slot"]: slot["variant"] for slot in told["slots"]}["banner"] == "cart_reminder" and told["metadata"]["served_from"] == "store"
    assert 0 <= told["metadata"]["bundle_age_seconds"] < 600 and told["metadata"]["bundle"] == api.shop.bundle
    api.ask("PUT", "user/vera/preferences", {"level": "cohort"})
    told = api.ask("POST", "personalize/webpage", {"user": "vera", "page": "/"}).json()
    banner = next(slot for slot in told["slots"] if slot["slot"] == "banner")
    assert (banner["variant"], banner["reason"], told["metadata"]["level"]) == ("none", "preference", "cohort")
    why = api.ask("POST", "explain", {"user": "vera", "slot": "banner", "page": "/"}).json()
    assert why["reasoning"].endswith("because the visitor wishes that nothing above the level 'cohort' decides.")


def test_two_writers_at_once_lose_nothing(api):
    names = ["visits", "cart_value", "orders", "open_case", "last_order", "lifecycle"]
    values = dict(zip(names, [7, 1.5, 2, True, 1_790_000_000, "customer"]))
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda name: api.ask("PUT", "user/wanda/profile", {"attributes": {name: values[name]}, "consent": ALL}).status, names))
    assert set(told) <= {200, 201, 503}
    stored = api.ask("GET", "user/wanda/profile").json()["attributes"]
    assert {name for name, status in zip(names, told) if status != 503} == {name.partition(".")[2] for name in stored}


def test_interactions_come_to_the_profile_and_the_log(api):
    event = {"event": "view_item", "item": "kochere"}
    for _ in range(2):  # sent twice under one name, it counts once
        told = api.ask("POST", "user/ivan/interactions", {"events": [event, {**event, "item": "nyeri"}, {"event": "no"}], "consent": ALL, "id": "b1"})
        assert (told.status, told.json()["accepted"], told.json()["refused"][0]["event"]) == (202, 2, 2)
    started = time.monotonic()
    stored = eventually(lambda: (t := api.ask("GET", "user/ivan/profile")).status == 200 and t.json()["attributes"].get("visitor.viewed") and t.json())
    assert stored["attributes"]["visitor.viewed"] == 2 and stored["purposes"] == sorted(ALL) and time.monotonic() - started < 5
    rows = eventually(lambda: (e := api.ask("GET", "user/ivan/export").json()["events"]) and len(e) >= 2 and e)
    assert {(row["event"], row["item"], row["unit"]) for row in rows} == {("view_item", "kochere", "ivan"), ("view_item", "nyeri", "ivan")}


def test_an_account(api):
    key = account_key("store", "user@example.com")
    api.ask("PUT", "user/account:user%40example.com/profile", {"attributes": {"visits": 2}, "consent": ALL})
    assert api.ask("GET", "user/account:user@example.com/profile").json()["key"] == key
    assert "user@example.com" not in api.shop.admin.get_r2("STATE", f"profiles/{key}.json").content.decode()


def test_recommendations_are_logged_with_their_items(api):
    told = api.ask("GET", "recommendations/products?user=rita&limit=3&consent=personalization,analytics&context.country=DE").json()
    assert len(told["items"]) == 3 and told["next"] == 2
    rows = eventually(lambda: api.ask("GET", "user/rita/export").json()["decisions"])
    assert [row["items"] for row in rows] == [[item["id"] for item in told["items"]]] and rows[0]["id"] == told["metadata"]["view"]
    assert rows[0]["page_status"] == "api" and "ranked by the model 'trending'" in rows[0]["reasoning"]


# --- export and erasure ---------------------------------------------------------------------------------------------------------


def test_erasure_leaves_nothing_and_nothing_comes_back(api):
    admin = api.shop.admin
    api.ask("PUT", "user/ella/profile", {"attributes": {"cart_value": 40}, "consent": ALL})
    admin.put_kv("PROFILES", "facts:ella", json.dumps({"v": 2, "attributes": {"visitor.orders": 1}, "updated": 1}))
    for user in ("ella", "otto"):
        api.ask("POST", "personalize/webpage", {"user": user, "page": "/", "consent": ALL})
        api.ask("POST", f"user/{user}/interactions", {"events": [{"event": "view_item", "item": "nyeri"}], "consent": ALL})
    assert api.shop.get("/", cookie=api.shop.cookie("ella")).status == 200
    others = eventually(lambda: (t := api.ask("GET", "user/otto/export").json()) and t["events"] and t["decisions"] and t)
    eventually(lambda: len(api.ask("GET", "user/ella/export").json()["decisions"]) > len(others["decisions"]))  # and the page
    held = api.ask("GET", "user/ella/export").json()
    assert held["decisions"] and held["events"] and list(held["facts"]) == ["facts:ella"]

    receipt = api.ask("DELETE", "user/ella")
    told = receipt.json()
    assert (receipt.status, told["status"], told["verified"]["lines"]) == (200, "erased", 0)
    assert told["log"]["lines_removed"] >= len(held["decisions"]) + len(held["events"])
    assert json.loads(admin.get_r2("STATE", "profiles/ella.json").content).keys() == {"v", "erased"} == json.loads(admin.get_kv("PROFILES", "profile:ella")).keys()
    assert admin.get_kv("PROFILES", "facts:ella") is None
    for key in admin.list_r2("LOG"):
        assert b'"ella"' not in admin.get_r2("LOG", key).content, key
    assert api.ask("GET", "user/otto/export").json()["decisions"] == others["decisions"]  # of others nothing is gone

    assert api.ask("GET", "user/ella/profile").status == 410 and api.ask("PUT", "user/ella/profile", {"attributes": {"visits": 1}, "consent": ALL}).status == 410
    assert api.ask("POST", "user/ella/interactions", {"events": [{"event": "login"}], "consent": ALL}).status == 410
    again = api.ask("DELETE", "user/ella").json()
    assert (again["status"], again["log"]["lines_removed"]) == ("erased", 0)
    decided = api.ask("POST", "personalize/email", {"user": "ella", "consent": ALL}).json()
    assert decided["slots"][0]["variant"] == "none"
    time.sleep(0.5)
    assert api.ask("GET", "user/ella/export").json()["decisions"] == []


def test_what_was_on_its_way_is_swept_file_by_file(api):
    """What an erasure leaves to the queue: whatever comes late, a few files a message where the time is short."""
    admin = api.shop.admin
    late = [f"{folder}/date=2026-11-2{day}/late-{day}.ndjson" for folder in ("dead", "decisions", "events") for day in range(4)]
    for key in late:
        lines = [{"id": "m", "unit": None, "message": json.dumps({"unit": "elsa"})}] if key.startswith("dead") else []
        lines += [{"id": key, "unit": "elsa", "event": "x"}, {"id": "other", "unit": "elsa2"}, {"id": key, "unit": "acme", "unit_kind": "account"}]
        admin.put_r2("LOG", key, "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    admin.put_kv("PROFILES", "profile:elsa", json.dumps(CAME_LATE))
    admin.send("EVENTS", json.dumps({"command": "erase", "profile": "elsa", "at": time.time(), "each": 1}))
    assert eventually(lambda: all(b'"elsa"' not in admin.get_r2("LOG", key).content for key in late))
    assert "erased" in json.loads(admin.get_kv("PROFILES", "profile:elsa"))
    for key in late:
        kept = [json.loads(line)["unit"] for line in admin.get_r2("LOG", key).content.splitlines()]
        assert kept == ["elsa2"]  # the rows of a page view go together


def test_an_account_is_erased_with_its_visitors(api):
    admin, key = api.shop.admin, account_key("store", "erase-me")
    for name, document in (
        (key, {"v": 2, "attributes": {"visitor.visits": 2}, "visitors": ["ph-1"], "purposes": ALL}), ("ph-1", {"v": 2, "attributes": {}, "moved_to": key}), ("ph-2", {"v": 2, "attributes": {}}),
    ):  # fmt: skip
        admin.put_r2("STATE", f"profiles/{name}.json", json.dumps(document))
        admin.put_kv("PROFILES", f"profile:{name}", json.dumps(document))
    admin.put_kv("PROFILES", f"alias:{key}", json.dumps({"v": 2, "visitors": ["ph-1", "ph-2"]}))
    assert api.ask("GET", "user/ph-1/export").json()["aliases"] == ["ph-1", key, "ph-2"]
    told = api.ask("DELETE", "user/account:erase-me").json()
    assert {each["key"] for each in told["verified"]["profiles"]} == {key, "ph-1", "ph-2"} and told["status"] == "erased"
    assert admin.get_kv("PROFILES", f"alias:{key}") is None


def test_an_export_in_pages(api):
    for number in range(4):
        api.ask("POST", "user/paul/interactions", {"events": [{"event": "view_item", "item": f"i{number}-{n}"} for n in range(50)], "consent": ALL})
        time.sleep(0.3)  # so that they come to several files
    def whole() -> list[str]:
        found, cursor = [], ""
        for _ in range(100):
            told = api.ask("GET", f"user/paul/export{f'?cursor={cursor}' if cursor else ''}").json()
            found += [row["item"] for row in told["events"]]
            cursor = told["next"]
            if cursor is None:
                break
        return found
    items = eventually(lambda: (w := whole()) and len(w) == 200 and w)
    assert len(set(items)) == len(items) == 200


# --- stores that fail -----------------------------------------------------------------------------------------------------------

PROFILE = ("PUT", "user/fred/profile", {"attributes": {"visits": 1}, "consent": ALL})
DECIDE = ("POST", "personalize/webpage", {"user": "fred", "page": "/", "consent": ALL})
EVENT = ("POST", "user/fred/interactions", {"events": [{"event": "login"}], "consent": ALL})
FAULTS = [  # binding, what is asked, status, fallbacks of the decision
    ("STATE", PROFILE, 503, None), ("STATE", ("GET", "user/fred/profile", None), 503, None), ("STATE", ("DELETE", "user/finn", None), 503, None),
    ("STATE", DECIDE, 200, []), ("LOG", ("GET", "user/fred/export", None), 503, None), ("LOG", ("DELETE", "user/finn", None), 503, None),
    ("EVENTS", EVENT, 503, None), ("EVENTS", ("DELETE", "user/finn", None), 503, None), ("EVENTS", DECIDE, 200, []), ("DECISIONS", DECIDE, 200, []),
    ("PROFILES", DECIDE, 200, ["profile-error"]), ("PROFILES", EVENT, 202, None),
]  # fmt: skip


@pytest.mark.parametrize("binding, asked, status, fallbacks", FAULTS, ids=range(len(FAULTS)))
def test_a_store_that_fails(api, binding, asked, status, fallbacks):
    """What cannot be done says so; what can be decided without it is decided."""
    method, path, body = asked
    api.shop.fault(**{binding: "throw"})
    try:
        told = api.ask(method, path, body)
    finally:
        api.shop.fault()
    assert told.status == status, told.body
    if status == 503:
        assert told.headers["retry-after"] and told.json()["type"] in ("/_tessera/problems/store", "/_tessera/problems/not-kept")
    if fallbacks is not None:
        assert told.json()["metadata"]["fallbacks"] == fallbacks and told.json()["slots"]


# --- the documents --------------------------------------------------------------------------------------------------------------

CURL = re.compile(r"^```sh\n(curl .*?)^```\n(?:\n?```json\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)


def test_the_examples_of_the_documents_run(api):
    """Each example of docs/api.md as it stands, in its order; what is shown of an answer is part of it."""
    found = CURL.findall((ROOT / "docs" / "api.md").read_text())
    assert len(found) >= 8
    environment = {**os.environ, "SITE": api.shop.url, "KEY": api.keys["admin"], "no_proxy": "*"}
    for command, shown in found:
        done = subprocess.run(["bash", "-c", command.replace("curl ", "curl --fail-with-body --silent --show-error ", 1)], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        if shown:
            assert _includes(json.loads(done.stdout), json.loads(shown)), (command, done.stdout)


def _includes(told: Any, shown: Any) -> bool:
    """Whether an answer is as an example shows it; `…` stands for any value, and objects may have more keys."""
    if isinstance(shown, dict):
        return isinstance(told, dict) and all(key in told and _includes(told[key], value) for key, value in shown.items())
    if isinstance(shown, list) and isinstance(told, list):
        return ("…" in shown or len(told) == len(shown)) and all(any(_includes(one, value) for one in told) for value in shown if value != "…")
    return shown == "…" or told == shown or (isinstance(shown, str) and shown.endswith("…") and isinstance(told, str) and told.startswith(shown[:-1]))


def test_the_openapi_document_is_the_one_of_this_program():
    from compiler.openapi import text

    assert (ROOT / "docs" / "openapi.json").read_text() == text(), "run: tessera openapi --out docs/openapi.json"


@pytest.mark.parametrize("only", [("--exclude-operation-id", "erase_user"), *([("--include-operation-id", "erase_user")] if NIGHTLY else [])], ids=str)
def test_no_call_that_the_document_allows_fails(api, tmp_path, only):
    """Schemathesis calls operations with all kinds of values: no 5xx, no status, type, header or body that is not documented.
    Erasure has a run of its own, as after it there is nobody left to ask about.

    What it cannot know: the names of a site's purposes, slots and pages, so that what fits the schema may still be refused (422).
    """
    command = [
        str(ROOT / ".venv" / "bin" / "schemathesis"), "run", str(ROOT / "docs" / "openapi.json"), "--url", api.shop.url, "--checks", "all",
        "--exclude-checks", "positive_data_acceptance,unsupported_method", *only, "--header", f"Authorization: Bearer {api.keys['admin']}",
        "--max-examples", "1000" if NIGHTLY else "3", "--phases", "examples,coverage,fuzzing", "--seed", "1", "--no-color", "--generation-database", "none",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=3600 if NIGHTLY else 110)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
