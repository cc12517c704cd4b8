"""A small site over pages that are unusual: slots by element name, in front of whatever pages a test brings."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

SITE = """\
tessera: 1
name: pages
hosts: [localhost, 127.0.0.1]
pages: {page: "/:name"}
purposes: {personalization: {tcf: [1]}, analytics: {tcf: [1, 8]}}
jurisdictions: {rest: {allow: [personalization, analytics]}}
assets: {dir: public}
log: {purpose: analytics, keep: 1d}
"""
SLOT = """\
place: {{page: page, selector: "{selector}", do: {operation}}}
component: {component}
ladder: {{default: only}}
"""
NOTE = '<aside class="test-note">for {{request.city | "nobody"}}</aside>'
WORD = "put here"


def write(folder: Path, slots: Mapping[str, tuple[str, str, str]], pages: Mapping[str, bytes]) -> Path:
    """The site's folder.

    Args:
        slots: name → selector, operation, component (`note`, an element that names the visitor's city, or `word`, a text).
        pages: file name → bytes.
    """
    for name in ("slots", "content", "public"):
        (folder / name).mkdir(parents=True)
    (folder / "site.yaml").write_text(SITE)
    for component, markup in (("note", NOTE), ("word", WORD)):
        (folder / "content" / f"{component}.html").write_text(markup)
        (folder / "content" / f"{component}.yaml").write_text("fields: {}\nvariants: {only: {}}\n")
    for name, (selector, operation, component) in slots.items():
        (folder / "slots" / f"{name}.yaml").write_text(SLOT.format(selector=selector, operation=operation, component=component))
    for name, content in pages.items():
        (folder / "public" / name).write_bytes(content)
    return folder
