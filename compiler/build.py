"""Ruleset → Program: every name resolved, every condition lowered, every content compiled; all errors reported."""

from __future__ import annotations

from typing import Any

from compiler import catalogue, ir, trials
from compiler.conditions import Conditions, known
from compiler.contents import Components
from compiler.diagnostics import Diagnostics
from compiler.ladders import Ladders
from compiler.syntax import Ruleset
from compiler.types import parse
from tessera.context import BUILT_IN
from tessera.types import Attribute, coerce

ALWAYS = ("request.bot", "request.gpc")  # what deciding itself asks for


def build(ruleset: Ruleset, diagnostics: Diagnostics) -> ir.Program | None:
    """The program of a site; None where anything is wrong (everything is then in `diagnostics`)."""
    conditions = Conditions(ruleset, diagnostics)
    components = Components(ruleset, conditions, diagnostics)
    ladders = Ladders(ruleset, conditions, components, diagnostics)
    _attributes_checked(ruleset, diagnostics)
    _holdout_checked(ruleset, diagnostics)
    jurisdictions = _jurisdictions(ruleset, conditions, diagnostics)
    columns = catalogue.item_columns(ruleset, diagnostics)
    models = catalogue.models(ruleset, diagnostics, conditions.kinds)
    experiments = trials.experiments(ruleset, diagnostics)
    campaigns = trials.campaigns(ruleset, conditions, diagnostics)
    slots = ladders.slots()
    _scenarios_checked(ruleset, diagnostics)
    if diagnostics.failed:
        return None
    trials.unused(ruleset, ladders.running, diagnostics)
    site = ruleset.site.spec
    reads = {*conditions.read, *ALWAYS, *(m.attribute for m in models if m.attribute), *_units(ruleset, conditions)}
    return ir.Program(
        site=site.name or site.hosts[0],
        hosts=site.hosts,
        pages=tuple(site.pages.items()),
        attributes=_attributes(ruleset, conditions, reads),
        purposes=tuple(site.purposes),
        jurisdictions=jurisdictions,
        holdout=(site.holdout.share, site.holdout.salt) if site.holdout else None,
        log_purpose=site.log.purpose if site.log.purpose in site.purposes else None,
        deadline=site.freshness.deadline,
        reads=tuple(sorted(reads)),
        lists=tuple((name, ruleset.lists[name].values) for name in sorted(conditions.used_lists)),
        item_ids=ruleset.items.ids if ruleset.items else (),
        item_columns=columns,
        lookups=catalogue.lookups(ruleset),
        slots=slots,
        experiments=tuple(e for e in experiments if e.name in ladders.running),
        campaigns=campaigns,
        models=models,
    )


def _units(ruleset: Ruleset, conditions: Conditions) -> set[str]:
    """What tells the account, where an experiment randomises accounts."""
    wanted = any(entry.spec.unit == "account" for entry in ruleset.experiments.values())
    return {name for name in ("account.id", "account.domain") if wanted and name in conditions.kinds}


def _declared(ruleset: Ruleset) -> dict[str, tuple[tuple, Any]]:
    """Full name → (path in site.yaml, declaration)."""
    spaces = ruleset.site.spec.attributes
    return {
        f"{space}.{name}": (("attributes", space, name), attribute)
        for space in ("visitor", "account")
        for name, attribute in getattr(spaces, space).items()
    }


def _attributes_checked(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    site = ruleset.site
    for name, (path, attribute) in _declared(ruleset).items():
        if attribute.purpose != "none":
            known(diagnostics, "E039", "purpose", attribute.purpose, [*site.spec.purposes, "none"], site, *path, "purpose")
        table = (attribute.from_ or "").removeprefix("lookup.")
        if attribute.from_ == f"lookup.{table}" and known(diagnostics, "E046", "look-up", table, site.spec.lookups, site, *path, "from"):
            fields = ruleset.lookups[table].fields if table in ruleset.lookups else ()
            known(diagnostics, "E047", "look-up column", name.rpartition(".")[2], fields, site, *path, key=True)


def _holdout_checked(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    if ruleset.site.spec.holdout is not None:
        for position, slot in enumerate(ruleset.site.spec.holdout.except_):
            known(diagnostics, "E048", "slot", slot, ruleset.slots, ruleset.site, "holdout", "except", position)


def _jurisdictions(ruleset: Ruleset, conditions: Conditions, diagnostics: Diagnostics) -> tuple[ir.Jurisdiction, ...]:
    site = ruleset.site
    found = []
    everywhere: str | None = None
    for name, spec in site.spec.jurisdictions.items():
        path = ("jurisdictions", name)
        for position, purpose in enumerate(spec.allow):
            known(diagnostics, "E039", "purpose", purpose, site.spec.purposes, site, *path, "allow", position)
        if everywhere is not None:
            message = f"the jurisdiction '{name}' is never reached: '{everywhere}' above it holds everywhere"
            diagnostics.error("E049", site.place(*path, key=True), message, f"give '{everywhere}' a condition, or move it to the end")
        everywhere = everywhere if spec.when else everywhere or name
        when = conditions.compile(site, (*path, "when"), spec.when, ("request",)) if spec.when else None
        found.append(ir.Jurisdiction(name, when, spec.allow, spec.gpc == "deny"))
    return tuple(found)


def _attributes(ruleset: Ruleset, conditions: Conditions, reads: set[str]) -> tuple[ir.Attribute, ...]:
    """The declared attributes, and those of the request that are read; sorted by name."""
    own = [_attribute(name, spec) for name, (_, spec) in _declared(ruleset).items()]
    built_in = [
        ir.Attribute(name, kind, None, None, "request", None, values)
        for name, (kind, values, _) in BUILT_IN.items()
        if name in reads
    ]
    return tuple(sorted(own + built_in, key=lambda a: a.name))


def _attribute(name: str, spec: Any) -> ir.Attribute:
    purpose = None if spec.purpose == "none" else spec.purpose
    typed = Attribute(name, spec.type.kind, values=frozenset(spec.type.members))
    default = None if spec.default is None else coerce(typed, spec.default)
    return ir.Attribute(name, spec.type.kind, purpose, spec.keep or None, spec.from_, default, spec.type.members)


def _scenarios_checked(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """Scenarios may only name what exists."""
    for entry in ruleset.scenarios.values():
        for position, scenario in enumerate(entry.spec.scenarios):
            path = ("scenarios", position)
            if scenario.as_ is not None:
                known(diagnostics, "E065", "visitor of the scenarios", scenario.as_, entry.spec.visitors, entry, *path, "as")
            for slot in scenario.expect:
                known(diagnostics, "E048", "slot", slot, ruleset.slots, entry, *path, "expect", slot, key=True)
            for experiment, arm in scenario.arms.items():
                if known(diagnostics, "E044", "experiment", experiment, ruleset.experiments, entry, *path, "arms", experiment, key=True):
                    arms = ruleset.experiments[experiment].spec.arms
                    known(diagnostics, "E066", "arm", arm, arms, entry, *path, "arms", experiment)
