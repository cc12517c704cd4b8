"""The log → profiles: what events and page views make of stored profiles, folded again by the edge's own code.

For a store that is lost or was late: what is in the log comes back. What the log does not hold does not: values that other
systems or calls of the API wrote, which account a visitor was logged in to, and exposures of campaigns, whose decisions the
log has instead (docs/events.md).
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from tessera import consumer
from tessera.events import message_of
from tessera.resolved import Bundle

Row = Mapping[str, Any]


def messages(events: Iterable[Row], decisions: Iterable[Row] = ()) -> list[dict[str, Any]]:
    """Rows of the log as messages of the queues, in order of receipt, each event and page view once. The queue may be given
    them too: their lines are not logged again."""
    reported = {row["id"]: {**message_of(row), "replayed": True} for row in events}
    views: dict[str, dict[str, Any]] = {}
    for row in decisions:
        view = views.setdefault(row["id"], {key: value for key, value in row.items() if key not in ("slot", "place")} | {"slots": []})
        if row["slot"] not in {slot["slot"] for slot in view["slots"]}:
            view["slots"].append(dict(row))
    found = [(message["received"], id_, message) for id_, message in reported.items()]
    found += [(view["at"], id_, {"view": view, "replayed": True}) for id_, view in views.items()]
    return [message for _, _, message in sorted(found, key=lambda each: each[:2])]


def profiles(bundle: Bundle, found: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The document of each profile that messages make, by its key; what cannot be folded is left out, as at the edge."""
    read = [consumer.read(str(number), consumer.encoded(message)) for number, message in enumerate(found)]
    folded = ((key, consumer.folded(bundle, None, group).document) for key, group in consumer.grouped(read).items())
    return {key: document for key, document in folded if document}
