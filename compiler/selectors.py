"""CSS selectors that a streaming rewriter can follow: what it has seen so far must be enough to tell a match."""

from __future__ import annotations

_NAMES = {"Relation": "has", "Matching": "is", "SpecificityAdjustment": "where"}  # of cssselect's classes
_PSEUDO = {"first-child", "first-of-type", "nth-child", "nth-of-type", "not"}


def problem(selector: str) -> tuple[str, str] | None:
    """What is wrong with a selector and how to mend it; None where it can be used."""
    from cssselect import SelectorError, parser

    if not selector.isprintable():
        return f"{selector!r} has a character that cannot be seen", "write the selector on one line, without control characters"
    try:
        parsed = parser.parse(selector)
    except SelectorError as error:
        told = str(error)
        return f"'{selector}' is no CSS selector: {told[:1].lower()}{told[1:]}", "for example #hero, main, .card > a or [data-slot=hero]"
    for one in parsed:
        if one.pseudo_element:
            return f"'{selector}' names a pseudo-element, which is no place in the page", "name the element itself"
        found = _unsupported(one.parsed_tree)
        if found:
            return f"{found} cannot be followed while the page streams", "give the element an id or a class of its own, and name that"
    return None


def _unsupported(tree: object) -> str | None:
    """The first construct of a selector's tree that needs what comes later, or elements beside it."""
    kind = type(tree).__name__
    if kind == "Element":
        return None
    if kind in ("Hash", "Class", "Attrib"):
        return _unsupported(tree.selector)
    if kind == "Negation":
        return _unsupported(tree.selector) or _unsupported(tree.subselector)
    if kind in ("Pseudo", "Function"):
        name = tree.ident if kind == "Pseudo" else tree.name
        return f"':{name}'" if name not in _PSEUDO else _unsupported(tree.selector)
    if kind == "CombinedSelector":
        if tree.combinator not in (" ", ">"):
            return f"the combinator '{tree.combinator}'"
        return _unsupported(tree.selector) or _unsupported(tree.subselector)
    return f"':{_NAMES.get(kind, kind.lower())}()'"
