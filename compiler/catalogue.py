"""The items of a site as columns, and its look-up tables."""

from __future__ import annotations

from ipaddress import ip_network

from compiler import ir, networks
from compiler.diagnostics import Diagnostics
from compiler.syntax import Ruleset


def image_url(ruleset: Ruleset, value: str) -> str:
    """An image's address: a name without a slash is looked up in the site's folder of images."""
    return value if "/" in value else ruleset.site.spec.assets.images + value


def missing_image(ruleset: Ruleset, value: str) -> bool:
    """Whether an image of the site itself is not among its static pages."""
    url = image_url(ruleset, value)
    if not url.startswith("/") or url.startswith("//"):
        return False
    folder = ruleset.folder / ruleset.site.spec.assets.dir
    return folder.is_dir() and not (folder / url.lstrip("/")).is_file()


def item_columns(ruleset: Ruleset, diagnostics: Diagnostics) -> tuple[tuple[str, tuple], ...]:
    """Field → its values, one an item; images are addresses."""
    items = ruleset.items
    if items is None:
        return ()
    columns: list[tuple[str, tuple]] = []
    for position, (field, kind) in enumerate(items.fields.items()):
        values = tuple(row[position] for row in items.rows)
        if kind == "image":
            _check_images(ruleset, field, values, diagnostics)
            values = tuple(None if v is None else image_url(ruleset, v) for v in values)
        columns.append((field, values))
    return tuple(columns)


def _check_images(ruleset: Ruleset, field: str, values: tuple, diagnostics: Diagnostics) -> None:
    missing = {value for value in set(values) - {None} if missing_image(ruleset, value)}
    for position, (item, value) in enumerate(zip(ruleset.items.ids, values)):
        if value in missing:
            message = f"the image '{value}' of the item '{item}' is not in {ruleset.site.spec.assets.dir}{ruleset.site.spec.assets.images}"
            diagnostics.error("E078", ruleset.items.place_of(position, value), message, f"add the file, or correct the column '{field}'")


def lookups(ruleset: Ruleset) -> tuple[ir.Lookup, ...]:
    """The look-up tables as disjoint ranges of addresses."""
    found = []
    for name, table in ruleset.lookups.items():
        rows = [values for _, values in table.rows]
        ranges = networks.disjoint((ip_network(network), row) for row, (network, _) in enumerate(table.rows))
        found.append(ir.Lookup(name, table.fields, *networks.columns(ranges, rows)))
    return tuple(found)
