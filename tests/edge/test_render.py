"""Escaping: whatever a value holds, it stays a value; a parser reads back the markup that was written."""

import json
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.sites import COLUMNS, ITEMS
from tessera.types import Items
from tessera.render import (
    ESCAPES, MAX_VALUE, candidates, display, escape_class, escape_json, escape_srcset, escape_text, escape_url, is_set, prepare, render, unescape_text,
)  # fmt: skip
from tessera.types import ListedItem, Ranked

CATALOGUE = Items(ITEMS, {item: row for row, item in enumerate(ITEMS)}, dict(COLUMNS))
NONE = Items((), {}, {})

ATTACKS = (
    "<script>alert(1)</script>", "</h1><img src=x onerror=alert(1)>", '" onmouseover="alert(1)', "' onmouseover='alert(1)", "`onmouseover=alert(1)",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)", " javascript:alert(1)",
    "\u00a0javascript:alert(1)", "javascript\0:alert(1)", "javascript&colon;alert(1)", "javascript&#58;alert(1)", "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)", "//javascript:alert(1)", "https:javascript:alert(1)", "?javascript:alert(1)", "#javascript:alert(1)", "\\\\evil.example",
    "&lt;script&gt;", "&amp;", "&", "<", "<!--", "-->", "<![CDATA[", "]]>", "<!doctype", "<?php", "</", "<a", "&#x3c;script&#x3e;", "\ud800<b>", "\ufeff<b>",
    "\u2028<b>", "a\x1fb\x1ec", "\x7f", "\x85", "😀" * 600, "<" * 600, "%3Cscript%3E", "%", "a b", "../../x", "ſcript:",
)  # fmt: skip


class Reader(HTMLParser):
    """What a parser makes of the text: tags with attributes, and character data."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))

    def handle_endtag(self, tag):
        self.tags.append((f"/{tag}", []))

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.tags.append(("comment", []))

    handle_decl = handle_pi = unknown_decl = handle_comment


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


def one(context: str, value: object) -> str:
    return render((("var", "x", context, ""),), {"x": value}, NONE)


def shown(value: str) -> str:
    """What of a value may be seen: bounded, without control characters, lone surrogates replaced."""
    kept = (c for c in value[:MAX_VALUE] if ord(c) > 0x1F and ord(c) != 0x7F or c in "\t\n\r")
    return "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in kept)


def check_text(value: str) -> None:
    found = read(f"<h1>{one('text', value)}</h1>")
    assert found.tags == [("h1", []), ("/h1", [])]
    assert found.text == shown(value)


def check_attribute(value: str) -> None:
    for quote in "\"'":
        found = read(f"<p title={quote}{one('attr', value)}{quote}>x</p>")
        assert found.tags == [("p", [("title", shown(value))]), ("/p", [])] and found.text == "x"


def check_url(value: str) -> None:
    for quote in "\"'":
        found = read(f"<a href={quote}{one('url', value)}{quote}>x</a>")
        (tag, attributes), end = found.tags
        assert (tag, end, found.text) == ("a", ("/a", []), "x") and [name for name, _ in attributes] == ["href"]
        address = attributes[0][1]
        assert address.isascii() and not any(c in address for c in "\"'<>`\\ \t\n\r\0{}|^")
        assert urlsplit(urljoin("https://shop.example/p/", _quiet(address))).scheme in ("http", "https", "mailto", "tel")


def _quiet(address: str) -> str:
    """Brackets that Python's own parser refuses as an IPv6 host; a browser refuses such an address, too."""
    return address.replace("[", "").replace("]", "")


def check_part(value: str) -> None:
    found = read(f'<a href="/p/{one("urlpart", value)}?a=b#c">x</a>')
    (_, attributes), _ = found.tags
    parts = urlsplit(attributes[0][1])
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "a=b", "c")
    assert parts.path.startswith("/p/") and "/" not in parts.path[3:]
    assert unquote(parts.path[3:]) == shown(value)


def attribute(name: str, context: str, value: str) -> str:
    """An attribute's value as two parsers read it; fails where there is any other element or attribute."""
    markup = f'<img {name}="{one(context, value)}">x'
    found = read(markup)
    ((tag, attributes),) = found.tags
    assert (tag, found.text, [key for key, _ in attributes]) == ("img", "x", [name])
    (image,) = html5lib.parseFragment(markup, namespaceHTMLElements=False)
    assert (image.tag, image.attrib, image.tail) == ("img", {name: attributes[0][1]}, "x")
    return attributes[0][1]


