"""Decision → names: the record that the log, `explain`, replay, preview and reports are all built on."""

from __future__ import annotations

import json
from typing import Any, Mapping, Sequence

from tessera.resolved import Bundle
from tessera.enrol import unit_of
from tessera.sound import ILL_TYPED, shaped
from tessera.types import EMPTY, MAX_DEPTH, Attribute, Decision, ListedItem, Visit, finite, is_version, version_text


VERSION = 1  # of the log's rows; those from before there was one are read as they are


def outcome(bundle: Bundle, decision: Decision) -> dict[str, Any]:
    """What a slot got and why, in names. None stands for "does not apply"."""
    slot = bundle.slots[decision.slot]
    rule = bundle.rules[decision.rule] if decision.rule >= 0 else None
    experiment = bundle.experiments[decision.experiment] if decision.experiment >= 0 else None
    model = bundle.models[decision.model] if decision.model >= 0 else None
    ids = bundle.items.ids
    return {
        "variant": variant_name(bundle, decision),
        "level": rule.level if rule else "default",
        "rule": rule.name if rule else None,
        "segment": rule.segment if rule else None,
        "campaign": bundle.campaigns[rule.campaign].name if rule and rule.campaign >= 0 else None,
        "experiment": experiment.name if experiment else None,
        "arm": experiment.design.arms[decision.arm] if experiment else None,
        "holdout": decision.holdout,
        "propensity": decision.propensity,
        "reason": decision.why,
        "model": model.name if model else None,
        "model_version": model.version if model else None,
        "score": next((each.score for each in decision.items or decision.nearest), None),
        "items": [ids[item.row] for item in decision.items],
        "alternatives": [
            *({"item": ids[item.row], "score": item.score} for item in decision.runners_up),
            *({"variant": slot.variants[other.row][0], "score": other.score} for other in decision.nearest[1:]),
        ],
        "component": slot.component,
    }


def variant_name(bundle: Bundle, decision: Decision) -> str:
    """The variant's name; `none` where the page was left as it is."""
    return bundle.slots[decision.slot].variants[decision.variant][0] if decision.variant >= 0 else "none"


def inputs(bundle: Bundle, visit: Visit) -> dict[str, Any]:
    """The values that decided, as plain JSON; stored facts only where ids may be logged, and never those of a persona."""
    values, attributes = visit.values, bundle.attributes
    if not _is_logged(bundle, visit):
        values = {name: value for name, value in values.items() if name.startswith("request.")}
    return {
        name: value if type(value) in _PLAIN or (type(value) is str and value.isascii()) else _input(attributes.get(name), value)
        for name, value in values.items()
    }


_PLAIN = (int, bool)


def _input(attribute: Attribute | None, value: Any) -> Any:
    """A typed value as the JSON that `coerce` reads back to the same value, so that a decision can be replayed."""
    versions = attribute is not None and attribute.type.endswith(("version", "version>"))
    return plain(_as_texts(value) if versions else value)


def _as_texts(value: Any) -> Any:
    """A version, or those in a list or a map, as texts; what is none is null."""
    if isinstance(value, dict):
        return {key: version_text(one) if is_version(one) else None for key, one in value.items()}
    if isinstance(value, tuple) and not is_version(value):
        return tuple(version_text(one) if is_version(one) else None for one in value)
    return version_text(value) if is_version(value) else None


