"""When the visitor was there: how often they came, and how far they have come (`visits`, `lifecycle`).

A stay is a stretch without a gap of GAP or more, whatever order its events are delivered in; the recent ones are kept as
[from, until], since a late event may join two of them.

The stages: `new`; `engaged` from the third visit, or from add_to_cart or sign_up; `customer` from a purchase; `lapsed` when
somebody who was engaged or a customer comes back after LAPSE (90 days), until they put something into the basket, sign up
(engaged) or buy (customer) again.
"""

from __future__ import annotations

from typing import Any, Sequence

from tessera.derive import Derivation
from tessera.happenings import Happening
from tessera.held import Held, count, spans
from tessera.types import Items

GAP = 30 * 60  # seconds without a sign of life after which a visit is over
OPEN = 48 * 3600  # seconds for which a stay is kept, to be joined by what is delivered late
LAPSE = 90 * 86_400
ENGAGED_AT = 3  # visits
ACTS = ("add_to_cart", "sign_up")
# stage → what stands for it where the attribute does not have it
_FALLBACK = {"customer": "engaged", "engaged": "new"}

Stays = list[list[float]]


def _joined(stays: Sequence[Sequence[float]]) -> Stays:
    """Stays in order of time, with no gap below GAP between them."""
    found: Stays = []
    for start, end in sorted(stays):
        if found and start - found[-1][1] < GAP:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return found


def _kept(stays: Stays) -> Stays:
    """The recent stays, and the last one before them."""
    since = stays[-1][1] - OPEN
    first = next(number for number, stay in enumerate(stays) if stay[1] >= since)
    return stays[max(first - 1, 0) :]


def _with(stays: Stays, more: Sequence[Sequence[float]]) -> tuple[Stays, int]:
    """The stays with further ones, and by how many visits that are more. What is told too late to know them all then adds none."""
    if stays:
        since = min(stays[0][0], stays[-1][1] - OPEN)
        more = [stay for stay in more if stay[1] >= since]
    before = _joined(stays)
    after = _joined([*before, *more])
    return after, len(after) - len(before)


def visits(d: Derivation, held: Held, event: Happening, items: Items) -> Held | None:
    """The number of visits after one more event."""
    if not event.is_life:
        return None
    stays, more = _with(spans(held.state.get("stays")), [[event.at, event.at]])
    return Held(count(held.value) + more, {"stays": _kept(stays)}, held.written)


def visits_both(d: Derivation, one: Held, other: Held) -> Held:
    """The visits of both; a stay that both had is one."""
    mine, theirs = spans(one.state.get("stays")), spans(other.state.get("stays"))
    both = _joined([*mine, *theirs])
    total = count(one.value) + count(other.value) + len(both) - len(_joined(mine)) - len(_joined(theirs))
    return Held(max(total, 0), {"stays": _kept(both)} if both else {}, one.written)


# --- stages: the state has `stays` and `visits` as above; `acted`, `bought`: [first, last]; `back`: [when, visits before] ---


def lifecycle(d: Derivation, held: Held, event: Happening, items: Items) -> Held | None:
    """The stage after one more event."""
    if not event.is_life:
        return None
    state = dict(_opened(held))
    stays, more = _with(state["stays"], [[event.at, event.at]])
    state |= {"stays": stays, "visits": state["visits"] + more}
    for key, events in (("acted", ACTS), ("bought", ("purchase",))):
        if event.event in events:
            state[key] = _reach(state[key], [event.at, event.at])
    return _staged(d, state, held)


def lifecycle_both(d: Derivation, one: Held, other: Held) -> Held:
    """The stage of two histories of one person."""
    mine, theirs = _opened(one), _opened(other)
    stays = _joined([*mine["stays"], *theirs["stays"]])
    joined = len(_joined(mine["stays"])) + len(_joined(theirs["stays"])) - len(stays)
    state = {"stays": stays, "visits": max(mine["visits"] + theirs["visits"] - joined, 0)}
    state |= {key: _reach(mine[key], theirs[key]) for key in ("acted", "bought")}
    state["back"] = max(mine["back"], theirs["back"], key=lambda back: back or [0.0, 0])
    return _staged(d, state, one) if stays else one


def _reach(one: Any, other: Any) -> list[float] | None:
    if one is None or other is None:
        return one or other
    return [min(one[0], other[0]), max(one[1], other[1])]


def _opened(held: Held) -> dict[str, Any]:
    """The state. Without one, the stage that is held says what was before it was written."""
    state, then = held.state, [held.written, held.written]
    if "stays" not in state and held.value in ("engaged", "customer", "lapsed"):
        began = {"stays": [then], "visits": ENGAGED_AT, "acted": then, "bought": then if held.value == "customer" else None, "back": None}
        # somebody who had lapsed was engaged before they came back
        return began | {"acted": [0.0, 0.0], "back": [held.written, ENGAGED_AT - 1]} if held.value == "lapsed" else began
    back = next(iter(spans([state.get("back")])), None)
    reach = {key: next(iter(spans([state.get(key)])), None) for key in ("acted", "bought")}
    return {"stays": spans(state.get("stays")), "visits": count(state.get("visits")), **reach, "back": back}


def _staged(d: Derivation, state: dict[str, Any], held: Held) -> Held | None:
    stays: Stays = state["stays"]
    later = next((number for number in range(len(stays) - 1, 0, -1) if stays[number][0] - stays[number - 1][1] >= LAPSE), None)
    if later is not None:
        state["back"] = [stays[later][0], state["visits"] - (len(stays) - later)]
    state["stays"] = _kept(stays)
    stage = _stage(state)
    if stage == "lapsed" and stage not in d.values:
        stage = _stage({**state, "back": None})
    while stage is not None and stage not in d.values:
        stage = _FALLBACK.get(stage)
    return Held(held.value if stage is None else stage, state, held.written)


def _stage(state: dict[str, Any]) -> str:
    acted, bought, back = state["acted"], state["bought"], state["back"]
    many = state["visits"] >= ENGAGED_AT
    if back is None or not (_before(acted, back[0]) or _before(bought, back[0]) or back[1] >= ENGAGED_AT):
        return "customer" if bought else "engaged" if acted or many else "new"
    if bought and bought[1] >= back[0]:
        return "customer"
    return "engaged" if acted and acted[1] >= back[0] else "lapsed"


def _before(reach: Any, moment: float) -> bool:
    return reach is not None and reach[0] < moment
