"""What is another in the new bundle, in words, whoever sees it: slots, segments, experiments, campaigns, models, and the site's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compiler.diff import matching
from compiler.diff.matching import Pair
from compiler.diff.plan import Plan
from compiler.diff.report import Change
from compiler.diff.slot_changes import of_slot
from compiler.diff.words import every, percent, run, some, tree
from tessera.hashes import LINE
from tessera.resolved import Campaign, Experiment, Model

ORDER = ("site", "slot", "segment", "experiment", "campaign", "model")


def changes(plan: Plan) -> Iterator[Change]:
    """All changes, by kind in the order of ORDER, and by name."""
    found = [*_site(plan), *_slots(plan), *_segments(plan), *_experiments(plan), *_campaigns(plan), *_models(plan)]
    return iter(sorted(found, key=lambda one: (ORDER.index(one.kind), one.name)))


def _change(kind: str, old: str | None, new: str | None, details: tuple[str, ...]) -> Change | None:
    """A change of what is called so in the two bundles; None where there is none."""
    if new is None:
        return Change(kind, old or "", "removed")
    if old is None:
        return Change(kind, new, "added")
    if details:
        return Change(kind, new, "changed", old if old != new else None, details)
    return Change(kind, new, "renamed", old) if old != new else None


def _slots(plan: Plan) -> Iterator[Change]:
    for pair in plan.slots:
        old = None if pair.old is None else plan.old.slots[pair.old].name
        new = None if pair.new is None else plan.new.slots[pair.new].name
        details = () if pair.old is None or pair.new is None else tuple(of_slot(plan, pair.old, pair.new))
        found = _change("slot", old, new, details)
        if found is not None:
            yield found


def _segments(plan: Plan) -> Iterator[Change]:
    for old, new in matching.segments(plan.old_forms, plan.new_forms):
        details: tuple[str, ...] = ()
        if old is not None and new is not None:
            before, after = plan.old.segments[old], plan.new.segments[new]
            if plan.old_forms.tree(before) != plan.new_forms.tree(after):
                details = (f"was: {tree(before)}", f"is: {tree(after)}") if tree(before) != tree(after) else ("a list that it asks about is another",)
        found = _change("segment", old, new, details)
        if found is not None:
            yield found


def _experiments(plan: Plan) -> Iterator[Change]:
    for pair in matching.experiments(plan.old, plan.new):
        old = None if pair.old is None else plan.old.experiments[pair.old]
        new = None if pair.new is None else plan.new.experiments[pair.new]
        details = () if old is None or new is None else tuple(_experiment(old, new))
        found = _change("experiment", old.name if old else None, new.name if new else None, details)
        if found is not None:
            yield found


def _experiment(old: Experiment, new: Experiment) -> Iterator[str]:
    ours, theirs = old.design, new.design
    if old.salt != new.salt:
        yield "another salt: everybody is drawn anew"
    if (ours.hash, ours.buckets) != (theirs.hash, theirs.buckets):
        yield f"another hash ({ours.hash} → {theirs.hash}): everybody is drawn anew"
    if (ours.unit, ours.fallback_unit) != (theirs.unit, theirs.fallback_unit):
        yield f"randomises by {theirs.unit}, was {ours.unit}"
    if ours.arms != theirs.arms:
        yield f"arms: {', '.join(ours.arms)} → {', '.join(theirs.arms)}"
    if ours.allocations != theirs.allocations:
        before, after = _weights(old), _weights(new)
        yield f"who gets which arm: {before} → {after}" if before != after else "who gets which arm: the same weights, other buckets"
    if ours.layer != theirs.layer:
        yield f"in its layer: {_slice(ours.layer)} → {_slice(theirs.layer)}"
    if ours.run != theirs.run:
        yield f"runs {run(theirs.run)}, was {run(ours.run)}"
    if ours.holdout != theirs.holdout:
        yield "another holdout of its own"
    if ours.purpose != theirs.purpose:
        yield f"needs consent to {theirs.purpose or 'nothing'}, was {ours.purpose or 'nothing'}"
    if (ours.sticky, ours.version, ours.min_version) != (theirs.sticky, theirs.version, theirs.min_version):
        yield "keeps arms otherwise: sticky, version or min_version is another"


def _slice(layer: tuple[str, int, int] | None) -> str:
    if layer is None:
        return "in none"
    name, start, end = layer
    return f"{percent((end - start) / LINE)} of {name.removeprefix('layer:')} from {percent(start / LINE)} on"


def _weights(experiment: Experiment) -> str:
    """The last step of its allocations: each arm with its part of all units."""
    design = experiment.design
    _, allocation = design.allocations[-1]
    widths = [0] * len(design.arms)
    for start, end, arm in zip(allocation.starts, allocation.ends, allocation.arms):
        widths[arm] += end - start
    return ", ".join(f"{name} {percent(width / design.buckets)}" for name, width in zip(design.arms, widths))


def _campaigns(plan: Plan) -> Iterator[Change]:
    for pair in matching.campaigns(plan.old_forms, plan.new_forms):
        old = None if pair.old is None else plan.old.campaigns[pair.old]
        new = None if pair.new is None else plan.new.campaigns[pair.new]
        details = () if old is None or new is None else tuple(_campaign(old, new))
        found = _change("campaign", old.name if old else None, new.name if new else None, details)
        if found is not None:
            yield found


def _campaign(old: Campaign, new: Campaign) -> Iterator[str]:
    if old.run != new.run:
        yield f"runs {run(new.run)}, was {run(old.run)}"
    if (old.cap, old.count, old.channels) != (new.cap, new.count, new.channels):
        yield f"cap: {_cap(old)} → {_cap(new)}"
    if old.pause != new.pause:
        yield f"pauses where {tree(new.pause)}, was {tree(old.pause)}"
    if old.name != new.name and old.cap and new.cap:
        yield "what was seen under its old name does not count any more"


def _cap(campaign: Campaign) -> str:
    if campaign.cap is None:
        return "none"
    times, seconds = campaign.cap
    return f"{times} {campaign.count} in {seconds / 3600:g} h on {', '.join(sorted(campaign.channels))}"


def _models(plan: Plan) -> Iterator[Change]:
    for pair in matching.models(plan.old_forms, plan.new_forms):
        old = None if pair.old is None else plan.old.models[pair.old]
        new = None if pair.new is None else plan.new.models[pair.new]
        details: tuple[str, ...] = ()
        if old is not None and new is not None and plan.old_forms.model(pair.old) != plan.new_forms.model(pair.new):
            details = tuple(_model(plan, old, new)) or ("what it is made of, or stands in for it, is another",)
        found = _change("model", old.name if old else None, new.name if new else None, details)
        if found is not None:
            yield found


def _model(plan: Plan, old: Model, new: Model) -> Iterator[str]:
    if old.kind != new.kind:
        yield f"kind: {old.kind} → {new.kind}"
    if old.version != new.version:
        yield f"version: {old.version} → {new.version}"
    if (old.source, old.half_life) != (new.source, new.half_life):
        yield f"goes by {new.source or 'nothing of the visitor'} (half-life {new.half_life:g} s), was {old.source or 'nothing'} ({old.half_life:g} s)"
    names = [[bundle.models[part].name for part in model.parts] for bundle, model in ((plan.old, old), (plan.new, new))]
    if names[0] != names[1]:
        yield f"parts: {', '.join(names[0]) or 'none'} → {', '.join(names[1]) or 'none'}"


# --- what is the whole site's ---------------------------------------------------------------------------------------------------


def _site(plan: Plan) -> Iterator[Change]:
    old, new = plan.old, plan.new
    if old.site != new.site:
        yield Change("site", "name", "changed", details=(f"{old.site} → {new.site}: these are two sites",))
    if old.holdout != new.holdout:
        ours, theirs = (percent(one.holdout[0] / LINE) if one.holdout else "nobody" for one in (old, new))
        salt = ", with another salt: others are held out" if old.holdout and new.holdout and old.holdout[1] != new.holdout[1] else ""
        yield Change("site", "holdout", "changed", details=(f"held out: {ours} → {theirs}{salt}",))
    yield from _pages(plan.pages)
    yield from _named("attribute", {a.name: a for a in old.reads}, {a.name: a for a in new.reads}, "its type, purpose, period, source or default is another")
    yield from _lists(old.lists, new.lists)
    yield from _named("look-up", old.lookups, new.lookups, "its networks or facts are others")
    ours, theirs = ({name: (forms.tree(when), allow, gpc) for name, when, allow, gpc in forms.bundle.jurisdictions} for forms in (plan.old_forms, plan.new_forms))
    yield from _named("jurisdiction", ours, theirs, "where it holds, or what it allows, is another")
    if list(ours) != list(theirs) and ours.keys() == theirs.keys():
        yield Change("site", "jurisdictions", "changed", details=("they are asked in another order",))
    predicted = ({one.attribute: forms.predicted(one.attribute) for one in forms.bundle.propensities} for forms in (plan.old_forms, plan.new_forms))
    yield from _named("prediction of", *predicted, "its model is another")
    yield from _catalogue(plan)


def _pages(pairs: list[Pair]) -> Iterator[Change]:
    for pair in pairs:
        if pair != Pair(None, None):
            found = _change("site", pair.old and f"page {pair.old}", pair.new and f"page {pair.new}", ())
            if found is not None:
                yield found


def _named(what: str, old: Mapping[str, Any], new: Mapping[str, Any], changed: str) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        called = f"{what} {name}"
        found = _change("site", called if name in old else None, called if name in new else None, (changed,) if name in old and name in new and old[name] != new[name] else ())
        if found is not None:
            yield found


def _lists(old: Mapping[str, frozenset], new: Mapping[str, frozenset]) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        ours, theirs = old.get(name), new.get(name)
        details = ()
        if ours is not None and theirs is not None and ours != theirs:
            details = tuple(f"{said}: {some(found)}" for said, found in (("added", theirs - ours), ("removed", ours - theirs)) if found)
        found = _change("site", None if ours is None else f"list {name}", None if theirs is None else f"list {name}", details)
        if found is not None:
            yield found


def _catalogue(plan: Plan) -> Iterator[Change]:
    old, new = plan.old_forms, plan.new_forms
    fields = sorted(plan.old.items.columns.keys() | plan.new.items.columns.keys())
    alike = old.field("id") == new.field("id")
    others = [name for name in fields if old.field(name) != new.field(name)]
    if alike and not others:
        return
    ours, theirs = set(plan.old.items.ids), set(plan.new.items.ids)
    details = [f"{said}: {some(found)}" for said, found in (("added", theirs - ours), ("removed", ours - theirs)) if found]
    if ours == theirs and others:
        details.append(f"other values of {every(others)}")
    elif ours == theirs:
        details.append("the items stand in another order")
    yield Change("site", "catalogue", "changed", details=tuple(details))
