"""Eppo: the flag configuration for servers (ufc), or the experiment configuration before it → a site.

A flag's variations are its values and the default is `none`, where Eppo's SDKs give the caller's own default. Each
allocation is a rule, in order; its dates are conditions on the time. Splits that differ in the ranges of one salt alone
are an experiment with Eppo's own hash, so nobody is moved; any others are a rule each. Callers supply the attributes
by Eppo's names and `subjectKey`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from compiler.frontends import eppo_before
from compiler.frontends.eppo_terms import Range, Terms, ranges_of, shard, total_of, within
from compiler.frontends.site import Arm, Experiment, Flag, ImportRefused, Names, Rule, Site
from compiler.frontends.terms import all_of, bare, literal, loaded, mapping, objects, text
from tessera.types import parse_time

_UNKNOWN = "Eppo's file names a variation that the flag does not have."


def read(source: str) -> Site:
    """The site of a configuration.

    Raises:
        ImportRefused: where the text is none, or is one whose names are obfuscated for clients.
    """
    document = loaded(source)
    flags = document.get("flags")
    if not isinstance(flags, dict) or not all(isinstance(flag, dict) for flag in flags.values()):
        raise ImportRefused("not an Eppo configuration: there is no object `flags`")
    if "" in flags:
        raise ImportRefused("a flag has an empty key")
    if document.get("format") == "CLIENT" or document.get("obfuscated") is True:
        raise ImportRefused("this configuration is for clients, its names are hashes; fetch the one for servers")
    if any(isinstance(flag.get("allocations"), dict) for flag in flags.values()):
        return eppo_before.site(flags)
    return _Import(document).site(flags)


class _Split(NamedTuple):
    """Who gets a variation: those whose shards lie in the ranges of every salt."""

    variation: str
    shards: Mapping[str, tuple[Range, ...]]


class _Import:
    """One document: what has been read of it, and what could not be expressed."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document, self.terms = document, Terms()
        self.names, self.experiment_names = Names(), Names()
        self.experiments: list[Experiment] = []

    def site(self, flags: dict[str, dict[str, Any]]) -> Site:
        found = tuple(self._flag(key, flag) for key, flag in flags.items())
        for key in mapping(self.document, "bandits", "the document"):
            self.terms.left_out(f"bandit {key}", "its actions are scored by Eppo's model for each request: the flag gives the variation alone")
        unsupported = tuple(dict.fromkeys(self.terms.unsupported))
        return Site("eppo", self.terms.attributes.read_by(found, self.experiments), found, tuple(self.experiments), unsupported=unsupported)

    def _flag(self, key: str, flag: dict[str, Any]) -> Flag:
        where, names = f"flag {key}", Names()
        values = {names.of(variation): self._value(flag, each, where) for variation, each in mapping(flag, "variations", where).items()}
        if flag.get("enabled") is not True:
            return Flag(self.names.of(key), key, values, (), "none", "Disabled in Eppo.")
        rules: list[Rule] = []
        rule_names = Names()
        total = total_of(flag, "totalShards", where)
        for number, allocation in enumerate(objects(flag, "allocations", where), 1):
            own = allocation.get("key") if isinstance(allocation.get("key"), str) else f"allocation {number}"
            rules += self._allocation(_Place(key, own, f"{where}, allocation {own}", total, names, rule_names), allocation)
        return Flag(self.names.of(key), key, values, tuple(rules), "none", flag.get("comment") if isinstance(flag.get("comment"), str) else "")

    def _value(self, flag: dict[str, Any], variation: Any, where: str) -> Any:
        value = variation.get("value") if isinstance(variation, dict) else None
        if flag.get("variationType") != "JSON" or not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            self.terms.left_out(where, f"a variation of the type JSON holds {literal(value)}: it is kept as a text")
            return value

    def _allocation(self, place: _Place, allocation: dict[str, Any]) -> Iterator[Rule]:
        when = all_of([*self._dates(place, allocation), self.terms.rules(objects(allocation, "rules", place.where), place.where)])
        splits = [_split(each, place) for each in objects(allocation, "splits", place.where)]
        splits = [split for split in splits if all(split.shards.values())]
        varying = _varying(splits)
        if varying is None:
            for split in splits:
                label = place.allocation if len(splits) == 1 else f"{place.allocation} {split.variation}"
                whole = all_of([when, *self._shards(split.shards, place.total)])
                if self.terms.fits(whole, place.where):
                    shown = place.shown(split.variation)
                    yield Rule(place.rules.another(label), bare(whole), show=shown, comment=_UNKNOWN if shown == "none" else "")
            return
        common = {salt: ranges for salt, ranges in splits[0].shards.items() if salt != varying}
        whole = all_of([when, *self._shards(common, place.total)])
        if self.terms.fits(whole, place.where):
            yield Rule(place.rules.another(place.allocation), bare(whole), test=self._experiment(place, splits, varying))

    def _dates(self, place: _Place, allocation: dict[str, Any]) -> Iterator[str]:
        for key, order in (("startAt", ">="), ("endAt", "<=")):
            if allocation.get(key):
                moment = text(allocation, key, place.where)
                if parse_time(moment) is None:
                    raise ImportRefused(f"{place.where}: `{key}` is not a time")
                yield f"request.at {order} timestamp({literal(moment)})"

    def _shards(self, shards: Mapping[str, tuple[Range, ...]], total: int) -> list[str]:
        return [within(shard(total, literal(salt), self.terms.subject), ranges, total) for salt, ranges in shards.items()]

    def _experiment(self, place: _Place, splits: list[_Split], varying: str) -> str:
        """The experiment of splits that differ in the ranges of one salt; a variation with two splits is one arm."""
        ranges: dict[str, list[Range]] = {}
        for split in splits:
            ranges.setdefault(split.variation, []).extend(split.shards[varying])
        name = self.experiment_names.another(f"{place.flag}\0{place.allocation}")
        arm_names = Names()
        self.experiments.append(
            Experiment(
                name=name,
                original=f"{place.flag}-{place.allocation}",
                unit=self.terms.subject,
                hash="eppo",
                salt=varying,
                arms=tuple(Arm(arm_names.of(key), place.shown(key), ranges=tuple(sorted(found))) for key, found in ranges.items()),
                buckets=place.total,
            )
        )
        return name


