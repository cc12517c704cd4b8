"""What events there are, and what their fields may be. A leaf: the reader of bodies, attributes that come from events, and the
log share it. In words: docs/events.md.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple

MAX_NUMBER = 1e12
MAX_AGO = 86_400_000  # milliseconds: what happened longer ago, or so far in the future, is refused
MAX_PATH = 512
MAX_FORM = 8  # fields of one form that are told
MAX_ANSWER = 256  # characters of what stands in one
MAX_ITEMS = 32  # items of one purchase
CHANNELS = ("web", "email", "mobile", "push", "sms", "ads")
_HEX = frozenset("0123456789abcdef")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")


def _text(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and 0 < len(value) <= most and value.isprintable()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


def _between(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: _is_number(value) and low <= value <= high


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000


def _is_view(value: Any) -> bool:
    """Whether it is a UUID as page views have: 8-4-4-4-12 lower-case hexadecimal digits."""
    return isinstance(value, str) and list(map(len, parts := value.split("-"))) == [8, 4, 4, 4, 12] and _HEX.issuperset("".join(parts))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64 and _WORD.issuperset(value)


def _is_currency(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/") and len(value) <= MAX_PATH and value.isprintable() and "?" not in value and "#" not in value


_is_item = _text(128)
_is_answer = _text(MAX_ANSWER)


def _are_items(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MAX_ITEMS and all(map(_is_item, value))


def _is_form(value: Any) -> bool:
    return isinstance(value, dict) and 0 < len(value) <= MAX_FORM and all(map(_is_name, value)) and all(map(_is_answer, value.values()))


class Field(NamedTuple):
    """What a value of an event must be: the check, and in words. `kind`: number, whole, text or other."""

    fits: Callable[[Any], bool]
    words: str
    kind: str = "text"


FIELDS: Mapping[str, Field] = {
    "ago": Field(_between(-MAX_AGO, MAX_AGO), "a number of milliseconds, at most a day", "other"),
    "view": Field(_is_view, "the id of a page view"),
    "slot": Field(_is_name, "the name of a slot"),
    "page": Field(_is_path, f"a path of at most {MAX_PATH} characters, without query"),
    "screen": Field(_text(128), "a text of at most 128 characters"),
    "target": Field(_text(128), "a text of at most 128 characters"),
    "item": Field(_is_item, "a text of at most 128 characters"),
    "items": Field(_are_items, f"a list of 1 to {MAX_ITEMS} texts of at most 128 characters", "other"),
    "quantity": Field(_is_count, "a whole number, at most a million", "whole"),
    "value": Field(_is_number, "a finite number", "number"),
    "currency": Field(_is_currency, "three capital letters"),
    "order": Field(_text(64), "a text of at most 64 characters"),
    "depth": Field(_between(0, 100), "a number from 0 to 100", "number"),
    "seconds": Field(_between(0, 86_400), "a number of seconds, at most a day", "number"),
    "rating": Field(_between(1, 5), "a number from 1 to 5", "number"),
    "form": Field(_is_name, "the name of a form"),
    "fields": Field(_is_form, f"an object of 1 to {MAX_FORM} texts of at most {MAX_ANSWER} characters, by name", "other"),
    "campaign": Field(_is_name, "the name of a campaign"),
    "channel": Field(lambda value: isinstance(value, str) and value in CHANNELS, f"one of {', '.join(CHANNELS)}"),
}
_COMMON = ("ago", "view", "page", "channel", "campaign")
_SLOT = ("view", "slot")
_SALE = ("item", "quantity", "value", "currency")
_OF_ITEM = (*_COMMON, "slot", "item")

# name → (fields that it must have, further ones that it may have)
EVENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "exposure": (_SLOT, _COMMON),  # at least half of the slot was visible for a second, and showed what was decided
    "undone": (_SLOT, _COMMON),  # what was decided for the slot did not stand in the page when it was left
    "page_view": ((), _COMMON),
    "click": ((), (*_COMMON, "slot", "target", "item")),
    "scroll": (("depth",), _COMMON),
    "time_on_page": (("seconds",), _COMMON),
    "search": ((), _COMMON),
    "form_submit": (("form",), (*_COMMON, "fields")),
    "login": ((), _COMMON),
    "sign_up": ((), _COMMON),
    "opt_out": ((), _COMMON),
    "view_item": (("item",), (*_COMMON, "slot", "value", "currency")),
    "add_to_cart": ((), (*_COMMON, "slot", *_SALE)),
    "remove_from_cart": ((), (*_COMMON, *_SALE)),
    "begin_checkout": ((), (*_COMMON, "items", "value", "currency")),
    "purchase": ((), (*_COMMON, *_SALE, "items", "order")),
    "wishlist": (("item",), (*_COMMON, "slot")),
    "like": (("item",), (*_COMMON, "slot")),
    "share": ((), (*_OF_ITEM, "target")),
    "rating": (("rating",), _OF_ITEM),
    "dismiss": ((), _OF_ITEM),
    "hide": ((), _OF_ITEM),
    "app_open": ((), _COMMON),
    "screen_view": (("screen",), _COMMON),
    "push_open": ((), (*_COMMON, "slot", "target")),
    "push_dismiss": ((), (*_COMMON, "slot")),
    "email_open": ((), (*_COMMON, "slot")),
    "email_click": ((), (*_OF_ITEM, "target")),
    "email_unsubscribe": ((), _COMMON),
    "sms_click": ((), (*_OF_ITEM, "target")),
}
# name → fields of which it must have at least one
EITHER: Mapping[str, tuple[str, ...]] = {"rating": ("item", "slot"), "dismiss": ("slot", "campaign"), "hide": ("item", "slot")}
SEEN = ("exposure", "undone")
# what a mail program or a phone tells: no sign that somebody was here
AWAY = frozenset({"push_dismiss", "email_open", "email_unsubscribe"})
AGAINST = frozenset({"dismiss", "hide"})  # what speaks against an item


def may_have(event: str, field: str) -> bool:
    """Whether an event of this name can have the field."""
    return any(field in part for part in EVENTS[event])


def wrong(event: Any) -> str:
    """Why something is no event; empty where it is one. Of the visitor's own text nothing is repeated."""
    if not isinstance(event, dict):
        return "not an object"
    name = event.get("event")
    if not isinstance(name, str) or name not in EVENTS:
        return f"`event` is none of {', '.join(EVENTS)}"
    needed, possible = EVENTS[name]
    for key in needed:
        if key not in event:
            return f"{name} needs `{key}`"
    either = EITHER.get(name)
    if either and not any(key in event for key in either):
        return f"{name} needs {' or '.join(f'`{key}`' for key in either)}"
    for key, value in event.items():
        if key == "event":
            continue
        if key not in needed and key not in possible:
            return f"{name} has a key that it does not know; possible are {', '.join(dict.fromkeys((*needed, *possible)))}"
        if not FIELDS[key].fits(value):
            return f"`{key}` is not {FIELDS[key].words}"
    return ""
