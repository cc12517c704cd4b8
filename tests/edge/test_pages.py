"""What the bridge in Python says of pages; that it cuts them as the bridge in JavaScript does is tested in tests/host/native."""

from __future__ import annotations

import pytest

from tessera.page_closing import Watch, hazards_of, is_doubtful
from tessera.page_plan import Cut, Found, Place, Slot, join, needs_watch, plan, read_marks
from tessera.page_tags import start_tag
from tessera.pages import (
    cookies_of, hash_of, is_known, is_personalisable, nonce_of, personal_headers, reply_of, tag_of, unsuitable, validator, with_nonce,
)  # fmt: skip

# --- start tags ---


@pytest.mark.parametrize("tag, names, attributes", [
    ("<p>", 2, []), ("<p class=one>", 2, [("class", "one", 3, 12)]), ("<IMG SRC='a b' alt>", 4, [("src", "a b", 5, 14), ("alt", "", 15, 18)]),
    ('<a\thref = "x>y" />', 2, [("href", "x>y", 3, 15)]), ("<a =b>", 2, [("=b", "", 3, 5)]), ("<a b=>", 2, [("b", "", 3, 5)]),
    ('<p title="é">', 2, [("title", "é", 3, 13)]), ("<a/b/c=d/e>", 2, [("b", "", 3, 4), ("c", "d/e", 5, 10)]), ('<p id="a"id=b>', 2, [("id", "a", 3, 9), ("id", "b", 9, 13)]),
])  # fmt: skip
def test_attributes_of_a_start_tag(tag, names, attributes):
    found = start_tag(tag.encode())
    assert (found.names, list(map(tuple, found.attributes))) == (names, attributes)


@pytest.mark.parametrize("text", ["", "<", "<>", "</p>", "p>", "<p", '<p a="b>', "<p> >", "<é>"])
def test_what_is_no_start_tag(text):
    assert start_tag(text.encode()) is None


# --- the parser's marks, and what is made of them ---


def test_marks_are_read_and_taken_out():
    page = b"<p>1</p>"
    places = [Place(0, [0], "p")]
    read_marks(b"n-0s;<p>n-0b;1n-0c;</p>n-0e;", page, "n-", places)
    assert places[0].positions == {"s": 0, "b": 3, "c": 4, "e": 8}


@pytest.mark.parametrize("marked", [b"n0s;<p>1</P>", b"n0s;<p>1</p>!", b"n0s;<p>1", b"<p>n0x;1</p>"])
def test_a_page_that_the_parser_changed_is_not_planned(marked):
    with pytest.raises(ValueError):
        read_marks(marked, b"<p>1</p>", "n", [Place(0, [0], "p")])


PAGE = b'<p class="a">1<b>2</b></p>'




def paragraph(*slots: int, **changes) -> Place:
    return Place(0, slots, "p", **{"attributes": [("class", "a")], "is_closed": True, "positions": {"s": 0, "b": 13, "c": 22, "e": 26}} | changes)


@pytest.mark.parametrize("operation, expected", [
    ("replace", b"X"), ("remove", b"X"), ("inner", b'<p class="a">X</p>'), ("text", b'<p class="a">X</p>'), ("before", b"X" + PAGE), ("after", PAGE + b"X"),
    ("prepend", b'<p class="a">X1<b>2</b></p>'), ("append", b'<p class="a">1<b>2</b>X</p>'), ("class", b'<p class="X">1<b>2</b></p>'), ("src", b'<p src="X" class="a">1<b>2</b></p>'),
])  # fmt: skip
def test_the_operations(operation, expected):
    made = plan(PAGE, [Slot("s", "p", operation)], Found([paragraph(0)], [1], [True]))
    assert (join(PAGE, made.cuts, [b"X"]), made.status(0, True), made.status(0, False)) == (expected, "spliced", "kept")
    assert join(PAGE, made.cuts, [None]) == PAGE


