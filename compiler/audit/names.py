"""Names and metadata as the conventions want them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from compiler.audit.findings import Finding, finding
from compiler.audit.subject import Subject, some
from compiler.diagnostics import Place
from compiler.shape import LEVELS
from compiler.syntax import Entry
from compiler.values import snake_case


class _Named(NamedTuple):
    """Something with a name: its kind as the conventions call it, its declaration, and where its name stands."""

    kind: str
    name: str
    spec: Any
    place: Place

    @property
    def about(self) -> str:
        return f"{self.kind} {self.name}"


def names(subject: Subject) -> Iterator[Finding]:
    """Names that are too long or do not match the pattern of their kind."""
    for one in _named(subject):
        own = one.name.rpartition(".")[2]
        pattern = subject.conventions.pattern(one.kind)
        if len(own) > subject.conventions.longest:
            message = f"the name of the {one.kind} '{own}' has {len(own)} characters"
            yield finding("A060", one.about, one.place, message, f"names have at most {subject.conventions.longest} characters here")
        elif not re.fullmatch(pattern, own):
            near = snake_case(re.sub("_+", "_", own))
            example = f", for example '{near}'" if near != own and re.fullmatch(pattern, near) else ""
            yield finding("A060", one.about, one.place, f"the {one.kind} '{own}' is not named as the conventions want it: {pattern}", f"give it another name{example}")


def metadata(subject: Subject) -> Iterator[Finding]:
    """Owners that are missing or unknown, and other metadata that is missing."""
    owners = subject.conventions.owners
    for one in _named(subject):
        keys = [key for key in subject.conventions.needed(one.kind) if key in _keys(one.spec)]
        missing = [key for key in keys if not getattr(one.spec, key)]
        own = one.name.rpartition(".")[2]
        if "owner" in missing:
            example = f"one of {some(list(owners))}" if owners else "who answers for it"
            yield finding("A062", one.about, one.place, f"nobody owns the {one.kind} '{own}'", f"write `owner: …`, {example}")
        if others := [key for key in missing if key != "owner"]:
            message = f"the {one.kind} '{own}' has no {some([f'`{key}`' for key in others])}"
            yield finding("A061", one.about, one.place, message, f"write {some([f'`{key}: …`' for key in others])}")
        owner = getattr(one.spec, "owner", None) if "owner" in _keys(one.spec) else None
        if owner is not None and owners and owner not in owners:
            yield finding("A063", one.about, one.place, f"the owner of the {one.kind} '{own}', '{owner}', is none of the conventions", f"write one of {', '.join(owners)}, or add '{owner}' to the conventions")


def _keys(spec: Any) -> Mapping[str, Any]:
    return type(spec).model_fields if hasattr(type(spec), "model_fields") else {}


def _named(subject: Subject) -> Iterator[_Named]:
    """Everything that the site names."""
    ruleset, site = subject.ruleset, subject.ruleset.site
    for space in ("visitor", "account"):
        for name, spec in getattr(site.spec.attributes, space).items():
            yield _Named("attribute", f"{space}.{name}", spec, site.place("attributes", space, name, key=True))
    for kind, key in (("page", "pages"), ("purpose", "purposes"), ("lookup", "lookups")):
        for name, spec in getattr(site.spec, key).items():
            yield _Named(kind, name, spec, site.place(key, name, key=True))
    tables: tuple[tuple[str, Mapping[str, Entry[Any]]], ...] = (
        ("segment", ruleset.segments), ("metric", ruleset.metrics), ("slot", ruleset.slots), ("component", ruleset.contents), ("experiment", ruleset.experiments),
        ("campaign", ruleset.campaigns), ("model", {**ruleset.models, **ruleset.propensities}),
    )  # fmt: skip
    for kind, entries in tables:
        for name, entry in entries.items():
            yield _Named(kind, name, entry.spec, entry.place(key=bool(entry.path)))
    for name, file in ruleset.lists.items():
        yield _Named("list", name, None, file.place)
    yield from _within(subject)


def _within(subject: Subject) -> Iterator[_Named]:
    """Rules, variants and arms."""
    for slot in subject.ruleset.slots.values():
        for level in LEVELS:
            for number, rule in enumerate(getattr(slot.spec.ladder, level)):
                yield _Named("rule", f"{slot.name}.{rule.rule}", rule, slot.place("ladder", level, number, "rule"))
    for component in subject.ruleset.contents.values():
        for variant in component.spec.variants:
            yield _Named("variant", f"{component.name}.{variant}", None, component.place("variants", variant, key=True))
    for experiment in subject.ruleset.experiments.values():
        for arm, spec in experiment.spec.arms.items():
            yield _Named("arm", f"{experiment.name}.{arm}", spec, experiment.place("arms", arm, key=True))
