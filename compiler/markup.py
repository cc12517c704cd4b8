"""A strict reader of HTML fragments: it accepts less than a browser, so that what it accepts means the same in every browser.

A fragment must be balanced as written: no end tag left out, none that closes something else, no element that a browser
would move or close on its own. For each placeholder it says in which context it stands.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Literal

from compiler.diagnostics import Problem

HOLE = "\ue000"  # stands for a character of a placeholder

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
RAW = frozenset("script style xmp iframe noembed noframes".split())
PLAIN = frozenset("textarea title".split())
NONCED = frozenset(("script", "style"))  # which a page's Content-Security-Policy may ask for a nonce
_WHOLE_PAGE = frozenset("html head body frameset frame base plaintext".split())
_DEAD_TAGS = frozenset("script style link meta object embed applet param animate animatemotion animatetransform set noscript".split())
_URLS = frozenset(
    "href src action formaction poster cite background data longdesc usemap manifest profile codebase classid icon dynsrc lowsrc ping xlink:href".split()
)
_SETS = frozenset(("srcset", "imagesrcset"))
_FOREIGN = frozenset(("svg", "math"))
_LEAVES_FOREIGN = frozenset(
    "b big blockquote br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 hr i img li menu meta nobr ol p pre ruby s small span strong strike"
    " sub sup table tt u ul var".split()
)
_ENDS_P = frozenset(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr"
    " main menu nav ol p pre search section table ul li dd dt".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_NOT_NESTED = {"a": "a", "button": "button", "form": "form", "nobr": "nobr", "option": "option", "select": "select"}
_PARENTS = {  # elements that a browser closes or drops in any other place; "" is the fragment itself
    "tr": ("tbody", "thead", "tfoot", ""), "td": ("tr", ""), "th": ("tr", ""), "caption": ("table", ""), "colgroup": ("table", ""),
    "tbody": ("table", ""), "thead": ("table", ""), "tfoot": ("table", ""), "col": ("colgroup", ""),
}  # fmt: skip
_TABLE_CHILDREN = {
    "table": frozenset("caption colgroup thead tbody tfoot".split()), "colgroup": frozenset(("col",)),
    **dict.fromkeys(("thead", "tbody", "tfoot"), frozenset(("tr",))), "tr": frozenset(("td", "th")),
}  # fmt: skip
_ITEM_LISTS = {"li": ("li", ("ul", "ol", "menu")), "dd": ("dd", ("dl",)), "dt": ("dt", ("dl",))}
_SCOPE_ENDS = frozenset("button td th caption table object template svg math foreignobject".split())

_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*)(?P<attributes>(?:\s+[^\s\"'<>/=]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?)*)\s*(?P<slash>/?)>"
)
_ATTRIBUTE = re.compile(r"(?P<name>[^\s\"'<>/=]+)(?:\s*=\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?")
_SCRIPT = re.compile(r"(?:javascript|data|vbscript):", re.IGNORECASE)


Context = Literal["text", "attr", "url", "urlpart", "srcset"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a placeholder stands: its context, the open elements around it, and why it is refused (message, fix), if it is."""

    where: Context
    stack: tuple[str, ...]
    refused: tuple[str, str] | None = None


def read(markup: str, holes: list[int], problems: list[Problem]) -> tuple[dict[int, Piece], list[int]]:
    """Read a fragment.

    Args:
        markup: HTML in which every character of a placeholder is HOLE.
        holes: the offsets at which placeholders begin.
    Returns:
        For each placeholder that was reached where it stands; and where the names of <script> and <style> end in their
        start tags. Problems of the markup are added to `problems`.
    """
    reader = _Reader(markup, holes, problems)
    reader.run()
    return reader.pieces, reader.codes


