"""The front before the Python Worker: whatever becomes of Python, a page comes in time. The product itself, with the shop."""

from __future__ import annotations

import json
import shutil
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable, Iterator

import pytest

from asking import Client, Reply
from compiler.local import local
from compiler.serve import assets_of, cookie_of, host_for, release
from host.process import Host, HostError
from tests.shop import BROWSER, STORE

pytestmark = pytest.mark.xdist_group("host")
DEADLINE = 0.8  # seconds: the front's own
SLACK = 2.5  # that a loaded machine may take beyond it
GREETING = b"Good to see you again"
SLOW = 2.0  # seconds that the slow origin takes for each page
KEYS = f"test:reader:{'A' * 43}"  # what nobody has a key for
PATIENT = 1.5  # the front's deadline before it


def eventually(ask: Callable[[], Reply], good: Callable[[Reply], bool], seconds: float = 60) -> Reply:
    end = time.monotonic() + seconds
    while not good(reply := ask()) and time.monotonic() < end:
        time.sleep(0.2)
    assert good(reply), reply
    return reply


class Visitor:
    """Someone the shop knows, who notes how long each answer took."""

    def __init__(self, host: Host, cookie: str) -> None:
        self.client, self._headers, self.took = Client(host), {"user-agent": BROWSER, "cookie": cookie}, 0.0

    def get(self, path: str = "/", **kwargs) -> Reply:
        started = time.monotonic()
        reply = self.client.get(path, headers=self._headers, **kwargs)
        self.took = time.monotonic() - started
        return reply

    def counts(self) -> dict[str, int]:
        return self.get("/.well-known/tessera-front").json()["counts"]


def is_personal(reply: Reply) -> bool:
    return GREETING in reply.body and reply.headers["cache-control"].startswith("private") and "tessera-front" not in reply.headers


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """A folder with keys, the shop's release and the example visitors, for each host to start from a copy of it."""
    place = local(tmp_path_factory.mktemp("published"))
    with Host(STORE, place.state, secrets={}, variables={}, store_only=True) as store:
        release(STORE, place, store.admin)
    return place.root


@contextmanager
def fronted(published: Path, folder: Path, *, snapshot: bool, **variables: str) -> Iterator[Visitor]:
    """The shop behind the front."""
    place = local(shutil.copytree(published, folder / "place"))
    host = host_for(assets_of(STORE), place, snapshot=snapshot)
    host.front = True
    host.variables |= variables
    with host:
        yield Visitor(host, f"tessera={cookie_of(place, 'carl')}; tessera_consent=personalization.analytics")


@pytest.fixture(scope="module")
def cold(published, tmp_path_factory) -> Iterator[Visitor]:
    """Started without a snapshot, so that Python takes seconds. The tests below go through what happens in this order.

    Every request goes through Python, as on the platform, so that one to a dead interpreter fails.
    """
    with fronted(published, tmp_path_factory.mktemp("cold"), snapshot=False, HOST_DIRECT="no", TESSERA_API="on", TESSERA_API_KEYS=KEYS) as visitor:
        yield visitor


def page_file(name: str = "index.html") -> bytes:
    return (assets_of(STORE) / name).read_bytes()


# --- a cold start, and what may happen to a warm Worker -----------------------------------------------------------------


def test_while_python_starts_a_page_comes_by_the_deadline_untouched(cold):
    reply = cold.get()
    assert (reply.status, reply.body, reply.headers["tessera-front"]) == (200, page_file(), "late")
    assert DEADLINE <= cold.took < DEADLINE + SLACK


def test_nobody_else_waits_meanwhile(cold):
    reply = cold.get()
    assert (reply.body, reply.headers["tessera-front"]) == (page_file(), "cold")
    assert cold.took < DEADLINE


def test_tesseras_own_addresses_wait_for_python(cold):
    reply = cold.get("/.well-known/tessera")
    assert b"bundle" in reply.body and reply.json(), reply.body.decode()


def test_calls_of_the_api_go_to_python_alone(cold):
    reply = cold.get("/api/v1/explain", method="POST", body=b"{}")
    assert (reply.status, reply.json()["type"]) == (401, "/_tessera/problems/no-credentials")


def test_the_late_answer_warms_the_worker(cold):
    eventually(cold.get, is_personal)
    assert cold.counts()["front-passed:late"] >= 1


def test_a_worker_that_hangs(cold):
    cold.client.host.admin.fault(ASSETS="hang")
    try:
        reply = cold.get("/cart")
        assert (reply.body, reply.headers["tessera-front"]) == (page_file("cart.html"), "late")
        assert DEADLINE <= cold.took < DEADLINE + SLACK
        head = cold.get("/cart", method="HEAD")
        assert (head.status, head.body, head.headers["tessera-front"]) == (200, b"", "cold")
    finally:
        cold.client.host.admin.fault(ASSETS=None)
    eventually(cold.get, is_personal)


def test_other_methods_go_to_the_origin_alone(cold):
    reply = cold.get(method="POST", body=b"a=1")
    assert "tessera-front" not in reply.headers
    assert reply.status == 405  # what the assets say


def kill(visitor: Visitor) -> None:
    with suppress(HostError):  # the request that kills the interpreter may die with it
        visitor.client.host.admin.fault(PYTHON="fatal")


def test_a_dead_interpreter(cold):
    kill(cold)
    for path, name in (("/", "index.html"), ("/cart", "cart.html"), ("/", "index.html")):
        reply = cold.get(path)
        assert (reply.status, reply.body, reply.headers["tessera-front"]) == (200, page_file(name), "error")
    assert cold.get("/nowhere").status == 404
    assert cold.get(method="POST", body=b"a=1").status == 405, "what the assets say: only pages need Python"


def test_what_passed_is_counted_and_said(cold):
    counts = cold.counts()
    assert set(counts) == {"front-passed:late", "front-passed:cold", "front-passed:error"} and counts["front-passed:error"] == 4
    log = cold.client.host.log_file.read_text()
    said = [json.loads(line) for line in log.splitlines() if line.startswith('{"event":"front-passed"')]
    assert {f"{line['event']}:{line['why']}" for line in said} == set(counts)
    assert cold.client.host.secrets["TESSERA_COOKIE_KEYS"] not in log and cold.client.host.token not in log


# --- a slow origin --------------------------------------------------------------------------------------------------------


class SlowOrigin(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        time.sleep(SLOW)
        page = page_file()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        with suppress(BrokenPipeError):  # of the answer that nobody needs
            self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        pass


def test_a_slow_origin_is_not_held_against_the_worker(published, tmp_path):
    """After the deadline the first answer counts: the Worker's, which asked the origin earlier."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SlowOrigin) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings = {"TESSERA_ORIGIN": f"http://127.0.0.1:{server.server_port}", "TESSERA_FRONT_DEADLINE": str(int(1000 * PATIENT))}
        try:
            with fronted(published, tmp_path, snapshot=True, **settings) as visitor:
                visitor.get("/.well-known/tessera")  # Python is up, the release is loaded
                reply = visitor.get()
                assert is_personal(reply)
                assert visitor.took >= SLOW and visitor.counts() == {}
                assert SlowOrigin.asked == ["/", "/"]  # once by each
        finally:
            server.shutdown()
