"""POST rank: ids in, ids out in an order for one user, each with its score and the reason; for callers of the HTTP API, and for pages of
the site by the visitor's own cookie (POST /_tessera/rank)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from tessera import api_told, visit
from tessera.api_call import MAX_BODY, Answer, Call, Refused, body_of, encode, invalid
from tessera.api_decisions import ANY, asked_by, flag, page_told, slots_named
from tessera.closeness import closeness
from tessera.context import Request
from tessera.decide import decide_slots
from tessera.explain import brief
from tessera.identity import Key
from tessera.ranking import SPARE, action_of, admitting
from tessera.record import outcome, page_view, plain
from tessera.rerank import Placed, Reranked, chain, rerank, within
from tessera.resolved import Bundle
from tessera.turn import reading, recalled
from tessera.types import Decision, Ranked, Visit, parse_json

PageOf = Callable[[str], str]
MOST_IDS = 1_000
MAX_ID = 200  # characters
LARGEST = 1e100  # of a relevance
USUAL_WEIGHT = 0.5
MOST_LOGGED = 50  # items of a row of the log
MOST_CLOSE = 100  # items of which it is told how close they are
NO_SLOT = "@rank"  # in the log: what was ranked for no slot
VECTORS = ("int8", "int4", "pq")
FIELDS = ("ids", "slot", "model", "relevance", "weight", "filter", "explain", "peek")
_STAYS = {
    "bot": "robots get what everybody gets",
    "holdout": "this visitor is held out and gets what everybody gets",
    "preference": "the visitor wishes for no more",
    "consent": "there is no consent to what it would be ranked by",
    "default": "no model knows anything of this visitor",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A body that was read. `slot`, `model`: indices, -1 for none."""

    ids: tuple[str, ...]
    slot: int
    model: int
    relevance: tuple[float, ...] | None
    weight: float
    is_filtered: bool
    is_explained: bool
    is_peek: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a wish: the items, those that the slot's filter hides, why nothing was ranked (empty where it was), and the
    slot's decision."""

    ranked: Reranked
    hidden: tuple[str, ...] = ()
    why: str = ""
    decision: Decision | None = None


