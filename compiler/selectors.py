"""CSS selectors that a streaming rewriter can follow: what it has seen so far must be enough to tell a match."""

from __future__ import annotations

import re

_PSEUDO = ("first-child", "first-of-type")
_COUNTED = ("nth-child", "nth-of-type")
_NAMES = {"Relation": "has", "Matching": "is", "SpecificityAdjustment": "where"}  # of cssselect's classes
_NAMESPACES = {"Element": (None, "", "*"), "Attrib": (None, "")}  # the rewriter knows none by name
_SAMPLE = "for example #hero, main, .card > a or [data-slot=hero]"
_WITHIN = re.compile(r"\"[^\"]*\"|'[^']*'|\[[^\]]*\]")
_DIGIT = re.compile(r"#-?\d")


def problem(selector: str) -> tuple[str, str] | None:
    """What is wrong with a selector and how to mend it; None where it can be used."""
    from cssselect import SelectorError, parser

    try:
        parsed = parser.parse(selector)
    except SelectorError as error:
        told = str(error)
        return f"'{selector}' is no CSS selector: {told[:1].lower()}{told[1:]}", _SAMPLE
    if digit := _DIGIT.search(_WITHIN.sub("", selector)):
        return f"'{selector}' is no CSS selector: an id after # cannot begin with a digit", f'write [id="{digit[0][1:]}…"]'
    for one in parsed:
        if one.pseudo_element:
            return f"'{selector}' names a pseudo-element, which is no place in the page", "name the element itself"
        found = _unsupported(one.parsed_tree)
        if found:
            return f"{found} cannot be followed while the page streams", "give the element an id or a class of its own, and name that"
    return None


def _unsupported(tree: object) -> str | None:
    """A construct of a selector's tree that needs what comes later, or that the rewriter does not know."""
    waiting = [tree]  # a chain of a thousand classes is a tree of that depth
    while waiting:
        tree = waiting.pop()
        if found := _unsupported_here(tree):
            return found
        waiting += [part for name in ("subselector", "selector") if (part := getattr(tree, name, None)) is not None]
    return None


def _unsupported_here(tree: object) -> str | None:
    kind = type(tree).__name__
    if kind in _NAMESPACES and tree.namespace not in _NAMESPACES[kind]:
        return f"the namespace '{tree.namespace}'"
    if kind == "Attrib" and tree.operator == "!=":
        return "the comparison '!='"
    if kind in ("Element", "Hash", "Class", "Attrib", "Negation"):
        return None
    if kind == "Pseudo":
        return None if tree.ident in _PSEUDO else f"':{tree.ident}'"
    if kind == "Function":
        return None if tree.name in _COUNTED and _counts(tree.arguments) else f"':{tree.name}()'"
    if kind == "CombinedSelector":
        return None if tree.combinator in (" ", ">") else f"the combinator '{tree.combinator}'"
    return f"':{_NAMES.get(kind, kind.lower())}()'"


def _counts(arguments: list) -> bool:
    """Whether the arguments of :nth-child() are a number or a series such as 2n+1."""
    from cssselect.parser import parse_series

    try:
        parse_series(arguments)
    except ValueError:
        return False
    return True
