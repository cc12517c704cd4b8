"""What a release that is tried out beside the live one would have decided otherwise, as the log has it."""

from __future__ import annotations

import json

import pytest

from tessera.consumer import Unreadable, files, read
from tessera.shadow import difference


def record(bundle: str, **slots) -> dict:
    rows = [{"slot": name, "variant": variant, "items": items, "arm": arm, "reason": why} for name, (variant, items, arm, why) in slots.items()]
    return {"at": 1795536600.0, "id": "view", "page": "home", "bundle": bundle, "unit": "somebody", "slots": rows}


SHOWN = record("old", hero=("a", [], None, "rule"), cart=("none", [], None, "default"), list=("b", ["x", "y"], "two", "test"))


@pytest.mark.parametrize("tried, different", [
    ({"hero": ("a", [], None, "rule"), "cart": ("none", [], None, "default"), "list": ("b", ["x", "y"], "two", "test")}, []),
    ({"hero": ("a", [], None, "default"), "cart": ("none", [], None, "cap"), "list": ("b", ["x", "y"], "two", "rank")}, []),
    ({"hero": ("c", [], None, "rule"), "cart": ("none", [], None, "default"), "list": ("b", ["x", "y"], "two", "test")}, [("hero", "a", "c")]),
    ({"hero": ("a", [], None, "rule"), "cart": ("none", [], None, "default"), "list": ("b", ["y", "x"], "two", "test")}, [("list", "b", "b")]),
    ({"hero": ("a", [], None, "rule"), "cart": ("none", [], None, "default"), "list": ("b", ["x", "y"], "one", "test")}, [("list", "b", "b")]),
    ({"hero": ("a", [], None, "rule"), "list": ("b", ["x", "y"], "two", "test"), "new": ("n", [], None, "rule")}, [("cart", "none", "none"), ("new", "none", "n")]),
])  # fmt: skip
def test_the_slots_that_differ(tried, different):
    row = difference(SHOWN, record("new", **tried))
    assert [(each["slot"], each["variant"], each["shadow_variant"]) for each in row["different"]] == different
    assert (row["bundle"], row["shadow"], row["id"], row["page"]) == ("old", "new", "view", "home") and "unit" not in row


def test_its_message_makes_a_row_of_a_log_of_its_own():
    row = difference(SHOWN, record("new"))
    message = read("m1", json.dumps({"shadow": row}))
    assert (message.kind, message.key) == ("shadow", None)
    ((key, lines),) = files([message])
    assert key.startswith("shadow/date=2026-11-2") and json.loads(lines) == row


@pytest.mark.parametrize("value", [{"shadow": None}, {"shadow": 5}, {"shadow": {}}, {"shadow": {"at": "now"}}, {"shadow": []}])
def test_what_is_no_such_message(value):
    with pytest.raises(Unreadable):
        read("m1", json.dumps(value))
