"""GitHub's API as far as comments go: issues' comments listed in pages, made and changed, by tokens that may.

Source: https://docs.github.com/rest/issues/comments
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LARGEST = 65_536


@dataclass
class Comments:
    """The comments of a repository; `url` is the API's address."""

    url: str = ""
    writes: str = "a-token-that-may-write"
    all: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def add(self, number: int, body: str, kind: str = "Bot") -> dict[str, Any]:
        self.all.append({"id": len(self.all) + 1, "issue": number, "body": body, "user": {"type": kind}})
        return self.all[-1]


@contextmanager
def served() -> Iterator[Comments]:
    """The API on a free port of this machine."""
    comments = Comments()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, told: Any) -> None:
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def asked(self) -> None:
            parts = urlsplit(self.path)
            body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or "{}")
            comments.calls.append(f"{self.command} {parts.path}")
            if self.headers["authorization"] != f"Bearer {comments.writes}":
                return self.answer(403, {"message": "Resource not accessible by integration"})
            if len(body.get("body", "")) > LARGEST:
                return self.answer(422, {"message": "Validation Failed"})
            if match := re.fullmatch(r"/repos/o/r/issues/(\d+)/comments", parts.path):
                if self.command == "POST":
                    return self.answer(201, comments.add(int(match[1]), body["body"]))
                asked = {key: int(value[0]) for key, value in parse_qs(parts.query).items()}
                found = [one for one in comments.all if one["issue"] == int(match[1])]
                return self.answer(200, found[(asked["page"] - 1) * asked["per_page"] : asked["page"] * asked["per_page"]])
            if (match := re.fullmatch(r"/repos/o/r/issues/comments/(\d+)", parts.path)) and self.command == "PATCH":
                found = comments.all[int(match[1]) - 1]
                found["body"] = body["body"]
                return self.answer(200, found)
            return self.answer(404, {"message": "Not Found"})

        do_GET = do_POST = do_PATCH = asked

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        comments.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield comments
        server.shutdown()
