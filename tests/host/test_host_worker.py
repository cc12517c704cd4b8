"""The host around the Worker: bindings, facts, faults, and the page that is served whatever happens."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from asking import COOKIE_KEYS, Client
from host.process import Host
from tessera.context import Request

pytestmark = pytest.mark.xdist_group("host")
HOME = b"<!doctype html><title>t</title><body><main id=m>home</main></body>"
SLOT = [["slot", "#m", "inner", "1", "new"]]


def eventually(check, seconds=20):
    end = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


# --- bindings ---


def test_stores_are_shared_with_the_admin(client):
    assert client.task(do="kv", value="žluť").body.decode() == "žluť"
    assert client.host.admin.get_kv("PROFILES", "k").decode() == "žluť"
    client.host.admin.put_r2("BUNDLES", "bundles/x y.tessera", b"bytes")
    assert client.task(do="r2", key="bundles/x y.tessera").body == b"bytes"
    assert client.task(do="r2", key="absent").body == b"none"


def test_a_message_reaches_the_queue_and_the_log(client):
    before = set(client.host.admin.list_r2("LOG"))
    client.task(do="send", message={"n": 7})
    (name,) = eventually(lambda: set(client.host.admin.list_r2("LOG")) - before)
    assert json.loads(client.host.admin.get_r2("LOG", name).content) == {"n": 7}


def test_work_goes_on_after_the_response(client):
    assert client.task(do="later", key="late", value="done").body == b"now"
    assert eventually(lambda: client.host.admin.get_kv("PROFILES", "late")) == b"done"


def test_randomness_is_fresh(client):
    first, second = (client.task(do="random").json() for _ in range(2))
    assert first[0] != second[0] and first[1] != second[1]


def test_the_worker_gets_its_settings_but_not_the_hosts(client):
    names = ["TESSERA_COOKIE_KEYS", "TESSERA_ENV", "ASSETS", "HOST_TOKEN", "HOST_FACTS"]
    assert client.task(do="names", names=names).json() == [True, True, True, False, False]


def test_requests_at_the_same_time(client):
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda n: client.page("/", SLOT, key=f"same-{n % 3}"), range(40)))
    assert {reply.body for reply in replies} == {HOME.replace(b"home", b"new")}


# --- facts ---


def country(client, headers):
    fields = client.task(do="fields", headers=headers).json()
    return fields[Request._fields.index("country")], fields[Request._fields.index("ip")]


def test_only_the_owner_sets_facts(client):
    facts = json.dumps({"country": "US", "ip": "203.0.113.9"})
    token = client.host.token
    assert country(client, {"tessera-host-token": token, "tessera-host-facts": facts}) == ("US", "203.0.113.9")
    assert country(client, {"tessera-host-facts": facts}) == ("NL", "127.0.0.1")
    for wrong in ("", token[:-1], token + "x", token.swapcase()):
        assert country(client, {"tessera-host-token": wrong, "tessera-host-facts": facts}) == ("NL", "127.0.0.1")
    assert country(client, {"cf-connecting-ip": "203.0.113.1"}) == ("NL", "127.0.0.1")


def test_broken_facts_still_serve_the_page(client):
    headers = {"tessera-host-token": client.host.token, "tessera-host-facts": "{"}
    assert client.get("/", headers=headers).body == HOME


# --- whatever happens, the page ---


def test_an_exception_in_python_serves_the_page(client):
    assert client.task(do="boom").body == HOME
    assert client.page("/", SLOT).status == 200


@pytest.mark.parametrize("mode, status", [("throw", 502), ("garbage", 200)])
def test_assets_that_fail_inside_the_worker_are_asked_again_by_the_next_page(client, mode, status):
    key = f"failing-{mode}"
    try:
        client.faults(ASSETS=mode)
        assert client.page("/", SLOT, key=key).status == status
    finally:
        client.faults(ASSETS=None)
    for _ in range(2):
        assert client.page("/", SLOT, key=key).body == HOME.replace(b"home", b"new")


@pytest.mark.parametrize("binding, task, garbage", [
    ("PROFILES", {"do": "kv", "value": "v"}, b"garbage"),
    ("BUNDLES", {"do": "r2", "key": "k"}, b"garbage"),
    ("DECISIONS", {"do": "send", "message": {}}, b"sent"),
])
def test_faults_of_each_binding(client, binding, task, garbage):
    try:
        client.faults(**{binding: "throw"})
        assert client.task(**task).body == HOME
        client.faults(**{binding: "garbage"})
        assert garbage in client.task(**task).body
    finally:
        assert client.faults(**{binding: None}).json() == {"faults": {}}
    assert garbage not in client.task(**task).body or binding == "DECISIONS"


def test_only_the_owner_sets_faults(client):
    body = json.dumps({"ASSETS": "throw"}).encode()
    for headers in ({}, {"tessera-host-token": "wrong"}):
        assert client.get("/.host/faults", method="POST", body=body, headers=headers).status in (404, 405)
    assert client.own("/.host/faults").status == 404
    assert client.faults().json() == {"faults": {}}


@pytest.mark.parametrize("body, status", [(b"{", 400), (b'{"KV": "explode"}', 400), (b"null", 400), (b" " * 70_000, 413)])
def test_faults_that_are_none(client, body, status):
    assert client.own("/.host/faults", method="POST", body=body).status == status
    assert client.faults().json() == {"faults": {}}


def test_a_dead_interpreter_still_serves_pages(worker, site, tmp_path):
    with Host(site, tmp_path, secrets={"TESSERA_COOKIE_KEYS": COOKIE_KEYS}, variables={"HOST_DIRECT": "no"}, edge=worker) as host:
        client = Client(host)
        assert client.page("/", SLOT).body == HOME.replace(b"home", b"new")
        client.faults(PYTHON="fatal")
        for _ in range(3):
            assert client.page("/", SLOT).body == HOME
        assert client.get("/plain.txt").body == b"text"
        assert client.get("/nowhere").status == 404
        assert eventually(lambda: "serving the untouched page" in host.log_file.read_text())
        log = host.log_file.read_text()
    assert COOKIE_KEYS not in log and host.token not in log
