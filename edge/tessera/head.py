"""What a decided page gets at the end of its head: images that are about to be shown, and what was decided, as data."""

from __future__ import annotations

from typing import Any, Iterator, Sequence

from tessera.record import variant_name
from tessera.render import NONCE, escape_json, render, unescape_text
from tessera.resolved import REDIRECT, Bundle
from tessera.types import Decision, Visit

PLAIN = ("text", "src", "srcset", "href", "class")  # operations whose content is a value, not markup
LONGEST_NAME = 12  # characters of the bundle's name: enough to tell releases apart

Shown = Sequence[tuple[Decision, "str | None"]]


def additions(bundle: Bundle, page: str, visit: Visit, decisions: Sequence[Decision], texts: Sequence[str | None], view: str = "") -> str:
    """The markup to append to the head; empty where there is nothing to add.

    Args:
        decisions: those of the page. texts: the content of each, None where its slot is left as it is.
        view: the id of the page view, by which browsers tell what was seen; of a preview nothing is counted.
    """
    shown = [(decision, text) for decision, text in zip(decisions, texts) if bundle.slots[decision.slot].operation != REDIRECT]
    links = "".join(dict.fromkeys(_preloads(bundle, visit, shown)))
    return links + island(bundle, page, shown, "" if visit.preview else view) if page in bundle.island else links


def _preloads(bundle: Bundle, visit: Visit, shown: Shown) -> Iterator[str]:
    """A link for the image of each slot that asks for it."""
    for decision, text in shown:
        number = None if text is None else bundle.slots[decision.slot].preload.get(decision.content)
        if number is not None:
            address = render(bundle.contents[number], visit.values, bundle.items)
            if address not in ("", "#"):
                yield f'<link rel="preload" as="image" href="{address}">'


def island(bundle: Bundle, page: str, shown: Shown, view: str = "") -> str:
    """What was decided for each slot, as a JSON script for applications that build the page themselves.

    It tells of the visitor nothing but what the slots show anyway.
    """
    slots = {bundle.slots[decision.slot].name: _told(bundle, decision, text) for decision, text in shown}
    told = {**({"view": view} if view else {}), "page": page, "bundle": bundle.name[:LONGEST_NAME], "slots": slots}
    return f'<script type="application/json" id="tessera">{escape_json(told)}</script>'


def _told(bundle: Bundle, decision: Decision, text: str | None) -> dict[str, Any]:
    slot = bundle.slots[decision.slot]
    rule = bundle.rules[decision.rule] if decision.rule >= 0 else None
    experiment = bundle.experiments[decision.experiment] if decision.experiment >= 0 else None
    content = text and (unescape_text(text) if slot.operation in PLAIN else text.replace(NONCE, ""))
    return {
        "selector": slot.selector,
        "operation": slot.operation,
        "variant": variant_name(bundle, decision),
        "level": rule.level if rule else "default",
        "experiment": experiment.name if experiment else None,
        "arm": experiment.design.arms[decision.arm] if experiment else None,
        "content": content,
    }
