"""Small signed bundles, and who publishes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from compiler.pipeline import compile_site
from compiler.releases.documents import trusted
from compiler.releases.publish import Author
from compiler.sign import generate, public_of, sign
from tessera.bundle import unseal

SITE = """tessera: 1
name: small
hosts: [localhost]
pages: {home: /}
purposes: {personalization: {tcf: [1]}}
jurisdictions: {rest: {allow: [personalization]}}
"""
SLOT = """place: {page: home, selector: "#hero", do: inner}
component: hero
ladder: {default: plain}
"""
FIXED = datetime(2026, 11, 22, 12, 0, 0, tzinfo=timezone.utc)


def author(folder: Path, who: str = "ana", clock: Callable[[], datetime] | None = None) -> Author:
    """Somebody with a key of their own, who believes what it signed."""
    key = folder / f"{who}.key"
    if not key.exists():
        generate(key)
    return Author(who, key, trusted((public_of(key),)), *((clock,) if clock else ()))


def bundle(folder: Path, key: Path, headline: str) -> bytes:
    """A signed bundle of a small site that says so."""
    site = folder / headline.replace(" ", "-")
    for name, text in {
        "site.yaml": SITE,
        "slots/hero.yaml": SLOT,
        "content/hero.html": "<h1>{{headline}}</h1>",
        "content/hero.yaml": f"fields: {{headline: text}}\nvariants:\n  plain: {{headline: {headline}}}\n",
    }.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    return sign(compile_site(site).bundle, key)


def name_of(data: bytes) -> str:
    return unseal(data).name
