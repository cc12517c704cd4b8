"""What is ranked: the items, the models over them, and the look-up tables."""

from __future__ import annotations

import zipfile
import zlib
from ipaddress import ip_network
from typing import Any

from compiler import ir, networks
from compiler.conditions import known
from compiler.diagnostics import Diagnostics
from compiler.syntax import Entry, Ruleset

LARGEST_ARRAY = 256 * 2**20  # bytes


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
    for position, (item, value) in enumerate(zip(ruleset.items.ids, values)):
        if value is not None and missing_image(ruleset, value):
            message = f"the image '{value}' of the item '{item}' is not in {ruleset.site.spec.assets.dir}{ruleset.site.spec.assets.images}"
            diagnostics.error("E078", ruleset.items.place_of(position, value), message, f"add the file, or correct the column '{field}'")


def models(ruleset: Ruleset, diagnostics: Diagnostics, kinds: dict[str, str]) -> tuple[ir.Model, ...]:
    """The rankers, with their vectors quantized."""
    found = (_model(ruleset, entry, diagnostics, kinds) for entry in ruleset.models.values())
    return tuple(model for model in found if model is not None)


def _model(ruleset: Ruleset, entry: Entry[Any], diagnostics: Diagnostics, kinds: dict[str, str]) -> ir.Model | None:
    if ruleset.items is None:
        diagnostics.error("E080", entry.place(), "a model needs items to rank", "declare `items:` in site.yaml")
        return None
    if entry.spec.score is not None:
        return _score(ruleset, entry, diagnostics)
    return _vectors(ruleset, entry, diagnostics, kinds)


def _version(*parts: bytes) -> str:
    from hashlib import sha256

    return sha256(b"\0".join(parts)).hexdigest()[:12]


def _score(ruleset: Ruleset, entry: Entry[Any], diagnostics: Diagnostics) -> ir.Model | None:
    field = entry.spec.score.from_.removeprefix("item.")
    if not known(diagnostics, "E031", "item field", field, ruleset.items.fields, entry, "score", "from"):
        return None
    if ruleset.items.fields[field] not in ("double", "int"):
        fix = "name a field of the type double or int"
        diagnostics.error("E081", entry.place("score", "from"), f"items cannot be ordered by '{field}': it is no number", fix)
        return None
    position = list(ruleset.items.fields).index(field)
    return ir.Model(entry.name, _version(repr([row[position] for row in ruleset.items.rows]).encode()), field=field)


def _vectors(ruleset: Ruleset, entry: Entry[Any], diagnostics: Diagnostics, kinds: dict[str, str]) -> ir.Model | None:
    from compiler.quantize import quantize

    spec = entry.spec
    attribute = spec.visitor.from_
    if not known(diagnostics, "E021", "attribute", attribute, kinds, entry, "visitor", "from"):
        return None
    if kinds[attribute] != "list<item>":
        message = f"'{attribute}' is {kinds[attribute]}; a visitor's vector is made of a list<item>"
        diagnostics.error("E082", entry.place("visitor", "from"), message, "name an attribute of the type list<item>")
        return None
    _else_checked(ruleset, entry, diagnostics)
    if spec.vectors.id != ruleset.site.spec.items.id:
        message = f"the vectors are told apart by '{spec.vectors.id}', the items by '{ruleset.site.spec.items.id}'"
        diagnostics.error("E082", entry.place("vectors", "id"), message, f"write `id: {ruleset.site.spec.items.id}`, or make the vectors anew")
        return None
    vectors = _read(ruleset, entry, diagnostics)
    if vectors is None:
        return None
    quantized = quantize(vectors)
    if quantized.overlap < spec.vectors.min_overlap / 1_000_000:
        message = f"int8 keeps {quantized.overlap:.1%} of the nearest neighbours, min_overlap asks for {spec.vectors.min_overlap / 10_000:g}%"
        diagnostics.error("E083", entry.place("vectors", "min_overlap"), message, "lower min_overlap, or train vectors of smaller range")
        return None
    rows, scales = quantized.rows.tobytes(), quantized.scales.tobytes()
    half_life = float(spec.visitor.mean.half_life)
    version = _version(rows, scales, repr(half_life).encode())
    return ir.Model(entry.name, version, attribute, half_life, vectors.shape[1], rows, scales, otherwise=spec.visitor.else_)


def _else_checked(ruleset: Ruleset, entry: Entry[Any], diagnostics: Diagnostics) -> None:
    """The stand-in for visitors of whom nothing is known must itself need nothing of them."""
    other = entry.spec.visitor.else_
    if other is None or not known(diagnostics, "E037", "model", other, ruleset.models.keys() - {entry.name}, entry, "visitor", "else"):
        return
    if ruleset.models[other].spec.score is None:
        message = f"'{other}' makes a vector of what the visitor did, too: it cannot stand in where nothing is known"
        diagnostics.error("E082", entry.place("visitor", "else"), message, "name a model with `score:`")


def _read(ruleset: Ruleset, entry: Entry[Any], diagnostics: Diagnostics) -> Any:
    """The vectors in the order of the items: n × d float32; None where the file was reported."""
    import numpy as np

    relative = entry.spec.vectors.file
    place = entry.place("vectors", "file")

    def refuse(code: str, message: str, fix: str) -> None:
        diagnostics.error(code, place, f"{relative}: {message}", fix)

    try:
        with zipfile.ZipFile(ruleset.folder / relative) as archive:
            ids, vectors = _array(archive, "ids"), _array(archive, "vectors")
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        return refuse("E080", "not an NPZ file with the arrays `ids` and `vectors`", "write it with numpy.savez(file, ids=…, vectors=…)")
    if ids.ndim != 1 or vectors.ndim != 2 or len(ids) != len(vectors) or not 1 <= vectors.shape[1] <= 4096:
        return refuse("E081", f"shapes {ids.shape} and {vectors.shape} do not fit", "give n ids and an n × d array of vectors")
    if not np.issubdtype(vectors.dtype, np.floating) or not np.isfinite(vectors).all():
        return refuse("E081", "vectors must be finite floats", "look for NaN or infinity, and save them as float32")
    row_of = {str(item): row for row, item in enumerate(ids)}
    missing = [item for item in ruleset.items.ids if item not in row_of]
    unknown = sorted(set(row_of) - set(ruleset.items.ids))
    if missing or unknown or len(row_of) != len(ids):
        told = f"no vector for {_some(missing)}" if missing else f"vectors of unknown items: {_some(unknown)}" if unknown else "an id stands twice"
        return refuse("E082", told, "make the vectors anew for the items of the catalogue")
    return vectors[[row_of[item] for item in ruleset.items.ids]].astype(np.float32)


def _array(archive: zipfile.ZipFile, name: str) -> Any:
    """An array of an NPZ file, of at most LARGEST_ARRAY bytes."""
    from numpy.lib.format import read_array

    if archive.getinfo(f"{name}.npy").file_size > LARGEST_ARRAY:
        raise ValueError(f"{name} is too large")
    with archive.open(f"{name}.npy") as file:
        return read_array(file, allow_pickle=False)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def lookups(ruleset: Ruleset) -> tuple[ir.Lookup, ...]:
    """The look-up tables as disjoint ranges of addresses."""
    found = []
    for name, table in ruleset.lookups.items():
        rows = [values for _, values in table.rows]
        ranges = networks.disjoint((ip_network(network), row) for row, (network, _) in enumerate(table.rows))
        found.append(ir.Lookup(name, table.fields, *networks.columns(ranges, rows)))
    return tuple(found)
