"""The golden cases of `tessera check`: a small right site (base/) and, one file a case, what an author did wrong to it.

    about:   what the author did
    change:  file → {text that stands in it once: text in its place}
    write:   file → its whole text; null takes the file away
    move:    file or folder → its new place
    latin1:  file → its whole text, in ISO 8859-1
    arrays:  file.npz → {name: nested list}
    before:  the same keys: what another site was, with whose bundle this one is compared (--against)
    mend:    the same keys: what the message's fix asks for, by hand; without it the fix is applied as it is written
    expect:  all that `tessera check site` prints

After the mending the site must check without a message. `TESSERA_UPDATE_GOLDENS=1` writes `expect` anew.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from ruamel.yaml import YAML

HERE = Path(__file__).parent
BASE = HERE / "base"
UPDATE = bool(os.environ.get("TESSERA_UPDATE_GOLDENS"))
_KEYS = {"about", "change", "write", "latin1", "arrays", "move", "before", "mend", "expect"}


@dataclass(frozen=True)
class Case:
    """One case file; `edits` are the changes that make the site wrong, `mend` those that the fix asks for (None: as written)."""

    path: Path
    about: str
    edits: Mapping[str, Any]
    mend: Mapping[str, Any] | None
    expect: str

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def code(self) -> str:
        """The code that the case is for: its file's name begins with it."""
        return self.name.partition("_")[0]

    def rewrite(self, expect: str) -> None:
        """Put another expected text into the file; all else stays as it is."""
        head = self.path.read_text("utf-8").partition("\nexpect:")[0].rstrip("\n")
        body = "".join(f"  {line}".rstrip() + "\n" for line in expect.splitlines())
        self.path.write_text(f"{head}\nexpect: |\n{body}", "utf-8")


def cases() -> list[Case]:
    """All cases, by name."""
    return [_case(path) for path in sorted((HERE / "errors").glob("*.yaml"))]


def _case(path: Path) -> Case:
    told = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    assert set(told) <= _KEYS, f"{path.name}: {set(told) - _KEYS}"
    edits = {key: told[key] for key in ("change", "write", "latin1", "arrays", "move", "before") if key in told}
    return Case(path, told["about"], edits, told.get("mend"), told.get("expect", ""))


def base_site(folder: Path) -> Path:
    """A fresh copy of the small right site, at `folder`."""
    shutil.copytree(BASE, folder)
    return folder


def apply(site: Path, edits: Mapping[str, Any]) -> None:
    """Make the edits of a case in a copy of the site."""
    for file, replaced in edits.get("change", {}).items():
        for old, new in replaced.items():
            swap(site / file, old, new)
    for file, text in edits.get("write", {}).items():
        _write(site / file, None if text is None else text.encode())
    for file, text in edits.get("latin1", {}).items():
        _write(site / file, text.encode("latin-1"))
    for file, arrays in edits.get("arrays", {}).items():
        _save(site / file, arrays)
    for old, new in edits.get("move", {}).items():
        shutil.move(site / old, site / new) if not (site / new).is_dir() else _merge(site / old, site / new)


def _merge(old: Path, new: Path) -> None:
    for path in old.iterdir():
        path.rename(new / path.name)
    old.rmdir()


def swap(path: Path, old: str, new: str) -> None:
    """Replace a text that stands in a file exactly once."""
    text = path.read_bytes().decode()
    assert text.count(old) == 1, f"{path.name} has {old!r} {text.count(old)} times"
    path.write_bytes(text.replace(old, new).encode())


def _write(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink()
        if path.parent.name.endswith(".yaml"):
            path.parent.rmdir()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _save(path: Path, arrays: Mapping[str, Any]) -> None:
    import numpy as np

    np.savez(path, **{name: np.array(rows, dtype=None if name == "ids" else "float32") for name, rows in arrays.items()})


# --- what a fix says, done as an editor would --------------------------------------------------------------------------


def follow(site: Path, message: Mapping[str, Any]) -> None:
    """Do what a message's fix says, where it says it word for word (`did you mean 'x'?`, `quote it: 'x'`).

    Args:
        message: one object of `tessera check --json`.
    """
    path = site / message["file"].partition("/")[2]
    lines = path.read_text("utf-8").splitlines(keepends=True)
    line, column = lines[message["line"] - 1], message["column"] - 1
    before, marked, after = line[:column], line[column : column + message["length"]], line[column + message["length"] :]
    lines[message["line"] - 1] = _mended(before, marked, after, message)
    path.write_text("".join(lines), "utf-8")


def _mended(before: str, marked: str, after: str, message: Mapping[str, Any]) -> str:
    fix = message["fix"]
    if found := re.match(r"quote it: '(?P<value>.*)'(?: \(.*\))?$", fix):
        value = found["value"].replace("''", "'")
        rest = before + marked + after
        assert rest.count(value) == 1, f"{value!r} does not stand once in {rest!r}"
        return rest.replace(value, f"'{found['value']}'")
    found = re.match(r"did you mean '(?P<name>[^']*)'", fix)
    assert found, f"the case needs `mend`: this fix cannot be followed word for word: {fix}"
    names = [name for name in re.findall(r"'([^']*)'|\"([^\"]*)\"", message["message"]) for name in name if name in marked and name]
    assert names, f"the marked text {marked!r} does not hold the wrong name: {message['message']}"
    return before + marked.replace(names[-1], found["name"]) + after


# --- the small site, for other tests -----------------------------------------------------------------------------------


def compiled(folder: Path, **edits: Any) -> Any:
    """The small site with edits (`change`, `write`…), compiled. Raises Rejected."""
    from compiler.pipeline import compile_site

    site = base_site(folder / "site")
    apply(site, edits)
    return compile_site(site, "site")


def messages(folder: Path, **edits: Any) -> list[tuple[str, str]]:
    """(code, message) of everything that is wrong with the small site after edits."""
    from compiler.diagnostics import Rejected

    try:
        found = compiled(folder, **edits).diagnostics
    except Rejected as rejected:
        found = rejected.diagnostics
    return [(item.code, item.message) for item in found.items]
