"""The stand-in's server: HTTP in, a reply or a fault out."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.releases.cloudflare import objects, rest
from tests.releases.cloudflare.faults import Fault
from tests.releases.cloudflare.messages import Asked, Reply, failure, xml_failure
from tests.releases.cloudflare.state import State

LARGEST_BODY = 64 << 20


class Cloudflare:
    """An account of Cloudflare, on a free port of this machine, while the block lasts. The arguments are State's.

    Attributes:
        state: what the account holds. faults: what befalls requests. asked: "METHOD /path" of each request so far.
    """

    def __init__(self, **state: Any) -> None:
        self.state = State(**state)
        self.faults: list[Fault] = []
        self.asked: list[str] = []
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.cloudflare = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What finds its way here from the product's side."""
        addresses = {"TESSERA_CLOUDFLARE_API": self.url + rest.ROOT, "TESSERA_CLOUDFLARE_S3": self.url}
        return {"TESSERA_CLOUDFLARE_TOKEN": self.state.token, "TESSERA_CLOUDFLARE_ACCOUNT": self.state.account, **addresses}

    def __enter__(self) -> Cloudflare:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, match: str, status: int | None = None, **more: Any) -> Fault:
        fault = Fault(match, status, **more)
        self.faults.append(fault)
        return fault

    def reply(self, asked: Asked) -> Reply | None:
        """The answer; None where the connection is to be reset."""
        line = f"{asked.method} {asked.path}"
        with self.lock:
            self.asked.append(line)
            fault = next((one for one in self.faults if one.befalls(line)), None)
        if fault is None:
            return self._right(asked)
        right = self._right(asked) if fault.done or fault.slow else None
        if fault.slow:
            time.sleep(fault.slow)
            return right
        if fault.status is None:
            return None
        wrong = failure if asked.path.startswith(rest.ROOT) else xml_failure
        headers = {} if fault.after is None else {"retry-after": str(fault.after)}
        made = wrong(fault.status, 10001 if wrong is failure else "InternalError", "injected")
        return Reply(made.status, made.body, {**made.headers, **headers})

    def _right(self, asked: Asked) -> Reply:
        with self.lock:
            return (rest if asked.path.startswith(rest.ROOT) else objects).answer(asked, self.state)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    cloudflare: Cloudflare

    def handle_error(self, *_: Any) -> None:
        """Connections that are reset on purpose are no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go out together
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.cloudflare.reply(Asked(self.command, path, query, headers, self.rfile.read(length)))
        if reply is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status != 204:
            self.wfile.write(reply.body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer
