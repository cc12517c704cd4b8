"""`tessera dev --origin`: Tessera in front of a site that runs already, with what such a site's own tools need."""

from __future__ import annotations

import socket
import sys
from base64 import b64encode
from hashlib import sha1
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen, run
from urllib.parse import urlsplit

import pytest

from tests.compiler.commands import refused
from tests.site.origin import Asked, Origin, Told
from tests.site.pages_site import write
from tests.site.test_dev import Dev

pytestmark = pytest.mark.xdist_group("origins")

PAGE = b'<!doctype html><html><head></head><body><p id="p">one</p></body></html>'
SOCKET_KEY = "x3JJHMbDL1EzLkh9GBhXDw=="


def site_of(folder: Path) -> Path:
    """A site without any page of its own."""
    site = write(folder, {"word": ("#p", "inner", "word")}, {})
    (site / "public").rmdir()
    for unused in (site / "content").glob("note.*"):
        unused.unlink()
    (site / "site.yaml").write_text((site / "site.yaml").read_text().replace("assets: {dir: public}\n", ""))
    return site


def dev(site: Path, state: Path, origin: str) -> Dev:
    """A running `tessera dev --origin`."""
    running = Dev.__new__(Dev)
    command = [sys.executable, "-u", "-m", "compiler.cli", "dev", str(site), "--origin", origin, "--port", "0", "--state", str(state)]
    running.process, running.said = Popen(command, stdout=PIPE, stderr=STDOUT, text=True), ""
    line = running.until("http://")
    running.url = line.partition(",")[0]
    assert line == f"{running.url}, in front of {origin}"
    return running


def upgraded(asked: Asked) -> Told:
    accepted = b64encode(sha1((asked.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    return Told(b"\x82\x02hi", 101, None, [("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", accepted)], is_socket=True)


def websocket(url: str, path: str) -> bytes:
    """The first frame that a web socket brings: its two bytes of header, and its content."""
    host, _, port = urlsplit(url).netloc.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {SOCKET_KEY}\r\n\r\n"
        line.sendall(request.encode())
        told = b""
        while b"\r\n\r\n" not in told or len(told.partition(b"\r\n\r\n")[2]) < 4:
            part = line.recv(4096)
            assert part, told
            told += part
        head, _, frames = told.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        return frames[:4]


def test_a_running_site_is_personalised_and_all_else_is_its_own(tmp_path):
    pages = {"/home": Told(PAGE), "/src/main.js": Told(b"import '/hot'", type="text/javascript"), "/hot": upgraded}
    with Origin(pages) as origin:
        running = dev(site_of(tmp_path / "site"), tmp_path / "state", f"http://localhost:{origin.port}")
        try:
            running.until("bundle")
            base = running.url
            running.url = f"{base}/home"
            assert '<p id="p">put here</p>' in running.page()
            running.url = f"{base}/src/main.js"
            assert running.page() == "import '/hot'"
            assert websocket(base, "/hot") == b"\x82\x02hi", "hot reloading works through Tessera"

            content = tmp_path / "site" / "content" / "word.html"
            content.write_text("and there")
            running.until("live:")
            running.url = f"{base}/home"
            assert '<p id="p">and there</p>' in running.page()
        finally:
            code = running.stop()
    assert code == 0 and "stopping" in running.said


def test_an_origin_that_is_not_there(tmp_path):
    site = site_of(tmp_path / "site")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        origin = f"http://127.0.0.1:{taken.getsockname()[1]}"
    assert refused("dev", site, "--origin", origin) == f"tessera: {origin} does not answer (connection refused); is the site running, and is this its address?"
    assert "is not the address of a site" in refused("dev", site, "--origin", "ftp://example.com")


def test_help_shows_how():
    told = run([sys.executable, "-m", "compiler.cli", "dev", "--help"], capture_output=True, text=True, timeout=60).stdout
    assert "tessera dev my-site --origin http://localhost:3000" in told
