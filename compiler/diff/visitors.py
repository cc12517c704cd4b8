"""Visitors as a comparison takes them: what each bundle knows of somebody, on the pages they are on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tessera.types import Visit

Views = Callable[[str | None, str | None], tuple[Visit, Visit]]


class Visitor(NamedTuple):
    """Somebody, seen by both bundles.

    Attributes:
        old, new: the visit as each bundle knows it; the same object where both know the same.
        page: the page they are on, by its name in the old bundle (or in the new one, where that alone has it); None for none.
        everywhere: whether they are looked at on all pages: then `view` tells of a page, by its names in both, the two visits: at
            the same moment, by the same units and consent.
        only: the slots that are looked at, by name; None for all of the page.
    """

    old: Visit
    new: Visit
    page: str | None = None
    everywhere: bool = False
    view: Views | None = None
    only: frozenset[str] | None = None
