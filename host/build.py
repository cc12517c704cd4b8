"""Builds what the host loads: one archive with all Python, and a memory snapshot that has already imported it.

Both are named by the hash of everything that goes into them, so a change makes a new one and nothing is ever stale.
Several processes may build at the same time: one does, the others wait for it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Iterator, Mapping

from host.tools import CACHE, EDGE, HOST, HostError, node, pyodide
from host.vendor import vendored

KEEP_BUILDS = 4
KEEP_SECONDS = 900
SNAPSHOT_SECONDS = 300
ADAPTER = "host_adapter.py"
HOST_MODULES = ("host", "prelude", "interpreter", "layout", "sparse", "facts", "faults", "token")
SNAPSHOT_SOURCES = ("snapshot.mjs", "layout.mjs", "sparse.mjs")
PYODIDE_MODULES = (
    ("ESModule", "pyodide.mjs"),
    ("ESModule", "pyodide.asm.mjs"),
    ("CompiledWasm", "pyodide.asm.wasm"),
    ("Data", "python_stdlib.zip"),
    ("Text", "pyodide-lock.json"),
)
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Module:
    """A module as miniflare takes it: its kind, the name it is imported by, and the file."""

    type: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Build:
    """What one start of the host needs. `snapshot` is an empty file where the host starts without one."""

    folder: Path
    application: Path
    snapshot: Path
    modules: tuple[Module, ...]


def python_sources(edge: Path) -> dict[str, bytes]:
    """Everything that Python can import in the Worker: path in the archive → content."""
    sources = {path.relative_to(edge).as_posix(): path.read_bytes() for path in sorted(edge.rglob("*.py"))}
    if "entry.py" not in sources:
        raise HostError(f"no entry.py in {edge}")
    vendor = {f"python_modules/{name}": content for name, content in vendored().items() if name.endswith(".py")}
    return sources | vendor | {ADAPTER: (HOST / ADAPTER).read_bytes()}


def archive(sources: Mapping[str, bytes]) -> bytes:
    """A stored (not compressed) zip: the same bytes for the same sources, on every machine."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for name in sorted(sources):
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), sources[name])
    return buffer.getvalue()


def _name_of(application: bytes) -> str:
    version = json.loads((pyodide() / "package.json").read_text())["version"]
    digest = sha256(f"{version}\0".encode())
    for name in SNAPSHOT_SOURCES:
        digest.update((HOST / name).read_bytes() + b"\0")
    digest.update(application)
    return digest.hexdigest()[:24]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _put(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    handle, fresh = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(fresh, path)


def _make_snapshot(application: Path, target: Path) -> None:
    """Run snapshot.mjs. node 24, always: an older node's snapshot dies on the first wait for JavaScript."""
    fresh = target.with_name(f".{target.name}-{os.getpid()}")
    command = [node(), "--experimental-wasm-jspi", HOST / "snapshot.mjs", pyodide(), application, fresh]
    try:
        made = subprocess.run(command, capture_output=True, text=True, timeout=SNAPSHOT_SECONDS)
        if made.returncode != 0:
            raise HostError(f"the snapshot could not be made:\n{(made.stderr or made.stdout)[-4000:]}")
        os.replace(fresh, target)
    except subprocess.TimeoutExpired as error:
        raise HostError(f"making the snapshot took over {SNAPSHOT_SECONDS} s") from error
    finally:
        fresh.unlink(missing_ok=True)


def _prune(cache: Path) -> None:
    """Remove old builds, never one that a host may be starting from right now."""
    folders = [path for path in cache.iterdir() if path.is_dir()]
    folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in folders[KEEP_BUILDS:]:
        if time.time() - path.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _modules(edge: Path, application: Path, snapshot: Path) -> tuple[Module, ...]:
    """The host's modules, host.mjs first, then the Worker's own: JavaScript and WebAssembly keep their place below edge/."""
    found = [Module("ESModule", f"{name}.mjs", str(HOST / f"{name}.mjs")) for name in HOST_MODULES]
    found += [Module(kind, name, str(pyodide() / name)) for kind, name in PYODIDE_MODULES]
    found += [Module("Data", "app.zip", str(application)), Module("Data", "snap.bin", str(snapshot))]
    for kind, suffix in (("ESModule", "mjs"), ("CompiledWasm", "wasm")):
        found += [Module(kind, p.relative_to(edge).as_posix(), str(p)) for p in sorted(edge.rglob(f"*.{suffix}"))]
    names = [module.name for module in found]
    if clash := {name for name in names if names.count(name) > 1}:
        raise HostError(f"edge/ has a module with a name that the host uses itself: {', '.join(sorted(clash))}")
    return tuple(found)


def build(edge: Path = EDGE, *, cache: Path = CACHE, snapshot: bool = True) -> Build:
    """Build, or find already built, what the host needs to run the Worker in `edge`.

    Raises:
        HostError: when something is not installed, or entry.py cannot be imported (the message holds the traceback).
    """
    content = archive(python_sources(edge))
    folder = cache / _name_of(content)
    application, image = folder / "app.zip", folder / ("snap.bin" if snapshot else "none.bin")
    with _locked(cache):
        folder.mkdir(exist_ok=True)
        os.utime(folder)
        if not application.exists():
            _put(application, content)
        if not image.exists():
            _make_snapshot(application, image) if snapshot else _put(image, b"")
        _prune(cache)
    return Build(folder, application, image, _modules(edge, application, image))


if __name__ == "__main__":
    print(build().folder)