def rank(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """POST /rank, of a caller of the HTTP API."""
    body = body_of(call, ("user", "page", *FIELDS, "context", "consent"))
    wish = read(bundle, body)
    url, page = page_told(bundle, body["page"], page_of) if body.get("page") is not None else ("", "")
    asked = asked_by(bundle, call, body, url, page)
    told = ranked(bundle, asked.visit, wish)
    record = _record(bundle, asked.visit, wish, told, call.nonce, page or None)
    logged = [_message(record)] if record is not None else []
    metadata = api_told.metadata(bundle, asked, call.published, call.nonce if logged else None)
    return {"status": 200, "body": {"user": body.get("user"), **_answer(bundle, asked.visit, wish, told), "metadata": metadata}, "decisions": logged}


def rank_own(bundle: Bundle, keys: Sequence[Key], request: Request, asked: Mapping[str, Any]) -> dict[str, Any]:
    """POST /_tessera/rank, of a page of the site: the visitor is who asks. As mine.py answers, with the `record` for the log, as JSON.

    It sets no cookie: of who comes without one nothing is known, and nobody is told apart by it.
    """
    try:
        body = parse_json(asked["body"], MAX_BODY)
    except (ValueError, RecursionError):
        return {"status": 400, "body": {"error": "the body is not JSON"}}
    try:
        wish = read(bundle, body_of(Call("POST", (), body=body), FIELDS))
        arrival = visit.arrive(bundle, keys, request)
        if asked.get("told") is None and visit.wants_profile(bundle, arrival):
            _, wanted, deadline = reading(bundle, arrival).split(visit.UNIT)
            return {"read": wanted.split(visit.COOKIES), "deadline": int(deadline)}
        arrival, known = recalled(bundle, keys, arrival, asked.get("told"))
        if not (arrival.returning or arrival.account or arrival.day):
            arrival = arrival._replace(visitor=None, session=None)
        seen = visit.settle(bundle, arrival, known.profile(bundle, request.at), served_from=known.served_from, fallbacks=known.fallbacks)
        told = ranked(bundle, seen, wish)
    except Refused as refused:
        return {"status": refused.status, "body": {"error": refused.detail or refused.title}}
    record = _record(bundle, seen, wish, told, request.nonce, request.page or None)
    body = {**_answer(bundle, seen, wish, told), "bundle": bundle.name[:12], "view": record and request.nonce}
    return {"status": 200, "body": body, "record": record and encode(record)}


# --- what is asked ------------------------------------------------------------------------------------------------------------


def read(bundle: Bundle, body: Mapping[str, Any]) -> Wish:
    """A body as a wish.

    Raises:
        Refused: 422 where a value is not as it must be.
    """
    ids = body.get("ids")
    if not isinstance(ids, list) or len(ids) > MOST_IDS or not all(isinstance(one, str) and len(one) <= MAX_ID for one in ids):
        raise invalid("ids", f"a list of at most {MOST_IDS} ids, each of at most {MAX_ID} characters")
    slot, model = body.get("slot"), body.get("model")
    if slot is not None and model is not None:
        raise invalid("model", "a slot has models of its own: tell one of the two")
    relevance, weight = body.get("relevance"), body.get("weight")
    if relevance is not None and not (isinstance(relevance, list) and len(relevance) == len(ids) and all(map(_is_number, relevance))):
        raise invalid("relevance", "a number for each of the ids")
    if weight is not None and not (_is_number(weight) and 0 <= weight <= 1):
        raise invalid("weight", "a number from 0 to 1")
    is_filtered = flag(body, "filter")
    if is_filtered and slot is None:
        raise invalid("filter", "filters are a slot's: tell the slot")
    return Wish(
        tuple(ids),
        slots_named(bundle, [slot], "slot")[0] if slot is not None else -1,
        _model(bundle, model) if slot is None else -1,
        None if relevance is None else tuple(map(float, relevance)),
        USUAL_WEIGHT if weight is None else float(weight),
        is_filtered, flag(body, "explain"), flag(body, "peek"),
    )  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def _model(bundle: Bundle, name: Any) -> int:
    """The model of a name; without one the first with vectors, -1 where the site has none."""
    if name is None:
        return next((number for number, model in enumerate(bundle.models) if model.kind in VECTORS), -1)
    found = next((number for number, model in enumerate(bundle.models) if model.name == name), None)
    if found is None:
        raise invalid("model", f"there are {', '.join(model.name for model in bundle.models) or 'none'}")
    return found


# --- what is ranked -----------------------------------------------------------------------------------------------------------


def ranked(bundle: Bundle, seen: Visit, wish: Wish) -> Told:
    """The items for a visit: by the model of the slot as its ladder decides, or by the model that was named."""
    if wish.slot < 0:
        allowed, why = within(bundle, seen)
        found = rerank(bundle, allowed or seen, wish.model if allowed is not None else -1, wish.ids, wish.relevance, wish.weight)
        return Told(found, why=why or ("" if found.model >= 0 else _unknown(bundle, seen, wish.model)))
    (decision,) = decide_slots(bundle, seen, (wish.slot,))
    action = action_of(bundle, decision)
    ids, relevance, hidden = wish.ids, wish.relevance, ()
    if wish.is_filtered and action is not None:
        admitted = admitting(bundle, seen, action)
        stays = [item not in bundle.items.row_of or admitted(bundle.items.row_of[item]) for item in ids]
        hidden = tuple(item for item, each in zip(ids, stays) if not each)
        relevance = None if relevance is None else tuple(value for value, each in zip(relevance, stays) if each)
        ids = tuple(item for item, each in zip(ids, stays) if each)
    found = rerank(bundle, seen, decision.model if action is not None else -1, ids, relevance, wish.weight)
    return Told(found, hidden, "" if found.model >= 0 else decision.why if decision.why in _STAYS else "default", decision)


def _unknown(bundle: Bundle, seen: Visit, model: int) -> str:
    """Why a model ranks nothing: consent, where it or what stands in for it goes by what may not be used."""
    sources = [bundle.attributes.get(bundle.models[each].source or "") for each in chain(bundle, model)]
    return "consent" if any(one is not None and one.purpose is not None and one.purpose not in seen.purposes for one in sources) else "default"


# --- what is told -------------------------------------------------------------------------------------------------------------


def _answer(bundle: Bundle, seen: Visit, wish: Wish, told: Told) -> dict[str, Any]:
    model = bundle.models[told.ranked.model] if told.ranked.model >= 0 else None
    close = _close(bundle, seen, told.ranked.items) if wish.is_explained else {}
    body = {
        "slot": bundle.slots[wish.slot].name if wish.slot >= 0 else None,
        "model": model.name if model else None,
        "model_version": model.version if model else None,
        "weight": wish.weight,
        "items": [_item(bundle, wish, told, each) | ({"confidence": close.get(each.before)} if wish.is_explained else {}) for each in told.ranked.items],
        "filtered": list(told.hidden),
    }
    if wish.is_explained:
        body["explanation"] = brief(bundle, seen, told.decision).sentence if told.decision is not None else _overall(bundle, told)
    return body


def _item(bundle: Bundle, wish: Wish, told: Told, placed: Placed) -> dict[str, Any]:
    return {
        "id": plain(placed.id),
        "score": None if placed.score is None else round(placed.score, 6),
        "position_before": placed.before,
        "reason": placed.reason,
        "reasoning": f"It came as number {placed.before}{_because(bundle, wish, told, placed)}.",
    }


def _because(bundle: Bundle, wish: Wish, told: Told, placed: Placed) -> str:
    """Why an item stands where it does, as the end of a sentence."""
    if placed.reason == "unknown":
        return ", and it is no item of the catalogue" + (", so it stays behind those that are" if told.ranked.model >= 0 else "")
    if placed.reason == "given":
        return f" and stays there: {_STAYS[told.why]}" if told.ranked.model < 0 else f"; '{bundle.models[told.ranked.model].name}' says nothing of it"
    scale = f"{placed.said:.2f} from 0 (the least of these items) to 1 (the most), which counts {wish.weight:.0%}"
    by = f"by the model '{bundle.models[placed.model].name}'"
    if placed.reason == "popular":
        return f"; {by}, the same for everybody, it has {scale}"
    return f"; {by} for {'this visitor' if placed.reason == 'personal' else 'what the page is about'} it has {scale}"


def _overall(bundle: Bundle, told: Told) -> str:
    if told.ranked.model < 0:
        return f"The items are as they came: {_STAYS[told.why]}."
    return f"The items were ranked by the model '{bundle.models[told.ranked.model].name}'."


def _close(bundle: Bundle, seen: Visit, items: Sequence[Placed]) -> dict[int, float]:
    """How close the first items are to the visitor, by their places before."""
    found: dict[int, float] = {}
    for model in dict.fromkeys(each.model for each in items[:MOST_CLOSE]):
        mine = [each for each in items[:MOST_CLOSE] if each.model == model]
        found.update(zip((each.before for each in mine), closeness(bundle, seen, model, [Ranked(each.row, each.score) for each in mine])))
    return found


# --- what is logged -----------------------------------------------------------------------------------------------------------


def _record(bundle: Bundle, seen: Visit, wish: Wish, told: Told, view: str, page: str | None) -> dict[str, Any] | None:
    """The ranking as the log has page views; None where nothing was asked for, or nobody is shown it."""
    if wish.is_peek or not wish.ids:
        return None
    record = page_view(bundle, seen, (), view=view, page=page, channel=ANY)
    return {**record, "slots": [_row(bundle, wish, told)]}


def _row(bundle: Bundle, wish: Wish, told: Told) -> dict[str, Any]:
    """The one row: of the slot as it decided, or of no slot; with the items as they stand now, and the three after the first."""
    model = bundle.models[told.ranked.model] if told.ranked.model >= 0 else None
    reason = next((each.reason for each in told.ranked.items if each.model >= 0), "given") if model else "given"
    if told.decision is not None:
        row = {"slot": bundle.slots[told.decision.slot].name, **outcome(bundle, told.decision)}
    else:
        level = {"personal": "individual", "similar": "cohort"}.get(reason, "default")
        how = told.why or ("default" if reason == "popular" else "rank")
        row = {"slot": NO_SLOT, **_NO_OUTCOME, "variant": model.name if model else "none", "level": level, "reason": how, "holdout": how == "holdout"}
    best = [each for each in told.ranked.items if each.row >= 0] if model else []
    scores = [{"item": bundle.items.ids[each.row], "score": round(each.score, 6)} for each in best[: 1 + SPARE]]
    return {
        **row,
        "model": model.name if model else None,
        "model_version": model.version if model else None,
        "score": scores[0]["score"] if scores else None,
        "items": [bundle.items.ids[each.row] for each in best[:MOST_LOGGED]],
        "alternatives": scores[1:],
    }


_NO_OUTCOME: Mapping[str, Any] = {
    "variant": "none", "level": "default", "rule": None, "segment": None, "campaign": None, "experiment": None, "arm": None, "holdout": False,
    "propensity": 1.0, "reason": "default", "model": None, "model_version": None, "score": None, "items": [], "alternatives": [], "component": "",
}  # fmt: skip


def _message(record: Mapping[str, Any]) -> str:
    return json.dumps({"view": record, "page_status": api_told.STATUS, "places": {row["slot"]: "offered" for row in record["slots"]}}, separators=(",", ":"))
