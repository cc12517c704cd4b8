"""What the YAML reader complains about, in plain words and with the usual cause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.diagnostics import Diagnostics, Place
    from compiler.source import Text

_KEY = re.compile(r"""(?:^\s*(?:-\s+)?|[{,]\s*)(?:"[^"]*"|'[^']*'|\w+):\s+""")
_LINE = re.compile(r"""\s*(?:-\s+)?\w+:\s+(?P<value>[^\s'"{\[|>&*!#].*?)\s*""")
_NEXT_KEY = re.compile(r",\s*\w+:\s")
_LOOKS_LIKE_CEL = re.compile(r"==|!=|&&|\|\||[<>?]|\bhas\(|\w\.\w|\bin \[|!\w")

_OPEN = ("a mapping in braces", "a list in brackets", "a key without")  # reported where they begin, not where YAML gives up
NEGATION = "an unquoted `!` at the start of a value is a tag in YAML, not a negation"

_PLAIN_WORDS: tuple[tuple[str, str, str], ...] = (
    (r"mapping values are not allowed", "a second colon in one unquoted value, or a line that is indented wrongly", "quote the value: '…', or align the line with its neighbours"),
    (r"sequence entries are not allowed", "a dash that starts a list where none can be", "put the list on lines of its own, or quote the value: '…'"),
    (r"found undefined alias '(.*)'", "`*{0}` refers to an anchor that is not in this file", "quote the value if the asterisk belongs to it: '…'"),
    (r"found unknown escape character '(.*)'", "'\\{0}' is not an escape in a double-quoted text", "use single quotes, in which a backslash is itself"),
    (r"found unexpected end of stream", "a quote that is not closed", "close the text with the quote it began with"),
    (r"found unexpected document separator", "a quote that is not closed", "close the text with the quote it began with"),
    (r"but found another document", "the file holds more than one document (`---`)", "make each one a file of its own"),
    (r"expected ',' or '\}', but got", "a mapping in braces that is not closed, or an unquoted value in it with a character that YAML needs", "quote the value: '…', or add the missing `,` or `}`"),
    (r"expected ',' or '\]', but got", "a list in brackets that is not closed, or an unquoted value in it with a character that YAML needs", "quote the value: '…', or add the missing `,` or `]`"),
    (r"found character '(.)' that cannot start any token", "an unquoted value cannot start with '{0}'", "quote it: '…'"),
    (r"expected a comment or a line break", "text after `|` or `>`, which start a block", "quote the value: '…'"),
    (r"could not find expected ':'", "a key without a colon after it", "write `key: value`"),
    (r"expected <block end>, but found '-'|but found '\?'", "a line that does not fit the indentation around it", "align it with the lines of the same level"),
    (r"expected <block end>", "text after a quoted value, or a line that does not fit the indentation around it", "quote the whole value: '…', or align the line"),
    (r"while scanning a tag|expected ' ', but found", "an unquoted `!` at the start of a value is a tag in YAML", "quote it: '…'"),
    (r"anchor|alias", "an unquoted `&` or `*` at the start of a value is an anchor or alias in YAML", "quote it: '…'"),
    (r"directive", "a line that starts with `%` is a directive in YAML", "quote the value: '…'"),
)


def explain(error: Exception, text: Text, diagnostics: Diagnostics) -> None:
    """Add the diagnostic for an exception of the YAML reader (a ruamel.yaml YAMLError)."""
    problem = f"{getattr(error, 'context', None) or ''} {getattr(error, 'problem', None) or ''}".strip()
    start = _offset(error)
    place = text.place(start)
    if "'\\t'" in problem or place.source[: place.column].endswith("\t"):
        diagnostics.error("E004", place, "a tab: YAML is indented with spaces", "replace the tab by spaces")
    elif not problem:
        diagnostics.error("E003", place, f"a character that YAML does not allow: U+{_character(error):04X}", "remove it")
    else:
        diagnostics.error(*_understood(error, problem, place, text))


def _understood(error: Any, problem: str, place: Place, text: Text) -> tuple[str, Place, str, str]:
    """Code, place, message and fix of what the reader stumbled over."""
    message, fix = _plain_words(problem)
    line, column = place.source, place.column
    value = line[column - 1 :] if "cannot start" in message else unquoted_condition(line, column) or _two_colons(line, column, problem)
    if value is not None and value.startswith("!"):
        return "E008", _moved(text, place, line.find(value), len(value)), NEGATION, quoted(value)
    code = "E008" if "tag" in problem else "E003"
    opened = getattr(error, "context_mark", None)
    if value is not None:
        return code, place, message, quoted(value)
    if opened is not None and opened.line + 1 < place.line and message.startswith(_OPEN):
        return code, text.place(opened.index), message, fix
    if "or a line that does not fit" in message and not line[: column - 1].strip():
        message, fix = "a line that does not fit the indentation around it", "align it with the lines of the same level"
    return code, place, message, fix


def _moved(text: Text, place: Place, column: int, length: int) -> Place:
    """Another stretch of the same line."""
    start = text.start_of(place.line) + column
    return text.place(start, start + length)


def _offset(error: Any) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if "quoted scalar" in (getattr(error, "context", None) or "") and "end of stream" in (error.problem or ""):
        mark = error.context_mark or mark
    if mark is not None:
        return int(mark.index)
    position = getattr(error, "position", 0)
    return position if isinstance(position, int) else 0


def _character(error: Any) -> int:
    character = getattr(error, "character", 0)
    return ord(character) if isinstance(character, str) else int(character)


def _plain_words(problem: str) -> tuple[str, str]:
    for pattern, message, fix in _PLAIN_WORDS:
        match = re.search(pattern, problem)
        if match:
            return message.format(*match.groups()), fix
    return f"the YAML does not parse: {problem}", "check the quotes, brackets and indentation here"


def _two_colons(line: str, column: int, problem: str) -> str | None:
    """The value that a second colon stands in, on a line of its own."""
    found = _LINE.fullmatch(line) if "mapping values are not allowed" in problem else None
    return found["value"] if found and found.start("value") < column <= len(line) else None


def unquoted_condition(line: str, column: int) -> str | None:
    """The condition around a column, if there seems to be one without quotes, or with such as it holds itself; those usually need them."""
    flow = "{" in line
    keys = [match.end() for match in _KEY.finditer(line) if match.end() <= column]
    if not keys:
        return None
    value = line[keys[-1] if flow else keys[0] :].strip()
    if flow:
        following = _NEXT_KEY.search(value)
        value = value[: following.start()] if following else value.removesuffix("}").strip()
    opening = value[:1]
    if opening in ("'", '"') and value.endswith(opening) and len(value) > 1:
        within = value[1:-1]
        return within if opening == '"' and re.search(r'(?<!\\)"', within) and _LOOKS_LIKE_CEL.search(within) else None
    return value if value and opening not in "{[" and _LOOKS_LIKE_CEL.search(value) else None


def quoted(value: str) -> str:
    """The fix for a value that YAML reads as something else."""
    return f"quote it: '{value.replace(chr(39), chr(39) * 2)}'"
