"""A foreign file's JSON, or where it is wrong."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from compiler.frontends.site import ImportRefused

DEEPEST = 50  # lists and objects within each other; the authoring files hold a few levels more


def parse(text: str) -> dict[str, Any]:
    """The JSON object that a text holds.

    Raises:
        ImportRefused: with line and column, where it is no JSON; without, where it is something else than an object.
    """
    try:
        found = json.loads(text.removeprefix("\ufeff"), parse_constant=_refused)
    except json.JSONDecodeError as error:
        raise ImportRefused(f"not JSON: {error.msg}", error.lineno, error.colno) from None
    except RecursionError:
        raise ImportRefused(f"more than {DEEPEST} lists and objects within each other") from None
    except ValueError as error:
        raise ImportRefused(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ImportRefused("not a JSON object", 1, 1)
    if _depth(found) > DEEPEST:
        raise ImportRefused(f"more than {DEEPEST} lists and objects within each other")
    return found


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _depth(value: Any) -> int:
    """How many lists and objects lie within each other."""
    depth, level = 0, [value]
    while level:
        opened = [held for held in level if isinstance(held, (dict, list))]
        level = [inner for outer in opened for inner in (outer.values() if isinstance(outer, dict) else outer)]
        depth += bool(opened)
    return depth
