"""httpwg/structured-field-tests: fields of HTTP parsed as items, lists and dictionaries."""

from __future__ import annotations

import json
from base64 import b32encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conformance.case import Case
from tessera.structured import Bytes, Date, Display, Item, StructuredError, Token, parse_dictionary, parse_item, parse_list

_READ = {"item": parse_item, "list": parse_list, "dictionary": parse_dictionary}


def cases(root: Path) -> Iterator[Case]:
    for path in sorted((root / "structured-fields").glob("*.json")):
        for case in json.loads(path.read_text("utf-8")):
            yield Case(f"{path.stem}#{case['name']}", problem(case))


def problem(case: dict[str, Any]) -> str | None:
    """What is wrong with how the field is read; lines of a field are joined by a comma and a space, as HTTP has it."""
    try:
        found = written(case["header_type"], _READ[case["header_type"]](", ".join(case["raw"])))
    except StructuredError as error:
        return None if case.get("must_fail") or case.get("can_fail") else str(error)
    if case.get("must_fail"):
        return f"{found}, expected a refusal"
    expected = case["expected"]  # compared as JSON, which tells true from 1 and 1 from 1.0
    return None if json.dumps(found) == json.dumps(expected) else f"{found}, expected {expected}"


def written(kind: str, value: Any) -> Any:
    """What was read, as the suite writes it."""
    if kind == "item":
        return _item(value)
    return [_item(member) for member in value] if kind == "list" else [[key, _item(member)] for key, member in value.items()]


def _item(item: Item) -> list[Any]:
    value = [_item(each) for each in item.value] if isinstance(item.value, tuple) else _bare(item.value)
    return [value, [[key, _bare(each)] for key, each in item.parameters.items()]]


def _bare(value: Any) -> Any:
    if isinstance(value, Bytes):
        return {"__type": "binary", "value": b32encode(value).decode("ascii")}
    for kind, name in ((Token, "token"), (Date, "date"), (Display, "displaystring")):
        if isinstance(value, kind):
            return {"__type": name, "value": int(value) if kind is Date else str(value)}
    return value
