"""CEL's functions of texts. Places are counted in code points, from 0. Unknown (None) where CEL has an error.

A result of more than LONGEST characters, or of more than MOST elements, is unknown.
"""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase
from typing import Any, Callable

from tessera.arithmetic import LONGEST, is_whole
from tessera.assign import unit_text
from tessera.compare import MOST

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_BOOLS = {"1": True, "t": True, "true": True, "TRUE": True, "True": True, "0": False, "f": False, "false": False, "FALSE": False, "False": False}
_QUOTED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\", '"': '\\"'}


def _of_text(function: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda text: function(text) if isinstance(text, str) else None


def contains(whole: Any, part: Any) -> Any:
    return part in whole if isinstance(whole, str) and isinstance(part, str) else None


def starts_with(whole: Any, part: Any) -> Any:
    return whole.startswith(part) if isinstance(whole, str) and isinstance(part, str) else None


def ends_with(whole: Any, part: Any) -> Any:
    return whole.endswith(part) if isinstance(whole, str) and isinstance(part, str) else None


lower_ascii = _of_text(lambda text: text.translate(_LOWER))
upper_ascii = _of_text(lambda text: text.translate(_UPPER))
trim = _of_text(lambda text: text.strip(_SPACE))
reverse = _of_text(lambda text: text[::-1])
quote = _of_text(lambda text: f'"{"".join(_QUOTED.get(char, char) for char in text)}"' if 2 * len(text) < LONGEST else None)


def char_at(text: Any, place: Any) -> Any:
    """The character at a place; empty just behind the last."""
    return text[place : place + 1] if isinstance(text, str) and is_whole(place) and 0 <= place <= len(text) else None


def index_of(text: Any, part: Any, start: Any = 0) -> Any:
    """Where a part begins first, at `start` or behind it; -1 where it does not."""
    if not isinstance(text, str) or not isinstance(part, str) or not is_whole(start) or not 0 <= start <= len(text):
        return None
    return text.find(part, start)


def last_index_of(text: Any, part: Any, *at: Any) -> Any:
    """Where a part begins last, at the place `at`, if there is one, or before it; -1 where it does not."""
    if not isinstance(text, str) or not isinstance(part, str):
        return None
    (start,) = at or (len(text),)
    return text.rfind(part, 0, start + len(part)) if is_whole(start) and 0 <= start <= len(text) else None


def substring(text: Any, start: Any, *end: Any) -> Any:
    """The characters from `start` up to, without, `end`, or up to the last."""
    if not isinstance(text, str) or not is_whole(start):
        return None
    (stop,) = end or (len(text),)
    return text[start:stop] if is_whole(stop) and 0 <= start <= stop <= len(text) else None


def replace(text: Any, old: Any, new: Any, times: Any = -1) -> Any:
    """With one part in the place of another, at most so many times (below 0: everywhere)."""
    if not all(isinstance(value, str) for value in (text, old, new)) or not is_whole(times):
        return None
    found = text.count(old) if times < 0 else min(times, text.count(old))
    return text.replace(old, new, found) if len(text) + found * (len(new) - len(old)) <= LONGEST else None


def split(text: Any, separator: Any, most: Any = -1) -> Any:
    """The parts between separators, at most so many, the last with what is left (below 0: all); by "" the characters."""
    if not isinstance(text, str) or not isinstance(separator, str) or not is_whole(most):
        return None
    if most == 0:
        return ()
    if separator:
        parts = text.split(separator, min(most, MOST + 1) - 1 if most > 0 else -1)
    else:
        parts = list(text) if most < 0 or most >= len(text) else [*text[: most - 1], text[most - 1 :]]
    return tuple(parts) if len(parts) <= MOST else None


def join(texts: Any, separator: Any = "") -> Any:
    if not isinstance(texts, tuple) or not isinstance(separator, str) or not all(isinstance(text, str) for text in texts):
        return None
    length = sum(map(len, texts)) + len(separator) * max(0, len(texts) - 1)
    return separator.join(texts) if length <= LONGEST else None


def to_bool(value: Any) -> Any:
    return value if isinstance(value, bool) else _BOOLS.get(value) if isinstance(value, str) else None


def to_text(value: Any) -> Any:
    """A text as it is, a bool or a number as it is written; doubles as JavaScript writes them, so a whole one has no point."""
    if is_whole(value):
        return str(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return value if isinstance(value, str) else unit_text(value)
