"""Experiments, their layers, and campaigns."""

from __future__ import annotations

from typing import Any, Iterable

from compiler import ir
from compiler.conditions import Conditions, known
from compiler.diagnostics import Diagnostics
from compiler.syntax import Entry, Ruleset

WHOLE = 1_000_000  # shares are parts per million


def run_of(spec: Any) -> ir.Run | None:
    """The run of an experiment or campaign."""
    return None if spec is None else ir.Run(spec.start, spec.end, spec.local)


def experiments(ruleset: Ruleset, diagnostics: Diagnostics) -> tuple[ir.Experiment, ...]:
    """The experiments, each with its slice of its layer."""
    slices = _layers(ruleset, diagnostics)
    return tuple(_experiment(entry, ruleset, slices.get(name), diagnostics) for name, entry in ruleset.experiments.items())


def _experiment(entry: Entry[Any], ruleset: Ruleset, layer: tuple[str, int, int] | None, diagnostics: Diagnostics) -> ir.Experiment:
    spec = entry.spec
    for metric, path in ((spec.goal, ("goal",)), *((guard, ("guard", i)) for i, guard in enumerate(spec.guard))):
        known(diagnostics, "E038", "metric", metric, ruleset.metrics, entry, *path)
    if spec.hypothesis is not None:
        known(diagnostics, "E038", "metric", spec.hypothesis.outcome, ruleset.metrics, entry, "hypothesis", "outcome")
    known(diagnostics, "E039", "purpose", spec.purpose, ruleset.site.spec.purposes, entry, "purpose")
    _unit_checked(entry, ruleset, diagnostics)
    share = WHOLE if layer else spec.share  # within its slice of the layer, the whole slice takes part
    arms = tuple((name, arm.weight) for name, arm in spec.arms.items())
    return ir.Experiment(entry.name, spec.salt or entry.name, spec.unit, spec.purpose, share, layer, run_of(spec.run), arms)


def _unit_checked(entry: Entry[Any], ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """The edge must be able to tell the unit that is randomised."""
    unit, account = entry.spec.unit, ruleset.site.spec.attributes.account
    if unit == "account" and not {"id", "domain"} & account.keys():
        message = f"the experiment '{entry.name}' randomises accounts, but nothing tells them apart"
        diagnostics.error("E067", entry.place("unit"), message, "declare the attribute account.id or account.domain in site.yaml")


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
    return ir.Campaign(entry.name, run_of(spec.run), cap, pause)


def unused(ruleset: Ruleset, used: Iterable[str], diagnostics: Diagnostics) -> None:
    """Warn of experiments that no slot runs."""
    taken = set(used)
    for name, entry in ruleset.experiments.items():
        if name not in taken:
            diagnostics.warning("W003", entry.place(), f"no slot runs the experiment '{name}'", f"write `test: {name}` in a slot or a rule")
