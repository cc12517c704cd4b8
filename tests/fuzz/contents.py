"""Targets: values in pages, and templates."""

from __future__ import annotations

from tests.fuzz import pages
from tests.fuzz.material import Source


def values_in_a_page(data: bytes) -> None:
    s = Source(data)
    values = {name: s.value() if s.chance(4) else s.text() for name in pages.NAMES}
    content, expected = s.pick(pages.contents())
    pages.check(content, values, expected)


_PIECES = (
    "<p>", "</p>", '<a href="', "<a href='", '">', "'>", "{{visitor.a}}", "{{#items}}", "{{/items}}", "<li>", "</li>", "<textarea>", "</textarea>", "<svg>", "</svg>", "<title>", "</title>", '" class="', "<!-- c -->", "<!--", "<br>", "<style>", "</style>",
    "<script>", "</script>", "<select><option>", "<math>", "<template>", "</template>", "<noscript>", "</noscript>", "<p title=", ' onclick="', "<xmp>", "<plaintext>", "<table><tr><td>", "</td></tr></table>", "<![CDATA[", "]]>", "/>", "<p/",
)  # fmt: skip
_TAGS = ("p", "a", "b", "img", "input", "ul", "textarea", "svg", "table", "select", "form", "iframe", "video", "details", "h1", "title", "style", "noscript", "template", "math", "xmp", "button", "meta", "area", "object")
_INSIDE = {"ul": "li", "svg": "title", "select": "option", "table": "tr", "tr": "td", "details": "summary", "math": "mi"}
_ATTRIBUTES = ("href", "src", "srcset", "title", "alt", "class", "value", "action", "formaction", "data-a", "content", "poster", "xlink:href", "style", "onclick", "id", "srcdoc", "ping", "background", "target", "rel")
_BEFORE = ("", "", "", "/p/", "/p?q=", "#", "https://shop.example/", "a ", "javascript:", "//", "https:", "mailto:", "?a=b&c=")
_BEHIND = ("", "", "", "/x", " 2x, /b 1x", "?q=", " z", "#c", ", ")
_VOID = ("img", "input", "meta", "area")


def _variable(s: Source) -> str:
    return s.pick(("{{visitor.a}}", "{{visitor.b}}", '{{visitor.c | "x"}}', "{{visitor.a}}{{visitor.b}}", "{{item.name}}"))


def _element(s: Source, tag: str, depth: int) -> str:
    """An element as authors write it, with variables in its attributes and in it."""
    attributes = ""
    for _ in range(s.byte() % 3):
        quote, value = s.pick(('"', '"', "'", "")), s.pick(_BEFORE) + (_variable(s) if s.chance(2) else "x") + s.pick(_BEHIND)
        attributes += f" {s.pick(_ATTRIBUTES)}={quote}{value}{quote}"
    if tag in _VOID:
        return f"<{tag}{attributes}>"
    inner = _element(s, _INSIDE[tag], depth) if tag in _INSIDE else ""
    return f"<{tag}{attributes}>{inner or _markup(s, depth - 1)}</{tag}>"


def _markup(s: Source, depth: int) -> str:
    found = ""
    for _ in range(s.byte() % 3 if depth else 0):
        kind = s.byte() % 8
        found += _element(s, s.pick(_TAGS), depth) if kind < 5 else _variable(s) if kind < 7 else s.pick(_PIECES) if s.chance(4) else "text "
    return found or ("text" if s.chance(2) else _variable(s))


def a_template(data: bytes) -> None:
    """A template that the compiler takes, whatever it looks like, is broken out of by no value."""
    s = Source(data)
    markup = _markup(s, 3) if not s.chance(4) else "".join(s.pick(_PIECES) if not s.chance(8) else s.text() for _ in range(s.byte() % 10))
    content = pages.content_of(markup)
    if content and any(not isinstance(part, str) for part in content) and _is_whole(content):
        pages.check(content, {name: s.text() for name in pages.NAMES}, pages.harmless(content))


def _is_whole(content: tuple) -> bool:
    """Whether its variables are those of the page; the catalogue has no other columns either."""
    return all(
        isinstance(part, str) or (part[0] == "each" and _is_whole(part[1])) or (part[0] == "var" and part[1] in pages.NAMES) or (part[0] == "item" and part[1] == "name") for part in content
    )  # fmt: skip