@pytest.mark.parametrize("operation, place, why", [
    ("inner", {"is_void": True}, "slot-void"), ("inner", {"is_closed": False}, "slot-unclosed"), ("replace", {"is_closed": False}, "slot-unclosed"),
    ("inner", {"tag": "script"}, "slot-rawtext"), ("inner", {"tag": "title"}, "slot-rawtext"), ("text", {"tag": "title"}, ""), ("prepend", {"tag": "body", "is_closed": False}, ""),
    ("class", {"attributes": [("class", "b")]}, "slot-invalid"), ("unheard-of", {}, "slot-invalid"), ("before", {}, ""),
])  # fmt: skip
def test_obstacles(operation, place, why):
    one = paragraph(0)
    for name, value in place.items():
        setattr(one, name, value)
    made = plan(PAGE, [Slot("s", "p", operation)], Found([one], [1], [True]))
    assert made.obstacles == (why,) and bool(made.cuts) == (why == "")


def test_what_another_slot_replaces_is_nested():
    inside = Place(1, [1], "b", is_closed=True, positions={"s": 14, "b": 17, "c": 18, "e": 22})
    made = plan(PAGE, [Slot("out", "p", "inner"), Slot("in", "b", "inner")], Found([paragraph(0), inside], [1, 1], [True, True]))
    assert [made.status(slot, True) for slot in (0, 1)] == ["spliced", "slot-nested"]


@pytest.mark.parametrize("matches, is_selector, why", [(0, True, "missing"), (1001, True, "slot-many"), (0, False, "slot-invalid")])
def test_slots_without_a_place(matches, is_selector, why):
    assert plan(PAGE, [Slot("s", "p", "inner")], Found([], [matches], [is_selector])).obstacles == (why,)


def test_contents_of_several_places():
    cuts = (Cut(1, 0, 0, ""), Cut(0, 2, 3, ""), Cut(1, 4, 4, " class"))
    assert join(b"abcdef", cuts, [b"0", b"1"]) == b'1ab0d class="1"ef'
    assert join(b"abcdef", cuts, [b"0", None]) == b"ab0def"


# --- end tags ---


@pytest.mark.parametrize("page, tag, doubtful", [
    ("<div>x</div>", "div", False), ("<li>x</li>", "li", True), ("<div><table></div>", "div", True), ("<span><p></span>", "span", True), ("<body><table>", "body", False),
    ("<span></span><p>", "span", False),
])  # fmt: skip
def test_which_elements_must_be_watched(page, tag, doubtful):
    start = page.index(">") + 1
    end = page.find(f"</{tag}>") if f"</{tag}>" in page else len(page)
    assert is_doubtful(tag, start, end, hazards_of(page)) is doubtful
    place = Place(0, [0], tag, is_closed=True, positions={"b": start, "c": end})
    assert needs_watch(page.encode(), [Slot("s", tag, "inner")], [place]) is doubtful


@pytest.mark.parametrize("steps, is_lost", [
    (["li", "li"], True), (["li", "ul", "li"], False), (["p", "div"], True), (["p", "span"], False), (["h1", "h2"], True), (["div", "div"], False), (["option", "template", "option"], False),
])  # fmt: skip
def test_start_tags_that_end_a_slot(steps, is_lost):
    watch = Watch()
    slot = watch.enter(steps[0], True)
    for tag in steps[1:]:
        watch.see(tag)
        watch.enter(tag, False)
    assert slot.is_lost is is_lost


def test_an_end_tag_that_browsers_pass_over():
    watch = Watch()
    slot = watch.enter("span", True)
    inner = watch.enter("p", False)
    watch.leave(inner, "span")  # <span><p>…</span>: the paragraph and with it the span go on
    assert watch.leave(slot, "span")


# --- which pages, and their headers ---


