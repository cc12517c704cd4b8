"""Where slots begin and end: operations, nesting, and the end tags that HTML lets authors leave out."""

from __future__ import annotations

import itertools

import pytest

from asking import served

pytestmark = pytest.mark.xdist_group("host")
counter = itertools.count()


def fill(client, html: str, *slots: list, **more):
    """Ask for the page; every call has a plan of its own."""
    return client.page("/made", [list(slot) for slot in slots], origin=served(html), key=f"slots-{next(counter)}", **more)


OPERATIONS = {
    "replace": "<p>a</p><!--x--><p>b</p>",
    "remove": "<p>a</p><!--x--><p>b</p>",  # whatever is given takes the element's place: nothing, by the contract
    "text": '<p>a</p><div id="s"><!--x--></div><p>b</p>',
    "inner": '<p>a</p><div id="s"><!--x--></div><p>b</p>',
    "before": '<p>a</p><!--x--><div id="s">old</div><p>b</p>',
    "after": '<p>a</p><div id="s">old</div><!--x--><p>b</p>',
    "prepend": '<p>a</p><div id="s"><!--x-->old</div><p>b</p>',
    "append": '<p>a</p><div id="s">old<!--x--></div><p>b</p>',
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation(client, operation):
    html = '<p>a</p><div id="s">old</div><p>b</p>'
    reply = fill(client, html, ["slot", "#s", operation, "1", "<!--x-->"])
    assert reply.body.decode() == OPERATIONS[operation]
    assert reply.report == "planned|slot=spliced"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_slot_that_is_not_put_stays(client, operation):
    html = '<p>a</p><div id="s">old</div><p>b</p>'
    reply = fill(client, html, ["slot", "#s", operation, "0", ""])
    assert reply.body.decode() == html
    assert reply.report == "planned|slot=kept"
    assert reply.headers["cache-control"] == "private, no-cache"


UNCLOSED = {
    "li by its sibling": "<ul><li id=s>one<li>two</ul>",
    "li by its sibling, which has an end tag": "<ul><li id=s>one<li>two</li></ul>",
    "li by its sibling, both end tags at the end": "<ul><li id=s>one<li>two</li></li></ul>",
    "li with a list inside": "<ul><li id=s>one<ul><li>a</ul><li>two</ul>",
    "li through a div": "<ul><li id=s><div>one<li>two</li></div></li></ul>",
    "p by the next p": "<p id=s>one<p>two",
    "p by the next p, which has an end tag": "<p id=s>one<p>two</p>",
    "p by a div": "<div><p id=s>one<div>two</div></p></div>",
    "p by a table": "<p id=s>one<table><tr><td>x</table></p>",
    "p by its parent": "<div><p id=s>one</div>",
    "p through an inline element": "<p id=s><b>one<p>two</p></b></p>",
    "td by the next td": "<table><tr><td id=s>one<td>two</table>",
    "td by the next row, both end tags at the end": "<table><tr><td id=s>one<tr><td>two</td></tr></td></table>",
    "tr by the next tr": "<table><tr id=s><td>one<tr><td>two</table>",
    "tbody by tfoot": "<table><tbody id=s><tr><td>one<tfoot><tr><td>two</table>",
    "option by the next option": "<select><option id=s>one<option>two</select>",
    "option by optgroup": "<select><option id=s>one<optgroup><option>two</option></optgroup></option></select>",
    "dt by dd": "<dl><dt id=s>one<dd>two</dl>",
    "dd by dt, end tag at the end": "<dl><dd id=s>one<dt>two</dt></dd></dl>",
    "rt by rp": "<ruby>x<rt id=s>one<rp>two</ruby>",
    "caption by a row": "<table><caption id=s>one<tr><td>two</table>",
    "colgroup by a row": "<table><colgroup id=s><col><tr><td>two</table>",
    "head by a paragraph": "<html><head id=s><title>t</title><p>one</head></html>",
    "link in a link": "<a id=s href=/>one<a href=/>two</a></a>",
    "div that never ends": "<body><div id=s>one",
    "div ended by its parent": "<section><div id=s>one</section>",
    "span ended by its paragraph": "<p><span id=s>one</p>",
    "span that goes on in a paragraph": "<span id=s>one<p>two</span>three",
    "custom element that goes on in a block": "<x-card id=s>one<div>two</x-card>three</div>",
    "label that goes on in a button": "<label id=s><button>one</label></button>",
    "label around a link that a block splits": "<label id=s><a>one<div>two</a></label>",
    "div that goes on in a table": "<div id=s><table><tr><td>one</div>two</table></div>",
    "div that goes on in a template": "<div id=s><template>one</div>two</template>",
    "section whose own block goes on in a table": "<section id=s><div><table></div></section>",
    "heading that another one ends": "<h1 id=s>one<h2>two</h1></h2>",
    "heading that ends with another one's tag": "<h1 id=s><b>one<h2>two</h1></h2>",
    "nobr in nobr": "<nobr id=s>one<nobr>two</nobr></nobr>",
    "b that goes on behind a table": "<b id=s>one<table></b></table></b>",
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("case", UNCLOSED)
def test_an_element_without_an_end_tag_of_its_own_stays(client, case, operation):
    reply = fill(client, UNCLOSED[case], ["slot", "#s", operation, "1", "NEW"])
    assert reply.body.decode() == UNCLOSED[case]
    assert reply.report == "planned|slot=slot-unclosed"


CLOSED = {
    "li": "<ul><li id=s>|one|</li><li>two</ul>",
    "li with a list inside": "<ul><li id=s>|one<ul><li>a<li>b</ul>|</li><li>two</ul>",
    "li with an unclosed paragraph": "<ul><li id=s>|one<p>x<p>y|</li></ul>",
    "p": "<p id=s>|one <b>two</b>|</p><p>three",
    "p with a button that holds a p": "<p id=s>|<button><p>x</p></button>|</p>",
    "td with a table inside": "<table><tr><td id=s>|<table><tr><td>a<td>b</table>|</td><td>two</table>",
    "dt": "<dl><dt id=s>|one|</dt><dd>two</dl>",
    "dd with a list of terms": "<dl><dd id=s>|<dl><dt>a<dd>b</dl>|</dd></dl>",
    "option": "<select><option id=s>|one|</option><option>two</select>",
    "head": "<html><head id=s>|<title>t</title><meta name=a><script>1</script>|</head><body>x</html>",
    "div with a dialog in which a paragraph stays open": "<div id=s>|<dialog><p>x</dialog>|</div>",
    "custom element with unclosed items": "<x-card id=s>|<ul><li>a<li>b</ul><p>c</p>|</x-card>",
    "span with a block": "<span id=s>|<div>x</div>|</span>",
    "span with unclosed inline elements": "<span id=s>|<i>x<b>y|</span>",
    "div with a table without end tags": "<div id=s>|<table><tr><td>a<td>b</table>|</div>",
    "div with a template": "<div id=s>|<template><li>x</template>|</div>",
    "div with a drawing": "<div id=s>|<svg><path d=1><g></svg>|</div>",
    "heading with a link": "<h1 id=s>|<a href=/><em>x</em></a>|</h1>",
    "heading with an unclosed inline element": "<h1 id=s>|<b>x|</h1>",
    "dialog": "<dialog id=s>|<p>x|</dialog>",
    "div with unclosed items": "<div id=s>|<ul><li>a<li>b</ul><p>c<p>d|</div>",
    "upper case": "<DIV ID=s>|one|</DIV>",
    "mixed case, space in the end tag": "<Section id=s>|one|</sEction  >",
    "table with rows and no end tags": "<table id=s>|<tr><td>a<td>b<tr><td>c|</table>",
    "script text that looks like an end tag": '<div id=s>|<script>"</div>"</script>|</div>',
    "comment that looks like an end tag": "<div id=s>|<!-- </div> -->|</div>",
    "attribute that looks like an end tag": '<div id=s data-x="</div>">|one|</div>',
    "text of many alphabets": "<div id=s>|žluťoučký 漢字 \U0001f600|</div><p>ß",
}


@pytest.mark.parametrize("case", CLOSED)
def test_inner_of_an_element_with_its_own_end_tag(client, case):
    before, inside, after = CLOSED[case].split("|")
    reply = fill(client, before + inside + after, ["slot", "#s", "inner", "1", "NEW"])
    assert (reply.body.decode(), reply.report) == (f"{before}NEW{after}", "planned|slot=spliced")


@pytest.mark.parametrize("operation, expected", [("prepend", "<html><body>NEW<p>one"), ("before", "<html>NEW<body><p>one")])
def test_the_beginning_of_a_body_needs_no_end_tag(client, operation, expected):
    reply = fill(client, "<html><body><p>one", ["slot", "body", operation, "1", "NEW"])
    assert (reply.body.decode(), reply.report) == (expected, "planned|slot=spliced")


VOID = {
    "replace": "<p>NEW</p>",
    "remove": "<p>NEW</p>",
    "text": None,
    "before": "<p>NEW<img id=s src=a></p>",
    "after": "<p><img id=s src=a>NEW</p>",
    "inner": None,
    "prepend": None,
    "append": None,
}


@pytest.mark.parametrize("operation", VOID)
def test_an_element_without_an_inside(client, operation):
    html = "<p><img id=s src=a></p>"
    reply = fill(client, html, ["slot", "#s", operation, "1", "NEW"])
    expected = VOID[operation]
    assert reply.body.decode() == (html if expected is None else expected)
    assert reply.report == f"planned|slot={'slot-void' if expected is None else 'spliced'}"


def test_a_missing_slot(client):
    reply = fill(client, "<p>a</p>", ["slot", "#s", "replace", "1", "NEW"], ["other", "p", "inner", "1", "b"])
    assert (reply.body, reply.report) == (b"<p>b</p>", "planned|slot=missing|other=spliced")


@pytest.mark.parametrize("selector, operation", [("p[", "replace"), ("p:hover(", "inner"), ("", "inner"), ("p", "explode"), ("p", "toString")])
def test_an_impossible_slot_does_not_spoil_the_others(client, selector, operation):
    reply = fill(client, "<p>a</p><i>b</i>", ["bad", selector, operation, "1", "NEW"], ["good", "i", "inner", "1", "c"])
    assert (reply.body, reply.report) == (b"<p>a</p><i>c</i>", "planned|bad=slot-invalid|good=spliced")


MANY = {
    # name: page, selector, operation, expected, status
    "every match": ("<i>a</i><i>b</i>", "i", "inner", "<i>NEW</i><i>NEW</i>", "spliced:2"),
    "a list": ("<i>a</i><b>b</b>", "i, b", "after", "<i>a</i>NEW<b>b</b>NEW", "spliced:2"),
    "nested, the outermost": ("<div><div>a</div></div><div>b</div>", "div", "inner", "<div>NEW</div><div>NEW</div>", "spliced:2"),
    "nested, taken away": ("<div><div>a</div></div>c<div>b</div>", "div", "remove", "c", "spliced:2"),
    "nested, appended": ("<div><div>a</div></div>", "div", "append", "<div><div>aNEW</div>NEW</div>", "spliced:2"),
    "nested, around": ("<div><div>a</div></div>", "div", "before", "NEW<div>NEW<div>a</div></div>", "spliced:2"),
    "nested, an attribute": ("<div><div>a</div></div>", "div", "class", '<div class="NEW"><div class="NEW">a</div></div>', "spliced:2"),
    "one is not closed": ("<ul><li>a<li>b</li><li>c</li></ul>", "li", "inner", "<ul><li>a<li>NEW</li><li>NEW</li></ul>", "spliced:2 slot-unclosed:1"),
    "one is void": ("<p class=s>a</p><br class=s>", ".s", "text", "<p class=s>NEW</p><br class=s>", "spliced:1 slot-void:1"),
    "one is a script": ("<p class=s>a</p><script class=s>1</script>", ".s", "inner", "<p class=s>NEW</p><script class=s>1</script>", "spliced:1 slot-rawtext:1"),
    "none is closed": ("<p>a<p>b", "p", "inner", "<p>a<p>b", "slot-unclosed"),
    "a thousand": ("<i></i>" * 1000, "i", "inner", "<i>NEW</i>" * 1000, "spliced:1000"),
    "more than a thousand": ("<i></i>" * 1001, "i", "inner", "<i></i>" * 1001, "slot-many"),
}


@pytest.mark.parametrize("case", MANY)
def test_every_match_is_filled(client, case):
    html, selector, operation, expected, status = MANY[case]
    reply = fill(client, html, ["slot", selector, operation, "1", "" if operation == "remove" else "NEW"])
    assert (reply.body.decode(), reply.report) == (expected, f"planned|slot={status}")


def test_some_matches_lie_in_another_slot(client):
    reply = fill(client, "<div><i>a</i></div><i>b</i>", ["o", "div", "inner", "1", "N"], ["i", "i", "text", "1", "m"])
    assert (reply.body, reply.report) == (b"<div>N</div><i>m</i>", "planned|o=spliced|i=spliced:1 slot-nested:1")


RAW_TEXT = {
    **{tag: "prepend inner text append" for tag in ("script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext")},
    **{tag: "prepend inner append" for tag in ("title", "textarea")},
}


@pytest.mark.parametrize("operation", ["prepend", "inner", "text", "append"])
@pytest.mark.parametrize("tag", RAW_TEXT)
def test_no_markup_goes_where_none_is_read(client, tag, operation):
    html = f"<p>a</p><{tag}>old</{tag}><p>b</p>"
    reply = fill(client, html, ["slot", tag, operation, "1", "NEW"])
    is_refused = operation in RAW_TEXT[tag].split()
    expected = html if is_refused else html.replace("old", "NEW")
    assert (reply.body.decode(), reply.report) == (expected, f"planned|slot={'slot-rawtext' if is_refused else 'spliced'}")


@pytest.mark.parametrize("operation", ["replace", "remove", "before", "after"])
@pytest.mark.parametrize("tag", sorted(set(RAW_TEXT) - {"plaintext"}))
def test_such_an_element_can_be_changed_as_a_whole(client, tag, operation):
    html, content = f"<p>a</p><{tag}>old</{tag}><p>b</p>", "" if operation == "remove" else "NEW"
    element = f"<{tag}>old</{tag}>"
    expected = {"before": content + element, "after": element + content}.get(operation, content)
    reply = fill(client, html, ["slot", tag, operation, "1", content])
    assert (reply.body.decode(), reply.report) == (f"<p>a</p>{expected}<p>b</p>", "planned|slot=spliced")


ATTRIBUTES = {
    # start tag: with src set to NEW
    "<img>": '<img src="NEW">',
    "<img/>": '<img src="NEW"/>',
    "<img />": '<img src="NEW" />',
    "<img src=a>": '<img src="NEW">',
    "<img src=a/>": '<img src="NEW">',  # the slash belongs to the value
    "<img src='a' alt=b>": '<img src="NEW" alt=b>',
    '<img alt="x"src="a"alt=b>': '<img alt="x"src="NEW"alt=b>',
    "<IMG SRC=a ALT=b>": '<IMG src="NEW" ALT=b>',
    "<img src>": '<img src="NEW">',
    "<img src alt=b>": '<img src="NEW" alt=b>',
    "<img src= >": '<img src="NEW" >',
    "<img src=>": '<img src="NEW">',
    "<img\tsrc\n=\f'a'\r\n>": '<img\tsrc="NEW"\r\n>',
    "<img src=a src=b>": '<img src="NEW" src=b>',  # of several the first counts
    "<img/src=a/alt>": '<img/src="NEW">',
    "<img/src='a'/alt>": '<img/src="NEW"/alt>',
    "<img data-src=a>": '<img src="NEW" data-src=a>',
    "<img alt='src=a' title=\"src='b'>\">": "<img src=\"NEW\" alt='src=a' title=\"src='b'>\">",
    "<img =src=a>": '<img src="NEW" =src=a>',
    "<img \"src=a>": '<img src="NEW" "src=a>',
    "<img alt=b\0c src=a>": '<img alt=b\0c src="NEW">',
    "<img alt=漢 src=é title=\U0001f600>": '<img alt=漢 src="NEW" title=\U0001f600>',
    "<img src=''a=b>": '<img src="NEW"a=b>',
    "<img src==a>": '<img src="NEW">',
    "<img <src=a src=b>": '<img <src=a src="NEW">',
}


@pytest.mark.parametrize("tag", ATTRIBUTES)
def test_an_attribute(client, tag):
    reply = fill(client, f"<p>a</p>{tag}<p>b", ["slot", "img", "src", "1", "NEW"])
    assert (reply.body.decode(), reply.report) == (f"<p>a</p>{ATTRIBUTES[tag]}<p>b", "planned|slot=spliced")


def test_an_attribute_needs_no_end_tag(client):
    reply = fill(client, "<html><body><p>a<p>b", ["one", "body", "class", "1", "x"], ["two", "p", "class", "1", "y"])
    assert (reply.body, reply.report) == (b'<html><body class="x"><p class="y">a<p class="y">b', "planned|one=spliced|two=spliced:2")


def test_the_whole_is_more_than_its_attributes(client):
    slots = [["w", "a", "replace", "1", "NEW"], ["h", "a", "href", "1", "/x"], ["c", "a b", "class", "1", "y"]]
    reply = fill(client, "<a href=/y><b>x</b></a>", *slots)
    assert (reply.body, reply.report) == (b"NEW", "planned|w=spliced|h=slot-nested|c=slot-nested")


def test_two_attributes_of_one_element_and_one_twice(client):
    slots = [["c", "a", "class", "1", "y"], ["h", "#x", "href", "1", "/x"], ["t", "a", "text", "1", "T"], ["d", "a", "href", "1", "/z"]]
    reply = fill(client, "<a id=x href=/y>x</a>", *slots)
    assert (reply.body, reply.report) == (b'<a class="y" id=x href="/x">T</a>', "planned|c=spliced|h=spliced|t=spliced|d=slot-nested")


def test_contents_at_one_byte_come_in_the_order_of_the_page(client):
    html = "<div></div><p><i>x</i></p>"
    slots = [
        ["a", "div", "append", "1", "5"], ["b", "div", "inner", "1", "4"], ["c", "div", "prepend", "1", "3"], ["d", "p", "before", "1", "7"], ["e", "div", "after", "1", "6"],
        ["f", "div", "before", "1", "1"], ["g", "p", "append", "1", "9"], ["h", "i", "after", "1", "8"],
    ]  # fmt: skip
    reply = fill(client, html, *slots)
    assert reply.body.decode() == "1<div>345</div>67<p><i>x</i>89</p>"


NESTED = [
    # outer operation, inner operation, page, inner is left alone
    ("replace", "inner", "N", True),
    ("inner", "replace", "<div>N</div>", True),
    ("prepend", "inner", "<div>N<b>m</b></div>", False),
    ("append", "replace", "<div>mN</div>", False),
    ("before", "inner", "N<div><b>m</b></div>", False),
    ("after", "before", "<div>m<b>x</b></div>N", False),
    ("remove", "class", "N", True),
    ("text", "class", "<div>N</div>", True),
    ("class", "text", '<div class="N"><b>m</b></div>', False),
]


@pytest.mark.parametrize("outer, inner, expected, left", NESTED)
def test_a_slot_in_a_slot(client, outer, inner, expected, left):
    reply = fill(client, "<div><b>x</b></div>", ["o", "div", outer, "1", "N"], ["i", "b", inner, "1", "m"])
    assert reply.body.decode() == expected
    assert reply.report == f"planned|o=spliced|i={'slot-nested' if left else 'spliced'}"


@pytest.mark.parametrize("first, second, expected, statuses", [
    ("before", "before", "12<b>x</b>", "spliced|spliced"),
    ("after", "before", "2<b>x</b>1", "spliced|spliced"),
    ("inner", "prepend", "<b>21</b>", "spliced|spliced"),
    ("prepend", "inner", "<b>12</b>", "spliced|spliced"),
    ("append", "inner", "<b>21</b>", "spliced|spliced"),
    ("inner", "append", "<b>12</b>", "spliced|spliced"),
    ("replace", "before", "21", "spliced|spliced"),
    ("replace", "after", "12", "spliced|spliced"),
    ("replace", "replace", "1", "spliced|slot-nested"),
    ("inner", "inner", "<b>1</b>", "spliced|slot-nested"),
    ("text", "inner", "<b>1</b>", "spliced|slot-nested"),
    ("text", "append", "<b>12</b>", "spliced|spliced"),
    ("remove", "replace", "1", "spliced|slot-nested"),
    ("text", "remove", "2", "slot-nested|spliced"),
    ("inner", "replace", "2", "slot-nested|spliced"),
    ("append", "replace", "2", "slot-nested|spliced"),
])
def test_two_slots_on_one_element(client, first, second, expected, statuses):
    reply = fill(client, "<b>x</b>", ["a", "b", first, "1", "1"], ["z", "b", second, "1", "2"])
    a, z = statuses.split("|")
    assert (reply.body.decode(), reply.report) == (expected, f"planned|a={a}|z={z}")


def test_a_doubtful_slot_in_a_doubtful_slot(client):
    html = "<ul><li id=a>1<ul><li id=b>2<p>x<p>y</li><li>3</ul>4</li><li>5</ul>"
    reply = fill(client, html, ["a", "#a", "append", "1", "A"], ["b", "#b", "append", "1", "B"])
    assert reply.body.decode() == "<ul><li id=a>1<ul><li id=b>2<p>x<p>yB</li><li>3</ul>4A</li><li>5</ul>"
    assert reply.report == "planned|a=spliced|b=spliced"


def test_slots_are_filled_in_the_order_of_the_page(client):
    reply = fill(client, "<a>1</a><b>2</b><i>3</i>", ["x", "i", "inner", "1", "c"], ["y", "a", "inner", "1", "aaa"], ["z", "b", "inner", "0", ""])
    assert (reply.body, reply.report) == (b"<a>aaa</a><b>2</b><i>c</i>", "planned|x=spliced|y=spliced|z=kept")


def test_content_of_any_kind_is_put_as_it_is(client):
    content = "<b>$& \\1 漢字 \U0001f600 \t\r\n</b>"
    reply = fill(client, "<i>a</i>", ["slot", "i", "inner", "1", content])
    assert reply.body.decode() == f"<i>{content}</i>"


def test_a_page_the_parser_gives_up_on_passes(client):
    html = "<select><xmp><b id=s>x</b>"
    reply = fill(client, html, ["slot", "#s", "inner", "1", "NEW"])
    assert (reply.body.decode(), reply.report) == (html, "passed:error|slot=kept")