class _Reader:
    def __init__(self, markup: str, holes: list[int], problems: list[Problem]) -> None:
        self.markup = markup
        self.holes = holes
        self.problems = problems
        self.pieces: dict[int, Piece] = {}
        self.codes: list[int] = []
        self.open: list[tuple[str, int]] = []
        self.left: list[str] = []  # elements that a wrong end tag closed with it: their own end tag may still come

    def run(self) -> None:
        at = 0
        while at < len(self.markup):
            less = self.markup.find("<", at)
            self._text(at, len(self.markup) if less < 0 else less)
            if less < 0:
                break
            after = self._comment(less) if self.markup.startswith("<!--", less) else self._tag(less)
            if after is None:
                return
            at = after
        for name, offset in self.open:
            self._problem(offset, len(name) + 1, "E072", f"<{name}> is not closed", f"add </{name}>")

    # --- text and comments

    def _text(self, start: int, end: int) -> None:
        parent = self._parent()
        if parent in _TABLE_CHILDREN and self.markup[start:end].replace(HOLE, "").strip():
            self._problem(start, end - start, "E072", f"text directly in <{parent}>: browsers move it before the table", "put it into a cell")
        code = next((name for name, _ in self.open if name in RAW), "")
        for hole in self._holes(start, end):
            self._put(hole, "text", _in_code(code) if code else None)

    def _comment(self, start: int) -> int | None:
        end = self.markup.find("-->", start + 4)
        inside = self.markup[start + 4 : end]
        if end < 0 or inside.startswith((">", "->")) or "--" in inside or inside.endswith("-"):
            self._problem(start, 4, "E073", "a comment that is not closed by -->, or has -- in it", "write <!-- … -->, without -- between")
            return None if end < 0 else end + 3
        for hole in self._holes(start, end):
            self._put(hole, "text", ("a variable in a comment", "move it out of the comment, or remove it"))
        return end + 3

    # --- tags

    def _tag(self, start: int) -> int | None:
        match = _TAG.match(self.markup, start)
        if match is None:
            self._malformed(start)
            return None
        name = match["name"].lower()
        if match["close"]:
            self._close(name, match)
            return match.end()
        self._attributes(name, match)
        if name in _WHOLE_PAGE:
            self._problem(start, len(match[0]), "E073", f"<{name}> belongs to the whole page, not to a component", "remove it")
            return match.end()
        self._fits(name, start)
        if name in NONCED:
            self.codes.append(match.end("name"))
        if name in VOID or match["slash"] and self._foreign(name):
            return match.end()
        if match["slash"]:
            self._problem(start, len(match[0]), "E072", f"<{name}/> does not close itself in HTML", f"write <{name}></{name}>")
            return match.end()
        self.open.append((name, start))
        return self._raw(name, match.end()) if name in RAW | PLAIN and not self._foreign(name) else match.end()

    def _raw(self, name: str, start: int) -> int | None:
        """Elements whose content is not markup: up to their end tag."""
        end = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(self.markup, start)
        stop = end.start() if end else len(self.markup)
        for hole in self._holes(start, stop):
            self._put(hole, "text", _in_code(name) if name in RAW else None)
        if name == "script" and "<!--" in self.markup[start:stop]:
            self._problem(start, 1, "E073", "a script with <!-- in it does not end where it seems to", "remove the <!--")
        return stop

    def _close(self, name: str, match: re.Match[str]) -> None:
        start, length = match.start(), len(match[0])
        if match["attributes"].strip() or match["slash"]:
            self._problem(start, length, "E073", "an end tag cannot have attributes", f"write </{name}>")
        elif name in VOID:
            self._problem(start, length, "E072", f"<{name}> has no end tag", f"remove </{name}>")
        elif name in self.left and (not self.open or self.open[-1][0] != name):
            self.left.remove(name)
        elif not self.open:
            self._problem(start, length, "E072", f"</{name}> closes nothing", f"remove it, or add <{name}> before")
        elif self.open[-1][0] != name:
            inner, offset = self.open[-1]
            self._problem(start, length, "E072", f"</{name}> stands where </{inner}> must close the <{inner}> of line {self._line(offset)}", f"add </{inner}> before it, or remove it")
            self._drop(name)
        else:
            self.open.pop()

    def _drop(self, name: str) -> None:
        """After a wrong end tag: go on as if what stands open within the element were closed."""
        names = [opened for opened, _ in self.open]
        if name in names:
            at = len(names) - 1 - names[::-1].index(name)
            self.left += names[at + 1 :]
            del self.open[at:]

    def _malformed(self, start: int) -> None:
        line = self.markup[start:].split("\n")[0]
        shown = line[:60].split(">")[0]
        if not re.match(rf"<[/!?]?[A-Za-z{HOLE}>-]|<[!?]", line):
            self._problem(start, 1, "E073", "a < that begins no tag", "write &lt; for a < in text")
        elif line.startswith("<!") or line.startswith("<?"):
            self._problem(start, len(shown), "E073", "declarations and processing instructions cannot stand in a component", "remove it")
        elif HOLE in shown:
            self._problem(start, len(shown), "E071", "a variable as the name of an element or attribute, or a tag that is not well formed around it", 'write every attribute as name="{{variable}}"')
        else:
            self._problem(start, len(shown), "E073", "a tag that is not well formed", "close it with >, put values in quotes and a space before each attribute; write &lt; for a < in text")

    # --- attributes

    def _attributes(self, tag: str, match: re.Match[str]) -> None:
        seen: set[str] = set()
        describes = tag == "meta" and self._describes(match)
        for attribute in _ATTRIBUTE.finditer(self.markup, *match.span("attributes")):
            name = attribute["name"].lower()
            if name in seen:
                self._problem(attribute.start(), len(name), "E073", f"the attribute {name} stands twice in one tag", "keep one")
            if name == "nonce" and tag in NONCED:
                self._problem(attribute.start(), len(attribute[0]), "E073", f"a nonce that is written out: <{tag}> gets that of the page it is put into", "remove it")
            seen.add(name)
            for hole in self._holes(*attribute.span("name")):
                self._put(hole, "attr", ("a variable as the name of an attribute", 'write name="{{variable}}"'))
            if attribute["value"] is not None:
                self._value("" if describes and name == "content" else tag, name, attribute)

    def _describes(self, match: re.Match[str]) -> bool:
        """Whether a <meta> only says something of the page: then its content runs nothing and changes nothing."""
        names = {attribute["name"].lower() for attribute in _ATTRIBUTE.finditer(self.markup, *match.span("attributes"))}
        return not names & {"http-equiv", "charset"} and bool(names & {"name", "property", "itemprop"})

    def _value(self, tag: str, name: str, attribute: re.Match[str]) -> None:
        start, end = attribute.span("value")
        quoted = self.markup[start] in "\"'"
        inner = start + 1 if quoted else start
        for hole in self._holes(start, end):
            before, after = html.unescape(self.markup[inner:hole]), html.unescape(self.markup[hole:end])
            self._put(hole, _context(name, before, after), _refusal(tag, name, before, after, quoted))

    # --- what a browser would do otherwise

    def _fits(self, name: str, start: int) -> None:
        """Elements that a browser would close early, move or drop."""
        if self._foreign(""):
            if name in _LEAVES_FOREIGN:
                self._problem(start, len(name) + 1, "E072", f"<{name}> ends the <svg> or <math> around it", "put it into <foreignObject>, or after the drawing")
            return
        parent = self._parent()
        scope = self._scope()
        wrong = None
        if name in _ENDS_P and "p" in scope:
            wrong = f"<{name}> ends the <p> around it", "close the <p> before it, or make it a <div>"
        elif name in _NOT_NESTED and name in [opened for opened, _ in self.open]:
            wrong = f"a <{name}> within a <{name}>", f"close the first with </{name}>"
        elif name in _HEADINGS and parent in _HEADINGS:
            wrong = f"<{name}> ends the <{parent}> around it", f"close it with </{parent}>"
        elif name in _PARENTS and parent not in _PARENTS[name]:
            wrong = f"<{name}> does not stand in {' or '.join(f'<{other}>' for other in _PARENTS[name] if other)}", "write the elements between, such as <tbody>"
        elif parent in _TABLE_CHILDREN and name not in _TABLE_CHILDREN[parent] | {"script", "template", "style"}:
            wrong = f"<{name}> directly in <{parent}>: browsers move it before the table", "put it into a cell"
        elif name in _ITEM_LISTS and self._unclosed_item(name):
            wrong = f"<{name}> ends the one before it", f"close that one with </{name}>"
        if wrong:
            self._problem(start, len(name) + 1, "E072", *wrong)

    def _unclosed_item(self, name: str) -> bool:
        item, lists = _ITEM_LISTS[name]
        for opened, _ in reversed(self.open):
            if opened in lists:
                return False
            if opened == item or item in ("dd", "dt") and opened in ("dd", "dt"):
                return True
        return False

    def _scope(self) -> list[str]:
        """The open elements up to the next that shields a <p> from its content."""
        names: list[str] = []
        for opened, _ in reversed(self.open):
            if opened in _SCOPE_ENDS:
                break
            names.append(opened)
        return names

    def _foreign(self, name: str) -> bool:
        """Whether an element stands in (or is) SVG or MathML, where other rules hold."""
        for opened, _ in reversed([*self.open, (name, 0)]):
            if opened in ("foreignobject", "desc"):
                return False
            if opened in _FOREIGN:
                return True
        return False

    def _parent(self) -> str:
        return self.open[-1][0] if self.open else ""

    def _line(self, offset: int) -> int:
        return self.markup.count("\n", 0, offset) + 1

    def _holes(self, start: int, end: int) -> list[int]:
        return [hole for hole in self.holes if start <= hole < end]

    def _put(self, hole: int, where: Context, refused: tuple[str, str] | None) -> None:
        self.pieces[hole] = Piece(where, tuple(name for name, _ in self.open), refused)

    def _problem(self, offset: int, length: int, code: str, message: str, fix: str) -> None:
        self.problems.append(Problem(offset, max(1, length), code, message, fix))


