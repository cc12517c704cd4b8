"""What the tests of the command line share: running a command, and what it says when it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from compiler.cli import main
from tests.golden.cases import HERE, UPDATE

ROOT = HERE.parents[1]
STORE = ROOT / "rulesets" / "store"


def run(*arguments: Any) -> Result:
    """Run a command in this process; a traceback fails the test."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def refused(*arguments: Any, code: int = 1) -> str:
    """The one line on standard error with which a command is refused."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    lines = result.stderr.rstrip("\n").split("\n")
    assert len(lines) == 1 and "Traceback" not in result.output, result.output
    return lines[0]


def same(path: Path, text: str) -> None:
    """Compare with a golden text; `TESSERA_UPDATE_GOLDENS=1` writes it anew."""
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
