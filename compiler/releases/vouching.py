"""What stands beside a signed bundle: its bill of materials and its provenance, made here and now, of this folder and this installation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.releases import sources
from compiler.releases.provenance import LOCAL_BUILDER, TOOL, Build
from compiler.releases.sbom import bill, installation, parts
from tessera.bundle import unseal

if TYPE_CHECKING:
    from compiler.pipeline import Compiled


class Unvouchable(Exception):
    """The bundle is not what the folder compiles to, or the surroundings say something that cannot be. One line."""


def matched(data: bytes, made: Compiled, shown: str, site: Path) -> None:
    """See that a bundle is what its site compiles to. Raises Unvouchable, BundleError."""
    name, due = unseal(data).name, unseal(made.bundle).name
    if name != due:
        raise Unvouchable(f"{shown} is not what {site} compiles to here ({name[:12]}…, not {due[:12]}…); build it again from this folder")


def bill_here(data: bytes, made: Compiled, site: Path, lock: Path | None = None) -> bytes:
    """The bill of a bundle, with what is installed here. Raises SbomError, OSError."""
    return bill(data, parts(site, made), installation(version(TOOL), sources.edge_folder(), lock or sources.lock_file()))


def build_here(site: Path, by: Mapping[str, bytes], *, lock: Path | None = None, builder: str | None = None, invocation: str | None = None, environment: Mapping[str, str] = os.environ) -> Build:
    """How a bundle was built here.

    Args:
        by: what was made beside it, by name. builder, invocation: who builds and which run; else what GitHub's runner says (its
            documented variables), else unnamed.
    Raises:
        Unvouchable, OSError.
    """
    told = environment.get
    if told("GITHUB_ACTIONS") == "true" and told("GITHUB_WORKFLOW_REF"):
        server = told("GITHUB_SERVER_URL", "https://github.com")
        builder = builder or f"{server}/{told('GITHUB_WORKFLOW_REF')}"
        invocation = invocation or f"{server}/{told('GITHUB_REPOSITORY')}/actions/runs/{told('GITHUB_RUN_ID')}/attempts/{told('GITHUB_RUN_ATTEMPT', '1')}"
    lock = lock or sources.lock_file()
    return Build(
        site=_shown(site),
        files=sources.digests(site),
        source=sources.revision(site),
        lock=sha256(lock.read_bytes()).hexdigest() if lock else None,
        tool=(version(TOOL), sources.toolchain()),
        builder=builder or LOCAL_BUILDER,
        invocation=invocation,
        at=_declared_time(told("SOURCE_DATE_EPOCH")),
        by={name: sha256(content).hexdigest() for name, content in by.items()},
    )


def _declared_time(told: str | None) -> datetime | None:
    """SOURCE_DATE_EPOCH, seconds since 1970 (https://reproducible-builds.org/specs/source-date-epoch/)."""
    if not told:
        return None
    try:
        return datetime.fromtimestamp(int(told), timezone.utc)
    except (ValueError, OverflowError, OSError):
        raise Unvouchable(f"SOURCE_DATE_EPOCH is '{told[:40]}'; it is a number of seconds since 1970") from None


def _shown(site: Path) -> str:
    """The folder as its repository calls it; its own name where it is in none."""
    folder = site.resolve()
    top = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder.parent)
    return folder.relative_to(top).as_posix()
