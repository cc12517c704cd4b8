"""Where each character of a YAML scalar's value stands in its source, so that an error inside a condition can be shown."""

from __future__ import annotations

import re

_FOLD = r"[ \t]*(?:\r\n|\n|\r)(?:[ \t]*(?:\r\n|\n|\r))*[ \t]*"
_PLAIN = re.compile(rf"(?P<fold>{_FOLD})|(?P<char>.)", re.DOTALL)
_SINGLE = re.compile(rf"(?P<fold>{_FOLD})|(?P<char>''|.)", re.DOTALL)
_DOUBLE = re.compile(
    rf"(?P<nothing>\\(?:\r\n|\n|\r)[ \t]*)|(?P<fold>{_FOLD})"
    r"|(?P<char>\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.|.)",
    re.DOTALL,
)
_BREAK = re.compile(r"\r\n|\n|\r")
_PROPERTIES = re.compile(r"(?:[&!][^\s]*[ \t\r\n]+)+")


def offsets(raw: str, style: str | None, value: str) -> list[int] | None:
    """The offset in `raw` of each character of `value`, and one past the last.

    Args:
        raw: the scalar as written, with its quotes or block header (and a tag or anchor, if there is one).
        style: None or "" for plain, else one of ' " | >.
        value: what the YAML reader made of it.
    Returns:
        len(value) + 1 offsets, or None where the writing is too unusual to tell.
    """
    properties = _PROPERTIES.match(raw) if raw[:1] in ("&", "!") else None
    skipped = properties.end() if properties else 0
    body = raw[skipped:]
    found = _block(body, value) if style in ("|", ">") else _flow(body, style)
    if len(found) != len(value) + 1:
        return None
    return [skipped + offset for offset in found]


def _flow(raw: str, style: str | None) -> list[int]:
    pattern = {"'": _SINGLE, '"': _DOUBLE}.get(style or "", _PLAIN)
    quoted = 1 if style in ("'", '"') else 0
    end = len(raw) - quoted
    found = []
    for match in pattern.finditer(raw, quoted, end):
        if match.lastgroup == "fold":
            breaks = len(_BREAK.findall(match.group()))
            found += [match.start()] * max(1, breaks - 1)
        elif match.lastgroup == "char":
            found.append(match.start())
    return [*found, end]


def _block(raw: str, value: str) -> list[int]:
    """Literal blocks, and folded ones whose lines were only joined: every character of the value is one of the source."""
    header = _BREAK.search(raw)
    if header is None:
        return []
    lines = [(header.end() + start, line) for start, line in _lines(raw[header.end() :])]
    indent = min((len(line) - len(line.lstrip(" ")) for _, line in lines if line.strip()), default=0)
    found, text = [], []
    for start, line in lines:
        content = line[indent:]
        found += range(start + min(indent, len(line)), start + len(line) + 1)
        text += [*content, "\n"]
    same = all(left == right or (left == " " and right == "\n") for left, right in zip(value, text))
    return [*found[: len(value)], found[len(value) - 1] + 1] if value and same and len(found) >= len(value) else []


def _lines(text: str) -> list[tuple[int, str]]:
    starts = [0] + [match.end() for match in _BREAK.finditer(text)]
    ends = [match.start() for match in _BREAK.finditer(text)] + [len(text)]
    return [(start, text[start:end]) for start, end in zip(starts, ends)]
