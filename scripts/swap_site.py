"""The example shop as several releases that can be told apart in every place of a page."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

from compiler.pipeline import compile_site
from compiler.sign import sign

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "rulesets" / "store"
TAG = re.compile(r"<\w+")


def marked(folder: Path, letter: str) -> Path:
    """The shop with a mark in the first tag of every content, and in the notes of every product: `swap-A` for the letter A."""
    shutil.copytree(STORE, folder, ignore=shutil.ignore_patterns("public"))
    (folder / "public").symlink_to(STORE / "public")
    for template in (folder / "content").glob("*.html"):
        template.write_text(TAG.sub(lambda found: f'{found[0]} data-release="swap-{letter}"', template.read_text(), count=1))
    items = folder / "items.csv"
    with items.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with items.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"notes": f"{row['notes']}, swap-{letter}"} for row in rows)
    return folder


def releases(folder: Path, letters: str, key: Path) -> dict[str, bytes]:
    """A signed bundle for each letter; folders of them below `folder`."""
    return {letter: sign(compile_site(marked(folder / letter, letter)).bundle, key) for letter in letters}
