"""A site of somebody else's: an HTTP server in a thread that answers as a test wishes, and remembers what it was asked."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import urlsplit

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Asked:
    """A request as it reached the origin; names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Told:
    """What the origin answers.

    Attributes:
        headers: pairs, so that a name may stand twice. encoding: `gzip`, `br` (bytes that are it already) or none.
        chunked: without a length. wait: seconds before the first byte. stall: seconds in the middle of the body.
        breaks: the connection ends in the middle of the body. etag: answers `if-none-match` with 304.
        is_socket: the connection becomes a web socket, and the body its first frame.
    """

    body: bytes = b""
    status: int = 200
    type: str | None = HTML
    headers: Sequence[tuple[str, str]] = ()
    encoding: str = ""
    chunked: bool = False
    wait: float = 0
    stall: float = 0
    breaks: bool = False
    etag: str = ""
    is_socket: bool = False


@dataclass
class Origin:
    """The server. `pages`: path → what it tells, or a function of what was asked; whatever else is asked for is 404."""

    pages: dict[str, Told | Callable[[Asked], Told]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Origin:
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.origin = self
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()

    def answer(self, asked: Asked) -> Told:
        with self._lock:
            self.asked.append(asked)
        found = self.pages.get(urlsplit(asked.path).path, Told(b"<p>not here</p>", 404))
        return found(asked) if callable(found) else found

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(urlsplit(asked.path).path == path for asked in self.asked)

    def last(self, path: str) -> Asked:
        return next(asked for asked in reversed(self.asked) if urlsplit(asked.path).path == path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    origin: Origin

    def __init__(self, *arguments: object) -> None:
        self.callers: list[socket.socket] = []
        super().__init__(*arguments)

    def process_request(self, request: socket.socket, address: object) -> None:
        self.callers.append(request)
        super().process_request(request, address)

    def hang_up(self) -> None:
        """End the connections that are kept open."""
        for caller in self.callers:
            with suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: object) -> None:
        """A client that leaves is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = self.server.origin.answer(Asked(self.command, self.path, headers, self.rfile.read(size)))
        time.sleep(told.wait)
        self._write(told, bool(told.etag) and headers.get("if-none-match") == told.etag)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve

    def _write(self, told: Told, is_known: bool) -> None:
        content = gzip.compress(told.body) if told.encoding == "gzip" else told.body
        self.send_response(304 if is_known else told.status)
        pairs = [*told.headers, *([("etag", told.etag)] if told.etag else [])]
        if not is_known and not told.is_socket:
            pairs += [("content-type", told.type)] if told.type else []
            pairs += [("content-encoding", told.encoding)] if told.encoding else []
            pairs += [("transfer-encoding", "chunked")] if told.chunked else [("content-length", str(len(content)))]
        for name, value in pairs:
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = self.close_connection or told.is_socket
        if not is_known and self.command != "HEAD":
            self._write_body(content, told)

    def _write_body(self, content: bytes, told: Told) -> None:
        middle = len(content) // 2
        for part in (content[:middle], content[middle:]):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if told.chunked and part else part)
            self.wfile.flush()
            if told.breaks:
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            time.sleep(told.stall)
        if told.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Quiet."""
