"""Both bridges cut a page in the same places: the planner in JavaScript in today's workerd, the one in Python in the older."""

from __future__ import annotations

import random
from base64 import b64decode, b64encode

import pytest

from asking import PAGES
from tests.conformance.planner import Planner, Task

OPERATIONS = ("replace", "remove", "inner", "text", "before", "after", "prepend", "append", "src", "srcset", "href", "class", "unheard-of")
SELECTORS = (
    "p", "li", "td", "tr", "a", "b", "h1", "h2", "div", "span", "table", "ul", "select", "option", "button", "img", "br", "title", "script",
    "textarea", "svg", "head", "body", "html", ".one", "#x", "[href]", "p.one > b", "*", "bad[", "",
)  # fmt: skip
TAGS = (
    "p li ul ol td th tr tbody table caption a b i span div h1 h2 section select option optgroup button dl dt dd ruby rt em font form "
    "head body html svg math mi template noscript nobr colgroup col address object x-card"
).split()
VOID = ("br", "img", "hr", "input", "wbr", "meta")
RAW = ("<script>if (a < b) '</p>'</script>", "<style>p{}</style>", "<title>a &amp; b</title>", "<textarea><p></textarea>", "<xmp><li></xmp>", "<noscript><p>x</noscript>")
ATTRIBUTES = (
    "", " class=one", ' CLASS="one two"', " id=x", " href='/a'", " src=/b.png srcset", ' class="a" class="b"', " /", ' src = "x>y"', " href=a/b", ' title="é"',
    " =odd", ' href="/q?a=1&amp;b"', "\nclass\n=\none\n",
)  # fmt: skip
TEXT = ("words ", "&lt;", "é☕", "<!-- <p> -->", "<!doctype html>", "< p>", "</>", "<?x?>", "\0", "<![CDATA[x]]>")


def a_page(draw: random.Random) -> bytes:
    """Tags that open and close as it comes, most of them in order."""
    parts, opened = [], []
    for _ in range(draw.randrange(3, 40)):
        kind = draw.random()
        if kind < 0.45:
            opened.append(draw.choice(TAGS))
            parts.append(f"<{opened[-1]}{draw.choice(ATTRIBUTES)}>")
        elif kind < 0.7 and opened:
            parts.append(f"</{opened.pop() if draw.random() < 0.8 else draw.choice(TAGS)}>")
        elif kind < 0.8:
            parts.append(f"<{draw.choice(VOID)}{draw.choice(ATTRIBUTES)}>")
        else:
            parts.append(draw.choice(RAW if kind < 0.85 else TEXT))
    if draw.random() < 0.8:
        parts += (f"</{tag}>" for tag in reversed(opened))
    return "".join(parts).encode()


def a_task(draw: random.Random) -> Task:
    count = draw.randrange(1, 6)
    slots = tuple((draw.choice(SELECTORS), draw.choice(OPERATIONS)) for _ in range(count))
    return Task(slots, tuple(None if draw.random() < 0.2 else f"[{n}]" for n in range(count)))


def differences(native, pages: list[tuple[bytes, list[Task]]]) -> list[str]:
    """What the two say differently of pages with tasks."""
    with Planner() as planner:
        expected = [(page, task, result) for (page, tasks), answer in zip(pages, planner.perform(pages)) for task, result in zip(tasks, answer.results)]
    told = []
    for at in range(0, len(expected), 100):
        batch = expected[at : at + 100]
        told += native.host.plans([{"page": b64encode(page).decode(), "slots": task.slots, "contents": task.contents} for page, task, _ in batch])
    found = []
    for (page, task, result), one in zip(expected, told, strict=True):
        own = (None, ()) if "error" in one else (b64decode(one["body"]), tuple(one["statuses"]))
        if own != (result.body, result.statuses):
            found.append(f"{page[:400]!r} with {task.slots}: {result} but {one} {own[0]!r}")
    return found


def test_made_pages(native):
    draw = random.Random(20261122)
    assert differences(native, [(a_page(draw), [a_task(draw)]) for _ in range(600)]) == []


def test_real_pages(native):
    if not PAGES.is_dir():
        pytest.skip("suite skipped: no shared material (set TESSERA_SHARED)")
    draw = random.Random(7)
    paths = [path for path in sorted(PAGES.iterdir()) if path.suffix in (".html", ".htm") and path.stat().st_size < 100_000]
    assert differences(native, [(path.read_bytes(), [a_task(draw)]) for path in paths]) == []