def in_table(stack: tuple[str, ...]) -> tuple[str, str] | None:
    """Why text cannot stand here (message, fix), if it is directly in a part of a table."""
    if stack and stack[-1] in _TABLE_CHILDREN:
        return f"a variable directly in <{stack[-1]}>: browsers move it before the table", "put it into a cell"
    return None


def _in_code(name: str) -> tuple[str, str]:
    return f"a variable in <{name}>", "put it into an attribute (data-…) of another element and read it from there"


def _context(name: str, before: str, after: str) -> Context:
    if name in _SETS:
        alone = not before.strip() and not after.strip(HOLE + "\"' \t\n\f\r")
        return "srcset" if alone else "urlpart" if before.rpartition(",")[2].strip() else "url"
    if name not in _URLS:
        return "attr"
    return "urlpart" if before.strip() else "url"


def _refusal(tag: str, name: str, before: str, after: str, quoted: bool) -> tuple[str, str] | None:
    """Why a variable cannot be escaped in this attribute; None where it can."""
    if not quoted:
        return "a variable in an attribute without quotes", 'put the value in quotes: name="{{variable}}"'
    if tag in _DEAD_TAGS:
        return f"a variable in a tag <{tag}>", "write it without variables; pass values in data-… of another element"
    if name.startswith("on") or name in ("style", "srcdoc"):
        return f"a variable in {name}=\"…\", which is code", "use a class, or data-… and read it from there"
    if tag == "iframe" and name == "src" and not re.match(r"https://[^/\s]+/|/", before):
        return "the address of an <iframe> cannot begin with a variable", 'begin it with a fixed host: src="https://host/{{variable}}"'
    return unsafe_address(before, after) if name in _URLS | _SETS else None


def unsafe_address(before: str, after: str) -> tuple[str, str] | None:
    """Why a variable cannot stand in an address (message, fix), if it cannot.

    Args:
        before: the address up to the variable. after: the rest, which begins with the variable itself.
    """
    if _SCRIPT.match(re.sub(r"[\s\x00-\x1f]+", "", before)):
        return "a variable in an address that runs a script", "write an https address, or one that begins with /"
    if not before.strip() and re.match(r"[^/?#]*:", after):
        return "a variable as the scheme of an address", "write the scheme out: https://{{variable}}"
    return None
