"""What a caller of the HTTP API is told of a decision: content, how sure it is, why in a sentence, and what else there was."""

from __future__ import annotations

from typing import Any, Sequence

from tessera.api_call import encode
from tessera.api_visit import Asked
from tessera.closeness import closeness, of_nearest
from tessera.explain import Explanation, brief
from tessera.record import outcome, page_view, plain, text
from tessera.render import render
from tessera.resolved import REDIRECT, Bundle
from tessera.types import Decision, Ranked, Visit

STATUS = "api"  # of such a decision in the log
MOST_TOLD = 4_096  # decisions and items of which it is kept what is the same for everybody
PLAIN = frozenset(("text", "src", "srcset", "href", "class"))  # operations whose content is a value, not markup
_SAID_ALIKE = frozenset(("default", "bot", "holdout"))  # reasons of a default that read the same for everybody
_WRITTEN = (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&#96;", "`"), ("&amp;", "&"))  # as render.py escapes
_NONCE = ' nonce="\x02"'  # which only pages have


def content(bundle: Bundle, visit: Visit, decision: Decision) -> dict[str, Any] | None:
    """The content with its media type; None where the slot stays as it is."""
    slot = bundle.slots[decision.slot]
    if decision.variant < 0:
        return None
    if slot.operation == REDIRECT:
        return {"type": "text/uri-list", "value": slot.values[decision.variant]}
    if slot.values is not None:
        return {"type": "application/json", "value": plain(slot.values[decision.variant])}
    if decision.content < 0:
        return None
    markup = render(bundle.contents[decision.content], visit.values, bundle.items, decision.items).replace(_NONCE, "")
    if slot.operation not in PLAIN:
        return {"type": "text/html", "value": markup}
    for written, meant in _WRITTEN:
        markup = markup.replace(written, meant)
    return {"type": "text/plain", "value": markup}


def confidence(bundle: Bundle, visit: Visit, decision: Decision) -> float:
    """Between 0 and 1: the probability with which the visitor gets what they got (1 where no experiment draws lots); times, where
    items or variants are ranked, the closeness of the first one."""
    close = closeness(bundle, visit, decision.model, decision.items[:1]) or [of_nearest(bundle, visit, decision)]
    return round(decision.propensity * (1.0 if close[0] is None else close[0]), 6)


def items(bundle: Bundle, visit: Visit, model: int, ranked: Sequence[Ranked]) -> list[dict[str, Any]]:
    """Items of the catalogue with their fields, as JSON."""
    close = closeness(bundle, visit, model, ranked)
    return [
        {"id": bundle.items.ids[item.row], "score": plain(item.score), "confidence": near, "fields": _fields(bundle, item.row)}
        for item, near in zip(ranked, close)
    ]


def _fields(bundle: Bundle, row: int) -> dict[str, Any]:
    """The fields of an item; kept, as the same items are shown again and again."""
    told = bundle.outcomes.api
    found = told.get(row)
    if found is None:
        found = {name: plain(column[row]) for name, column in bundle.items.columns.items()}
        if len(told) < MOST_TOLD:
            told[row] = found
    return found


def slot(bundle: Bundle, visit: Visit, decision: Decision, explained: Explanation | None = None) -> str:
    """A slot's decision, as JSON. `explained`: why, where that is known already."""
    told = bundle.outcomes.api
    shared, reasons = told.get(decision) or (encode(_shared(bundle, visit, decision))[:-1], None)
    if explained is not None:
        return shared + _reasons(explained)
    if reasons is None:
        reasons = _reasons(brief(bundle, visit, decision))
        if decision not in told and len(told) < MOST_TOLD and _is_the_same(bundle, decision):
            told[decision] = shared, reasons if decision.rule < 0 and decision.why in _SAID_ALIKE else None
    return shared + reasons


def _reasons(why: Explanation) -> str:
    others = [{"variant": each.variant, "reasoning": each.because, "weight": plain(each.weight)} for each in why.alternatives]
    return f',"reasoning":{encode(why.sentence)},"alternatives":{encode(others)}}}'


def _shared(bundle: Bundle, visit: Visit, decision: Decision) -> dict[str, Any]:
    """What a decision is, but for the reasons."""
    told, place = outcome(bundle, decision), bundle.slots[decision.slot]
    return {
        "slot": place.name,
        "channel": place.channel,
        **{key: told[key] for key in ("variant", "level", "rule", "segment", "campaign", "experiment", "arm", "reason")},
        "content": content(bundle, visit, decision),
        "items": items(bundle, visit, decision.model, decision.items),
        "confidence": confidence(bundle, visit, decision),
    }


def _is_the_same(bundle: Bundle, decision: Decision) -> bool:
    """Whether it depends on no visitor: nothing is ranked, and the content says the same to everybody."""
    return not (decision.items or decision.nearest) and (decision.content < 0 or bool(bundle.fixed[decision.content]))


def metadata(bundle: Bundle, asked: Asked, published: float | None, view: str | None) -> dict[str, Any]:
    """What the answer rests on. `view` names the decision in the log; events that report on it name it too."""
    visit, document = asked.visit, asked.stored.document
    written = document.get("updated")
    return {
        "bundle": bundle.name,
        "bundle_age_seconds": None if published is None else max(0, round(visit.at - published)),
        "decided_at": visit.at,
        "profile_age_seconds": max(0, round(visit.at - written)) if isinstance(written, (int, float)) else None,
        "served_from": visit.served_from,
        "fallbacks": list(visit.fallbacks),
        "purposes": sorted(visit.purposes),
        "jurisdiction": visit.jurisdiction,
        "level": visit.most,
        "view": view,
        "ignored": list(asked.ignored),
    }


def message(bundle: Bundle, asked: Asked, decisions: Sequence[Decision], view: str, page: str | None, channel: str) -> str:
    """Decisions as the log takes them, as JSON."""
    if channel == "web":
        told = text(bundle, asked.visit, decisions, view=view, page=page)
    else:
        told = encode(page_view(bundle, asked.visit, decisions, view=view, page=page, channel=channel))
    places = {bundle.slots[each.slot].name: "kept" if each.variant < 0 else "offered" for each in decisions}
    return f'{{"view":{told},"page_status":"{STATUS}","places":{encode(places)}}}'
