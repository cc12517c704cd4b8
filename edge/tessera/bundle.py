"""THE format: one compiled site as bytes with a name. Normative text: docs/format.md.

    header   64 bytes   magic "TESSERA\\0", format u32, flags u32, body length u64, SHA-256 of the body, 8 zero bytes
    body                envelope length u32, envelope (msgpack), zeros up to 16, sections (each 16-aligned)
    trailer  0 or 76    "ED25", key id (8 bytes), Ed25519 signature (64 bytes) over SIGNATURE_CONTEXT + header

Integers are big-endian. The bundle's name is the hex digest of the body.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Mapping, Sequence

import msgpack

from tessera import assign, match, score
from tessera.render import prepare
from tessera.types import Attribute, Items

MAGIC = b"TESSERA\0"
FORMAT = 1
HEADER = struct.Struct(">8sIIQ32s8s")
RESERVED = bytes(8)
SIGNATURE_MAGIC = b"ED25"
SIGNATURE_CONTEXT = b"tessera bundle v1\0"
TRAILER = struct.Struct(">4s8s64s")
ALIGN = 16
MAX_BYTES = 24 * 2**20


class BundleError(Exception):
    """The bytes are no bundle that this reader can use; the message is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bundle whose digest was verified and whose signature was not yet: check `signature` over `signed`, then load."""

    name: str
    body: memoryview
    signed: bytes
    key_id: str | None
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class Run:
    """When something is live: epoch seconds [start, end); `local` reads them on the visitor's own clock."""

    start: float | None
    end: float | None
    local: bool

    def holds(self, at: float, offset: int) -> bool:
        now = at + 60 * offset if self.local else at
        return (self.start is None or now >= self.start) and (self.end is None or now < self.end)


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule, an arm or a default does: show a variant, rank items by a model, or let an experiment's arms decide.

    `variant` is an index into the slot's variants (-1: leave the page as it is); `arms` holds an action per arm.
    """

    variant: int = -1
    model: int = -1
    take: int = 0
    where: tuple | None = None
    at_most: tuple = ()
    experiment: int = -1
    arms: tuple["Action | None", ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition → action, at one level of a slot's ladder. `mask` covers its conjunctions."""

    name: str
    level: str
    mask: int
    action: Action
    campaign: int
    segment: str | None
    purposes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place on pages. `variants`: (name, content index without a patch, then one per arm of `test`)."""

    name: str
    pages: frozenset[str]
    selector: str
    operation: str
    component: str
    variants: tuple[tuple[str, tuple[int, ...]], ...]
    mask: int
    default: Action
    test: Action | None
    always: bool
    purposes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A randomised comparison. `share`: (parts, whole). `layer`: (salt, start, end) on the allocation line."""

    name: str
    salt: str
    unit: str
    purpose: str | None
    share: tuple[int, int]
    layer: tuple[str, int, int] | None
    run: Run | None
    arms: tuple[str, ...]
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """An owner's initiative: its dates, its cap (times, per seconds) and the condition that pauses it."""

    name: str
    run: Run | None
    cap: tuple[int, float] | None
    pause: tuple | None


@dataclass(frozen=True, slots=True)
class Model:
    """A ranker: `vectors` (with the attribute and half-life of the visitor's vector) or a fixed `order` of all items.

    `otherwise` is the model for visitors that this one knows nothing of (-1: none).
    """

    name: str
    version: str
    attribute: str | None
    half_life: float
    vectors: score.Vectors | None
    order: tuple[float, ...] | None
    otherwise: int = -1


