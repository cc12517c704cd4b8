"""The Worker in an older workerd that runs Python itself (Python 3.12): a second runtime beside the embedded host."""

from __future__ import annotations

import json
import secrets
import subprocess
import threading
import time
from base64 import b64encode
from pathlib import Path
from typing import Any, Callable, Mapping

from asking import HTML, Reply, ask
from host.admin import Admin
from host.tools import EDGE, HOST, ROOT, node
from host.vendor import write

FOLDER = Path(__file__).parent
PACKAGE = ROOT / "tools" / "native" / "package.json"
INSTALLED = (PACKAGE.parent / "node_modules" / "miniflare").is_dir()
START_SECONDS, PATIENCE = 90, 60.0
GAVE_UP = "V8 fatal error; location = :0; message = unreachable code"


def modules(vendored: Path) -> list[dict[str, str]]:
    """The Worker's modules, its main module first: what is below edge/, the vendored packages, and what stands for the platform."""
    own = sorted((FOLDER / "worker").glob("*.py"), key=lambda path: (path.name != "worker.py", path.name))
    found = {path.name: path for path in own}
    for root in (EDGE, vendored):
        found |= {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*.py"))}
    return [{"name": name, "path": str(path)} for name, path in found.items()]


class NativeHost:
    """Used as a context. `variables` are the Worker's, `cf` what the platform tells of every request.

    This V8 of 2024 now and then gives up by itself ("unreachable code") while much else runs on the machine. Then it is
    started again, as a platform does, `recover` brings back the release, and the request is made once more. All else that
    its stores and its queue held is gone: a test that counted on it is begun again (conftest.py), which `starts` tells.
    """

    def __init__(self, assets: Path, state: Path, variables: Mapping[str, str], cf: Mapping[str, Any]) -> None:
        self.assets, self.state, self.variables, self.cf = assets, state, dict(variables), dict(cf)
        self.log_file = state / "native.log"
        self.recover: Callable[[], Any] = lambda: None
        self.starts = 0

    def __enter__(self) -> NativeHost:
        self._start()
        return self

    def _start(self) -> None:
        token = secrets.token_urlsafe(16)
        config = {
            "modules": modules(write(self.state / "python_modules")), "assets": str(self.assets), "variables": self.variables, "cf": self.cf,
            "token": token, "admin": (HOST / "admin.mjs").as_uri(), "package": str(PACKAGE),
        }  # fmt: skip
        path = self.state / "config.json"
        path.write_text(json.dumps(config))
        command = [node(), FOLDER / "native_host.mjs", path]
        with open(self.log_file, "wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        timer = threading.Timer(START_SECONDS, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        if not line:
            self._process.kill()
            raise RuntimeError(f"the native runtime did not start:\n{self.log_file.read_text(errors='replace')[-3000:]}")
        self.starts += 1
        told = json.loads(line)
        self.url, self.admin = told["url"], Admin(told["adminUrl"], token)

    def gave_up(self) -> bool:
        """Whether it gave up since it was started."""
        until = time.monotonic() + 2.0  # the log comes a little after the connection has gone
        while not self.said(GAVE_UP) and time.monotonic() < until:
            time.sleep(0.1)
        return self.said(GAVE_UP) > 0

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.stdout.close()

    def start_again(self) -> None:
        self._end()
        self._start()
        self.recover()

    def get(self, path: str = "/", *, method: str = "GET", headers: Mapping[str, str] = {}, body: bytes | None = None) -> Reply:
        try:
            return ask(self.url, path, method, headers, body, PATIENCE)
        except ConnectionError:
            if not self.gave_up():
                raise
        self.start_again()
        return ask(self.url, path, method, headers, body, PATIENCE)

    def plans(self, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Plan and join pages: see worker/worker.py."""
        return self.get("/.native/plans", method="POST", body=json.dumps(tasks).encode()).json()

    def readings(self) -> int:
        """How many readings of pages are still held, by the handlers that they gave the parser."""
        return int(self.get("/.native/readings").body)

    def said(self, words: str) -> int:
        """How often the Worker's log has these words so far."""
        return self.log_file.read_text(errors="replace").count(words)


def origin(body: bytes | str = b"", *, status: int = 200, wait: int = 0, more: int = 0, **headers: str) -> dict[str, str]:
    """The request header that makes the origin answer this, after so many milliseconds and with so many spaces more."""
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    told = {"status": status, "wait": wait, "more": more, "headers": HTML | named, "body": b64encode(content).decode()}
    return {"x-origin": json.dumps(told)}