def plain(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A typed value as JSON; texts without lone surrogates. What JSON does not have, or is nested more deeply, is null."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return finite(value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, ListedItem):
        return plain(value.id) if value.at is None else {"item": plain(value.id), "at": plain(value.at)}
    if depth and isinstance(value, (tuple, list)):
        return [plain(v, depth - 1) for v in value]
    if depth and isinstance(value, dict):
        return {plain(k): plain(v, depth - 1) for k, v in value.items() if isinstance(k, str)}
    return None


def page_view(
    bundle: Bundle,
    visit: Visit,
    decisions: Sequence[Decision],
    *,
    view: str,
    page: str | None,
    channel: str = "web",
) -> dict[str, Any]:
    """One page view for the log: what the slots share, and one outcome a slot. Total: it raises for no visit whatsoever.

    Args:
        view: the id of the page view.
    """
    visit = shaped(visit)
    slots = [_row(bundle, visit, decision) for decision in decisions]
    return {**_shared(bundle, visit, view, page, channel), "slots": slots}


def text(bundle: Bundle, visit: Visit, decisions: Sequence[Decision], *, view: str, page: str | None) -> str:
    """`page_view` as JSON; what a decision says again and again is written once. Total, as that is."""
    try:
        return _text(bundle, visit, decisions, view, page)
    except ILL_TYPED:  # a visit that was not settled here
        return _encode(page_view(bundle, visit, decisions, view=view, page=page))


def _text(bundle: Bundle, visit: Visit, decisions: Sequence[Decision], view: str, page: str | None) -> str:
    told = bundle.outcomes.told
    slots = []
    for decision in decisions:
        row = told.get(decision)
        if row is None:
            row = _encode(_row(bundle, visit, decision))
            if len(told) < MOST_TOLD and _says_the_same(bundle, decision):
                told[decision] = row
        slots.append(row)
    return f'{_encode(_shared(bundle, visit, view, page, "web"))[:-1]},"slots":[{",".join(slots)}]}}'


MOST_TOLD = 4096  # decisions whose rows are kept as JSON
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def _says_the_same(bundle: Bundle, decision: Decision) -> bool:
    """Whether the row of a decision depends on no visitor: it ranks nothing, and names no unit."""
    experiment = decision.experiment
    return not (decision.items or decision.nearest) and (experiment < 0 or bundle.experiments[experiment].design.unit == "visitor")


def _shared(bundle: Bundle, visit: Visit, view: str, page: str | None, channel: str) -> dict[str, Any]:
    logged = _is_logged(bundle, visit)
    units = visit.units if logged else EMPTY
    return {
        "v": VERSION,
        "id": view,
        "page": page,
        "channel": channel,
        "at": visit.at,
        "offset": visit.offset,
        "bundle": bundle.name,
        "unit": units.get("visitor"),
        "unit_kind": "visitor" if "visitor" in units else None,
        "inputs": inputs(bundle, visit),
        "ages": {name: round(age) for name, age in visit.ages.items()} if logged else {},
        "sticky": dict(visit.sticky) if logged else {},
        "seen": {name: plain(seen) for name, seen in visit.seen.items()} if logged else {},
        "purposes": sorted(visit.purposes),
        "jurisdiction": visit.jurisdiction,
        "served_from": visit.served_from,
        "fallbacks": list(visit.fallbacks),
    }


def _is_logged(bundle: Bundle, visit: Visit) -> bool:
    """Whether ids and stored facts may be logged: by consent, and neither of a preview, which counts for nobody, nor of who is
    told apart for a day alone."""
    return (bundle.log_purpose is None or bundle.log_purpose in visit.purposes) and not visit.preview and not visit.nameless


def _row(bundle: Bundle, visit: Visit, decision: Decision) -> dict[str, Any]:
    return {"slot": bundle.slots[decision.slot].name, **_randomised(bundle, decision, visit), **outcome(bundle, decision)}


def _randomised(bundle: Bundle, decision: Decision, visit: Visit) -> dict[str, str]:
    """The unit of a slot whose experiment does not randomise visitors, so that its arm can be recomputed from its row."""
    if decision.experiment < 0 or not _is_logged(bundle, visit):
        return {}
    design = bundle.experiments[decision.experiment].design
    kinds = (kind for kind in (design.unit, design.fallback_unit) if kind is not None)
    kind, unit = next(((kind, unit) for kind in kinds if (unit := unit_of(kind, visit))), ("visitor", None))
    return {"unit": plain(unit), "unit_kind": kind} if kind != "visitor" and unit else {}


def rows(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One flat row a slot, as the log stores them (NDJSON): the shared fields and the slot's own.

    Args:
        message: `view` as page_view gives it; `page_status`, what became of the page; `places`, what became of each slot on
            it, by name (spliced, slot-unclosed…); `lane`, while there is a canary: whether it decided (`canary`, or `header`
            where that asked for it), could have (`control`), or could not (`live`); `took`, milliseconds from the request to its response.
    """
    view, places = message["view"], message.get("places") or {}
    told = {"page_status": message.get("page_status"), "lane": message.get("lane", "live"), "took": finite(message.get("took"))}
    shared = {key: value for key, value in view.items() if key != "slots"} | told
    return [{**shared, **slot, "place": places.get(slot["slot"])} for slot in view["slots"]]
