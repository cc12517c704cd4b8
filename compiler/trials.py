"""Experiments, their layers, and campaigns."""

from __future__ import annotations

from typing import Any, Iterable

from compiler import ir
from compiler.conditions import Conditions, known
from compiler.diagnostics import Diagnostics
from compiler.syntax import Entry, Ruleset
from tessera import assign
from tessera.context import BUILT_IN

WHOLE = 1_000_000  # shares are parts per million


def run_of(spec: Any) -> ir.Run | None:
    """The run of an experiment or campaign."""
    return None if spec is None else ir.Run(spec.start, spec.end, spec.local)


def experiments(ruleset: Ruleset, diagnostics: Diagnostics) -> tuple[ir.Experiment, ...]:
    """The experiments, each with its slice of its layer."""
    slices = _layers(ruleset, diagnostics)
    for entry in ruleset.experiments.values():
        _ranges_checked(entry, diagnostics)
    return tuple(_experiment(entry, ruleset, slices.get(name), diagnostics) for name, entry in ruleset.experiments.items())


def _experiment(entry: Entry[Any], ruleset: Ruleset, layer: tuple[str, int, int] | None, diagnostics: Diagnostics) -> ir.Experiment:
    spec = entry.spec
    goal = ((spec.goal, ("goal",)),) if spec.goal is not None else ()
    for metric, path in (*goal, *((guard, ("guard", i)) for i, guard in enumerate(spec.guard))):
        known(diagnostics, "E038", "metric", metric, ruleset.metrics, entry, *path)
    if spec.hypothesis is not None:
        known(diagnostics, "E038", "metric", spec.hypothesis.outcome, ruleset.metrics, entry, "hypothesis", "outcome")
    known(diagnostics, "E039", "purpose", spec.purpose, [*ruleset.site.spec.purposes, "none"], entry, "purpose")
    for key, unit in (("unit", spec.unit), ("fallback_unit", spec.fallback_unit)):
        unit_checked(entry, (key,), f"the experiment '{entry.name}'", unit, ruleset, diagnostics)
    share = WHOLE if layer else spec.share  # within its slice of the layer, the whole slice takes part
    return ir.Experiment(
        name=entry.name,
        salt=entry.name if spec.salt is None else spec.salt,
        unit=spec.unit,
        purpose=None if spec.purpose == "none" else spec.purpose,
        share=share,
        layer=layer,
        run=run_of(spec.run),
        arms=tuple(ir.Arm(name, arm.weight or 0, _ranges(arm)) for name, arm in spec.arms.items()),
        key=spec.key,
        fallback_unit=spec.fallback_unit,
        hash=spec.hash,
        buckets=spec.buckets,
        ramp=_ramp(entry, diagnostics),
        holdout=(spec.holdout.share, spec.holdout.salt) if spec.holdout else None,
        sticky=(spec.key or entry.name, spec.version, spec.min_version) if spec.sticky else None,
    )


def _ranges(arm: Any) -> tuple[tuple[int, int], ...] | None:
    return None if arm.ranges is None else tuple((start, end) for start, end in arm.ranges)


def _ranges_checked(entry: Entry[Any], diagnostics: Diagnostics) -> None:
    """Ranges of buckets must lie within the buckets, and no bucket in two arms."""
    spec = entry.spec
    scheme = assign.HASHES[spec.hash]
    if spec.buckets is not None and not scheme.varies:
        message = f"the hash {spec.hash} always divides into {scheme.buckets:,} buckets"
        diagnostics.error("E016", entry.place("buckets"), message, "remove `buckets`")
    whole = min(spec.buckets or scheme.buckets, assign.LINE - 1)  # a bundle has no larger numbers
    taken: list[tuple[int, int, str]] = []
    for name, arm in spec.arms.items():
        for position, (start, end) in enumerate(arm.ranges or ()):
            place = entry.place("arms", name, "ranges", position)
            if not 0 <= start <= end <= whole:
                diagnostics.error("E068", place, f"the range [{start}, {end}] does not lie within the {whole:,} buckets", f"write [from, to] with 0 ≤ from ≤ to ≤ {whole}")
                continue
            other = next((arm for first, last, arm in taken if start < last and first < end), None)
            if other is not None:
                diagnostics.error("E068", place, f"the range [{start}, {end}] of '{name}' overlaps with one of '{other}'", "give every bucket to one arm alone")
            taken.append((start, end, name))


