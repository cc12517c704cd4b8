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


def test_only_the_first_match_is_filled_and_the_second_reported(client):
    reply = fill(client, "<i>a</i><i>b</i>", ["slot", "i", "inner", "1", "NEW"])
    assert (reply.body, reply.report) == (b"<i>NEW</i><i>b</i>", "planned repeated:slot|slot=spliced")


NESTED = [
    # outer operation, inner operation, page, inner is left alone
    ("replace", "inner", "N", True),
    ("inner", "replace", "<div>N</div>", True),
    ("prepend", "inner", "<div>N<b>m</b></div>", False),
    ("append", "replace", "<div>mN</div>", False),
    ("before", "inner", "N<div><b>m</b></div>", False),
    ("after", "before", "<div>m<b>x</b></div>N", False),
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
