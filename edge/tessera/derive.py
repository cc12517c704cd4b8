"""How an attribute comes from events: the text of `from:` and the type of the attribute → a Derivation. In words: docs/events.md.

    events.<event>|<event>…[.<field>]    the type decides: a number, the last, the most recent, or an affinity
    form.<field>                         what the visitor last wrote in the field of a form
    cart.value, cart.items               the basket, from add_to_cart, remove_from_cart and purchase
    visits                               times that the visitor came, at least half an hour apart
    lifecycle                            how far the visitor has come with the site

Anything else (`crm`, `lookup.company`) comes from elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

from tessera.types import Attribute
from tessera.vocabulary import EVENTS, FIELDS, may_have

HALF_LIFE = 14 * 86_400.0  # seconds after which an affinity counts half, unless the attribute says otherwise
MOST_LISTED = 20
MOST_WEIGHED = 32
MOST = 256  # elements of any list or map, as tessera.types reads them
STAGES = ("new", "engaged", "customer", "lapsed")
CART = ("add_to_cart", "remove_from_cart", "purchase")
_LAST = ("string", "enum")
_WRITTEN = (*_LAST, "bool", "int", "double")  # types that a text in a form can be read as


class Derivation(NamedTuple):
    """How one attribute comes from events.

    Attributes:
        name, type, purpose, keep, values: the attribute's.
        how: what is done with the events, a key of tessera.reductions.REDUCTIONS.
        events: those that count; empty where every sign of life does.
        field: None for none. of: what has the field: the `event`, its `item` in the catalogue, or the `form`.
        half_life: seconds, for what decays, else None. most: elements that are kept.
    """

    name: str
    type: str
    how: str
    events: frozenset[str] = frozenset()
    field: str | None = None
    of: str = "event"
    half_life: float | None = None
    most: int = 0
    purpose: str | None = None
    keep: int | None = None
    values: frozenset[str] = frozenset()


def derivation(attribute: Attribute) -> Derivation | None:
    """How the attribute comes from events; None where it does not.

    Raises:
        ValueError: where its source and its type do not fit; the message says what would.
    """
    source = attribute.source or ""
    space, _, rest = source.partition(".")
    if source in _WHOLE:
        how, events, fits, words = _WHOLE[source]
        if attribute.type not in fits:
            raise ValueError(f"`{source}` makes {words}, not a {attribute.type}")
        if how == "lifecycle" and not attribute.values.intersection(STAGES):
            raise ValueError(f"`lifecycle` has the stages {', '.join(STAGES)}; the attribute has none of them")
        if attribute.type == "list<item>":
            how = "cart_list"
        return _made(attribute, how, frozenset(events), None, "event")
    if space == "cart":
        raise ValueError("of the cart there are `cart.value` and `cart.items`")
    if space == "form":
        return _form(attribute, rest)
    if space == "events":
        return _events(attribute, rest)
    if attribute.half_life is not None or attribute.most is not None:
        raise ValueError("`half_life` and `most` are for what comes from events: write `from: events.…`")
    return None


_WHOLE = {
    "cart.value": ("cart_value", CART, ("double",), "a double"),
    "cart.items": ("cart_count", CART, ("int", "list<item>"), "an int or a list<item>"),
    "visits": ("visits", (), ("int",), "an int"),
    "lifecycle": ("lifecycle", (), ("enum",), f"an enumeration such as [{', '.join(STAGES)}]"),
}


def _form(attribute: Attribute, field: str) -> Derivation:
    if not FIELDS["form"].fits(field):
        raise ValueError("write `form.` and the name of a field in small letters, digits, _ and -")
    if attribute.type not in (*_WRITTEN, "list<string>"):
        raise ValueError(f"a field of a form is a text, which is read as {', '.join(_WRITTEN)} or list<string>, not as {attribute.type}")
    how = "recent_texts" if attribute.type == "list<string>" else "last"
    return _made(attribute, how, frozenset({"form_submit"}), field, "form")


def _events(attribute: Attribute, rest: str) -> Derivation:
    told, _, field = rest.partition(".")
    names = told.split("|")
    for name in names:
        if name not in EVENTS:
            raise ValueError(f"there is no event `{name}`; there are {', '.join(EVENTS)}")
    of_item = bool(field) and field not in FIELDS
    for name in names:
        if field and not may_have(name, "item" if of_item else field) and not (field == "item" and may_have(name, "items")):
            raise ValueError(f"the event `{name}` has no {'item, so no ' if of_item else ''}`{field}`")
    kind = "any" if of_item else FIELDS[field].kind if field else "none"
    how = _how(attribute, kind, field)
    return _made(attribute, how, frozenset(names), field or None, "item" if of_item else "event")


def _how(attribute: Attribute, kind: str, field: str) -> str:
    """The reduction for a type and a kind of field (none, whole, number, text, other; any for one of the catalogue)."""
    of, decays = attribute.type.replace(" ", ""), attribute.half_life is not None
    if of == "list<item>" and field in ("", "item"):
        return "recent"
    if kind == "other":
        raise ValueError(f"nothing is made of `{field}` by itself")
    if of == "int" and kind in ("none", "whole"):
        return "sum" if field else "count"
    if of == "double" and kind != "text":
        return "decayed" if decays or not field else "sum"
    if of == "timestamp" and kind == "none":
        return "latest"
    if of == "list<string>" and kind in ("text", "any"):
        return "recent_texts"
    if of == "map<string,double>" and kind in ("text", "any"):
        return "affinity"
    if of in _LAST and kind in ("text", "any"):
        return "last"
    raise ValueError(_advice(attribute.type, of, field))


def _advice(shown: str, of: str, field: str) -> str:
    if not field and of in (*_LAST, "list<string>", "map<string,double>"):
        return f"a {shown} comes from a field of an event: write `events.<event>.<field>`"
    what = f"the field `{field}` of an event" if field else "an event"
    fit = {
        "number": "a double",
        "whole": "an int or a double",
        "text": "a string, an enumeration, a list<string> or a map<string, double>",
        "any": "a double, a string, an enumeration, a list<string> or a map<string, double>",
        "none": "an int (how many), a double (how many of late), a timestamp (when last) or a list<item>",
    }
    kind = "none" if not field else FIELDS[field].kind if field in FIELDS else "any"
    return f"{what} makes {fit[kind]}, not a {shown}"


def _made(attribute: Attribute, how: str, events: frozenset[str], field: str | None, of: str) -> Derivation:
    decays, listed = how in ("decayed", "affinity"), how in ("recent", "recent_texts", "cart_list")
    if attribute.half_life is not None and not decays:
        raise ValueError(f"`half_life` is for what decays: a double or a map<string, double>, not a {attribute.type} from `{attribute.source}`")
    if attribute.half_life is not None and not attribute.half_life > 0:
        raise ValueError("`half_life` is a time above 0")
    if attribute.most is not None and not (listed or how == "affinity"):
        raise ValueError(f"`most` is for lists and maps, not for a {attribute.type} from `{attribute.source}`")
    if attribute.most is not None and not 1 <= attribute.most <= MOST:
        raise ValueError(f"`most` is a number from 1 to {MOST}")
    most = attribute.most or (MOST_LISTED if listed else MOST_WEIGHED if how == "affinity" else 0)
    half_life = (attribute.half_life or HALF_LIFE) if decays else None
    shared = (attribute.purpose, attribute.keep, attribute.values)
    return Derivation(attribute.name, attribute.type, how, events, field, of, half_life, most, *shared)