class _Place(NamedTuple):
    """Where an allocation stands, and the names that its flag has given."""

    flag: str
    allocation: str
    where: str
    total: int
    variations: Names
    rules: Names

    def shown(self, variation: str) -> str:
        """The value of a variation; none for one that the flag does not have."""
        return self.variations.taken.get(variation, "none")


def _split(split: dict[str, Any], place: _Place) -> _Split:
    """A split with the ranges of each salt; where a salt stands twice, both its ranges must hold."""
    shards: dict[str, tuple[Range, ...]] = {}
    for each in objects(split, "shards", place.where):
        salt = text(each, "salt", place.where)
        ranges = ranges_of(objects(each, "ranges", place.where), place.total, place.where)
        shards[salt] = _both(shards[salt], ranges) if salt in shards else ranges
    return _Split(text(split, "variationKey", place.where), shards)


def _both(one: tuple[Range, ...], other: tuple[Range, ...]) -> tuple[Range, ...]:
    met = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted(each for each in met if each[0] < each[1]))


def _varying(splits: list[_Split]) -> str | None:
    """The salt in whose ranges alone several splits differ, and by which no subject belongs to two; None where there is none."""
    if len(splits) < 2 or len({frozenset(split.shards) for split in splits}) > 1:
        return None
    differing = [salt for salt in splits[0].shards if len({split.shards[salt] for split in splits}) > 1]
    if len(differing) != 1:
        return None
    ranges = sorted(each for split in splits for each in split.shards[differing[0]])
    return differing[0] if all(one[1] <= other[0] for one, other in zip(ranges, ranges[1:])) else None
