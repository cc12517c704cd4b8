"""Golden imports: a tool's realistic file, the site that its importer writes, and what it could not express."""

from __future__ import annotations

from pathlib import Path

from compiler.frontends.site import Site
from compiler.frontends.write import write
from tests.golden.cases import HERE, UPDATE

FOLDER = HERE / "imports"


def source(tool: str) -> str:
    return (FOLDER / f"{tool}.json").read_text("utf-8")


def told(site: Site) -> str:
    """What could not be expressed, a line each."""
    return "".join(f"{each.where}: {each.what}\n" for each in site.unsupported)


def expected(tool: str, site: Site) -> dict[str, str]:
    """The golden files by relative path, `unsupported.txt` among them; written anew where that is asked for."""
    folder = FOLDER / tool
    if UPDATE:
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        for name, text in {**write(site), "unsupported.txt": told(site)}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in sorted(folder.rglob("*")) if path.is_file()}


def copied(site: Site, folder: Path) -> Path:
    """The site's files in a folder."""
    for name, text in write(site).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