def check_srcset(value: str) -> None:
    for address, descriptor in candidates(attribute("srcset", "srcset", value)):
        assert address.isascii() and not any(c in address for c in "\"'<>`\\ \t\n\r\0{}|^")
        assert urlsplit(urljoin("https://shop.example/p/", _quiet(address))).scheme in ("http", "https", "mailto", "tel")
        assert not descriptor or descriptor[-1] in "wx" and float(descriptor[:-1]) >= 0


def check_class(value: str) -> None:
    kept = value[:MAX_VALUE].replace("\f", " ").replace("\r", " ").replace("\n", " ").replace("\t", " ")
    tokens = [token for token in shown(kept).split(" ") if token]
    assert attribute("class", "class", value).split(" ") == (list(dict.fromkeys(tokens)) or [""])


CHECKS = {"text": check_text, "attr": check_attribute, "url": check_url, "urlpart": check_part, "srcset": check_srcset, "class": check_class}


@pytest.mark.parametrize("context", CHECKS)
@pytest.mark.parametrize("value", ATTACKS, ids=range(len(ATTACKS)))
def test_no_attack_breaks_out(context, value):
    CHECKS[context](value)


@pytest.mark.parametrize("context", CHECKS)
@given(value=hostile.text)
def test_nothing_breaks_out(context, value):
    CHECKS[context](value)


def test_every_context_is_checked():
    assert set(CHECKS) == set(ESCAPES)


@pytest.mark.parametrize(
    "address, written",
    [
        ("https://shop.example/p?a=1&b=2#c", "https://shop.example/p?a=1&amp;b=2#c"), ("/business", "/business"), ("p/1", "p/1"), ("", ""),
        ("mailto:a@b.example", "mailto:a@b.example"), ("tel:+4930123", "tel:+4930123"), ("HTTPS://x/", "HTTPS://x/"), ("?q=a:b", "?q=a:b"),
        ("/é", "/%C3%A9"), ("/%C3%A9", "/%C3%A9"), ("javascript:1", "#"), ("data:,x", "#"), ("blob:x", "#"), ("file:///etc/passwd", "#"), ("x:y", "#"),
    ],
)  # fmt: skip
def test_addresses(address, written):
    assert escape_url(address) == written


@pytest.mark.parametrize(
    "value, written",
    [
        ("a.png 1x, b.png 2x", "a.png 1x, b.png 2x"), ("a.png 640w,b.png 1280w", "a.png 640w, b.png 1280w"), ("/a,b.png 1.5x", "/a,b.png 1.5x"), ("a.png,  b.png 2x", "a.png, b.png 2x"),
        ("a.png", "a.png"), ("my picture.png", "my%20picture.png"), ("", ""), (", ,", ""), ("a?x=1&y=2 2x", "a?x=1&amp;y=2 2x"), ("/é 2x", "/%C3%A9 2x"),
        ("javascript:alert(1) 1x, b.png 2x", "b.png 2x"), ("b.png 2x,javascript:alert(1)", "b.png 2x"), ("javascript:alert(1)", ""), ("data:image/png;base64,AAAA 1x", ""),
        ("a.png 100h, b.png 1x", "b.png 1x"), ("a.png 1x 2x, b.png 1x", "b.png 1x"), ("a.png 1.5w, b.png 1x", "b.png 1x"), ("a.png .5x, b.png 1x", "b.png 1x"), ("a.png (1x, c), b.png 1x", "b.png 1x"),
        ("a.png ²x, b.png 1x", "b.png 1x"), ("a.png\n1x\f,\tb.png\r2x", "a.png 1x, b.png 2x"), ('a"onerror=x 1x', "a%22onerror=x 1x"), ("a.png\0 1x", "a.png 1x"),
    ],
)  # fmt: skip
def test_sets_of_images(value, written):
    assert escape_srcset(value) == written
    assert escape_srcset(escape_srcset(value).replace("&amp;", "&")) == written


@pytest.mark.parametrize("value, found", [("a.png", False), ("my picture.png", False), ("a.png, b.png", False), ("a.png 1x", True), ("a, b 640w", True), ("", False), ("1x", False)])
def test_what_a_set_is(value, found):
    assert is_set(value) is found


@pytest.mark.parametrize("value, written", [("a b", "a b"), ("  a\t\nb a ", "a b"), ("", ""), ('a" onclick="x', "a&#34; onclick=&#34;x"), ("a\fb", "a b"), ("a\u00a0b", "a\u00a0b")])
def test_classes(value, written):
    assert escape_class(value) == written


