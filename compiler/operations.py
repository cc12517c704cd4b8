"""What a slot may do at its place: the operations, what each takes, and the elements on which it can work.

Markup operations put a component's markup in; plain ones take one field of it; `remove` takes nothing.
"""

from __future__ import annotations

from typing import Literal

from compiler.markup import VOID

Operation = Literal["replace", "inner", "before", "after", "prepend", "append", "text", "src", "srcset", "href", "class", "remove", "redirect"]

MARKUP = ("replace", "inner", "before", "after", "prepend", "append")
FIELDS = {"text": ("text",), "src": ("image", "link"), "srcset": ("image", "link"), "href": ("link",), "class": ("text",)}  # → the kinds of field it takes
CONTEXTS = {"text": "text", "src": "url", "srcset": "srcset", "href": "url", "class": "class"}  # → how its value is escaped
ATTRIBUTES = ("src", "srcset", "href", "class")
ADDRESSES = ("src", "srcset", "href")
PRELOADING = (*MARKUP, "src")
REMOVED = "removed"  # the one variant of a slot that removes its element

_INSIDE = ("inner", "text", "prepend", "append")
_CODE = frozenset("script style xmp iframe noembed noframes noscript plaintext".split())  # what is in them is no markup
_HEAD = ("append", "prepend", "class")
_HOLDERS = {  # attribute → the elements of HTML and SVG that have it
    "src": frozenset("audio embed iframe img input script source track video".split()),
    "srcset": frozenset(("img", "source")),
    "href": frozenset("a area base link image use".split()),
}
_SHOWING = frozenset("a area audio image img input source track video".split())  # an address there runs nothing


def misplaced(do: str, element: str) -> tuple[str, str] | None:
    """Why an operation never works on an element (message, fix); None where it does, and for elements of one's own."""
    if element == "html" and do != "class" or element == "head" and do not in _HEAD:
        return f"`do: {do}` cannot be done with the <{element}> of a page", "append to the head, name an element within it or the body, or set a class"
    if do in _INSIDE and element in VOID:
        return f"<{element}> has no inside, and `do: {do}` needs one", "write before, after, replace, or an attribute such as src"
    if do in _INSIDE and element in _CODE:
        return f"what stands in <{element}> is not markup, and `do: {do}` cannot change it", f"replace the <{element}>, or remove it"
    if do in ("inner", "prepend", "append") and element in ("title", "textarea"):
        return f"<{element}> holds text alone, and `do: {do}` puts markup there", "write `do: text` with the field that it takes"
    if do in _HOLDERS and "-" not in element and element not in _HOLDERS[do]:
        return f"<{element}> has no {do}", f"name one of {', '.join(sorted(_HOLDERS[do]))}"
    return None


def may_vary(do: str, element: str | None, fixed: bool) -> bool:
    """Whether an address with variables is safe on an element (None: which one is not known).

    Args:
        fixed: whether the address begins with a path or a host that is written out.
    """
    if do not in ADDRESSES or element in _SHOWING:
        return True
    return fixed and (element is None or element == "iframe" or "-" in element)
