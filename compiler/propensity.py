"""Attributes that models predict: `from: model.<name>` in site.yaml, the model in models/<name>.yaml, its trees in a JSON file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

import msgpack

from compiler import ir, propensity_file, tree_columns
from compiler.conditions import known
from compiler.diagnostics import Diagnostics
from compiler.syntax import Entry, Ruleset
from tessera.propensity import SOURCE
from tessera.resolved import REDIRECT

LARGEST = 60_000  # bytes of a model in a bundle
_NUMBERS = ("double", "int", "bool", "duration")
_CATEGORIES = ("string", "enum", "bool", "int")


def propensities(ruleset: Ruleset, diagnostics: Diagnostics, kinds: Mapping[str, str], purposes: Mapping[str, str | None]) -> tuple[ir.Propensity, ...]:
    """The models that attributes name, each with its attribute; all that is wrong is reported.

    Args:
        kinds: attribute → its kind. purposes: attribute → what it needs, None for nothing.
    """
    models = {name: _model(ruleset, entry, diagnostics, kinds) for name, entry in ruleset.propensities.items()}
    found: dict[str, ir.Propensity] = {}
    for attribute, path, spec in _named(ruleset):
        name = spec.from_.removeprefix(SOURCE)
        if not known(diagnostics, "E088", "propensity", name, ruleset.propensities, ruleset.site, *path, "from"):
            continue
        _attribute_checked(ruleset, diagnostics, attribute, path, spec)
        if name in found:
            message = f"the model '{name}' makes {found[name].attribute} already"
            diagnostics.error("E088", ruleset.site.place(*path, "from"), message, f"use {found[name].attribute} in its place")
            continue
        model = models[name]
        if model is not None:
            _purposes_checked(ruleset, diagnostics, attribute, path, spec, model, purposes)
            found[name] = ir.Propensity(attribute, name, *model)
    used = {spec.from_.removeprefix(SOURCE) for _, _, spec in _named(ruleset)}
    for name in sorted(ruleset.propensities.keys() - used) if used <= ruleset.propensities.keys() else ():  # a misspelt name was reported
        fix = f"write an attribute in site.yaml: `{name}: {{type: double, purpose: …, keep: session, from: model.{name}}}`, or remove it"
        diagnostics.warning("W005", ruleset.propensities[name].place(), f"nothing uses the model '{name}'", fix)
    return tuple(found[name] for name in sorted(found))


def read_ones(found: tuple[ir.Propensity, ...], reads: Collection[str], slots: tuple[ir.Slot, ...], campaigns: tuple[ir.Campaign, ...]) -> tuple[ir.Propensity, ...]:
    """Those whose attribute anything reads, with the pages whose decisions do."""
    return tuple(ir.Propensity(one.attribute, one.name, one.version, one.features, one.body, _pages(one.attribute, slots, campaigns)) for one in found if one.attribute in reads)


# --- the attribute in site.yaml ----------------------------------------------------------------------------------------


def _named(ruleset: Ruleset) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """(full name, path in site.yaml, declaration) of the attributes that come from a model."""
    spaces = ruleset.site.spec.attributes
    for space in ("visitor", "account"):
        for name, spec in getattr(spaces, space).items():
            if (spec.from_ or "").startswith(SOURCE):
                yield f"{space}.{name}", ("attributes", space, name), spec


def _attribute_checked(ruleset: Ruleset, diagnostics: Diagnostics, name: str, path: tuple[str, ...], spec: Any) -> None:
    site = ruleset.site
    if spec.type.kind != "double":
        diagnostics.error("E088", site.place(*path, "type"), f"{name} is a probability, not {spec.type.kind}", "write `type: double`")
    if spec.keep:
        diagnostics.error("E088", site.place(*path, "keep"), f"{name} is found anew with each request and kept nowhere", "write `keep: session`")
    if spec.default is not None:
        fix = f"leave it out; `has({name})` asks whether anything is known that it could be told of"
        diagnostics.error("E088", site.place(*path, "default"), f"{name} is predicted, so it has no default", fix)


def _purposes_checked(
    ruleset: Ruleset, diagnostics: Diagnostics, name: str, path: tuple[str, ...], spec: Any, model: tuple[str, tuple[str, ...], Any], purposes: Mapping[str, str | None]
) -> None:  # fmt: skip
    """What is made of a fact tells of it: it needs the consent that the fact needs."""
    _, features, _ = model
    wanted = {purposes[feature]: feature for feature in features if purposes.get(feature) is not None}
    for purpose in sorted(wanted.keys() - {spec.purpose}):
        message = f"{name} is made of {wanted[purpose]}, which needs the purpose '{purpose}', and its own is '{spec.purpose}'"
        fix = f"write `purpose: {purpose}`, or train without that feature" if len(wanted) == 1 else "train with features of one purpose"
        diagnostics.error("E088", ruleset.site.place(*path, "purpose"), message, fix)


# --- the model in models/ ------------------------------------------------------------------------------------------------


def _model(ruleset: Ruleset, entry: Entry[Any], diagnostics: Diagnostics, kinds: Mapping[str, str]) -> tuple[str, tuple[str, ...], Any] | None:
    """Its version, the attributes of the features that it asks about, its columns; None where it was reported."""
    relative, place = entry.spec.propensity.file, entry.place("propensity", "file")
    try:
        told = propensity_file.read(ruleset.folder / relative)
        body = tree_columns.body(told)
    except (OSError, ValueError) as error:
        diagnostics.error("E086", place, f"{relative}: {' '.join(str(error).split())}", "write it anew with `tessera propensity`")
        return None
    for failed in propensity_file.unmet(told):
        diagnostics.error("E089", place, f"{relative}: {failed}", "train it anew, or lower the gate")
    packed = msgpack.packb(body, use_bin_type=True)
    if len(packed) > LARGEST:
        diagnostics.error("E089", place, f"{relative}: {len(packed):,} bytes in the bundle, at most {LARGEST:,} are", "train fewer trees or leaves")
    features = _features(entry, diagnostics, told, kinds)
    return None if features is None else (sha256(packed).hexdigest()[:12], features, body)


def _features(entry: Entry[Any], diagnostics: Diagnostics, told: Mapping[str, Any], kinds: Mapping[str, str]) -> tuple[str, ...] | None:
    """The attribute of each feature that the model asks about, in its order; None where it was reported."""
    by_name = {feature["name"]: feature for feature in told["features"]}
    asked = tree_columns.used(told)
    mapped = entry.spec.features
    sound = all([known(diagnostics, "E087", "feature", name, by_name, entry, "features", name, key=True) for name in mapped])
    missing = [name for name in asked if name not in mapped]
    if missing:
        lines = ", ".join(f"{name}: visitor.…" for name in missing[:3]) + (", …" if len(missing) > 3 else "")
        diagnostics.error("E087", entry.place("features", key=True), f"no attribute for {_some(missing)}", f"add to `features:` {lines}")
    for name, attribute in mapped.items():
        if name in by_name and known(diagnostics, "E021", "attribute", attribute, kinds, entry, "features", name):
            sound &= _kind_checked(entry, diagnostics, by_name[name], attribute, kinds[attribute])
        else:
            sound = False
    return tuple(mapped[name] for name in asked) if sound and not missing else None


def _kind_checked(entry: Entry[Any], diagnostics: Diagnostics, feature: Mapping[str, Any], attribute: str, kind: str) -> bool:
    wanted = _CATEGORIES if "values" in feature else _NUMBERS
    if kind in wanted:
        return True
    what = "a category" if "values" in feature else "a number"
    message = f"the feature {feature['name']} is {what}, and {attribute} is {kind}"
    diagnostics.error("E087", entry.place("features", feature["name"]), message, f"name an attribute of the type {', '.join(wanted[:-1])} or {wanted[-1]}")
    return False


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


# --- where it is read ----------------------------------------------------------------------------------------------------


def _pages(attribute: str, slots: tuple[ir.Slot, ...], campaigns: tuple[ir.Campaign, ...]) -> tuple[str, ...] | None:
    """The pages whose decisions or contents may read an attribute; None where any may.

    A page that may lead elsewhere is one of them: what is decided there is decided ahead.
    """
    if any(_mentions(campaign, attribute) for campaign in campaigns):
        return None
    reading = {slot.name for slot in slots if _mentions(slot, attribute)}
    found = {page for slot in slots if slot.operation == REDIRECT or reading & {slot.name, *slot.needs} for page in slot.pages}
    return tuple(sorted(found))


def _mentions(part: Any, name: str) -> bool:
    """Whether a name stands anywhere in a part of a program."""
    if isinstance(part, str):
        return part == name
    if isinstance(part, (tuple, list)):
        return any(_mentions(one, name) for one in part)
    if is_dataclass(part):
        return any(_mentions(getattr(part, one.name), name) for one in fields(part))
    return False
