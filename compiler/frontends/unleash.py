"""Unleash: the features that its client API serves (what SDKs and Unleash Edge fetch) → a site.

A toggle is a flag with the values `on` and `off`; each strategy is a rule, segments stay named conditions. A toggle with
variants has a second flag, `<name>:variant`, whose values are what getVariant returns (name, payload, enabled); variants
are experiments with Unleash's own hash, so nobody is moved. Callers supply Unleash's context with its properties beside
the standard fields, and `random`, a fresh text for each decision, for what Unleash draws at random: a rollout without an
id is off where it is not supplied, and variants without an id give the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.frontends.site import Experiment, Flag, ImportRefused, Names, Rule, Segment, Site
from compiler.frontends.terms import ALWAYS, LONGEST, NEVER, all_of, literal, loaded, mapping, negated, objects, text
from compiler.frontends.unleash_terms import RANDOM, Terms, texts
from compiler.frontends.unleash_variants import DISABLED, Active, Variants, variant_flag


def read(source: str) -> Site:
    """The site of a features document.

    Raises:
        ImportRefused: where the text is none.
    """
    document = _hydrated(loaded(source))
    if not isinstance(document.get("features"), list):
        raise ImportRefused("not Unleash's client features: there is no list `features`")
    return _Import(document).site()


def _hydrated(document: dict[str, Any]) -> dict[str, Any]:
    """The features that the events of the delta API lead to; any other document as it is."""
    if "events" not in document:
        return document
    features: dict[str, Any] = {}
    segments: dict[Any, Any] = {}
    for event in objects(document, "events", "the document"):
        kind = event.get("type")
        if kind == "hydration":
            features = {text(each, "name", "a feature"): each for each in objects(event, "features", "hydration")}
            segments = {str(each.get("id")): each for each in objects(event, "segments", "hydration")}
        elif kind == "feature-updated":
            feature = mapping(event, "feature", kind)
            features[text(feature, "name", kind)] = feature
        elif kind == "feature-removed":
            features.pop(text(event, "featureName", kind), None)
        elif kind == "segment-updated":
            segment = mapping(event, "segment", kind)
            segments[str(segment.get("id"))] = segment
        elif kind == "segment-removed":
            segments.pop(str(event.get("segmentId")), None)
    return {"features": list(features.values()), "segments": list(segments.values())}


class _Import:
    """One document: what has been read of it, and what could not be expressed."""

    def __init__(self, document: dict[str, Any]) -> None:
        found = objects(document, "features", "the document")
        self.features = {text(feature, "name", f"feature {number + 1}"): feature for number, feature in enumerate(found)}
        self.terms = Terms()
        self.names = Names()
        self.experiment_names = Names()
        self.experiments: list[Experiment] = []
        for name in self.features:
            self.names.of(name)
        self.segments = self._segments(document)
        self.used: set[str] = set()  # the segments that strategies name; the file has all there are

    def site(self) -> Site:
        flags = tuple(flag for feature in self.features.values() for flag in self._flags(feature))
        segments = tuple(segment for number, (_, segment) in self.segments.items() if segment is not None and number in self.used)
        attributes = self.terms.attributes.read_by(flags, self.experiments, segments)
        return Site("unleash", attributes, flags, tuple(self.experiments), segments, tuple(dict.fromkeys(self.terms.unsupported)))

    # --- segments

    def _segments(self, document: dict[str, Any]) -> dict[str, tuple[str, Segment | None]]:
        """The id of each segment → the term that stands for it, and the segment itself unless it is decided already."""
        found: dict[str, tuple[str, Segment | None]] = {}
        names = Names()
        for segment in objects(document, "segments", "the document"):
            number = str(segment.get("id"))
            original = segment.get("name") if isinstance(segment.get("name"), str) else f"segment {number}"
            original = f"{original} {number}" if original in names.taken else original
            when = all_of(self.terms.constraints(segment, f"segment {number}"))
            if len(when) > LONGEST:
                when = self.terms.left_out(f"segment {number}", f"its condition has {len(when):,} characters, at most {LONGEST:,} are possible")
            if when in (ALWAYS, NEVER):
                found[number] = (when, None)
                continue
            name = names.of(original)
            found[number] = (f"segment.{name}", Segment(name, original, when))
        return found

    # --- strategies

    def _strategy(self, feature: dict[str, Any], strategy: dict[str, Any], where: str) -> str:
        """When a strategy is active."""
        active = self.terms.activation(feature["name"], strategy, where)
        when = all_of([active, *self.terms.constraints(strategy, where), *self._used(strategy, where)])
        if len(when) > LONGEST:
            return self.terms.left_out(where, f"its condition has {len(when):,} characters, at most {LONGEST:,} are possible")
        return when

    def _used(self, strategy: dict[str, Any], where: str) -> Iterator[str]:
        numbers = strategy.get("segments") or []
        for number in numbers if isinstance(numbers, list) else [numbers]:
            if str(number) in self.segments:
                self.used.add(str(number))
                yield self.segments[str(number)][0]
            else:
                yield self.terms.left_out(where, f"segment {number} is not in the file: the strategy is never active")

    # --- dependencies

    def _dependencies(self, feature: dict[str, Any]) -> str:
        return all_of([self._dependency(feature, parent) for parent in objects(feature, "dependencies", _where(feature))])

    def _dependency(self, feature: dict[str, Any], dependency: dict[str, Any]) -> str:
        """Whether a parent is as its child wants it. A parent that is missing or has parents of its own never is."""
        where = _where(feature)
        parent = self.features.get(text(dependency, "feature", where))
        if parent is None or objects(parent, "dependencies", where):
            return NEVER
        on = f"slot.{self.names.of(parent['name'])}"
        if dependency.get("enabled") is False:
            return negated(on)
        variants = texts(dependency, "variants", where)
        if not variants:
            return on
        if not _has_variants(parent):
            return on if DISABLED["name"] in variants else NEVER
        return f"{on} && slot.{self.names.of(variant_flag(parent))}.name in {literal(variants)}"

    # --- flags

    def _flags(self, feature: dict[str, Any]) -> Iterator[Flag]:
        name, comment = self.names.of(feature["name"]), feature.get("description")
        comment = comment.strip() if isinstance(comment, str) else ""
        values, needed = {"on": True, "off": False}, self._dependencies(feature)
        active: list[Active] = []
        if feature.get("enabled") is not True:
            yield Flag(name, feature["name"], values, (), "off", f"{comment}\nDisabled in Unleash.".strip())
        elif needed == NEVER:
            yield Flag(name, feature["name"], values, (), "off", f"{comment}\nOff, because it depends on what can never be.".strip())
        else:
            active = list(self._active(feature))
            default = "on" if needed == ALWAYS and active and active[-1].when == ALWAYS else "off"
            rules = (Rule(one.label, all_of([needed, one.when]), show="on", comment=_drawn(one.strategy)) for one in active)
            yield Flag(name, feature["name"], values, tuple(rules)[: -1 if default == "on" else None], default, comment)
        if _has_variants(feature):
            variants = Variants(feature, self.terms.attributes, self.experiment_names)
            flag, experiments = variants.flag(self.names.of(variant_flag(feature)), f"slot.{name}", active)
            self.experiments += experiments
            yield flag

    def _active(self, feature: dict[str, Any]) -> Iterator[Active]:
        """The strategies that can be active, up to the first that always is."""
        where, names = _where(feature), Names()
        found = objects(feature, "strategies", where)
        for number, strategy in enumerate(found, 1):
            when = self._strategy(feature, strategy, f"{where}, strategy {number}")
            if when != NEVER:
                title = strategy.get("title")
                label = title if isinstance(title, str) and title.strip() else text(strategy, "name", where)
                yield Active(names.of(label if label not in names.taken else f"{label} {number}"), when, strategy)
            if when == ALWAYS:
                return
        if not found:
            yield Active("enabled", ALWAYS, {})


def _where(feature: dict[str, Any]) -> str:
    return f"toggle {feature['name']}"


def _variants(holder: dict[str, Any]) -> list[dict[str, Any]]:
    return objects(holder, "variants", "a toggle")


def _has_variants(feature: dict[str, Any]) -> bool:
    return any(_variants(holder) for holder in (feature, *objects(feature, "strategies", _where(feature))))


def _drawn(strategy: dict[str, Any]) -> str:
    """A remark at a rule that Unleash draws at random."""
    given = strategy.get("parameters") or {}
    if strategy.get("name") != "gradualRolloutRandom" and given.get("stickiness") != RANDOM:
        return ""
    return "Unleash draws this at random: the caller supplies `random`, a fresh text for each decision."
