"""scripts/swaps, for a short while: releases change under load, and every page is of one of them, whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from host.tools import ROOT
from scripts.swap_load import Load, marks_of

SWAPS = 40


def test_no_request_fails_and_no_page_is_of_two_releases_or_of_none() -> None:
    command = [sys.executable, ROOT / "scripts" / "swaps", "--swaps", str(SWAPS), "--calm", "0", "--commands", "0", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    seen = told["loads"]["with swaps"]
    assert told["swaps"] == SWAPS and len(told["of"]) == 5, "of every kind"
    assert seen["requests"] >= SWAPS
    assert (seen["failed"], seen["mixed"], seen["original"], told["problems"]) == (0, 0, 0, [])
    assert told["said"] == {}, "nothing failed behind the pages either"


# --- whether what looks at the pages sees what is wrong with them ---

RIGHT = b"<h1>swap-A</h1><p>swap-A</p>"
PAGES = {  # what is answered → requests, of which failed, mixed, original
    "right": (200, RIGHT, (0, 0, 0)),
    "another status": (500, RIGHT, (1, 0, 0)),
    "two releases": (200, b"<h1>swap-A</h1><p>swap-B</p>", (0, 1, 0)),
    "a part of one": (200, b"<h1>swap-A</h1><p></p>", (0, 1, 0)),
    "undecided": (200, b"<h1></h1><p></p>", (0, 0, 1)),
    "an empty page": (200, b"", (0, 0, 1)),
}


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("by_wrk", [True, False], ids=["wrk", "threads"])
@pytest.mark.parametrize("case", PAGES)
def test_what_is_wrong_with_a_page_is_seen(case: str, by_wrk: bool) -> None:
    if by_wrk and shutil.which("wrk") is None:
        pytest.skip("wrk is not installed (scripts/install_wrk)")
    status, body, wrong = PAGES[case]
    with answering(status, body) as url, Load(url, ["", "tessera=x"], 2, 2, 100, by_wrk) as load:
        time.sleep(0.3)
    seen = load.seen
    assert seen.requests > 5
    assert [bool(count) for count in (seen.failed, seen.mixed, seen.original)] == [bool(count) for count in wrong]
    assert not any(wrong) or seen.wrong >= seen.requests - 2, "every one of them; the last may have been on their way"
    assert seen.told.startswith("" if not any(wrong) else f"{status} ")


@pytest.mark.parametrize("body, marks", [(RIGHT, "AA"), (b"", ""), (b"swap", ""), (b"swap-", ""), (b"swap-Cswap-D", "CD")])
def test_the_marks_of_a_page(body: bytes, marks: str) -> None:
    assert marks_of(body) == marks
