"""Pages that are not as a page should be: whatever cannot be filled safely stays byte for byte, and the log says why.

This site runs as in production, with a host of its own.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.shop import ROOT, Shop, start
from tests.site.pages_site import WORD, write
from tests.views import View, Views, cookies_of

pytestmark = pytest.mark.xdist_group("pages")

SHARED_PAGES = Path(os.environ.get("TESSERA_SHARED", ROOT.parent / "shared")) / "pages"
TAGS = ("li", "p", "td", "option", "dt")
OPERATIONS = ("replace", "inner", "before", "after", "prepend", "append")
SLOTS = {
    "top": ("body", "prepend", "note"),
    **{tag: (f"#{tag}", "inner", "word") for tag in TAGS},
    **{operation: (f"#do-{operation}", operation, "word") for operation in OPERATIONS},
}
NOTE = re.compile(rb'<aside class="test-note">for Town \d+</aside>')
HEAD = '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>t</title></head>\n'

OMITTED = {
    "li": '<ul><li id="li">one<li>two</ul>',
    "li-last": '<ul><li id="li">one</ul>',
    "li-borrowed": '<ul><li id="li">one<li>two</li></ul>',
    "p": '<p id="p">one<p>two</p>',
    "p-before-a-block": '<p id="p">one<div>two</div>',
    "p-in-a-block": '<div><p id="p">one</div>',
    "td": '<table><tr><td id="td">one<td>two</table>',
    "td-last-of-a-row": '<table><tr><td id="td">one<tr><td>two</td></tr></table>',
    "option": '<select><option id="option">one<option>two</select>',
    "option-before-a-group": '<select><option id="option">one<optgroup label="g"><option>two</option></optgroup></select>',
    "dt": '<dl><dt id="dt">one<dd>two</dl>',
    "dt-dt": '<dl><dt id="dt">one<dt>two</dt></dl>',
}
WRITTEN = {
    "li": '<ul><li id="li">one</li><li>two</ul>',
    "p": '<p id="p">one</p><p>two',
    "td": '<table><tr><td id="td">one</td><td>two</table>',
    "option": '<select><option id="option">one</option><option>two</select>',
    "dt": '<dl><dt id="dt">one</dt><dd>two</dl>',
    "li-with-a-list": '<ul><li id="li">one<ul><li>two<li>three</ul></li></ul>',
    "td-with-a-table": '<table><tr><td id="td">one<table><tr><td>two</table></td></tr></table>',
    "upper-case": '<UL><LI ID="li">one</LI ></UL>',
}
TEXT = "žluť a káva, £4"
CHARSETS = {
    "latin-1": HEAD.replace("utf-8", "iso-8859-1").encode() + "<body>caf\xe9</body></html>".encode("latin-1"),
    "latin-1-unlabelled": b"<!doctype html><title>t</title><body>caf\xe9</body>",
    "utf-8-labelled-latin-1": HEAD.replace("utf-8", "windows-1252").encode() + f"<body>{TEXT}</body></html>".encode(),
    "utf-8-labelled-by-http-equiv": f'<!doctype html><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2"><body>{TEXT}</body>'.encode(),
    "utf-16": f"<!doctype html><title>t</title><body>{TEXT}</body>".encode("utf-16"),
    "cut-in-a-character": HEAD.encode() + "<body>caf\xe9".encode()[:-1],
    "surrogates": HEAD.encode() + b"<body>\xed\xa0\x80</body></html>",
    "overlong": HEAD.encode() + b"<body>\xc0\xaf</body></html>",
}
ODD = {
    "empty": b"",
    "text": b"just words",
    "no-body": HEAD.encode() + b"<main>one</main>",
    "nul": HEAD.encode() + b"<body>\0one\0</body></html>",
    "crlf": (HEAD + "<body>\n<p id=p>one</p>\n</body></html>").replace("\n", "\r\n").encode(),
    "bom": b"\xef\xbb\xbf" + (HEAD + "<body>one</body></html>").encode(),
    "frameset": b"<!doctype html><html><frameset><frame></frameset></html>",
    "unfinished-tag": HEAD.encode() + b"<body><p id=p>one</p><a href=",
    "unfinished-comment": HEAD.encode() + b"<body><p id=p>one</p><!-- ",
    "plaintext": HEAD.encode() + b"<body><plaintext><p id=p>one</p></body>",
    "slots-in-a-script": HEAD.encode() + b"<body><script>'<p id=p>one</p>'</script><!-- <p id=p>one</p> --></body></html>",
    "markers-of-our-own": HEAD.encode() + b"<body>\x1e\x1f00000000-0000-4000-8000-000000000000\x300s;</body></html>",
    "too-large": HEAD.encode() + b"<body><p id=p>one</p>" + b"x" * 2_100_000 + b"</body></html>",
}
ALL_OPERATIONS = "".join(f'<div id="do-{operation}"><i>{operation}</i></div>\n' for operation in OPERATIONS)


def pages() -> dict[str, bytes]:
    found = {f"omitted-{name}.html": f"{HEAD}<body>{part}</body></html>".encode() for name, part in OMITTED.items()}
    found |= {f"written-{name}.html": f"{HEAD}<body>{part}</body></html>".encode() for name, part in WRITTEN.items()}
    found |= {f"charset-{name}.html": content for name, content in CHARSETS.items()}
    found |= {f"odd-{name}.html": content for name, content in ODD.items()}
    found |= {"operations.html": f"{HEAD}<body>{ALL_OPERATIONS}</body></html>".encode()}
    if SHARED_PAGES.is_dir():
        found |= {f"real-{path.name}": path.read_bytes() for path in SHARED_PAGES.glob("*.html")}
    return found


PAGES = pages()
REAL = sorted(name.removesuffix(".html") for name in PAGES if name.startswith("real-"))
NOT_UTF8 = {"real-own-cp1252-mislabelled", "real-own-gb18030", "real-own-shift-jis", "real-own-utf16-bom"}


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Views:
    folder = tmp_path_factory.mktemp("pages")
    shop: Shop = start(folder / "local", write(folder / "site", SLOTS, PAGES), environment="production")
    yield Views(shop)
    shop.host.stop()


@pytest.fixture(scope="module")
def taken(views: Views) -> dict[str, View]:
    """A view of every page, all asked for before the first is looked up in the log."""
    return {name.removesuffix(".html"): views.get(f"/{name.removesuffix('.html')}") for name in PAGES}


def asked(taken: dict[str, View], name: str) -> tuple[View, bytes]:
    """The view of a page, and the note's bytes with which it must begin to differ (b"" where it does not)."""
    view = taken[name]
    assert view.answer.status == 200
    notes = NOTE.findall(view.answer.body)
    assert len(notes) <= 1
    return view, notes[0] if notes else b""


