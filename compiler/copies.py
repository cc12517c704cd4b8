"""Whose text a field shows: of a variant, of those that it extends, of an arm; in a market, in its language, or for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from compiler.markets import Market
from compiler.syntax import ContentEntry, Entry

Path = tuple[str | int, ...]


class Patch(NamedTuple):
    """The fields that an arm sets: their texts, those in a market or a language, and where the arm stands."""

    fields: Mapping[str, str]
    localised: Mapping[str, Mapping[str, str]]
    entry: Entry[Any]
    path: Path


def lineage(entry: ContentEntry, variant: str) -> tuple[str, ...]:
    """A variant and those that it extends, one after the other, up to the first that does not exist or was there already."""
    declared, line = entry.spec.variants, [variant]
    while (base := declared[line[-1]].get("extends")) in declared and base not in line:
        line.append(base)
    return tuple(line)


def copy_of(entry: ContentEntry, variant: str, market: Market | None) -> dict[str, tuple[Path, str]]:
    """Field of a variant → where its text stands and the text, in a market: of the nearest variant in the line that has one."""
    found: dict[str, tuple[Path, str]] = {}
    for name in lineage(entry, variant):
        spec = entry.spec.variants[name]
        for field in entry.spec.fields:
            if field not in found:
                own = written(spec, spec.in_, field, market, ("variants", name), ("variants", name))
                if own is not None:
                    found[field] = own
    return found


def written(
    texts: Mapping[str, str], localised: Mapping[str, Mapping[str, str]], field: str, market: Market | None, path: Path, around: Path
) -> tuple[Path, str] | None:
    """Where a field's text stands and the text: the market's, its language's, or the one for all; None where there is none.

    Args:
        texts: the texts for all, which stand at `path`. localised: those under `in`, which stands in what is at `around`.
    """
    for key in market.copies if market else ():
        if field in localised.get(key, ()):
            return (*around, "in", key, field), localised[key][field]
    return ((*path, field), texts[field]) if field in texts else None
