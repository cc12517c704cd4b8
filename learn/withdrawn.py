"""Who must not be learned from, as files say it: ids that opted out, profiles that were erased; and which visitors are one person."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from learn.identity_files import BadFile

NAMES = ("unit", "visitor", "visitor_id", "user_id", "id")  # the column of ids, the first that is there


def ids_of(path: Path) -> frozenset[str]:
    """The ids that a file names: a folder of stored profiles (the erased ones), NDJSON, CSV with a header, or an id a line.

    Raises:
        BadFile: where a row names nobody.
    """
    if path.is_dir():
        return frozenset(_erased(path))
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}: this is not UTF-8; save it as UTF-8") from error
    if path.suffix in (".ndjson", ".jsonl"):
        return frozenset(_named(path, line, _row(path, line, text_)) for line, text_ in _lines(text))
    if path.suffix == ".csv":
        rows = csv.DictReader(text.splitlines())
        return frozenset(_named(path, rows.line_num, row) for row in rows)
    return frozenset(text_.strip() for _, text_ in _lines(text))


def people_of(path: Path) -> dict[str, str]:
    """Visitor → account, of a table of aliases as `tessera identities --by account` writes it: NDJSON rows of `account` and `visitors`.

    Raises:
        BadFile: where a row is none.
    """
    found: dict[str, str] = {}
    for line, text in _lines(path.read_text("utf-8-sig")):
        row = _row(path, line, text)
        visitors = row.get("visitors")
        if not isinstance(row.get("account"), str) or not isinstance(visitors, list) or not all(isinstance(one, str) for one in visitors):
            raise BadFile(f'{path}:{line}: this is no row of aliases; write {{"account": "4711", "visitors": ["a", "b"]}}')
        found.update(dict.fromkeys(visitors, row["account"]))
    return found


def persons(ids: frozenset[str], people: Mapping[str, str], key: Any) -> frozenset[str]:
    """The persons whom ids mean: visitors, accounts by name, or accounts by the key of their profile.

    Args:
        key: account → the key of its profile.
    """
    accounts = frozenset(people.values())
    named = {people.get(one, one) for one in ids} | {one.removeprefix("account:") for one in ids if one.startswith("account:")}
    return frozenset(named | {account for account in accounts if key(account) in ids})


def _erased(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*.json")):
        try:
            profile = json.loads(file.read_text("utf-8"))
        except (ValueError, UnicodeDecodeError) as error:
            raise BadFile(f"{file}: this is no stored profile; move it elsewhere") from error
        if isinstance(profile, dict) and "erased" in profile:
            yield file.stem


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _row(path: Path, line: int, text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except ValueError as error:
        raise BadFile(f"{path}:{line}: this is not JSON ({error})") from error
    if not isinstance(row, dict):
        raise BadFile(f"{path}:{line}: this is no JSON object")
    return row


def _named(path: Path, line: int, row: Mapping[str, Any]) -> str:
    for name in NAMES:
        if isinstance(row.get(name), str) and row[name].strip():
            return row[name].strip()
    raise BadFile(f"{path}:{line}: this row names nobody; the id is in a column called {', '.join(NAMES)}")