@pytest.mark.parametrize("name", OMITTED)
def test_a_slot_whose_end_tag_is_left_out_stays_as_it_was(taken, name):
    view, note = asked(taken, f"omitted-{name}")
    assert note and view.answer.body == PAGES[f"omitted-{name}.html"].replace(b"<body>", b"<body>" + note)
    assert (view.rows[name.partition("-")[0]]["place"], view.rows["top"]["place"]) == ("slot-unclosed", "spliced")


@pytest.mark.parametrize("name", WRITTEN)
def test_with_its_end_tag_it_is_filled_whatever_is_left_out_around_it(taken, name):
    slot = {"upper-case": "li"}.get(name, name.partition("-")[0])
    view, note = asked(taken, f"written-{name}")
    inside = re.search(rf'id="{slot}">(.*?)</{slot} ?>(?=<|$)(?!</table></td>)', WRITTEN[name], re.IGNORECASE | re.DOTALL)[1]
    if name == "li-with-a-list":
        inside = "one<ul><li>two<li>three</ul>"
    expected = f"{HEAD}<body>{WRITTEN[name].replace(inside, WORD, 1)}</body></html>".encode()
    assert view.answer.body == expected.replace(b"<body>", b"<body>" + note)
    assert view.rows[slot]["place"] == "spliced"


