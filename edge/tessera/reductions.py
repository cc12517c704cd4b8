"""What events make of an attribute's value, one kind of reduction at a time: how it changes with an event, and how two
histories of one person become one.

None depends on the order in which events are delivered: what does depend on order goes by when they happened, for which
`state` (plain JSON, part of the stored document) keeps as much as is needed. Two exceptions are bounds: what fell out of a
full affinity map begins again at nothing, and so does a total that reached its greatest amount. Sums of what decays agree up to
the rounding of doubles.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple

from tessera import basket, stays
from tessera.derive import Derivation
from tessera.happenings import Happening, answers, items_of, weight
from tessera.held import Held, count, exact, listed
from tessera.types import Items, finite, moment_of

MAX_COUNT = 2**53
MAX_TOTAL = 9e11  # of sums: to there ten-thousandths are exact in a double
FADED = 1e-6  # what decayed to less is nothing
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

Step = Callable[[Derivation, Held, Happening, Items], "Held | None"]
Join = Callable[[Derivation, Held, Held], Held]


class Reduction(NamedTuple):
    """`step`: what an event makes of what is held, None where it tells nothing of it. `join`: what two histories make together."""

    step: Step
    join: Join


# --- numbers -----------------------------------------------------------------------------------------------------------


def _count(d: Derivation, held: Held, event: Happening, items: Items) -> Held:
    return held._replace(value=min(count(held.value) + 1, MAX_COUNT))


def _sum(d: Derivation, held: Held, event: Happening, items: Items) -> Held | None:
    found = _numbers(d, event, items)
    return held._replace(value=_total(d, held.value, exact(found))) if found else None


def _numbers(d: Derivation, event: Happening, items: Items) -> list[float]:
    told = map(finite, answers(event, d.field, d.of, items)) if d.field else (1.0,)
    return [number for number in told if number is not None]


def _total(d: Derivation, value: Any, more: float) -> float:
    total = max(-MAX_TOTAL, min(MAX_TOTAL, exact((finite(value) or 0.0, more))))
    return int(total) if d.type == "int" else total


def _add(d: Derivation, one: Held, other: Held) -> Held:
    return one._replace(value=_total(d, one.value, finite(other.value) or 0.0))


def _decayed(d: Derivation, held: Held, event: Happening, items: Items) -> Held | None:
    found = _numbers(d, event, items)
    return _grown(d, held, {"": sum(found)}, event.at) if found else None


# --- what decays: the value is as of state["at"] -------------------------------------------------------------------------


def _affinity(d: Derivation, held: Held, event: Happening, items: Items) -> Held | None:
    more: dict[str, float] = {}
    for text in answers(event, d.field, d.of, items):
        if isinstance(text, str):
            more[text] = more.get(text, 0.0) + weight(event)
    return _grown(d, held, more, event.at) if more else None


def _grown(d: Derivation, held: Held, more: Mapping[str, float], at: float) -> Held:
    """What is held and what is added, both as of the later of their times; the strongest of it."""
    then = _as_of(held)
    now = max(then, at)
    mine, theirs = 2 ** ((then - now) / d.half_life), 2 ** ((at - now) / d.half_life)
    total = {key: value * mine for key, value in _weights(held.value).items()}
    for key, value in more.items():
        total[key] = total.get(key, 0.0) + value * theirs
    return Held(_told(d, total), {"at": now}, held.written)


def _told(d: Derivation, weights: Mapping[str, float]) -> Any:
    if d.how == "decayed":
        return weights.get("", 0.0)
    bounded = {key: max(-MAX_TOTAL, min(MAX_TOTAL, value)) for key, value in weights.items() if abs(value) >= FADED}
    strongest = sorted(bounded.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    return dict(strongest[: d.most])


def _weights(value: Any) -> dict[str, float]:
    told = value if isinstance(value, dict) else {"": value}
    return {key: number for key, one in told.items() if (number := finite(one)) is not None}


def _as_of(held: Held) -> float:
    return finite(held.state.get("at")) or held.written


def _grow_together(d: Derivation, one: Held, other: Held) -> Held:
    return _grown(d, one, _weights(other.value), _as_of(other))


# --- the last ----------------------------------------------------------------------------------------------------------


def _latest(d: Derivation, held: Held, event: Happening, items: Items) -> Held:
    return held._replace(value=max(moment_of(held.value) or 0.0, event.at))


def _later(d: Derivation, one: Held, other: Held) -> Held:
    return one._replace(value=max(moment_of(one.value) or 0.0, moment_of(other.value) or 0.0))


def _last(d: Derivation, held: Held, event: Happening, items: Items) -> Held | None:
    found = [value for told in answers(event, d.field, d.of, items) if (value := _read(d, told)) is not None]
    if not found:
        return None
    if held.value is not None and event.moment <= _moment(held):
        return held._replace()  # it was told of all the same
    return Held(found[-1], {"at": event.at, "mark": event.mark}, held.written)


def _read(d: Derivation, told: Any) -> Any:
    """What was told as the attribute's type; None where it is none."""
    if not isinstance(told, str):
        return None
    if d.type == "bool":
        return _WORDS.get(told.strip().lower())
    if d.type in ("int", "double"):
        return _number(told, d.type == "int")
    return told if d.type == "string" or told in d.values else None


