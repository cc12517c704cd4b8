"""What a build was made from: the commit, the digests of files, one digest for a whole folder."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

GIT_SECONDS = 30
ROOT = Path(__file__).resolve().parent.parent.parent  # of an installation from its sources: where requirements.lock lies
_SCP = re.compile(r"(?:[\w.-]+@)?([\w.-]+\.[\w-]+):(?!/)([\w./~+-]+)", re.ASCII)


class Revision(NamedTuple):
    """`commit`: 40 or 64 hex; `dirty`: a file of the folder is not as that commit has it; `remote`: where it is fetched from, without credentials."""

    commit: str
    dirty: bool
    remote: str | None


def revision(folder: Path) -> Revision | None:
    """The commit that is checked out in a folder; None where it is in no repository of git, or git is missing."""
    commit = _git(folder, "rev-parse", "--verify", "HEAD^{commit}")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    if commit is None or changed is None:
        return None
    return Revision(commit.strip(), bool(changed.strip()), public_remote((_git(folder, "remote", "get-url", "origin") or "").strip()))


def public_remote(told: str) -> str | None:
    """An address of git without user and password, as a URI; None for a path of this machine and whatever else is no address."""
    if match := _SCP.fullmatch(told):
        return f"ssh://{match[1]}/{match[2]}"
    try:
        parts = urlsplit(told)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    if parts.scheme not in ("https", "http", "ssh", "git") or not parts.hostname:
        return None
    return urlunsplit((parts.scheme, parts.hostname + port, parts.path, "", ""))


def _git(folder: Path, *arguments: str) -> str | None:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, errors="replace", timeout=GIT_SECONDS, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def digests(folder: Path, suffixes: tuple[str, ...] | None = None) -> dict[str, str]:
    """Path below the folder → SHA-256 in hex, sorted; hidden files and caches are left out. Raises OSError."""
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in sorted(_files(folder, suffixes))}


def _files(folder: Path, suffixes: tuple[str, ...] | None) -> Iterable[str]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and "__pycache__" not in parts and not any(part.startswith(".") for part in parts) and (suffixes is None or path.suffix in suffixes):
            yield "/".join(parts)


def dir_hash(found: Mapping[str, str]) -> str:
    """One digest of many: in-toto's `dirHash`, which is Go's Hash1 in hex (`sha256sum` of all files, sorted by name, and of that the SHA-256)."""
    return sha256("".join(f"{digest}  {name}\n" for name, digest in sorted(found.items())).encode()).hexdigest()


def toolchain() -> str:
    """The `dirHash` of what makes a bundle out of a site: the compiler, and the edge's Python that it builds with."""
    found: dict[str, str] = {}
    for package in ("compiler", "tessera"):
        found |= {f"{package}/{name}": digest for name, digest in digests(_package(package), (".py", ".txt")).items()}
    return dir_hash(found)


def edge_folder() -> Path:
    """What ships to the edge; of an installation without its sources the part in Python that decides."""
    return ROOT / "edge" if (ROOT / "edge").is_dir() else _package("tessera")


def _package(name: str) -> Path:
    return Path(next(iter(find_spec(name).submodule_search_locations)))


def lock_file() -> Path | None:
    """The requirements.lock of this installation; None where it was installed without its sources."""
    path = ROOT / "requirements.lock"
    return path if path.is_file() else None
