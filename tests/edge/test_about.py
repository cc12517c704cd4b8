"""The release pointer as the edge reads it: a bundle's name, or one line that says what is wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.about import MAX_POINTER, released
from tessera.bundle import BundleError

NAME = "0123456789abcdef" * 4


@pytest.mark.parametrize("more, published", [({}, None), ({"published": "2026-11-24T12:00:00+00:00", "size": 5}, "2026-11-24T12:00:00+00:00"), ({"published": 5}, None)])
def test_a_pointer(more, published):
    assert released(json.dumps({"bundle": NAME, **more})) == (NAME, published)


@pytest.mark.parametrize("text", [
    "", "null", "5", "[]", '["bundle"]', "{}", '{"bundle": null}', '{"bundle": 5}', '{"bundle": ""}', '{"bundle": "../../keys"}',
    json.dumps({"bundle": NAME.upper()}), json.dumps({"bundle": NAME + "\n"}), json.dumps({"bundle": NAME[:-1]}), "{" * 100, "[" * 5000,
    json.dumps({"bundle": NAME, "more": "x" * MAX_POINTER}),
])  # fmt: skip
def test_what_is_no_pointer(text):
    with pytest.raises(BundleError, match="the pointer cannot be read"):
        released(text)


@given(st.text(alphabet='{}[]":,0123456789abcdef \\bundle', max_size=200))
def test_no_text_makes_reading_raise_anything_else(text):
    try:
        name, _ = released(text)
    except BundleError:
        return
    assert len(name) == 64
