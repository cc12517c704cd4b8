"""The product's JavaScript in a workerd without Python, for what needs none; and an HTTP server that answers as a test wishes."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asking import Reply, ask
from host.tools import EDGE, node

HERE = Path(__file__).parent / "plain"
STOP_SECONDS = 15


class Plain:
    """Does what plain/plain_worker.mjs can do."""

    def __init__(self, url: str) -> None:
        self.url = url

    def reply(self, do: str, patience: float = 30, **task: Any) -> Reply:
        reply = ask(self.url, "/", "POST", {}, json.dumps({"do": do, **task}).encode(), patience)
        assert reply.status != 599, reply.body.decode()
        return reply

    def __call__(self, do: str, **task: Any) -> Any:
        """The answer as JSON; TimeoutError where it takes longer than `patience` seconds."""
        return self.reply(do, **task).json()


@contextmanager
def plain(**options: Any) -> Iterator[Plain]:
    """A running workerd; `options` are miniflare's, such as `bindings` and `ratelimits`."""
    command = [node(), HERE / "plain.mjs", EDGE, json.dumps(options)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        url = process.stdout.readline().decode().strip()
        assert url, "workerd did not start"
        yield Plain(url)
    finally:
        process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


class Issuer:
    """Answers with `body` at every path; counts how often it was asked, and may be slow, or send elsewhere."""

    def __init__(self) -> None:
        self.status, self.body, self.delay, self.headers, self.asked = 200, b"", 0.0, {}, 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                time.sleep(outer.delay)
                with suppress(OSError):  # whoever asked may be gone
                    self.send_response(outer.status)
                    for name, value in {"content-length": str(len(outer.body)), "connection": "close", **outer.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(outer.body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def address(self, path: str = "/jwks.json") -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def answers(self, body: Any, status: int = 200, delay: float = 0.0, headers: Mapping[str, str] = {}) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status, self.delay, self.headers, self.asked = status, delay, dict(headers), 0

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    try:
        yield running
    finally:
        running.close()
