"""The running value, number or list of what is in the basket.

Adding, removing and buying do not commute, so the changes since the last purchase are kept (MOST_KEPT of them, the oldest go
into a base) and played in the order in which they happened. Only what is delivered after MOST_KEPT later changes depends on order.
"""

from __future__ import annotations

from typing import Any

from tessera.derive import Derivation
from tessera.happenings import Happening
from tessera.held import Held, exact, listed, marked
from tessera.types import Items, finite

MOST_KEPT = 24
MAX_VALUE = 1e9

# A change is [at, mark, amount, item]: money, or a number of pieces (with `cart_list`: of the item).
# The state: `sold`, [at, mark] of the last purchase; `base`, the pieces or the money before the first change; `changes`.


def step(d: Derivation, held: Held, event: Happening, items: Items) -> Held | None:
    """The basket after one more event, whenever that was."""
    sold, base, changes = _opened(held)
    if event.event == "purchase":
        return _played(d, held, max(sold, [event.at, event.mark]), base, changes)
    amount, item = _amount(d, event, items), event.fields.get("item")
    if not amount or (d.how == "cart_list" and not item):
        return None
    change = [event.at, event.mark, amount, item if d.how == "cart_list" else None]
    return _played(d, held, sold, base, [*changes, change])


def _amount(d: Derivation, event: Happening, items: Items) -> float:
    """What an event changes; without a `value`, the item's price in the catalogue is taken, where there is one."""
    quantity = event.fields.get("quantity", 1)
    sign = -1 if event.event == "remove_from_cart" else 1
    if d.how != "cart_value":
        return sign * quantity
    value, row = event.fields.get("value"), items.row_of.get(event.fields.get("item"))
    if value is None and row is not None:
        value = items.columns.get("price", {row: None})[row]
    return sign * abs(finite(value) or 0.0) * quantity


def _opened(held: Held) -> tuple[list[Any], Any, list[list[Any]]]:
    """The state. Without one, the value that is held is where the changes begin, and when it was written."""
    state = held.state
    begun = [held.written if held.value is not None else 0.0, ""]
    sold = next(iter(marked([state.get("sold")], 2)), begun)
    changes = [row for row in marked(state.get("changes"), 4) if finite(row[2]) is not None and isinstance(row[3], (str, type(None)))]
    return sold, state.get("base", held.value), changes


def _played(d: Derivation, held: Held, sold: list[Any], base: Any, changes: list[list[Any]]) -> Held:
    before = _opened(held)[0]
    if sold > before:
        base = None
    changes = sorted((change for change in changes if change[:2] > sold), key=lambda change: change[:2])
    if len(changes) > MOST_KEPT:
        base, changes = _play(d, base, changes[:-MOST_KEPT]), changes[-MOST_KEPT:]
    return Held(_play(d, base, changes), {"sold": sold, "base": base, "changes": changes}, held.written)


def _play(d: Derivation, base: Any, changes: list[list[Any]]) -> Any:
    if d.how == "cart_list":
        return _play_items(d, base, changes)
    total = finite(base) or 0.0
    for _, _, amount, _ in changes:
        total = min(max(exact((total, amount)), 0.0), MAX_VALUE)
    return int(total) if d.how == "cart_count" else total


def _play_items(d: Derivation, base: Any, changes: list[list[Any]]) -> list[Any]:
    """The items of which a piece is left. Of those in the base it is known only that they are there."""
    pieces: dict[str, float] = {}
    times: dict[str, float] = {}
    for element in listed(base, {}, d.most):
        id_ = element["item"] if isinstance(element, dict) else element
        pieces[id_], times[id_] = 1, element["at"] if isinstance(element, dict) else 0.0
    for at, _, amount, item in changes:
        if item is None:
            continue
        pieces[item] = max(pieces.get(item, 0) + amount, 0)
        times[item] = at if amount > 0 else times.get(item, at)
    return listed([], {item: times[item] for item, left in pieces.items() if left > 0}, d.most)


def join(d: Derivation, one: Held, other: Held) -> Held:
    """Both baskets together: what was put in after the later purchase of the two."""
    (sold, base, changes), (sold_too, base_too, changes_too) = _opened(one), _opened(other)
    if sold_too > sold:
        base = None
    elif sold > sold_too:
        base_too = None
    both = [*changes, *(change for change in changes_too if change not in changes)]
    latest = max(sold, sold_too)
    begun = Held(_both(d, base, base_too), {"sold": latest}, one.written)
    return _played(d, begun, latest, begun.value, both)


def _both(d: Derivation, base: Any, other: Any) -> Any:
    if d.how != "cart_list":
        return exact((finite(base) or 0.0, finite(other) or 0.0))
    return listed([element for part in (base, other) if isinstance(part, list) for element in part], {}, d.most)
