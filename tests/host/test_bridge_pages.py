"""The bridge on real and malformed pages: what is not a slot stays as it is, byte for byte."""

from __future__ import annotations

import re

import pytest

from asking import PAGES

pytestmark = [
    pytest.mark.xdist_group("host"),
    pytest.mark.skipif(not PAGES.is_dir(), reason="suite skipped: no shared pages (set TESSERA_SHARED)"),
]

CONTENT = b"<!--tessera: \xe2\x98\x95-->"
PAGE_FILES = sorted(PAGES.glob("*.html"))
OTHER_CHARSETS = {"own-shift-jis", "own-cp1252-mislabelled", "own-utf16-bom", "own-gb18030"}
SELECTORS = ("body", "h1", "main", "p", "li", "td", "script", "a", "div div")


def filled(status: str) -> int:
    """How many places a slot's status tells of."""
    return 1 if status == "spliced" else int(found[1]) if (found := re.match(r"spliced:(\d+)", status)) else 0


@pytest.mark.parametrize("operation", ["before", "prepend", "append", "after"])
@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_an_insertion_changes_nothing_else(client, path, operation):
    original = path.read_bytes()
    for selector in SELECTORS:
        slots = [["slot", selector, operation, "1", CONTENT.decode()]]
        reply = client.page(f"/pages/{path.stem}", slots, key=f"{selector}-{operation}")
        page, status = reply.report.split("|slot=")
        assert reply.body.replace(CONTENT, b"") == original, selector
        assert reply.body.count(CONTENT) == filled(status), selector
        if path.stem in OTHER_CHARSETS:
            assert (page, status) == ("passed:charset", "kept")


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_replacing_takes_out_elements(client, path):
    original = path.read_bytes()
    for selector in ("body", "main", "h1", "ul", "p", "table"):
        reply = client.page(f"/pages/{path.stem}", [["slot", selector, "replace", "1", CONTENT.decode()]], key=f"replace-{selector}")
        kept = reply.body.split(CONTENT)
        assert len(kept) == filled(reply.report.partition("slot=")[2]) + 1
        name = re.escape(selector.encode())
        element = rb"<" + name + rb"\b.*?</" + name + rb"\s*>"
        assert re.fullmatch(element.join(map(re.escape, kept)), original, re.DOTALL | re.IGNORECASE), selector


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_a_page_without_the_slot_stays(client, path):
    reply = client.page(f"/pages/{path.stem}", [["slot", "#no-such-place", "replace", "1", "x"]], key="none")
    assert reply.body == path.read_bytes()


def test_the_second_request_finds_the_plan(client):
    slots = [["slot", "body", "prepend", "1", "x"]]
    replies = [client.page("/pages/blog-index", slots, key="twice") for _ in range(3)]
    assert [reply.report.split("|")[0] for reply in replies] == ["planned", "plan-hit", "plan-hit"]
    assert len({reply.body for reply in replies}) == 1
