"""Messages of the queues → what happened, for profiles: who it was, with which consent, and each event once."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple

from tessera.types import EMPTY, Items, finite
from tessera.vocabulary import AGAINST, AWAY

WEB = ("web", "mobile")  # channels on which a decision is a page view


class Happening(NamedTuple):
    """One event. `mark` orders what happened at the same moment; `fields` are those that were told."""

    id: str
    mark: str
    at: float
    event: str
    fields: Mapping[str, Any] = EMPTY

    @property
    def moment(self) -> tuple[float, str]:
        """What orders events, in whichever order they are delivered."""
        return self.at, self.mark

    @property
    def is_life(self) -> bool:
        """Whether the visitor was there."""
        return bool(self.event) and self.event not in AWAY


class Told(NamedTuple):
    """What a message tells. `key`: whose profile, None for nobody's. `received`: epoch seconds.

    `decided`: the campaigns that were decided in a page view, each with when; `channel`: in which.
    """

    key: str | None
    received: float
    purposes: frozenset[str]
    jurisdiction: str | None
    happenings: tuple[Happening, ...]
    decided: tuple[tuple[str, float], ...] = ()
    channel: str = "web"


def told(message: Mapping[str, Any]) -> Told:
    """What a message of either queue tells; of a robot, and without consent, nobody's.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: where it is no such message.
    """
    return _page_view(message, message["view"]) if "view" in message else _events(message)


def _events(message: Mapping[str, Any]) -> Told:
    received, shown = _moment(message["received"]), message.get("shown") or EMPTY
    purposes = frozenset(message["purposes"])
    nobody = message.get("bot") is True or not purposes
    key = None if nobody else message.get("profile") or message.get("unit")
    first = message.get("first", 0)
    found = (_event(message, first + number, event, received, shown) for number, event in enumerate(message["events"]))
    return Told(key, received, purposes, message.get("jurisdiction"), tuple(found))


def _event(message: Mapping[str, Any], number: int, event: Mapping[str, Any], received: float, shown: Mapping[str, Any]) -> Happening:
    fields = {name: value for name, value in event.items() if value is not None and name not in ("event", "ago", "at")}
    if "slot" in fields and (campaign := (shown.get(fields.get("view")) or EMPTY).get(fields["slot"])):
        fields["campaign"] = campaign
    at = _moment(event["at"]) if "at" in event else happened(received, event)
    id_ = message["id"]
    return Happening(f"{id_}-{number}", f"{id_[:8]}-{number:03}", at, event["event"], fields)


def happened(received: float, event: Mapping[str, Any]) -> float:
    """When an event was, by when it was received: a clock may have been set back meanwhile, so never after that."""
    return received - max(event.get("ago") or 0, 0) / 1000


def _page_view(message: Mapping[str, Any], view: Mapping[str, Any]) -> Told:
    """A page view is the event `page_view`, with the page's name. What is decided for another channel is none, nor is a page in
    place of which another address was given: that is a page view of its own."""
    at, id_, purposes = _moment(view["at"]), view["id"], frozenset(view["purposes"])
    slots, inputs = view.get("slots") or (), view.get("inputs") or EMPTY
    robot = inputs.get("request.bot") is True or any(slot.get("reason") == "bot" for slot in slots)
    key = None if robot or not purposes else message.get("profile") or view.get("profile") or view.get("unit")
    is_page = view.get("channel", "web") in WEB and message.get("page_status") != "redirected"
    fields = {"page": view["page"]} if is_page and view.get("page") else EMPTY
    seen = Happening(id_, id_[:12], at, "page_view" if is_page else "", fields)  # counted once, whatever it is
    acting = (slot["campaign"] for slot in slots if slot.get("campaign") and slot.get("variant") != "none" and not slot.get("holdout"))
    return Told(key, at, purposes, view.get("jurisdiction"), (seen,), tuple((campaign, at) for campaign in dict.fromkeys(acting)), view.get("channel", "web"))


def _moment(value: Any) -> float:
    moment = finite(value)
    if moment is None or not 0 <= moment < 1e11:
        raise ValueError("a time that is none")
    return moment


# --- what an event says of an attribute's field ------------------------------------------------------------------------


def items_of(happening: Happening) -> Iterable[str]:
    """The ids of the items that an event names, each once."""
    fields = happening.fields
    one = fields.get("item")
    return dict.fromkeys((*([one] if one else ()), *(fields.get("items") or ())))


def answers(happening: Happening, field: str, of: str, items: Items) -> list[Any]:
    """The values of a field of an `event`, of its `form`, or of each `item` of it in the catalogue: none, one or several."""
    if of == "event" and field == "item":
        return list(items_of(happening))
    if of != "item":
        fields = happening.fields if of == "event" else happening.fields.get("fields") or EMPTY
        return [] if fields.get(field) is None else [fields[field]]
    column = items.columns.get(field)
    if column is None:
        return []
    rows = (items.row_of.get(item) for item in items_of(happening))
    return [column[row] for row in rows if row is not None and column[row] is not None]


def weight(happening: Happening) -> float:
    """How much an event speaks for its item: 1, against it −1; a rating from −2 to 2."""
    if happening.event == "rating":
        return float(happening.fields["rating"]) - 3
    return -1.0 if happening.event in AGAINST else 1.0