def _number(text: str, whole: bool) -> float | None:
    try:
        number = finite(float(text)) if len(text) <= 32 else None
    except ValueError:
        return None
    if number is None or abs(number) > MAX_TOTAL or (whole and not number.is_integer()):
        return None
    return int(number) if whole else number


def _moment(held: Held) -> tuple[float, str]:
    mark = held.state.get("mark")
    return _as_of(held), mark if isinstance(mark, str) else ""


def _newer(d: Derivation, one: Held, other: Held) -> Held:
    return other._replace(written=max(one.written, other.written)) if _moment(other) > _moment(one) else one


# --- the most recent: newest first, each once ----------------------------------------------------------------------------


def _recent(d: Derivation, held: Held, event: Happening, items: Items) -> Held | None:
    named = {item: event.at for item in items_of(event)}
    return held._replace(value=listed(held.value, named, d.most)) if named else None


def _recent_both(d: Derivation, one: Held, other: Held) -> Held:
    value, untimed = listed(one.value, {}, d.most), []
    for element in listed(other.value, {}, d.most):
        if isinstance(element, dict):
            value = listed(value, {element["item"]: element["at"]}, d.most)
        else:
            untimed.append(element)
    return one._replace(value=listed([*value, *untimed], {}, d.most))


def _recent_texts(d: Derivation, held: Held, event: Happening, items: Items) -> Held | None:
    found = {text: event.at for text in answers(event, d.field, d.of, items) if isinstance(text, str)}
    return _texts(d, held, found) if found else None


def _texts(d: Derivation, held: Held, more: Mapping[str, float]) -> Held:
    times = _times(held)
    for text, at in more.items():
        times[text] = max(at, times.get(text, 0.0))
    newest = sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))[: d.most]
    return Held([text for text, _ in newest], dict(newest), held.written)


def _times(held: Held) -> dict[str, float]:
    """When each text of the list was told last; of those of which it is not known, when the list was written."""
    told = held.value if isinstance(held.value, list) else []
    return {text: finite(held.state.get(text)) or held.written for text in told if isinstance(text, str)}


def _texts_both(d: Derivation, one: Held, other: Held) -> Held:
    return _texts(d, one, _times(other))


REDUCTIONS: Mapping[str, Reduction] = {
    "count": Reduction(_count, _add),
    "sum": Reduction(_sum, _add),
    "decayed": Reduction(_decayed, _grow_together),
    "affinity": Reduction(_affinity, _grow_together),
    "latest": Reduction(_latest, _later),
    "last": Reduction(_last, _newer),
    "recent": Reduction(_recent, _recent_both),
    "recent_texts": Reduction(_recent_texts, _texts_both),
    "cart_value": Reduction(basket.step, basket.join),
    "cart_count": Reduction(basket.step, basket.join),
    "cart_list": Reduction(basket.step, basket.join),
    "visits": Reduction(stays.visits, stays.visits_both),
    "lifecycle": Reduction(stays.lifecycle, stays.lifecycle_both),
}
