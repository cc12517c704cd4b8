"""A bundle tried once before it decides for anybody: what is made on first use is made then, and what fails, fails for nobody."""

from __future__ import annotations

from typing import Sequence

from tessera import record, visit
from tessera.decide import decide
from tessera.resolved import Bundle
from tessera.types import Visit

MOST_PAGES = 64


def pages(bundle: Bundle) -> Sequence[str]:
    """The pages to try: all of them, or the first of very many."""
    return [page for page, _ in bundle.pages[:MOST_PAGES]]


def warm(bundle: Bundle, page: str) -> None:
    """Decide a page for somebody of whom nothing is known, and for a unit; what fails of it, raises."""
    for seen in (Visit(), Visit({"visitor": "0"}, purposes=frozenset(bundle.purposes))):
        decisions = decide(bundle, seen, page)
        record.text(bundle, seen, decisions, view="", page=page)
        visit.fillings(bundle, page, seen, decisions)
