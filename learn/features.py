"""What was known of a visitor at a moment, as the edge knew it then: the features of models that are learned from the logs.

There is no second implementation: rows of the logs become the messages of the queues again, the edge's own fold makes profiles
of them (tessera/fold.py), and the edge's own reading gives the values that a page view decides on (tessera/recall.py,
tessera/profile.py). A moment sees the messages that were received before it, and no later one.

`skew` holds that against the logged `inputs` of page views. Those tell what the edge really had, so a difference is a model that
would be asked something else than it has learned.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tessera import profile, recall
from tessera.events import message_of
from tessera.fold import fold
from tessera.happenings import told
from tessera.record import plain
from tessera.resolved import Bundle

Row = Mapping[str, Any]
Document = dict[str, Any]
Values = dict[str, Any]
SERVED = ("store", "cookie", "none")
NEAR = 1e-6  # relative: sums of what decays agree up to the rounding of doubles
SECONDS = 1.0  # moments of list items in a cookie are whole seconds


@dataclass(frozen=True)
class Difference:
    """A value that the edge decided on, and what training would have learned from in its place; None for none."""

    view: str
    attribute: str
    logged: Any
    made: Any


@dataclass(frozen=True)
class Skew:
    """`views` and `compared` values in them; `unknown`: values that do not come from events, and could not be compared."""

    views: int
    compared: int
    unknown: int
    differences: tuple[Difference, ...]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "differences": [asdict(one) for one in self.differences]}


def values(bundle: Bundle, document: Document | None, purposes: frozenset[str], at: float) -> Values:
    """What a page view at that moment would decide on, of attributes that come from events: full name → plain JSON."""
    text = "ok\x1f" + json.dumps(document) + "\x1f" if document else "none"
    known = recall.told(bundle, None, "p", "p", text, at)
    found, _ = profile.permitted(bundle, known.profile(bundle, at), {}, purposes)
    derived = {d.name for d in bundle.derivations}
    return {name: plain(value) for name, value in found.items() if name in derived}


def timelines(bundle: Bundle, events: Iterable[Row], decisions: Iterable[Row]) -> dict[str, list[tuple[float, str, Row]]]:
    """Profile → its messages as (received, id, message), in order: rows of both logs, each event and each page view once."""
    found: dict[str, dict[str, tuple[float, str, Row]]] = {}
    for message in _messages(events, decisions):
        heard = told(message)
        if heard.key is not None:
            id_ = heard.happenings[0].id
            found.setdefault(heard.key, {})[id_] = (heard.received, id_, message)
    return {key: sorted(of.values(), key=lambda one: one[:2]) for key, of in found.items()}


def _messages(events: Iterable[Row], decisions: Iterable[Row]) -> Iterator[Row]:
    for row in events:
        if "event" in row:
            yield message_of(row)
    views: dict[str, dict[str, Any]] = {}
    for row in decisions:
        view = views.setdefault(row["id"], {key: value for key, value in row.items() if key not in ("slot", "place")} | {"slots": []})
        view["slots"].append(row)
    for view in views.values():
        yield {"view": view, "page_status": view.get("page_status")}


Fold = Callable[[Bundle, Document | None, Row], Document | None]


def walked(bundle: Bundle, timeline: Iterable[tuple[float, str, Row]], step: Fold = fold) -> Iterator[tuple[Row, Document | None]]:
    """Each message of a profile, with the document as it was when the message came."""
    document: Document | None = None
    for _, _, message in timeline:
        yield message, document
        document = step(bundle, document, message)


def skew(bundle: Bundle, events: Iterable[Row], decisions: Iterable[Row], made: Callable[..., Values] = values, step: Fold = fold) -> Skew:
    """Compare what logged page views were decided on with what `made` makes of the same logs.

    Page views of which the edge says that it could not have all (`fallbacks`) are left out, as are previews' and robots'.
    """
    derived = {d.name for d in bundle.derivations}
    asked = {attribute.name for attribute in bundle.stored}
    views = compared = unknown = 0
    differences: list[Difference] = []
    for timeline in timelines(bundle, events, decisions).values():
        for message, document in walked(bundle, timeline, step):
            view = message.get("view")
            if view is None or view.get("fallbacks") or view.get("served_from") not in SERVED:
                continue
            views += 1
            theirs = {name: value for name, value in view["inputs"].items() if not name.startswith("request.")}
            ours = made(bundle, document, frozenset(view["purposes"]), view["at"])
            unknown += len(theirs.keys() - derived)
            for name in sorted((theirs.keys() | ours.keys()) & derived & asked):
                compared += 1
                if not same(theirs.get(name), ours.get(name)):
                    differences.append(Difference(view["id"], name, theirs.get(name), ours.get(name)))
    return Skew(views, compared, unknown, tuple(differences))


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, up to rounding."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) <= NEAR * max(1.0, abs(one), abs(other))
    if isinstance(one, dict) and isinstance(other, dict):
        if {"item", "at"} == one.keys() == other.keys():
            return one["item"] == other["item"] and abs(one["at"] - other["at"]) <= SECONDS
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@dataclass(frozen=True)
class Example:
    """A page view to learn from: when, what was known then (full name → number, text or truth), and whether the target came of it."""

    view: str
    at: float
    known: Values
    came: bool


def examples(bundle: Bundle, events: Iterable[Row], decisions: Iterable[Row], target: str, within: float) -> list[Example]:
    """An example for each logged page view of a known visitor, in order of time: did the event `target` follow within so many seconds?

    Known are the attributes that come from events, as the edge had them, and of the request what the row has. Lists and maps are no
    features. Views are left out of which the time is not over in the logs, and those of robots and without consent, as everywhere.
    """
    found: list[Example] = []
    lines = timelines(bundle, events, decisions)
    end = max((received for timeline in lines.values() for received, _, _ in timeline), default=0.0)
    for timeline in lines.values():
        hits = sorted(one.at for _, _, message in timeline for one in told(message).happenings if one.event == target)
        for message, document in walked(bundle, timeline):
            view = message.get("view")
            if view is None or view["at"] + within > end:
                continue
            known = {name: value for name, value in view["inputs"].items() if name.startswith("request.")}
            known |= values(bundle, document, frozenset(view["purposes"]), view["at"])
            simple = {name: value for name, value in sorted(known.items()) if isinstance(value, (bool, int, float, str))}
            found.append(Example(view["id"], view["at"], simple, any(view["at"] < at <= view["at"] + within for at in hits)))
    return sorted(found, key=lambda one: (one.at, one.view))