@given(st.one_of(st.sampled_from(ATTACKS), hostile.text))
def test_text_can_be_had_back(value):
    kept = (c for c in value if ord(c) > 0x1F and ord(c) != 0x7F or c in "\t\n\r")
    assert unescape_text(escape_text(value)) == "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in kept)


plain_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False, allow_infinity=False), hostile.text, st.sampled_from(ATTACKS)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(hostile.text, inner, max_size=4)),
    max_leaves=8,
)


def replaced(value):
    """The value with U+FFFD for lone surrogates."""
    if isinstance(value, str):
        return "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in value)
    if isinstance(value, list):
        return [replaced(part) for part in value]
    return {replaced(key): replaced(part) for key, part in value.items()} if isinstance(value, dict) else value


@given(plain_json)
def test_json_stays_in_its_script(value):
    written = escape_json(value)
    (script,) = html5lib.parseFragment(f'<script type="application/json">{written}</script>', namespaceHTMLElements=False)
    assert (script.tag, len(script), script.tail) == ("script", 0, None)
    assert json.loads(script.text) == replaced(value)
    assert not any(c in written for c in "<>&\u2028\u2029\x1e\x1f\0\x02") and written.encode()


@pytest.mark.parametrize("context", ESCAPES)
def test_what_a_visitor_brings_is_bounded_and_what_the_author_wrote_is_not(context):
    assert len(one(context, "x" * 9999)) == MAX_VALUE
    assert len(render((("var", "x", context, "x" * 9999),), {}, NONE)) == 9999


@pytest.mark.parametrize(
    "value, text",
    [
        ("a", "a"), (True, "true"), (False, "false"), (3, "3"), (-3, "-3"), (18.5, "18.50"), (14.0, "14"), (0.1 + 0.2, "0.30"), (1e300, "1e+300"),
        (-0.0, "0"), (None, ""), (2**63, str(2**63)), (999.999, "1000.00"),
    ],
)  # fmt: skip
def test_display(value, text):
    assert display(value) == text


CONTENT = ("<h1>", ("var", "account.name", "text", "you & <me>"), "</h1>")


@pytest.mark.parametrize(
    "values, text",
    [
        ({"account.name": "Acme"}, "<h1>Acme</h1>"),
        ({}, "<h1>you &amp; &lt;me&gt;</h1>"),
        ({"account.name": ""}, "<h1>you &amp; &lt;me&gt;</h1>"),
        ({"account.name": 0}, "<h1>0</h1>"),
        ({"account.name": False}, "<h1>false</h1>"),
        ({"account.name": "<b>"}, "<h1>&lt;b&gt;</h1>"),
    ],
)
def test_a_variable_or_its_fallback(values, text):
    assert render(CONTENT, values, NONE) == text


EACH = (
    "<ul>", ("each", ("<li id=", '"', ("item", "id", "attr"), '">', ("item", "name", "text"), " ", ("item", "price", "text"), "</li>")), "</ul>",
)  # fmt: skip


@pytest.mark.parametrize(
    "ranked, text",
    [
        ((), "<ul></ul>"),
        ((Ranked(0, 1.0), Ranked(3, 0.5)), '<ul><li id="kenya">Kenya &lt;AA&gt; 18.50</li><li id="kettle">Kettle 89</li></ul>'),
        ((Ranked(7, 1.0),), '<ul><li id="gift">Gift </li></ul>'),
    ],
    ids=["none", "two", "one without a price"],
)
def test_items_repeat(ranked, text):
    content = prepare(EACH)
    assert render(content, {}, CATALOGUE, ranked) == text
    assert render(content, {}, CATALOGUE, ranked) == text, "what was kept from the first time is the same"


def test_what_depends_on_the_visitor_is_not_kept():
    content = prepare((("each", (("var", "x", "text", ""), ("item", "id", "text"), " ")),))
    both = (Ranked(0, 1.0), Ranked(1, 1.0))
    assert render(content, {"x": "a"}, CATALOGUE, both) == "akenya ahuila "
    assert render(content, {"x": "b"}, CATALOGUE, both[:1]) == "bkenya "


VALUES = ("a", 1, True, 0.5, (1, "a"), (ListedItem("a"),), {"a": "b"}, 2**63, 1e308)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("context", ESCAPES)
def test_a_value_of_any_type_can_be_shown(context, value):
    one(context, value)
