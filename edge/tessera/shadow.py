"""A bundle that is tried out beside the live one: what it would have decided otherwise, for the log. Nothing of it is shown."""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping, Sequence

from tessera import turn
from tessera.identity import Key
from tessera.resolved import Bundle

FOLDER = "shadow"
_COMPARED = ("variant", "items", "arm")


def compared(bundle: Bundle, keys: Sequence[Key], text: str, record: str, page_of: Callable[[str], str]) -> str:
    """The message of the queue of decisions for a page view that both have decided; empty where the shadow asks for stored facts
    that the live one did not need, as these were not read.

    Args:
        text: what the live one decided by, as tessera/turn.py takes it. record: what it decided, as it is logged.
    Raises:
        ValueError: where one of them is not of the agreed form.
    """
    answer = turn.turn(bundle, keys, text, page_of)
    if answer.startswith("read"):
        return ""
    shown, tried = json.loads(record), json.loads(answer.split(turn.RECORD, 1)[0].split(turn.UNIT)[-3])
    return json.dumps({"shadow": difference(shown, tried)}, separators=(",", ":"))


def difference(shown: Mapping[str, Any], tried: Mapping[str, Any]) -> dict[str, Any]:
    """The row of the log: of two records of one page view, the slots that differ; a slot that one of them lacks got `none`. It says
    nothing of the visitor but the id of the page view."""
    theirs = {slot["slot"]: slot for slot in tried["slots"]}
    ours = {slot["slot"]: slot for slot in shown["slots"]}
    different = [_difference(name, ours.get(name), theirs.get(name)) for name in {**ours, **theirs} if not _same(ours.get(name), theirs.get(name))]
    shared = {key: shown[key] for key in ("at", "id", "page", "bundle")}
    return {**shared, "shadow": tried["bundle"], "slots": len({**ours, **theirs}), "different": different}


def _same(ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None) -> bool:
    return ours is not None and theirs is not None and all(ours[key] == theirs[key] for key in _COMPARED)


def _difference(name: str, ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None) -> dict[str, Any]:
    mine, other = ours or {"variant": "none", "reason": None}, theirs or {"variant": "none", "reason": None}
    return {
        "slot": name,
        "variant": mine["variant"], "shadow_variant": other["variant"],
        "items": mine.get("items") or [], "shadow_items": other.get("items") or [],
        "reason": mine["reason"], "shadow_reason": other["reason"],
    }  # fmt: skip


def read(value: Mapping[str, Any]) -> tuple[float, list[dict[str, Any]]]:
    """A message's epoch seconds and the row of the log that it makes; what is raised of one that is none is log.UNREADABLE."""
    row = dict(value["shadow"])
    return row["at"], [row]
