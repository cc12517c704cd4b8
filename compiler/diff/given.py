"""Visitors from files: as `--visitor` takes them, or as the rows of the decision log tell of page views."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from functools import partial
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from compiler.diff.plan import NOWHERE, Plan
from compiler.diff.sample import addresses
from compiler.diff.visitors import Visitor
from compiler.visitors import KEYS, VisitorError, page_of, visit_of
from tessera import markets
from tessera.profile import permitted
from tessera.propensity import predict
from tessera.resolved import Bundle
from tessera.types import EMPTY, Profile, Visit, coerce, finite
from tessera.visit import units

ENDINGS = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
OTHERS = frozenset({"events", "dead", "retried", "shadow"})  # folders of the log that hold no decisions
LEFT_OUT = frozenset({"bot", "preview"})  # reasons of views that are nobody's visit


def from_file(plan: Plan, path: Path) -> Iterator[Visitor]:
    """The visitors of a file: a JSON list, one JSON object, or an object a line; rows of the decision log are taken too.

    Raises:
        VisitorError: where the file or a visitor in it cannot be used, with its place.
    """
    now = datetime.now(timezone.utc).isoformat()
    rows = _rows(path)
    for logged, group in groupby(rows, lambda row: "inputs" in row[1]):
        if logged:
            yield from _views(plan, group)
            continue
        for place, told in group:
            try:
                yield _stated(plan, {"at": now, **told})
            except VisitorError as error:
                raise VisitorError(f"{place}: {error}") from None


def from_log(plan: Plan, folder: Path) -> Iterator[Visitor]:
    """A visitor for each page view of the decision log, once each, in the order of its files.

    Raises:
        VisitorError: where there is no file, or a line is no row.
    """
    seen: set[str] = set()
    for path in files_of(folder):
        yield from _views(plan, _rows(path), seen)


def files_of(folder: Path) -> list[Path]:
    """The files of decisions below a folder, in order. Raises VisitorError where there is none."""
    root = folder / "decisions" if (folder / "decisions").is_dir() else folder
    found = sorted(path for path in root.rglob("*") if path.name.endswith(ENDINGS) and path.is_file() and not OTHERS & set(path.relative_to(root).parts))
    if not found:
        raise VisitorError(f"{folder}: no file of decisions below it ({', '.join(ENDINGS)}); the edge writes decisions/date=…/….ndjson")
    return found


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of each object of a file."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as file:
            start = file.read(1)
            while start and start.isspace():
                start = file.read(1)
            first = start + file.readline()
            whole = _parsed(first)
            if start == "[" or (whole is None and start == "{"):
                stored = json.loads(first + file.read())
                for number, told in enumerate(stored if isinstance(stored, list) else [stored], 1):
                    yield _object(f"{path}: visitor {number}", told)
                return
            if first.strip():
                yield _object(f"{path}:1", json.loads(first))
            for number, line in enumerate(file, 2):
                if line.strip():
                    yield _object(f"{path}:{number}", _line(path, number, line))
    except FileNotFoundError:
        raise VisitorError(f"{path}: no such file") from None
    except (OSError, EOFError) as error:
        raise VisitorError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    except (ValueError, RecursionError) as error:
        raise VisitorError(f"{path}: not JSON ({error}); give a JSON list of visitors, or one object a line") from None


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise VisitorError(f"{path}:{number}: not JSON ({error})") from None


def _object(place: str, told: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(told, dict):
        raise VisitorError(f"{place}: a visitor is a JSON object, not {type(told).__name__}")
    unknown = [] if "inputs" in told else [key for key in told if key not in (*KEYS, "page")]
    if unknown:
        raise VisitorError(f"{place}: unknown key '{unknown[0]}'; known are {', '.join((*KEYS, 'page'))}, and a row of the log has `inputs`")
    return place, told


# --- visitors as they are stated ------------------------------------------------------------------------------------------------


def _stated(plan: Plan, told: Mapping[str, Any]) -> Visitor:
    """A visitor on all pages, or on the one that it names (`page`: a path or a page's name)."""
    view = partial(_view, plan, told)
    page = told.get("page")
    if page is None:
        first = plan.pages[0]
        return Visitor(*view(first.old, first.new), first.old or first.new, True, view)
    if not isinstance(page, str):
        raise VisitorError("'page' must be a path or the name of a page")
    old = _page(plan.old, page)
    new = _page(plan.new, page)
    if old is None and new is None:
        page_of(plan.old, page)  # which says why not
    path = page if page.startswith("/") else None
    return Visitor(*_view(plan, told, old, new, path), new or old)


def _page(bundle: Bundle, page: str) -> str | None:
    try:
        return page_of(bundle, page)
    except VisitorError:
        return None


def _view(plan: Plan, told: Mapping[str, Any], old: str | None, new: str | None, path: str | None = None) -> tuple[Visit, Visit]:
    before, _ = visit_of(plan.old, told, old or new, path or _path(plan.old, old))
    if plan.shares_visits and old == new:
        return before, before
    after, _ = visit_of(plan.new, told, new or old, path or _path(plan.new, new))
    return before, after


def _path(bundle: Bundle, page: str | None) -> str:
    """An address of a page, the same each time."""
    if page is None or page not in dict(bundle.pages):
        return ""
    return addresses(bundle, page, Random(page), 1)[0]


# --- page views as they were logged ---------------------------------------------------------------------------------------------


def _views(plan: Plan, rows: Iterator[tuple[str, dict[str, Any]]], seen: set[str] | None = None) -> Iterator[Visitor]:
    """A visitor for each run of rows with one id, but for robots and previews."""
    seen = set() if seen is None else seen
    for id_, group in groupby(rows, lambda row: row[1].get("id")):
        told = list(group)
        if str(id_) in seen or any(row.get("reason") in LEFT_OUT for _, row in told):
            continue
        seen.add(str(id_))
        try:
            yield _logged(plan, [row for _, row in told])
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            raise VisitorError(f"{told[0][0]}: no row of the decision log ({type(error).__name__}: {error})") from None


def _logged(plan: Plan, rows: list[dict[str, Any]]) -> Visitor:
    """A page view from its rows: what was known then, without anything else."""
    row = rows[0]
    page = row.get("page")
    old = _as_known(plan.old, row, rows, page)
    new = old if plan.shares_visits else _as_permitted(plan, row, rows, page)
    if page is None:
        return Visitor(old, new, only=frozenset(str(one.get("slot")) for one in rows))
    known = page in {name for pair in plan.pages if pair != NOWHERE for name in (pair.old, pair.new)}
    return Visitor(old, new, page) if known else Visitor(old, new, only=frozenset())


def _visit(bundle: Bundle, row: Mapping[str, Any], rows: list[dict[str, Any]], values: dict[str, Any], purposes: frozenset[str]) -> Visit:
    visitors = (one["unit"] for one in rows if one.get("unit_kind") == "visitor" and isinstance(one.get("unit"), str))
    ids = units(next(visitors, None), values)
    ids |= {one["unit_kind"]: one["unit"] for one in rows if isinstance(one.get("unit_kind"), str) and isinstance(one.get("unit"), str)}
    return Visit(
        ids, values, purposes, str(row.get("jurisdiction", "")), finite(row.get("at")) or 0.0, int(row.get("offset") or 0),
        seen=_seen(row.get("seen")), sticky=row.get("sticky") or EMPTY,
    )  # fmt: skip


def _as_known(bundle: Bundle, row: Mapping[str, Any], rows: list[dict[str, Any]], page: str | None) -> Visit:
    """The visit as the bundle that is live saw it."""
    typed = {name: coerce(bundle.attributes[name], value) for name, value in row["inputs"].items() if name in bundle.attributes}
    values = {name: value for name, value in typed.items() if value is not None}
    purposes = frozenset(row.get("purposes") or ())
    values.update(predict(bundle.propensities, values, purposes, page))
    if bundle.markets:
        markets.tell(bundle.markets, values)
    return _visit(bundle, row, rows, values, purposes)


def _as_permitted(plan: Plan, row: Mapping[str, Any], rows: list[dict[str, Any]], page: str | None) -> Visit:
    """The visit as the new bundle would have seen it: its own types, periods and defaults, predictions made anew."""
    bundle, inputs, ages = plan.new, row["inputs"], row.get("ages") or {}
    predicted = {one.attribute for one in plan.old.propensities}
    defaults = {a.name: a.default for a in plan.old.stored if a.name not in ages and a.default is not None}
    stored = {n: v for n, v in inputs.items() if not n.startswith("request.") and n not in predicted and not (n in defaults and defaults[n] == v)}
    typed = {name: coerce(bundle.attributes[name], value) for name, value in inputs.items() if name.startswith("request.") and name in bundle.asks}
    facts = {name: value for name, value in typed.items() if value is not None}
    purposes = frozenset(row.get("purposes") or ()) & frozenset(bundle.purposes)
    profile = None if row.get("fallbacks") and not stored else Profile(stored, {name: float(age) for name, age in ages.items()})
    values, _ = permitted(bundle, profile, facts, purposes, page)
    return _visit(bundle, row, rows, values, purposes)


def _seen(told: Any) -> Mapping[str, Any]:
    return {name: tuple(times) if isinstance(times, list) else times for name, times in told.items()} if told else EMPTY
