"""The golden cases of `tessera check --live`: the small right site of base/, and an origin that answers its pages wrongly.

    about:      what is wrong
    pages:      path → what the origin answers: `status`, `headers`, `body`, `pad` (to so many bytes); all else is right
    addresses:  what --page names (product=/p/kochere unless told otherwise)
    change:     as in cases.py
    mend:       the same keys, for what the message's fix asks for
    expect:     all messages

After the mending there must be none. `TESSERA_UPDATE_GOLDENS=1` writes `expect` anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

from ruamel.yaml import YAML

from tests.golden.cases import HERE, Case

RIGHT = '<!doctype html><html><head></head><body><div id="hero">x</div><div id="shelf">y</div></body></html>'
HEADERS = {"etag": '"right"'}
ADDRESSES = ("product=/p/kochere",)
_KEYS = {"about", "pages", "addresses", "change", "mend", "expect"}


def live_cases() -> list[Case]:
    """All cases, by name. A case's `edits` and `mend` hold `pages` and `addresses` beside `change`."""
    return [_case(path) for path in sorted((HERE / "live").glob("*.yaml"))]


def _case(path: Path) -> Case:
    told = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    assert set(told) <= _KEYS and set(told["mend"]) <= _KEYS, f"{path.name}: {set(told) - _KEYS}"
    return Case(path, told["about"], {key: told[key] for key in ("pages", "addresses", "change") if key in told}, told["mend"], told.get("expect", ""))


def answer(told: Mapping[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that the origin answers."""
    body = told.get("body", RIGHT).encode()
    headers = {"content-type": "text/html; charset=utf-8", **told.get("headers", HEADERS)}
    return told.get("status", 200), headers, body.ljust(told.get("pad", 0))
