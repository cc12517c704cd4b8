"""What asks while releases are swapped: wrk with scripts/swap.lua, or threads where it is not installed. Both look at every answer."""

from __future__ import annotations

import json
import random
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

LUA = Path(__file__).with_name("swap.lua")
MARK = b"swap-"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
FOREVER = "10h"  # it is told when to end
SHORTEST = 0.5  # seconds: sooner it does not listen yet
PATIENCE = 30  # seconds for one answer
TOLD = 5  # wrong pages that are described


@dataclass(frozen=True, slots=True)
class Seen:
    """What was asked and answered.

    `failed`: no answer, or another status than 200. `mixed`: pages of two releases, or of a part of one. `original`: pages that
    nobody decided. `p50`, `p99`, `max`: milliseconds. `told`: what the first wrong ones were.
    """

    requests: int
    seconds: float
    failed: int
    mixed: int
    original: int
    p50: float
    p99: float
    max: float
    told: str

    @property
    def wrong(self) -> int:
        return self.failed + self.mixed + self.original


def marks_of(body: bytes) -> str:
    """The letters of the releases that filled the places of a page, in their order."""
    return b"".join(part[:1] for part in body.split(MARK)[1:]).decode()


class Load:
    """Connections to the home page of `url`, as a context manager; at its end `seen` says what came.

    Args:
        cookies: the visitors, by their Cookie header, "" for a newcomer; chosen at random. marks: how many a right page has.
        rate: requests a second that all of them together ask for; less where the host is slower.
        by_wrk: None for wrk where it is installed.
    """

    def __init__(self, url: str, cookies: Sequence[str], marks: int, connections: int, rate: float, by_wrk: bool | None = None) -> None:
        self.url, self.cookies, self.marks, self.connections = url, list(cookies), marks, connections
        self.pause = 1000 * connections / rate
        self.seen: Seen | None = None
        self._asking = _Wrk(self) if (shutil.which("wrk") if by_wrk is None else by_wrk) else _Threads(self)

    def __enter__(self) -> Load:
        self._asking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seen = self._asking.stop()


class _Wrk:
    def __init__(self, load: Load) -> None:
        self.load = load

    def start(self) -> None:
        self.file = tempfile.NamedTemporaryFile("w", suffix=".txt")
        self.file.write("".join(f"{cookie}\n" for cookie in self.load.cookies))
        self.file.flush()
        load = self.load
        command = ["wrk", "-t1", f"-c{load.connections}", f"-d{FOREVER}", f"--timeout={PATIENCE}s", "-s", LUA, load.url]
        command += ["--", self.file.name, str(load.marks), f"{load.pause:.3f}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.began = time.monotonic()

    def stop(self) -> Seen:
        time.sleep(max(0.0, self.began + SHORTEST - time.monotonic()))
        self.process.send_signal(signal.SIGINT)  # it ends, and says what it saw
        said, _ = self.process.communicate(timeout=2 * PATIENCE)
        self.file.close()
        return Seen(**json.loads(next(line for line in said.splitlines() if line.startswith("{"))))


@dataclass
class _Counts:
    took: list[float] = field(default_factory=list)
    failed: int = 0
    mixed: int = 0
    original: int = 0
    told: list[str] = field(default_factory=list)


class _Threads:
    def __init__(self, load: Load) -> None:
        self.load, self.counts, self.ended = load, _Counts(), threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._ask, args=(number,), daemon=True) for number in range(load.connections)]

    def start(self) -> None:
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()

    def stop(self) -> Seen:
        self.ended.set()
        for thread in self.threads:
            thread.join(2 * PATIENCE)
        found, took = self.counts, sorted(self.counts.took) or [0.0]
        seconds = time.monotonic() - self.began
        quantile = lambda share: took[min(len(took) - 1, int(share * len(took)))]  # noqa: E731
        return Seen(
            len(found.took), seconds, found.failed, found.mixed, found.original, statistics.median(took), quantile(0.99), took[-1], ";".join(found.told)
        )

    def _ask(self, number: int) -> None:
        dice = random.Random(number)
        connection = HTTPConnection(urlsplit(self.load.url).netloc, timeout=PATIENCE)
        while not self.ended.wait(dice.uniform(0, 2 * self.load.pause) / 1000):
            cookie = dice.choice(self.load.cookies)
            began = time.monotonic()
            try:
                connection.request("GET", "/", headers={"user-agent": AGENT, **({"cookie": cookie} if cookie else {})})
                with connection.getresponse() as response:
                    status, marks = response.status, marks_of(response.read())
            except (OSError, HTTPException) as error:
                connection.close()
                status, marks = 0, type(error).__name__
            self._count(status, marks, 1000 * (time.monotonic() - began))

    def _count(self, status: int, marks: str, took: float) -> None:
        with self.lock:
            found = self.counts
            found.took.append(took)
            if status == 200 and len(marks) == self.load.marks and len(set(marks)) == 1:
                return
            found.failed += status != 200
            found.original += status == 200 and not marks
            found.mixed += status == 200 and bool(marks)
            if len(found.told) < TOLD:
                found.told.append(f"{status} {marks or 'original'}")
