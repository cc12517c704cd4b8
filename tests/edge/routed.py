"""What the bridge is told of a bundle, taken apart."""

from __future__ import annotations

from tessera.resolved import Bundle
from tessera.visit import routes


def records(bundle: Bundle) -> list[list[str]]:
    """Of each page its name, its URL pattern, and name, selector and operation of each place."""
    return [record.split("\x1f") for record in routes(bundle).split("\x1e")]


def places(bundle: Bundle, page: str) -> list[str]:
    """The names of a page's places, in the order in which they are filled; those of slots, then those without a name."""
    return next((fields[::3] for name, _, *fields in records(bundle) if name == page), [])


def named(fields: list[str]) -> list[str]:
    """Of a record's places those of slots."""
    return [field for at in range(2, len(fields), 3) if fields[at] for field in fields[at : at + 3]]


def shown(bundle: Bundle, filling: str) -> str | None:
    """What a place is filled with, as the bridge reads it; None where it stays as it is."""
    kind, told = filling[0], filling[1:]
    if kind == "2":
        (text,) = bundle.contents[int(told)]
        return text
    assert (kind, told) == ("0", "") or kind == "1", filling
    return told if kind == "1" else None
