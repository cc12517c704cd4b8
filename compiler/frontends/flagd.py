"""flagd's flag definitions: JsonLogic that names a variant. https://flagd.dev/reference/flag-definitions

Targeting becomes rules: see flagd_targeting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from compiler.frontends.document import parse
from compiler.frontends.flagd_targeting import NO_SUCH_VARIANT, Shared, Targeting
from compiler.frontends.jsonlogic import HALF_A_PAIR, SURROGATE, Inexpressible
from compiler.frontends.site import Experiment, Flag, ImportRefused, Names, Segment, Site, Unsupported
from compiler.frontends.terms import literal, mapping
from compiler.values import LONGEST_TEXT

__all__ = ["NO_SUCH_VARIANT", "read", "variant_names"]

_SEGMENT = re.compile(r"\bsegment\.(\w+)")

FRACTIONAL = {1: "fractional_v1", 2: "fractional", 3: "fractional_v3"}


def read(text: str, *, fractional: int = 2) -> Site:
    """The site of a file of flags.

    Args:
        text: JSON.
        fractional: which version of `fractional` the file was written for; each puts visitors into other buckets. 1: the
            first, in percents. 2: since then. 3: the one that hashes values of any type, as CBOR.
    Raises:
        ImportRefused: where the text is no such file.
    """
    document = parse(text)
    definitions = _definitions(document)
    evaluators, metadata = (mapping(document, key, "not a file of flagd") for key in ("$evaluators", "metadata"))
    importer = _Importer(Shared(evaluators, FRACTIONAL[fractional]), metadata)
    flags = tuple(flag for key, definition in definitions if (flag := importer.flag(key, definition)) is not None)
    return importer.site(flags)


def variant_names() -> Names:
    """Names for the variants of a flag (one can be the empty text), none of them that of an outcome which is no variant."""
    return Names({"\0none": "none", "\0error": NO_SUCH_VARIANT})


def _definitions(document: dict[str, Any]) -> list[tuple[str, Any]]:
    flags = document.get("flags")
    if isinstance(flags, dict):
        return list(flags.items())
    if not isinstance(flags, list):
        raise ImportRefused("not a file of flagd: there is no object `flags`")
    if not all(isinstance(flag, dict) and isinstance(flag.get("key"), str) for flag in flags):
        raise ImportRefused("not a file of flagd: `flags` is a list, and not each of its flags has a `key`")
    return list({flag["key"]: flag for flag in flags}.items())


class _Importer:
    """A flag at a time; `metadata` is that of the whole file, which flags inherit."""

    def __init__(self, shared: Shared, metadata: dict[str, Any]) -> None:
        self.shared, self.metadata, self.names = shared, metadata, Names()
        self.experiments: list[Experiment] = []
        self.unsupported: list[Unsupported] = []

    def site(self, flags: tuple[Flag, ...]) -> Site:
        """The site of these flags."""
        segments = self._segments_read(rule.when for flag in flags for rule in flag.rules)
        attributes = self.shared.attributes.read_by(flags, self.experiments, segments)
        return Site("flagd", attributes, flags, tuple(self.experiments), segments, tuple(self.unsupported))

    def _segments_read(self, conditions: Iterable[str]) -> tuple[Segment, ...]:
        """The segments that conditions ask for, and those that these ask for in turn."""
        known = {segment.name: segment for segment in self.shared.segments.values()}
        waiting, read = list(conditions), set[str]()
        while waiting:
            found = {name for name in _SEGMENT.findall(waiting.pop()) if name in known} - read
            read |= found
            waiting += (known[name].when for name in found)
        return tuple(segment for name, segment in known.items() if name in read)

    def flag(self, key: str, definition: Any) -> Flag | None:
        """The flag; None where its definition is none."""
        wrong = _malformed(key, definition)
        if wrong:
            self.unsupported.append(Unsupported(f"flag {key}", wrong))
            return None
        names = variant_names()
        variants = {variant: names.of(variant) for variant in definition["variants"]}
        values = {variants[variant]: value for variant, value in definition["variants"].items()}
        default = definition.get("defaultVariant")
        comment = "Disabled in flagd: callers get their own default." if definition.get("state") == "DISABLED" else ""
        metadata = self._metadata(key, definition)
        flag = Flag(self.names.of(key), key, values, (), "none" if default is None else variants[default], comment, metadata)
        if definition.get("state") == "DISABLED":
            return replace(flag, default="none")
        return self._targeted(flag, definition["targeting"], variants) if definition.get("targeting") else flag

    def _metadata(self, key: str, definition: dict[str, Any]) -> dict[str, Any]:
        """A flag's own metadata, and what it inherits of the file's."""
        stated = {**self.metadata, **(definition.get("metadata") or {})}
        plain = {name: value for name, value in stated.items() if name.strip() and "\0" not in name and _is_plain(name) and _is_plain(value)}
        for name in stated:
            if name not in plain:
                self.unsupported.append(Unsupported(f"flag {key}, metadata {literal(name)}", "neither a text, a number nor a bool"))
        return plain

    def _targeted(self, flag: Flag, rule: dict[str, Any], variants: dict[str, str]) -> Flag:
        targeting = Targeting(self.shared, flag.original, variants)
        try:
            rules = targeting.rules(rule)
        except (Inexpressible, RecursionError) as found:
            what = str(found) if isinstance(found, Inexpressible) else "rules too deep within each other"
            told = f"its targeting needs {what}; the flag decides nothing, so that callers get their own default"
            self.unsupported.append(Unsupported(f"flag {flag.original}", told))
            return replace(flag, default="none")
        self.experiments += targeting.experiments
        arms = [arm for experiment in targeting.experiments for arm in experiment.arms]
        if NO_SUCH_VARIANT in (shown.show for shown in (*rules, *arms)):
            flag.values[NO_SUCH_VARIANT] = None
        return replace(flag, rules=tuple(rules))


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return not SURROGATE.search(value) and len(value) <= LONGEST_TEXT
    return isinstance(value, (int, float)) and abs(value) < 2**63


def _malformed(key: str, definition: Any) -> str:
    """What is wrong with a flag's definition; "" where nothing is."""
    if not key.strip():
        return "its key is empty"
    if not isinstance(definition, dict):
        return "not an object"
    variants, default = definition.get("variants"), definition.get("defaultVariant")
    if not isinstance(variants, dict) or not variants:
        return "it has no `variants`"
    if SURROGATE.search(json.dumps([key, variants], ensure_ascii=False)):
        return HALF_A_PAIR
    if definition.get("state", "ENABLED") not in ("ENABLED", "DISABLED"):
        return f"its `state` is {definition['state']!r}, neither ENABLED nor DISABLED"
    if default is not None and default not in variants:
        return f"its `defaultVariant` {default!r} is none of its variants"
    if not isinstance(definition.get("targeting") or {}, dict):
        return "its `targeting` is not an object"
    return "" if isinstance(definition.get("metadata") or {}, dict) else "its `metadata` is not an object"
