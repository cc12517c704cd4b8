"""Ruleset → Program: every name resolved, every condition lowered, every content compiled; all errors reported."""

from __future__ import annotations

from typing import Any

from compiler import analysis, catalogue, ir, market_checks, models, propensity, sensitive, trials
from compiler.conditions import Conditions, known
from compiler.contents import Components
from compiler.diagnostics import Diagnostics
from compiler.ladders import Ladders
from compiler.syntax import Entry, Ruleset
from compiler.values import spoken
from compiler.literals import address
from tessera.context import BUILT_IN
from tessera.derive import derivation
from tessera.markets import NAME as MARKET
from tessera.types import Attribute, coerce

ALWAYS = ("request.bot", "request.gpc")  # what deciding itself asks for
OF_PAGES = ("request.page", "request.path")  # what a model that goes by a part of the page's address asks for
_OPT_OUTS = {"sale": "SaleOptOut", "sharing": "SharingOptOut", "targeted": "TargetedAdvertisingOptOut"}  # as GPP names them


def build(ruleset: Ruleset, diagnostics: Diagnostics) -> ir.Program | None:
    """The program of a site; None where anything is wrong (everything is then in `diagnostics`)."""
    conditions = Conditions(ruleset, diagnostics)
    components = Components(ruleset, conditions, diagnostics)
    _attributes_checked(ruleset, diagnostics)
    sensitive.check(ruleset, diagnostics)
    market_checks.check(ruleset, conditions.markets, diagnostics)
    _holdout_checked(ruleset, diagnostics)
    _island_checked(ruleset, diagnostics)
    jurisdictions = _jurisdictions(ruleset, conditions, diagnostics)
    columns = catalogue.item_columns(ruleset, diagnostics)
    ranked = models.models(ruleset, diagnostics, conditions, dict(columns))
    ladders = Ladders(ruleset, conditions, components, ranked, columns, diagnostics)
    predicted = propensity.propensities(ruleset, diagnostics, conditions.kinds, conditions.purposes)
    experiments = trials.experiments(ruleset, diagnostics)
    campaigns = trials.campaigns(ruleset, conditions, diagnostics)
    slots = ladders.slots()
    _scenarios_checked(ruleset, conditions, diagnostics)
    if diagnostics.failed:
        return None
    trials.unused(ruleset, ladders.running, diagnostics)
    analysis.report(ruleset, conditions, slots, diagnostics)
    site = ruleset.site.spec
    sources = {m.source for m in ranked if m.source}
    by_page = {source for source in sources if source.startswith("page.")}
    reads = {*conditions.read, *ALWAYS, *(sources - by_page), *(OF_PAGES if by_page else ())}
    predicted = propensity.read_ones(predicted, reads, slots, campaigns)
    reads |= {feature for one in predicted for feature in one.features}
    return ir.Program(
        site=site.name or site.hosts[0],
        hosts=site.hosts,
        pages=tuple(site.pages.items()),
        attributes=_attributes(ruleset, reads),
        purposes=tuple(site.purposes),
        jurisdictions=jurisdictions,
        holdout=(site.holdout.share, site.holdout.salt) if site.holdout else None,
        log_purpose=None if site.log.purpose == "none" else site.log.purpose,
        deadline=site.freshness.deadline,
        reads=tuple(sorted(reads)),
        lists=tuple((name, ruleset.lists[name].values) for name in sorted(conditions.used_lists | conditions.lists_of_segments())),
        item_ids=ruleset.items.ids if ruleset.items else (),
        item_columns=columns,
        lookups=catalogue.lookups(ruleset),
        slots=slots,
        experiments=tuple(e for e in experiments if e.name in ladders.running),
        campaigns=campaigns,
        models=ranked,
        island=tuple(sorted(set(site.island))),
        segments=tuple(sorted(conditions.segments.items())),
        choices=tuple((name, spec.tcf, tuple(_OPT_OUTS[one] for one in spec.us)) for name, spec in site.purposes.items()),
        consent=tuple(sorted(site.consent.model_dump().items())),
        cookieless=site.identity.mode == "cookieless",
        login=tuple(sorted(site.identity.login.model_dump().items())) if site.identity.login else None,
        max_age=site.freshness.max_age,
        limit=site.freshness.limit,
        log_keep=site.log.keep,
        propensities=predicted,
        markets=tuple(conditions.of_markets.items()),
    )


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
    if "log" in site.node.plain:
        known(diagnostics, "E039", "purpose", site.spec.log.purpose, [*site.spec.purposes, "none"], site, "log", "purpose")
    for name, (path, attribute) in _declared(ruleset).items():
        if attribute.default is not None and not _kept(name, attribute):
            message = f"the default, {spoken(attribute.default)}, is not a possible {attribute.type.kind}"
            diagnostics.error("E011", site.place(*path, "default"), message, "give a default of that type, or leave it out")
        _derivation_checked(name, attribute, site, path, ruleset, diagnostics)
        if attribute.purpose != "none":
            known(diagnostics, "E039", "purpose", attribute.purpose, [*site.spec.purposes, "none"], site, *path, "purpose")
        table = (attribute.from_ or "").removeprefix("lookup.")
        if attribute.from_ == f"lookup.{table}" and known(diagnostics, "E046", "look-up", table, site.spec.lookups, site, *path, "from"):
            fields = ruleset.lookups[table].fields if table in ruleset.lookups else ()
            known(diagnostics, "E047", "look-up column", name.rpartition(".")[2], fields, site, *path, key=True)


