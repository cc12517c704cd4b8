"""The decision engines inside workerd: builds the two workers, starts them, and measures CPU from outside.

A worker's own clock does not advance while it computes, so the driver asks for many decisions in one request and reads the
CPU time of workerd's threads from Linux: of the thread that worked most, which is the one that runs JavaScript and Python.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from benchmarks import forms
from benchmarks.measure import busiest_thread, family
from benchmarks.workload import SLOTS, Workload
from host.build import Module, build
from host.tools import EDGE, ROOT, node

HERE = Path(__file__).parent
HOST_ONLY = {"host.mjs", "facts.mjs", "faults.mjs", "token.mjs"}
LONGEST = 600  # seconds that one request may take


class Workers:
    """Both workers in one workerd, as a context manager."""

    def __enter__(self) -> Workers:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        modules = {"tessera": _tessera(folder / "edge"), "peers": _peers(folder / "peers.mjs")}
        listed = folder / "modules.json"
        listed.write_text(json.dumps({name: [asdict(module) for module in found] for name, found in modules.items()}))
        self._process = subprocess.Popen([node(), HERE / "decide_host.mjs", listed], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("workerd did not start")
        self._connection = HTTPConnection(urlsplit(json.loads(line)["url"]).netloc, timeout=LONGEST)
        self._workerd = next(pid for pid in family(self._process.pid) if "workerd" in Path(f"/proc/{pid}/cmdline").read_text())
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.stdin.close()
        self._process.wait(30)
        self._folder.cleanup()

    def load(self, bundle: bytes, work: Workload, named: bool = False) -> None:
        """Give both workers the same rules and visitors. `named`: see forms.flagd."""
        self.load_bundle(bundle, 1)
        self.engines: list[str] = []
        for peer, rules in (("growthbook", forms.growthbook(work)), ("flagd", forms.flagd(work, named))):
            self.engines += json.loads(self._ask("/peers/load", json.dumps({"rules": rules, "slots": SLOTS}).encode(), part=peer))
        visitors = json.dumps(work.visitors).encode()
        self._ask("/tessera/visitors", visitors)
        self._ask("/peers/visitors", visitors)

    def load_bundle(self, bundle: bytes, times: int) -> float:
        """CPU seconds of bytes → Bundle in Python, so many times."""
        before = busiest_thread(self._workerd)
        self._ask("/tessera/load", bundle, count=times)
        return before()

    def answers(self, engine: str) -> Any:
        """What an engine says to every visitor."""
        return json.loads(self._ask(f"/{_worker(engine)}/answers", part=_part(engine)))

    def seconds(self, engine: str, count: int) -> float:
        """CPU seconds of so many decisions, without those of a request that decides nothing."""
        return self._timed(engine, count) - self._timed(engine, 0)

    def _timed(self, engine: str, count: int) -> float:
        before = busiest_thread(self._workerd)
        self._ask(f"/{_worker(engine)}/run", part=_part(engine), count=count)
        return before()

    def _ask(self, path: str, body: bytes | None = None, **query: Any) -> str:
        asked = "&".join(f"{key}={quote(str(value))}" for key, value in query.items())
        self._connection.request("POST" if body is not None else "GET", f"{path}?{asked}", body)
        response = self._connection.getresponse()
        text = response.read().decode()
        self._connection.close()  # the next may come after workerd has given an idle one up
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {text[:2000]}")
        return text


def _worker(engine: str) -> str:
    return "tessera" if engine.startswith("tessera") else "peers"


def _part(engine: str) -> str:
    """`tessera full` → full; a peer's engine has its whole name."""
    return engine.removeprefix("tessera ")


def _tessera(folder: Path) -> list[Module]:
    """The host's interpreter with the product's core, and the benchmark's Python in place of the product's entry."""
    shutil.copytree(EDGE / "tessera", folder / "tessera", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "decide_worker.py", folder / "entry.py")
    kept = [module for module in build(folder).modules if module.name not in HOST_ONLY]
    return [Module("ESModule", "decide_tessera.mjs", str(HERE / "decide_tessera.mjs")), *kept]


def _peers(target: Path) -> list[Module]:
    bundler = ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"
    arguments = ["--bundle", "--format=esm", "--platform=browser", "--log-level=error", f"--outfile={target}"]
    subprocess.run([bundler, HERE / "decide_peers.mjs", *arguments], check=True)
    return [Module("ESModule", "peers.mjs", str(target))]