def _ramp(entry: Entry[Any], diagnostics: Diagnostics) -> tuple[tuple[int, int], ...]:
    steps = tuple((step.at.at, step.share) for step in entry.spec.ramp)
    for position in range(1, len(steps)):
        if steps[position][0] <= steps[position - 1][0]:
            diagnostics.error("E012", entry.place("ramp", position, "at"), "the steps of a ramp are not in order of time", "sort them by `at`, each later than the one before")
    if steps and entry.spec.layer is not None:
        diagnostics.error("E016", entry.place("ramp"), "an experiment in a layer takes part with its slice of it", "remove `ramp`, or the layer")
    return steps


def unit_checked(entry: Entry[Any], path: tuple, what: str, unit: str | None, ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """The edge must be able to tell the unit by which an experiment, or the share of a rule, draws."""
    spaces = ruleset.site.spec.attributes
    if unit == "account" and not {"id", "domain"} & spaces.account.keys():
        message = f"{what} randomises accounts, but nothing tells them apart"
        diagnostics.error("E067", entry.place(*path), message, "declare the attribute account.id or account.domain in site.yaml")
    if unit is not None and "." in unit:
        declared = [*BUILT_IN, *(f"{space}.{name}" for space in ("visitor", "account") for name in getattr(spaces, space))]
        known(diagnostics, "E021", "attribute", unit, declared, entry, *path)


def _layers(ruleset: Ruleset, diagnostics: Diagnostics) -> dict[str, tuple[str, int, int]]:
    """Experiment → (salt, from, to): the experiments of a layer lie side by side, those that start first in front."""
    by_layer: dict[str, list[Entry[Any]]] = {}
    for entry in ruleset.experiments.values():
        if entry.spec.layer is not None:
            by_layer.setdefault(entry.spec.layer, []).append(entry)
    slices: dict[str, tuple[str, int, int]] = {}
    for layer, entries in by_layer.items():
        at = 0
        for entry in sorted(entries, key=lambda e: ((e.spec.run and e.spec.run.start) or 0, e.name)):
            end = at + entry.spec.share
            if end > WHOLE:
                message = f"the experiments of the layer '{layer}' take {end / 10_000:g}% of the visitors"
                diagnostics.error("E062", entry.place("share"), message, "lower the shares to 100% in all, or use another layer")
                break
            slices[entry.name] = (f"layer:{layer}", at, end)
            at = end
    return slices


def campaigns(ruleset: Ruleset, conditions: Conditions, diagnostics: Diagnostics) -> tuple[ir.Campaign, ...]:
    """The campaigns with their gates."""
    return tuple(_campaign(entry, ruleset, conditions, diagnostics) for entry in ruleset.campaigns.values())


def _campaign(entry: Entry[Any], ruleset: Ruleset, conditions: Conditions, diagnostics: Diagnostics) -> ir.Campaign:
    spec = entry.spec
    if spec.goal is not None:
        known(diagnostics, "E038", "metric", spec.goal, ruleset.metrics, entry, "goal")
    pause = conditions.compile(entry, ("pause",), spec.pause) if spec.pause else None
    cap = (spec.cap.times, spec.cap.per) if spec.cap else None
    count, channels = (spec.cap.count, spec.cap.channels) if spec.cap else ("seen", ("web",))
    return ir.Campaign(entry.name, run_of(spec.run), cap, pause, count, channels)


def unused(ruleset: Ruleset, used: Iterable[str], diagnostics: Diagnostics) -> None:
    """Warn of experiments that no slot runs."""
    taken = set(used)
    for name, entry in ruleset.experiments.items():
        if name not in taken:
            diagnostics.warning("W003", entry.place(), f"no slot runs the experiment '{name}'", f"write `test: {name}` in a slot or a rule")
