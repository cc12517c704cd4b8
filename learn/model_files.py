"""What stands beside a model's NPZ: the file by which a site uses it, where the author has not written one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from learn.recommenders import Recommender


@dataclass(frozen=True)
class Sources:
    """What of a site makes the visitor's side: the column of the items' ids, the attribute with the items looked at last, the
    parameter of a page that names an item; None where there is none."""

    id: str
    recent: str | None = None
    page: str | None = None


def yaml(one: Recommender, file: str, sources: Sources, otherwise: str | None = None) -> str | None:
    """The text of NAME.yaml; None where the site has nothing that could make the visitor's side."""
    head = f"# {one.about} Made by `tessera train`; it is yours to change.\n"
    if one.kind == "score":
        return f"{head}score: {{file: {file}}}\n"
    source = sources.page if one.source == "page" and sources.page else sources.recent
    if source is None:
        return None
    mean = "" if source.startswith("page.") else f", mean: {{half_life: {one.mean}}}"
    follows = f", else: {otherwise}" if otherwise else ""
    return f"{head}{one.kind}: {{file: {file}, id: {sources.id}}}\nvisitor: {{from: {source}{mean}{follows}}}\n"


def path_in_site(file: Path, site: Path) -> str:
    """The file as a model file names it: from the site's folder; where it lies elsewhere, as it would once it is copied to models/."""
    try:
        return file.resolve().relative_to(site.resolve()).as_posix()
    except ValueError:
        return f"models/{file.name}"