@dataclass(frozen=True, slots=True)
class Lookup:
    """A table from networks to facts: disjoint ranges of 16-byte addresses, sorted; `rows` of `fields`."""

    name: str
    fields: tuple[str, ...]
    starts: tuple[bytes, ...]
    ends: tuple[bytes, ...]
    rows: tuple[tuple, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A compiled site, resolved: a request only looks up.

    `reads`: the attributes that a decision or its content may use. `deadline`: milliseconds for a profile read.
    """

    name: str
    site: str
    size: int
    hosts: tuple[str, ...]
    pages: tuple[tuple[str, str], ...]
    attributes: Mapping[str, Attribute]
    purposes: tuple[str, ...]
    jurisdictions: tuple[tuple[str, tuple | None, frozenset[str], bool], ...]
    holdout: tuple[int, int, str] | None
    log_purpose: str | None
    deadline: int
    reads: tuple[Attribute, ...]
    lookups: Mapping[str, Lookup]
    lists: Mapping[str, frozenset]
    index: match.Index
    trees: Mapping[int, tuple]
    conditions: Mapping[str, Any]
    rules: tuple[Rule, ...]
    rule_of: tuple[int, ...]
    slots: tuple[Slot, ...]
    experiments: tuple[Experiment, ...]
    campaigns: tuple[Campaign, ...]
    models: tuple[Model, ...]
    items: Items
    contents: tuple[tuple, ...]
    sizes: Mapping[str, int]

    def slots_of(self, page: str | None) -> tuple[int, ...]:
        """Indices of the slots of a page; of every slot for None."""
        return tuple(i for i, slot in enumerate(self.slots) if page is None or page in slot.pages)


def unseal(data: bytes) -> Sealed:
    """Check magic, version, length and digest.

    Raises:
        BundleError: with one line that says what is wrong.
    """
    if len(data) > MAX_BYTES:
        raise BundleError(f"bundle rejected: {len(data)} bytes, at most {MAX_BYTES} are read; build a smaller site")
    if len(data) < HEADER.size or data[:8] != MAGIC:
        raise BundleError("bundle rejected: not a Tessera bundle; build one with 'tessera build'")
    _, version, flags, length, digest, reserved = HEADER.unpack_from(data)
    if version != FORMAT:
        raise BundleError(f"bundle rejected: format {version}, this worker reads {FORMAT}; redeploy the edge or build with --format {FORMAT}")
    if flags or reserved != RESERVED:
        raise BundleError("bundle rejected: damaged header; publish it again")
    end = HEADER.size + length
    if len(data) < end:
        raise BundleError(f"bundle rejected: truncated, {len(data)} of {end} bytes; publish it again")
    body = memoryview(data)[HEADER.size : end]
    if not compare_digest(sha256(body).digest(), digest):
        raise BundleError("bundle rejected: the body does not match its digest; publish it again")
    key_id, signature = _trailer(data[end:])
    return Sealed(digest.hex(), body, SIGNATURE_CONTEXT + data[: HEADER.size], key_id, signature)


def _trailer(rest: bytes) -> tuple[str | None, bytes | None]:
    if not rest:
        return None, None
    if len(rest) != TRAILER.size or rest[:4] != SIGNATURE_MAGIC:
        raise BundleError("bundle rejected: damaged signature trailer; sign and publish it again")
    _, key_id, signature = TRAILER.unpack(rest)
    return key_id.hex(), signature


def load(sealed: Sealed) -> Bundle:
    """Resolve a sealed bundle's sections into a Bundle.

    Raises:
        BundleError: where the sections do not fit each other.
    """
    try:
        return _resolve(sealed, _sections(sealed.body))
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, struct.error) as error:
        what = " ".join(f"{type(error).__name__}: {error}"[:200].split())
        raise BundleError(f"bundle rejected: malformed section ({what}); build it again") from error


def _sections(body: memoryview) -> dict[str, Any]:
    """Section name → decoded value (msgpack) or memoryview (raw); and `sizes`."""
    (length,) = struct.unpack_from(">I", body)
    envelope = msgpack.unpackb(body[4 : 4 + length], use_list=False, strict_map_key=False)
    found: dict[str, Any] = {"sizes": {"envelope": length}}
    for name, offset, size, kind in envelope["sections"]:
        raw = body[offset : offset + size]
        if len(raw) != size:
            raise ValueError(f"section {name} reaches past the end")
        found["sizes"][name] = size
        found[name] = raw if kind == "raw" else msgpack.unpackb(raw, use_list=False, strict_map_key=False)
    return found


def _resolve(sealed: Sealed, sections: Mapping[str, Any]) -> Bundle:
    site, conditions, decisions = sections["site"], sections["conditions"], sections["decisions"]
    lists = {name: frozenset(values) for name, values in sections["lists"]}
    if sum(row[3] for row in decisions["rules"]) != len(conditions["conjunctions"]):
        raise ValueError("the rules do not cover the conjunctions")
    rules, rule_of, masks = _rules(decisions["rules"], len(decisions["slots"]), lists)
    attributes = {a[0]: Attribute(*a[:6], values=frozenset(a[6])) for a in site["attributes"]}
    ids = sections["items"]["ids"]
    return Bundle(
        name=sealed.name,
        site=site["name"],
        size=len(sealed.body) + HEADER.size + (TRAILER.size if sealed.signature else 0),
        hosts=site["hosts"],
        pages=site["pages"],
        attributes=attributes,
        purposes=site["purposes"],
        jurisdictions=tuple(
            (name, match.bind(when, lists), frozenset(allow), gpc) for name, when, allow, gpc in site["jurisdictions"]
        ),
        holdout=site["holdout"],
        log_purpose=site["log_purpose"],
        deadline=site["deadline"],
        reads=tuple(attributes[name] for name in site["reads"]),
        lookups={lookup[0]: Lookup(*lookup) for lookup in sections["lookups"]},
        lists=lists,
        index=match.build(conditions["terms"], conditions["tests"], conditions["conjunctions"], lists),
        trees={number: match.bind(tree, lists) for number, tree in conditions["trees"].items()},
        conditions=conditions,
        rules=rules,
        rule_of=rule_of,
        slots=tuple(_slot(row, masks[i], rules, lists) for i, row in enumerate(decisions["slots"])),
        experiments=tuple(_experiment(row) for row in decisions["experiments"]),
        campaigns=tuple(
            Campaign(name, _run(run), cap, match.bind(pause, lists)) for name, run, cap, pause in decisions["campaigns"]
        ),
        models=tuple(_model(row, sections) for row in decisions["models"]),
        items=Items(ids, {item: row for row, item in enumerate(ids)}, sections["items"]["columns"]),
        contents=tuple(prepare(content) for content in sections["content"]),
        sizes=sections["sizes"],
    )


def _run(row: Sequence | None) -> Run | None:
    return Run(*row) if row else None


Lists = Mapping[str, frozenset]


def _action(row: Sequence | None, lists: Lists) -> Action | None:
    if row is None:
        return None
    variant, model, take, where, at_most, experiment, arms = row
    where = match.bind(where, lists)
    return Action(variant, model, take, where, at_most, experiment, tuple(_action(arm, lists) for arm in arms))


def _rules(rows: Sequence, slots: int, lists: Lists) -> tuple[tuple[Rule, ...], tuple[int, ...], list[int]]:
    """The rules, the rule of each conjunction, and the mask of each slot."""
    rules: list[Rule] = []
    rule_of: list[int] = []
    masks = [0] * slots
    for name, slot, level, count, action, campaign, segment, purposes in rows:
        mask = ((1 << count) - 1) << len(rule_of)
        rule_of.extend([len(rules)] * count)
        masks[slot] |= mask
        rules.append(Rule(name, level, mask, _action(action, lists), campaign, segment, frozenset(purposes)))
    return tuple(rules), tuple(rule_of), masks


def _slot(row: Sequence, mask: int, rules: Sequence[Rule], lists: Lists) -> Slot:
    name, pages, selector, operation, component, variants, default, test, always = row
    purposes = frozenset().union(*(rule.purposes for rule in rules if rule.mask & mask))
    default, test = _action(default, lists), _action(test, lists)
    return Slot(name, frozenset(pages), selector, operation, component, variants, mask, default, test, always, purposes)


def _experiment(row: Sequence) -> Experiment:
    name, salt, unit, purpose, share, layer, run, arms, weights = row
    if layer:
        layer = (layer[0], assign.point(layer[1], layer[3]), assign.point(layer[2], layer[3]))
    return Experiment(name, salt, unit, purpose, share, layer, _run(run), arms, weights)


def _model(row: Sequence, sections: Mapping[str, Any]) -> Model:
    name, version, attribute, half_life, dimensions, field, otherwise = row
    if field is not None:
        column = sections["items"]["columns"][field]
        return Model(name, version, None, 0.0, None, tuple(float(value or 0) for value in column))
    vectors = score.Vectors(sections[f"vectors/{name}"], sections[f"scales/{name}"], dimensions)
    if len(vectors) != len(sections["items"]["ids"]) or len(vectors.rows) != len(vectors) * dimensions:
        raise ValueError(f"the vectors of {name} do not fit the items")
    return Model(name, version, attribute, half_life, vectors, None, otherwise)
