"""The Python packages that ship with the Worker: the workers SDK and msgpack, pure Python only."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from host.tools import ROOT, package_folder

PACKAGES = ("msgpack", "workers")
TARGET = ROOT / "python_modules"
_SUFFIXES = {".py", ".js", ".typed"}


def vendored() -> dict[str, bytes]:
    """Path below python_modules/ → content, sorted. No compiled modules: msgpack falls back to Python by itself."""
    found: dict[str, bytes] = {}
    for package in PACKAGES:
        folder = package_folder(package)
        for path in sorted(folder.rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                found[f"{package}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return found


def write(target: Path = TARGET) -> Path:
    """Write python_modules/ as `pywrangler sync` would, replacing what is there in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, content in {**vendored(), "pyvenv.cfg": b""}.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        fresh.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target
