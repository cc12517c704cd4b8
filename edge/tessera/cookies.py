"""The Cookie header, read as tolerantly as browsers write it (RFC 6265bis).

Browsers send what pages once set, and that may be nearly anything: names and values with blanks, quotes, equals signs and
characters beyond ASCII. Only `;` and the first `=` mean something.
"""

from __future__ import annotations

MAX_HEADER = 16_384  # characters of a Cookie header that are read
MAX_PAIRS = 512
_BLANKS = " \t"


def pairs(header: str) -> list[tuple[str, str]]:
    """All cookies of a header, in order: names and values as they were sent, without the blanks around them.

    Quotes are part of a value. A cookie without `=` has no name, which is how browsers send one that was set without; and of
    one that is empty altogether nothing is sent, so nothing is read.
    """
    found = []
    for pair in header[:MAX_HEADER].split(";", MAX_PAIRS)[:MAX_PAIRS]:
        name, separator, value = pair.partition("=")
        if not separator:
            name, value = "", name
        name, value = name.strip(_BLANKS), value.strip(_BLANKS)
        if name or value:
            found.append((name, value))
    return found


def cookie_values(header: str, name: str) -> list[str]:
    """All values of a cookie in a Cookie header, in order, without the quotes around them."""
    if name not in header:
        return []
    found = []
    for pair in header[:MAX_HEADER].split(";"):
        if name in pair:
            key, separator, value = pair.partition("=")
            if separator and key.strip() == name:
                found.append(value.strip().strip('"'))
    return found
