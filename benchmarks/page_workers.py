"""Workers in workerd without Miniflare, each in a process of its own: configured, started, measured from outside.

The CPU of a worker is that of its whole process (user and system time of all threads), so compiling and collecting garbage
beside the requests count as well.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Mapping, Sequence

from benchmarks import page_site
from benchmarks.page_traffic import Ask
from compiler.local import Local, local
from compiler.pipeline import compile_site
from compiler.serve import publish_here, seed
from compiler.sign import public_of, sign
from host.admin import Stored
from host.build import Module, build
from host.tools import EDGE, ROOT

HERE = Path(__file__).parent
WORKERD = ROOT / "node_modules" / "@cloudflare" / "workerd-linux-64" / "bin" / "workerd"
HOST_ONLY = {"host.mjs", "facts.mjs", "faults.mjs", "token.mjs"}
COMPATIBILITY_DATE = "2026-07-01"
FACTS_HEADER = "cf-blob"  # workerd makes `request.cf` of this header, as the CDN would fill it
START_SECONDS = 60
KINDS = {"ESModule": "esModule", "CompiledWasm": "wasm", "Data": "data", "Text": "text"}


@dataclass(frozen=True, slots=True)
class Worker:
    """What a process of workerd runs. `modules`: the entry first."""

    name: str
    modules: Sequence[Module]
    variables: Mapping[str, str]


class Running:
    """A worker that runs on a free port of the loopback address, as a context manager.

    Entering it raises RuntimeError, with workerd's own words, where it does not start.
    """

    def __init__(self, worker: Worker, inspector: int | None = None) -> None:
        self.worker, self._inspector = worker, inspector

    def __enter__(self) -> Running:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        (folder / "config.capnp").write_text(_config(self.worker, folder))
        self.log_file = folder / "workerd.log"
        try:
            self._process, self.port = self._start(folder)
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def _start(self, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
        reading, writing = os.pipe()
        command = [WORKERD, "serve", "config.capnp", f"--control-fd={writing}"]
        command += [f"--inspector-addr=127.0.0.1:{self._inspector}"] if self._inspector else []
        with open(self.log_file, "wb") as log, open(reading) as control:
            process = subprocess.Popen(command, cwd=folder, pass_fds=[writing], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            os.close(writing)
            for line in control:
                told = json.loads(line)
                if told["event"] == "listen":
                    return process, told["port"]
        process.kill()
        process.wait()
        raise RuntimeError(f"workerd did not start {self.worker.name}:\n{self.log()}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_seconds(self) -> float:
        """User and system time of the process so far, to the nanosecond (Linux: the process's CPU clock)."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def memory(self) -> float:
        """Resident MB now."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def log(self) -> str:
        """What workerd and the worker have written."""
        return self.log_file.read_text(errors="replace")

    def get(self, path: str) -> bytes:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()


def _config(worker: Worker, folder: Path) -> str:
    """workerd's configuration; the modules are linked beside it, since it names files relative to itself."""
    lines = []
    for number, module in enumerate(worker.modules):
        os.symlink(module.path, folder / f"m{number}")
        lines.append(f'(name = {json.dumps(module.name)}, {KINDS[module.type]} = embed "m{number}")')
    bindings = [f"(name = {json.dumps(name)}, text = {json.dumps(text)})" for name, text in worker.variables.items()]
    comma = ",\n    "
    return f"""\
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (cfBlobHeader = "{FACTS_HEADER}"), service = "main")],
);
const worker :Workerd.Worker = (
  compatibilityDate = "{COMPATIBILITY_DATE}",
  modules = [
    {comma.join(lines)}
  ],
  bindings = [
    {comma.join(bindings)}
  ],
);
"""


# --- what runs ------------------------------------------------------------------------------------------------------


class Workshop:
    """Makes the workers of the page benchmark in a folder: pages, sites, stores, bundled JavaScript.

    Args:
        edge: the folder of the Worker.
    """

    def __init__(self, folder: Path, edge: Path = EDGE) -> None:
        self._folder = folder
        self._place = local(folder / "local")
        self._edge = edge
        self._pages = [self._written(name, page_site.page(size), "Data") for name, size in (("small.html", page_site.SMALL), ("large.html", page_site.LARGE))]

    @property
    def cookie_keys(self) -> str:
        return self._place.cookie_key.read_text().strip()

    def asks(self, path: str = "/") -> list[Ask]:
        """A request of each visitor."""
        return [Ask(request) for request in page_site.requests(self.cookie_keys, time.time(), path)]

    def tessera(self, *, stored: bool, direct: bool = True) -> Worker:
        """The product.

        Args:
            stored: half of the rules ask stored facts, so that each page view reads a profile. direct: enter the bridge
                straight, as the host does; else by the class of the Python entry, as the platform calls a Python Worker.
        """
        name = f"tessera{', profile' if stored else ''}{'' if direct else ', by its class'}"
        return self.worker(name, page_site.site(stored), page_site.profiles() if stored else [], DIRECT="yes" if direct else "no")

    def worker(self, name: str, site: Mapping[str, str], profiles: list[dict[str, Any]], **variables: str) -> Worker:
        """The product with a site (file name → text), the profiles in its store, and more settings."""
        plain = re.sub(r"\W+", "-", name)
        listed = self._written(f"stores-{plain}.json", json.dumps(_stores(self._compiled(plain, site), self._place, profiles)), "Text", "stores.json")
        host = [module for module in build(self._edge).modules if module.name not in HOST_ONLY]
        own = [_own("page_tessera.mjs"), _own("page_origin.mjs")]
        settings = {"TESSERA_COOKIE_KEYS": self.cookie_keys, "TESSERA_PUBLIC_KEYS": public_of(self._place.signing_key), "TESSERA_ENV": "production"}
        return Worker(name, [*own, *host, *self._pages, listed], {**settings, **variables})

    def peer(self, mode: str, **variables: str) -> Worker:
        """A peer of page_peers.mjs by its mode."""
        facts = self._written("peers.json", json.dumps(_peer_facts()), "Text")
        return Worker(mode, [self._bundled("page_peers.mjs"), *self._pages, facts], {"MODE": mode, **variables})

    def flagd(self, name: str, document: Mapping[str, Any]) -> Worker:
        """flagd's evaluator (api_peers.mjs) with a document of flags."""
        listed = self._written(f"{re.sub(r'[^a-z0-9]+', '-', name)}.json", json.dumps(document), "Text", "flags.json")
        return Worker(name, [self._bundled("api_peers.mjs"), listed], {})

    def _bundled(self, file: str) -> Module:
        """A module of this folder with what it imports."""
        bundled = self._folder / file
        if not bundled.exists():
            bundler = ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"
            given = ["--external:*.html", "--external:*.json"]
            arguments = ["--bundle", "--format=esm", "--platform=browser", "--log-level=error", *given, f"--outfile={bundled}"]
            subprocess.run([bundler, HERE / file, *arguments], check=True)
        return Module("ESModule", file, str(bundled))

    def _compiled(self, folder_name: str, site: Mapping[str, str]) -> bytes:
        folder = self._folder / f"site-{folder_name}"
        for name, text in site.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return compile_site(folder).bundle

    def _written(self, file: str, text: str, kind: str, name: str | None = None) -> Module:
        path = self._folder / file
        path.write_text(text)
        return Module(kind, name or file, str(path))


def _own(name: str) -> Module:
    return Module("ESModule", name, str(HERE / name))


def _peer_facts() -> dict[str, Any]:
    slots = [
        {"selector": slot.selector, "operation": slot.operation, "content": page_site.contents(slot, page_site.VARIANTS[0])}
        for slot in page_site.SLOTS
    ]
    chunks = {path: pieces(size) for path, size in page_site.PATHS.items()}
    return {"slots": slots, "chunks": chunks, "payload": page_site.growthbook()}


def pieces(size: int) -> list[str]:
    """The page without what the slots' contents take the place of: one text more than there are slots."""
    found = [""]
    for part in page_site.parts(size):
        if isinstance(part, str):
            found[-1] += part
            continue
        opening, _, rest = page_site.original(part, size).partition(">")
        _, closing, after = rest.partition("</section>")
        if part.operation == "replace":
            found.append(after)
        else:
            found[-1] += f"{opening}>"
            found.append(closing + after)
    return found


class _Memory:
    """The part of host.admin.Admin that publishing needs, in memory: what it gathers becomes the worker's stores."""

    def __init__(self) -> None:
        self.kv: dict[str, dict[str, str]] = {"PROFILES": {}, "RELEASES": {}}
        self.r2: dict[str, bytes] = {}

    def put_kv(self, binding: str, key: str, value: bytes) -> None:
        self.kv[binding][key] = value.decode()

    def get_kv(self, binding: str, key: str) -> bytes | None:
        found = self.kv[binding].get(key)
        return None if found is None else found.encode()

    def put_r2(self, binding: str, key: str, value: bytes, **_: str) -> str:
        self.r2[key] = value
        return sha256(value).hexdigest()

    def get_r2(self, binding: str, key: str) -> Stored | None:
        found = self.r2.get(key)
        return None if found is None else Stored(found, sha256(found).hexdigest())


def _stores(bundle: bytes, place: Local, profiles: list[dict[str, Any]]) -> dict[str, Any]:
    """Publish into memory with the product's own steps; what lies in R2 as base64."""
    memory, now = _Memory(), datetime.now(timezone.utc)
    publish_here(memory, sign(bundle, place.signing_key), place)
    seed(memory, profiles, now)
    return {**memory.kv, "BUNDLES": {key: b64encode(value).decode() for key, value in memory.r2.items()}}