@pytest.mark.parametrize("headers, why", [
    ({}, ""), ({"content-type": "TEXT/HTML;charset=\"UTF-8\""}, ""), ({"content-type": "text/plain"}, "type"), ({"content-type": ""}, "type"),
    ({"content-type": "text/html;charset=latin1"}, "charset"), ({"content-disposition": " Attachment; x"}, "type"), ({"content-encoding": "zstd"}, "encoding"),
    ({"content-encoding": "br"}, ""), ({"content-length": "2097153"}, "size"), ({"content-length": "9" * 5000}, "size"), ({"content-length": "x"}, ""),
])  # fmt: skip
def test_unsuitable(headers, why):
    told = {"content-type": "text/html"} | headers
    assert unsuitable(200, lambda name: told.get(name, "")) == why


def test_only_whole_answers_are_pages():
    assert [unsuitable(status, lambda name: "text/html") for status in (206, 404, 304, 500)] == ["status"] * 4


@pytest.mark.parametrize("page, is_one", [
    (b"", True), ("<p>é".encode(), True), (b"\xff", False), (b'<meta charset="UTF-8">', True), (b"<meta charset=latin1>", False),
    (b'<meta http-equiv=content-type content="text/html; charset=shift_jis">', False), (b" " * 2000 + b"<meta charset=latin1>", True),
])  # fmt: skip
def test_personalisable(page, is_one):
    assert is_personalisable(page) is is_one


def test_personal_headers():
    origin = [("content-type", "text/html"), ("etag", '"1"'), ("cache-control", "public"), ("expires", "x"), ("vary", "accept-encoding"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]
    assert personal_headers(origin, 'W/"2"', ["t=1"]) == [
        ("content-type", "text/html"), ("vary", "accept-encoding"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("vary", "Cookie"),
        ("cache-control", "private, no-cache"), ("etag", 'W/"2"'), ("set-cookie", "t=1"),
    ]  # fmt: skip
    assert [name for name, _ in personal_headers([("vary", "x, COOKIE")], "e", [])].count("vary") == 1


@pytest.mark.parametrize("text, expected", [("", "wvjl67o803"), ("a", "262p94epp1d"), ("hello wörld 😀", "1t54qa9emk7"), ("x" * 300, "25bjsmpz1pf")])
def test_the_hash_is_that_of_contents_mjs(text, expected):
    assert hash_of(text) == expected


def test_validators():
    tag = tag_of(b"page", "shape")
    assert validator(tag, ["a", None, ""]) == f'W/"{tag}.262p94epp1d-.wvjl67o803"'
    assert len({validator(tag, [str(n)] * 40) for n in range(50)}) == 50 and len(validator(tag, ["a"] * 40)) < 60
    assert tag_of(b"page", "other")[:24] == tag[:24] and tag_of(b"page", "other") != tag


@pytest.mark.parametrize("header, known", [(None, False), ("", False), ('W/"1"', True), ('"x", W/"1"', True), ("*", True), ('W/"11"', False)])
def test_validators_that_a_browser_names(header, known):
    assert is_known(header, 'W/"1"') is known


def test_answers():
    reply = reply_of("page\x1ft=1\x1ds=2\x1f{}\x1f,\"profile\":\"v\"\x1f\x1e0\x1e1text\x1e1\x1e27", lambda number: f"content {number}")
    assert (cookies_of(reply.cookie), reply.record, reply.whose, reply.contents) == (["t=1", "s=2"], "{}", ',"profile":"v"', (None, "text", "", "content 7"))
    assert cookies_of("") == []


@pytest.mark.parametrize("policy, expected", [("script-src 'nonce-YQ=='", '<i nonce="YQ==">'), ("default-src 'self'", "<i>"), ("script-src 'nonce-\"'", "<i>"), ("", "<i>")])
def test_nonces(policy, expected):
    assert with_nonce('<i nonce="\x02">', nonce_of(policy)) == expected
    assert with_nonce(None, "x") is None
