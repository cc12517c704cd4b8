"""compile_site(path) → Compiled: the passes in order, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from compiler import ir
from compiler.diagnostics import Diagnostics, Rejected
from compiler.syntax import Ruleset


@dataclass(frozen=True, slots=True)
class Compiled:
    """A site that has passed every check: what was read, what it lowers to, the unsigned bundle, and the warnings."""

    ruleset: Ruleset
    program: ir.Program
    bundle: bytes
    diagnostics: Diagnostics


def compile_site(site: Path, shown: str | None = None) -> Compiled:
    """Compile a site's folder.

    Args:
        shown: the folder as messages should show it (default: as given).
    Raises:
        Rejected: with every error of the site.
    """
    from compiler.build import build
    from compiler.emit import emit
    from compiler.syntax import load

    diagnostics = Diagnostics()
    ruleset = load(site, diagnostics, shown)
    program = build(ruleset, diagnostics) if ruleset is not None else None
    if program is None or diagnostics.failed:
        raise Rejected(diagnostics)
    return Compiled(ruleset, program, emit(program), diagnostics)
