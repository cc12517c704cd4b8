"""Starts and stops the host: one node process with workerd below it."""

from __future__ import annotations

import json
import os
import queue
import secrets as entropy
import signal
import subprocess
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, Mapping
from urllib.parse import urlencode, urlsplit

from host.admin import STATE_FILE, Admin, Conflict, Missing, Stored
from host.build import build
from host.tools import EDGE, HOST, HostError, node

__all__ = ["Admin", "Conflict", "Host", "HostError", "Missing", "Stored"]

START_SECONDS = 180
STOP_SECONDS = 15
LOG_FILE = "host.log"
LOG_TAIL = 4000


class Host:
    """The Worker of `edge`, running on this machine on the loopback address only.

    Args:
        assets: the static pages that stand for the origin. state: where KV and R2 are kept between runs.
        port: of the page server, 0 for a free one. secrets, variables: the Worker's, as texts.
        facts: what the CDN would tell about every visitor: country, regionCode, city, continent, timezone, ip, now…
        snapshot: False starts Python from nothing (slower). store_only: no Worker, only KV and R2 (a second to start).
        services: service bindings of the Worker: name → host:port of an HTTP server.
        limits: rate limits, API_LIMIT and EVENTS_LIMIT: calls that are allowed within a minute; none unless given.
        front: with the front Worker before the Python Worker; pages are then served while Python still starts.
    """

    def __init__(
        self,
        assets: Path,
        state: Path,
        *,
        port: int = 0,
        secrets: Mapping[str, str],
        variables: Mapping[str, str],
        facts: Mapping[str, Any] = {},
        snapshot: bool = True,
        store_only: bool = False,
        front: bool = False,
        services: Mapping[str, str] = {},
        limits: Mapping[str, int] = {},
        edge: Path = EDGE,
    ) -> None:
        self.assets, self.state, self.edge = Path(assets), Path(state), Path(edge)
        self.port, self.secrets, self.variables, self.facts = port, dict(secrets), dict(variables), dict(facts)
        self.snapshot, self.store_only, self.front = snapshot, store_only, front
        self.services, self.limits = dict(services), dict(limits)
        self.token = entropy.token_urlsafe(32)
        self.url: str | None = None
        self.admin_url: str | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Host:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The node process, parent of workerd."""
        if self._process is None:
            raise HostError("the host does not run")
        return self._process.pid

    def link_as(self, cookies: Mapping[str, str]) -> str:
        """An address of this host alone that gives a browser these cookies and leads to the home page."""
        return f"{self.url}/.host/as?{urlencode({'token': self.token, **cookies})}"

    @property
    def admin(self) -> Admin:
        if self.admin_url is None:
            raise HostError("the host does not run")
        return Admin(self.admin_url, self.token)

    @property
    def log_file(self) -> Path:
        """What the Worker and node have written."""
        return self.state / LOG_FILE

    def start(self) -> None:
        """Start and wait until the Worker answers.

        Raises:
            HostError: when it does not; the message ends with what node said last.
        """
        if self._process is not None:
            raise HostError("the host runs already")
        if Admin.running(self.state) is not None:
            raise HostError(f"another host runs on {self.state}; stop it first")
        self.state.mkdir(parents=True, exist_ok=True)
        config = self._write_config()
        try:
            self._process = self._launch(config)
            ready = self._await_ready(self._process)
        except BaseException:
            self.stop()
            raise
        finally:
            config.unlink(missing_ok=True)
        self.url, self.admin_url = ready["url"], ready["adminUrl"]
        self._announce(self._process.pid)

    def stop(self) -> None:
        """Stop node and workerd; harmless when nothing runs."""
        process, self._process = self._process, None
        self._withdraw(process)
        self.url = self.admin_url = None
        if process is None:
            return
        process.stdin.close()  # dev.mjs takes this as the sign to close its stores and leave
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _end_group(process)
            process.stdout.close()

    def restart(self) -> None:
        """Stop and start at the same address: a new page among the assets is seen only then."""
        self.port = urlsplit(self.url or "").port or self.port
        self.stop()
        self.start()

    def _write_config(self) -> Path:
        """The configuration holds secrets: a file that only we can read, which dev.mjs deletes once read."""
        config: dict[str, Any] = {
            "port": self.port,
            "adminPort": 0,
            "token": self.token,
            "state": str(self.state.resolve()),
            "assets": str(self.assets.resolve()),
            "secrets": self.secrets,
            "variables": self.variables,
            "facts": self.facts,
            "services": self.services,
            "limits": self.limits,
            "storeOnly": self.store_only,
            "front": self.front,
            "modules": [],
        }
        if not self.store_only:
            if not self.assets.is_dir():
                raise HostError(f"no folder of pages at {self.assets}")
            config["modules"] = [asdict(module) for module in build(self.edge, snapshot=self.snapshot).modules]
        path = self.state / f".config-{entropy.token_hex(8)}.json"
        _write_private(path, config)
        return path

    def _launch(self, config: Path) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "WRANGLER_SEND_METRICS": "false", "NO_COLOR": "1"}
        with open(os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            return subprocess.Popen(
                [node(), HOST / "dev.mjs", config.resolve()],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, start_new_session=True,
            )

    def _await_ready(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=lambda: lines.put(process.stdout.readline()), daemon=True).start()
        try:
            line = lines.get(timeout=START_SECONDS)
        except queue.Empty:
            raise HostError(f"the host was not ready within {START_SECONDS} s{self._tail()}") from None
        try:
            return json.loads(line)
        except ValueError:
            if self.port and "EADDRINUSE" in self.log_file.read_text(errors="replace"):
                raise HostError(f"the port {self.port} is in use by somebody else; choose another, or 0 for a free one") from None
            raise HostError(f"the host did not start{self._tail()}") from None

    def _tail(self) -> str:
        text = self.log_file.read_text(errors="replace")[-LOG_TAIL:]
        return f":\n{text}" if text else ""

    def _announce(self, pid: int) -> None:
        facts = {"url": self.url, "admin_url": self.admin_url, "token": self.token, "pid": pid}
        _write_private(self.state / STATE_FILE, facts)

    def _withdraw(self, process: subprocess.Popen[bytes] | None) -> None:
        """Remove the announcement if it is ours: another host may use the folder by now."""
        path = self.state / STATE_FILE
        try:
            ours = process is not None and json.loads(path.read_text())["pid"] == process.pid
        except (OSError, ValueError, KeyError, TypeError):
            return
        if ours:
            path.unlink(missing_ok=True)


def _write_private(path: Path, value: Mapping[str, Any]) -> None:
    fresh = path.with_name(f".{path.name}-{entropy.token_hex(4)}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(value, file)
    os.replace(fresh, path)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the process and its children; they are a group of their own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