def _derivation_checked(name: str, spec: Any, site: Entry[Any], path: tuple, ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """What comes from events must be able to: the events and their fields exist, and the type fits what is made of them."""
    attribute = Attribute(name, spec.type.kind, None, spec.keep, spec.from_, None, frozenset(spec.type.members), spec.half_life, spec.most)
    try:
        found = derivation(attribute)
    except ValueError as error:
        at = "from" if spec.from_ else "half_life" if spec.half_life else "most"
        diagnostics.error("E057", site.place(*path, at), f"{name} cannot be made so: {error}", "docs/events.md tells what comes from which events")
        return
    if found is not None and found.of == "item":
        fields = ruleset.items.fields if ruleset.items else {}
        known(diagnostics, "E031", "item field", found.field, fields, site, *path, "from")


def _typed(name: str, spec: Any) -> Any:
    """An attribute's default as the edge will hold it; None where there is none, or it is not of the type."""
    kind = Attribute(name, spec.type.kind, values=frozenset(spec.type.members))
    return None if spec.default is None else coerce(kind, spec.default)


def _kept(name: str, spec: Any) -> bool:
    """Whether nothing of an attribute's default is lost when it is typed."""
    typed = _typed(name, spec)
    if spec.type.kind == "ip":
        return _is_address(spec.default)
    return len(typed) == len(spec.default) if isinstance(typed, (tuple, dict)) and spec.type.element else typed is not None


def _is_address(text: str) -> bool:
    try:
        address(text)
    except ValueError:
        return False
    return True


def _holdout_checked(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    if ruleset.site.spec.holdout is not None:
        for position, slot in enumerate(ruleset.site.spec.holdout.except_):
            known(diagnostics, "E048", "slot", slot, ruleset.slots, ruleset.site, "holdout", "except", position)


def _island_checked(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    for position, page in enumerate(ruleset.site.spec.island):
        known(diagnostics, "E034", "page", page, ruleset.site.spec.pages, ruleset.site, "island", position)


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


def _attributes(ruleset: Ruleset, reads: set[str]) -> tuple[ir.Attribute, ...]:
    """The declared attributes, and those of the request that are read, and the market where there are any; sorted by name."""
    own = [_attribute(name, spec) for name, (_, spec) in _declared(ruleset).items()]
    built_in = [
        ir.Attribute(name, kind, None, None, "request", None, values)
        for name, (kind, values, _) in BUILT_IN.items()
        if name in reads
    ]
    market = ir.Attribute(MARKET, "enum", None, None, "market", None, tuple(ruleset.site.spec.markets))
    return tuple(sorted(own + built_in + ([market] if market.values else []), key=lambda a: a.name))


def _attribute(name: str, spec: Any) -> ir.Attribute:
    purpose = None if spec.purpose == "none" else spec.purpose
    return ir.Attribute(name, spec.type.kind, purpose, spec.keep or None, spec.from_, _typed(name, spec), spec.type.members, spec.half_life, spec.most)


def _scenarios_checked(ruleset: Ruleset, conditions: Conditions, diagnostics: Diagnostics) -> None:
    """Scenarios may only name what exists."""
    for entry in ruleset.scenarios.values():
        for name, visitor in entry.spec.visitors.items():
            _visitor_checked(conditions, visitor, entry, ("visitors", name))
        for position, scenario in enumerate(entry.spec.scenarios):
            path = ("scenarios", position)
            if scenario.with_ is not None:
                _visitor_checked(conditions, scenario.with_, entry, (*path, "with"))
            if scenario.as_ is not None:
                known(diagnostics, "E065", "visitor of the scenarios", scenario.as_, entry.spec.visitors, entry, *path, "as")
            for slot in scenario.expect:
                known(diagnostics, "E048", "slot", slot, ruleset.slots, entry, *path, "expect", slot, key=True)
            for experiment, arm in scenario.arms.items():
                if known(diagnostics, "E044", "experiment", experiment, ruleset.experiments, entry, *path, "arms", experiment, key=True):
                    arms = ruleset.experiments[experiment].spec.arms
                    known(diagnostics, "E066", "arm", arm, arms, entry, *path, "arms", experiment)


def _visitor_checked(conditions: Conditions, visitor: Any, entry: Entry[Any], path: tuple) -> None:
    """A visitor of the scenarios may only have what the site declares, of the declared types."""
    ruleset, diagnostics = conditions.ruleset, conditions.diagnostics
    for space in ("visitor", "account", "request"):
        names = [name.partition(".")[2] for name in conditions.kinds if name.startswith(f"{space}.")]
        for name, value in getattr(visitor, space).items():
            if known(diagnostics, "E021", f"{space} attribute", name, names, entry, *path, space, name, key=True):
                _fact_checked(conditions, f"{space}.{name}", value, entry, (*path, space, name))
    for position, purpose in enumerate(visitor.consent or ()):
        known(diagnostics, "E039", "purpose", purpose, ruleset.site.spec.purposes, entry, *path, "consent", position)
    for campaign in visitor.seen:
        known(diagnostics, "E036", "campaign", campaign, ruleset.campaigns, entry, *path, "seen", campaign, key=True)


def _fact_checked(conditions: Conditions, name: str, value: Any, entry: Entry[Any], path: tuple) -> None:
    declared = conditions.environment.names[name]
    if value is None or coerce(Attribute(name, declared.kind, values=frozenset(declared.members)), value) is not None:
        return
    if declared.members and isinstance(value, str):
        known(conditions.diagnostics, "E023", f"value of {name}", value, declared.members, entry, *path)
    else:
        conditions.diagnostics.error("E011", entry.place(*path), f"expected {declared.kind}, found {spoken(value)}", "write a value of that type")