def test_each_operation_changes_its_place_alone(taken):
    view, note = asked(taken, "operations")
    expected = ALL_OPERATIONS
    for operation, before, after in (
        ("replace", '<div id="do-replace"><i>replace</i></div>', WORD),
        ("inner", "<i>inner</i>", WORD),
        ("before", '<div id="do-before">', f'{WORD}<div id="do-before">'),
        ("after", "<i>after</i></div>", f"<i>after</i></div>{WORD}"),
        ("prepend", "<i>prepend</i>", f"{WORD}<i>prepend</i>"),
        ("append", "<i>append</i>", f"<i>append</i>{WORD}"),
    ):
        assert expected.count(before) == 1
        expected = expected.replace(before, after)
        assert view.rows[operation]["place"] == "spliced"
    assert view.answer.body == f"{HEAD}<body>{note.decode()}{expected}</body></html>".encode()


@pytest.mark.parametrize("name", CHARSETS)
def test_a_page_that_is_not_utf8_passes(taken, name):
    view, note = asked(taken, f"charset-{name}")
    assert note == b"" and view.answer.body == CHARSETS[name]
    assert (view.row["page_status"], view.row["place"]) == ("passed:charset", "kept")


@pytest.mark.parametrize("name", ODD)
def test_an_odd_page_differs_by_its_slots_at_most(taken, name):
    view, note = asked(taken, f"odd-{name}")
    body, original = view.answer.body, ODD[name]
    filled = original.replace(b"<p id=p>one</p>", f"<p id=p>{WORD}</p>".encode()) if view.rows["p"]["place"] == "spliced" else original
    assert body == (filled.replace(b"<body>", b"<body>" + note) if note else filled)
    has_body = b"<body>" in original and name != "too-large"
    assert bool(note) == has_body
    assert (view.rows["top"]["place"] == "spliced") == has_body
    assert (view.rows["p"]["place"] == "spliced") == (name in ("crlf", "unfinished-tag", "unfinished-comment"))
    if name == "too-large":
        assert view.row["page_status"] == "passed:size"


@pytest.mark.parametrize("name", REAL or [pytest.param("", marks=pytest.mark.skip("suite skipped: no shared pages"))])
def test_a_real_page_differs_by_the_note_alone(taken, name):
    view, note = asked(taken, name)
    original = PAGES[f"{name}.html"]
    start = re.search(rb"<body\b[^>]*>", re.sub(rb"<!--.*?-->|<script.*?</script>", lambda part: b"x" * len(part[0]), original, flags=re.DOTALL | re.IGNORECASE), re.IGNORECASE)
    if name in NOT_UTF8:
        assert (note, view.answer.body, view.row["page_status"]) == (b"", original, "passed:charset")
    elif start is None:
        assert (note, view.answer.body, view.rows["top"]["place"]) == (b"", original, "missing")
    else:
        assert view.answer.body == original[: start.end()] + note + original[start.end() :]
        assert note and view.rows["top"]["place"] == "spliced"


def test_the_second_view_of_a_page_is_as_the_first(views):
    for name in ("written-li", "omitted-li", "operations", "real-shop-home" if REAL else "odd-crlf"):
        bodies = {NOTE.sub(b"", views.get(f"/{name}").answer.body) for _ in range(3)}
        assert len(bodies) == 1
        assert views.get(f"/{name}").row["page_status"].startswith("plan-hit")


def test_in_production_no_timing_is_told(views):
    for path in ("/operations", "/omitted-li", "/charset-latin-1"):
        assert "server-timing" not in {name.lower() for name in views.get(path).answer.headers.keys()}


def test_a_passed_page_that_carries_an_id_is_private(views):
    answer = views.get("/charset-latin-1").answer
    assert cookies_of(answer) and answer.headers["cache-control"] == "private, no-cache"
    without = views.get("/charset-latin-1", cookie="tessera_consent=none").answer
    assert cookies_of(without) == [] and without.body == CHARSETS["latin-1"]
