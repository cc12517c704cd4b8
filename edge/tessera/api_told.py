"""What a caller of the HTTP API is told of a decision: content, how sure it is, why in a sentence, and what else there was."""

from __future__ import annotations

from typing import Any, Sequence

from tessera import score
from tessera.api_call import encode
from tessera.api_visit import Asked
from tessera.explain import Explanation, brief
from tessera.record import outcome, page_view, plain, text
from tessera.render import render
from tessera.resolved import REDIRECT, Bundle, Model
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
    items are ranked, the closeness of the first one."""
    close = closeness(bundle, visit, decision.model, decision.items[:1])
    return round(decision.propensity * (close[0] if close else 1.0), 6)


def closeness(bundle: Bundle, visit: Visit, model: int, items: Sequence[Ranked]) -> list[float]:
    """Of each item a number between 0 and 1 that can be compared between visitors.

    By a model with vectors it is (1 + cosine) / 2 of the item and the visitor: 1 is the same direction, 0.5 nothing in common. By
    a fixed order it is the share of the catalogue that scores no more than the item.
    """
    if model < 0 or not items:
        return []
    ranker = bundle.models[model]
    if ranker.vectors is None:
        order = ranker.order or ()
        return [round(sum(other <= item.score for other in order) / len(order), 6) if order else 0.0 for item in items]
    return [_closeness(ranker, _query(bundle, visit, ranker), item) for item in items]


def _query(bundle: Bundle, visit: Visit, model: Model) -> Sequence[int] | None:
    recent = visit.values.get(model.attribute) or () if model.attribute else ()
    return score.taste(model.vectors, recent, bundle.items.row_of, model.half_life, visit.at)


def _closeness(model: Model, query: Sequence[int] | None, item: Ranked) -> float:
    row = model.vectors.row(item.row)
    length = (sum(x * x for x in row) * sum(x * x for x in query or ())) ** 0.5
    cosine = sum(x * y for x, y in zip(query, row)) / length if length else 0.0
    return round(min(max((1 + cosine) / 2, 0.0), 1.0), 6)


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
    return not decision.items and (decision.content < 0 or bool(bundle.fixed[decision.content]))


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
