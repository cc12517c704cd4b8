"""THE format: one compiled site as bytes with a name. Normative text: docs/format.md.

    header   64 bytes   magic "TESSERA\\0", format u32, flags u32, body length u64, SHA-256 of the body, 8 zero bytes
    body                envelope length u32, head length u32, envelope (msgpack), zeros up to 16, sections (each 16-aligned); those
                        that only the kernels read come last: all before them is the head
    trailer  0 or 76    "ED25", key id (8 bytes), Ed25519 signature (64 bytes) over SIGNATURE_CONTEXT + header

Integers are big-endian. The bundle's name is the hex digest of the body.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from hmac import compare_digest
from itertools import accumulate, chain
from typing import Any, Callable, Mapping, Sequence

import msgpack

from tessera import allocation, assign, markets, match, propensity
from tessera.catalogue import Catalogue
from tessera.columns import unpack
from tessera.derive import derivation
from tessera.evaluate import bind, names
from tessera.front import front
from tessera.kernel import Kernel, PythonKernel
from tessera.outcomes import Outcomes
from tessera.render import is_fixed, prepare
from tessera.resolved import REDIRECT, Action, Bundle, Campaign, Design, Experiment, Lazy, Lookup, Rule, Run, Slot
from tessera.types import EMPTY, Attribute

MAGIC = b"TESSERA\0"
FORMAT = 5
LATER_FORMAT = 6  # of a site that has markets or asks for the day: a reader of format 5 would leave both out
READS = frozenset((FORMAT, LATER_FORMAT))  # the formats that this reader takes
READ = " and ".join(map(str, sorted(READS)))
HEADER = struct.Struct(">8sIIQ32s8s")
RESERVED = bytes(8)
LENGTHS = struct.Struct(">II")
SIGNATURE_MAGIC = b"ED25"
SIGNATURE_CONTEXT = b"tessera bundle v1\0"
TRAILER = struct.Struct(">4s8s64s")
ALIGN = 16
MAX_BYTES = 24 * 2**20
LEVELS = ("individual", "segment", "cohort")


class BundleError(Exception):
    """The bytes are no bundle that this reader can use; the message is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bundle whose digest was verified and whose signature was not yet: check `signature` over `signed`, then load.

    `body` is the whole body, or its head where a kernel holds the rest; `size` is that of the whole file, in bytes.
    """

    name: str
    body: memoryview
    size: int
    signed: bytes
    key_id: str | None
    signature: bytes | None


def unseal(data: bytes) -> Sealed:
    """Check magic, version, length and digest of a whole bundle.

    Raises:
        BundleError: with one line that says what is wrong.
    """
    length = HEADER.unpack_from(data)[3] if len(data) >= HEADER.size else 0
    end = HEADER.size + length
    return unseal_head(data[:end], data[end:], sha256(memoryview(data)[HEADER.size : end]).digest(), len(data))


def unseal_head(start: bytes, rest: bytes, digest: bytes, size: int) -> Sealed:
    """The same where somebody else holds the tail of the body and has hashed all of it.

    Args:
        start: header and head of the body (or all of it). rest: what follows the body. digest: the body's SHA-256. size: of the file.
    Raises:
        BundleError: with one line that says what is wrong.
    """
    if size > MAX_BYTES:
        raise BundleError(f"bundle rejected: {size} bytes, at most {MAX_BYTES} are read; build a smaller site")
    if len(start) < HEADER.size or start[:8] != MAGIC:
        raise BundleError("bundle rejected: not a Tessera bundle; build one with 'tessera build'")
    _, version, flags, length, expected, reserved = HEADER.unpack_from(start)
    if version not in READS:
        raise BundleError(f"bundle rejected: format {version}, this worker reads {READ}; redeploy the edge or build with --format {FORMAT}")
    if flags or reserved != RESERVED:
        raise BundleError("bundle rejected: damaged header; publish it again")
    if size < HEADER.size + length:
        raise BundleError(f"bundle rejected: truncated, {size} of {HEADER.size + length} bytes; publish it again")
    if not compare_digest(digest, expected):
        raise BundleError("bundle rejected: the body does not match its digest; publish it again")
    key_id, signature = _trailer(rest)
    return Sealed(expected.hex(), memoryview(start)[HEADER.size :], size, SIGNATURE_CONTEXT + start[: HEADER.size], key_id, signature)


def _trailer(rest: bytes) -> tuple[str | None, bytes | None]:
    if not rest:
        return None, None
    if len(rest) != TRAILER.size or rest[:4] != SIGNATURE_MAGIC:
        raise BundleError("bundle rejected: damaged signature trailer; sign and publish it again")
    _, key_id, signature = TRAILER.unpack(rest)
    return key_id.hex(), signature


def load(sealed: Sealed, kernel: Kernel | None = None) -> Bundle:
    """Resolve a sealed bundle's sections into a Bundle.

    Args:
        kernel: what holds the heavy sections and scores them; without one it is done in Python, of the whole body.
    Raises:
        BundleError: where the sections do not fit each other.
    """
    try:
        return _resolve(sealed, _sections(sealed.body), kernel or PythonKernel(sealed.body))
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, struct.error) as error:
        what = " ".join(f"{type(error).__name__}: {error}"[:200].split())
        raise BundleError(f"bundle rejected: malformed section ({what}); build it again") from error


def _sections(body: memoryview) -> dict[str, Any]:
    """Section name → decoded value (msgpack) or memoryview (raw); `places`, where in the body all of them are; and `sizes`."""
    length, _ = LENGTHS.unpack_from(body)
    envelope = msgpack.unpackb(body[LENGTHS.size : LENGTHS.size + length], use_list=False, strict_map_key=False)
    found: dict[str, Any] = {"sizes": {"envelope": length}, "places": {}}
    for name, offset, size, kind in envelope["sections"]:
        found["sizes"][name] = size
        found["places"][name] = (offset, size)
        if kind == "held":
            continue
        raw = body[offset : offset + size]
        if len(raw) != size:
            raise ValueError(f"section {name} reaches past the end")
        found[name] = raw if kind == "raw" else msgpack.unpackb(raw, use_list=False, strict_map_key=False)
    return found


def _resolve(sealed: Sealed, sections: Mapping[str, Any], kernel: Kernel) -> Bundle:
    site, conditions, decisions = sections["site"], sections["conditions"], sections["decisions"]
    lists = {name: frozenset(values) for name, values in sections["lists"]}
    attributes = {a[0]: Attribute(*a[:6], frozenset(a[6]), *a[7:]) for a in site["attributes"]}
    catalogue = Catalogue(sections, kernel)
    action = partial(_action, lists=lists, catalogue=catalogue)
    postings = match.Postings(conditions)
    rules, rule_of, masks = _rules(decisions["rules"], action)
    if len(rule_of) != postings.conjunctions:
        raise ValueError("the rules do not cover the conjunctions")
    slots = tuple(_slot(row, masks[i][0], action) for i, row in enumerate(decisions["slots"]))
    stored = tuple(attributes[name] for name in site["reads"] if not name.startswith("request."))
    contents = tuple(prepare(content) for content in sections["content"])
    return Bundle(
        name=sealed.name,
        site=site["name"],
        size=sealed.size,
        hosts=site["hosts"],
        pages=site["pages"],
        attributes=attributes,
        purposes=site["purposes"],
        jurisdictions=tuple(
            (name, bind(when, lists), frozenset(allow), gpc) for name, when, allow, gpc in site["jurisdictions"]
        ),
        holdout=_holdout(site["holdout"]),
        log_purpose=site["log_purpose"],
        deadline=site["deadline"],
        reads=tuple(attributes[name] for name in site["reads"]),
        asks=tuple(name for name in site["reads"] if name.startswith("request.")),
        places=tuple(sorted(frozenset().union(*(names(when) for _, when, _, _ in site["jurisdictions"])))),
        stored=stored,
        lookups={lookup[0]: Lookup(*lookup) for lookup in sections["lookups"]},
        lists=lists,
        postings=postings,
        index=match.build(postings, lists),
        front=front(postings, [mask for _, mask in masks], lists),
        trees={number: bind(tree, lists) for number, tree in conditions["trees"].items()},
        with_trees=sum(1 << number for number in conditions["trees"]),
        rules=rules,
        rule_of=rule_of,
        slots=slots,
        experiments=_experiments(decisions["experiments"]),
        campaigns=tuple(
            Campaign(name, _run(run), cap, bind(pause, lists), count, frozenset(channels))
            for name, run, cap, pause, count, channels in decisions["campaigns"]
        ),
        models=catalogue.models,
        kernel=kernel,
        items=catalogue.items,
        params=params(site["pages"]),
        contents=contents,
        fixed=tuple(f"2{i}" if is_fixed(content) else "" for i, content in enumerate(contents)),
        sizes=sections["sizes"],
        pages_slots=_pages(slots),
        island=frozenset(site["island"]),
        headed=frozenset(site["island"]).union(*(slot.pages for slot in slots if slot.preload)),
        redirecting=frozenset().union(*(slot.pages for slot in slots if slot.operation == REDIRECT)),
        sticky=any(row[-1] for row in decisions["experiments"]["designs"]),
        sessions=any("session" in row[:2] for row in decisions["experiments"]["designs"]) or any(map(_of_session, conditions["trees"].values())),
        asked=frozenset().union(*(slot.purposes for slot in slots)),
        loaded=any(_is_loaded(a) for a in stored),
        remembers=bool(stored) or any(cap for _, _, cap, *_ in decisions["campaigns"]),
        carried=tuple(a for a in stored if not (a.source or "").startswith("lookup.")),
        derivations=tuple(filter(None, map(derivation, attributes.values()))),
        segments={name: bind(when, lists) for name, when in site["segments"]},
        tcf={name: frozenset(purposes) for name, purposes, _ in site["choices"]},
        us={name: frozenset(opt_outs) for name, _, opt_outs in site["choices"]},
        consent=site["consent"],
        cookieless=site["cookieless"],
        login=site["login"],
        max_age=site["freshness"][0],
        limit=site["freshness"][1],
        log_keep=site["log_keep"],
        outcomes=Outcomes(postings.conjunctions, [mask for _, mask in masks]),
        propensities=tuple(propensity.read(row, attributes) for row in sections.get("propensities", ())),
        markets=markets.read(sections.get("markets", ()), lists),
    )


def _is_loaded(attribute: Attribute) -> bool:
    """Whether an attribute is neither told by events, looked up nor predicted, so that some other system loads it."""
    return derivation(attribute) is None and not (attribute.source or "").startswith(("lookup.", propensity.SOURCE))


def _of_session(tree: Any) -> bool:
    """Whether a tree reads the id of the session."""
    return isinstance(tree, tuple) and (tree == ("ref", "unit.session") or any(map(_of_session, tree)))


def _pages(slots: Sequence[Slot]) -> dict[str | None, tuple[int, ...]]:
    found: dict[str | None, list[int]] = {None: list(range(len(slots)))}
    for i, slot in enumerate(slots):
        for page in slot.pages or ((f"@{slot.channel}",) if slot.channel != "web" else ()):
            found.setdefault(page, []).append(i)
    return {page: tuple(numbers) for page, numbers in found.items()}


def _run(row: Sequence | None) -> Run | None:
    return Run(*row) if row else None


def _holdout(row: Sequence | None) -> tuple[int, str] | None:
    """Where on the allocation line a holdout ends, and its salt."""
    return (assign.point(row[0], row[1]), row[2]) if row else None


def params(pages: Sequence[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Page → the named parts of its address that are whole segments of the path, with their places."""
    found: dict[str, dict[str, int]] = {}
    for page, pattern in pages:
        segments = pattern.split("/") if pattern.startswith("/") else ()
        for place, segment in enumerate(segments):
            if segment[:1] == ":" and segment[1:].isidentifier():
                found.setdefault(page, {})[segment[1:]] = place
            elif any(mark in segment for mark in "*{}()?+:"):
                break  # what comes after it has no fixed place
    return found


ActionOf = Callable[[Any], "Action | None"]


def _action(row: Any, lists: Mapping[str, frozenset], catalogue: Catalogue) -> Action | None:
    """A variant's index; a longer row to rank (Catalogue.action); [experiment, [action, …]] to test; nil."""
    if row is None:
        return None
    if isinstance(row, int):
        return Action(row)
    if len(row) == 2:
        return Action(experiment=row[0], arms=tuple(_action(arm, lists, catalogue) for arm in row[1]))
    return catalogue.action(row, lists)


def _rules(columns: Mapping[str, Any], action: ActionOf) -> tuple[Lazy, Sequence[int], list[tuple[int, int]]]:
    """The rules; the rule of each conjunction; of each slot the masks of its rules without and with its default."""
    names, levels, actions = unpack(columns["names"]), unpack(columns["levels"]), unpack(columns["actions"])
    counts, per_slot = unpack(columns["counts"]), unpack(columns["slots"])
    if not len(names) == len(levels) == len(actions) == len(counts) == sum(per_slot):
        raise ValueError("the columns of the rules are not of one length")
    top, number = sum(counts) + len(per_slot), 0
    above: list[int] = []  # rule → the bit above its conjunctions
    masks: list[tuple[int, int]] = []  # slot → the mask of its rules, and with its default
    rule_of: list[int] = []  # from the highest conjunction to the lowest; -1 for a slot's default
    for many in per_slot:
        highest = top
        for count in counts[number : number + many]:
            above.append(top)
            rule_of += [number] * count
            number += 1
            top -= count
        top -= 1
        rule_of.append(-1)
        masks.append(((1 << highest) - (2 << top), (1 << highest) - (1 << top)))
    rule_of.reverse()
    action_of = _actions(columns, action)
    campaigns, segments, purposes = columns["campaigns"], columns["segments"], columns["purposes"]

    def rule(i: int) -> Rule:
        mask = (1 << above[i]) - (1 << above[i] - counts[i])
        return Rule(names[i], LEVELS[levels[i]], mask, action_of(actions[i]), campaigns.get(i, -1), segments.get(i), purposes.get(i))

    return Lazy(len(names), rule), rule_of, masks


def _actions(columns: Mapping[str, Any], action: ActionOf) -> Callable[[int], Action]:
    """Code → action: see docs/format.md, "decisions"."""
    experiments, sizes, arms = map(unpack, columns["tests"])
    others = tuple(map(action, columns["others"]))
    starts = [0, *accumulate(sizes)]

    def action(code: int) -> Action:
        number, kind = divmod(code, 3)
        if kind == 0:
            return Action(number - 1)
        if kind == 2:
            return others[number]
        shown = arms[starts[number] : starts[number + 1]]
        return Action(experiment=experiments[number], arms=tuple(Action(variant - 1) for variant in shown))

    return action


def _slot(row: Sequence, mask: int, action: ActionOf) -> Slot:
    name, pages, selector, operation, component, names, contents, default, test, always, purposes, flag, values, needs, metadata, preloads, channel = row
    variants = tuple(zip(unpack(names), contents)) if contents else tuple((variant, ()) for variant in unpack(names))
    default, test = action(default), action(test)
    values = None if values is None else tuple(unpack(values))
    place = (name, frozenset(pages), selector, operation, component)
    preload = dict(chain(*map(zip, contents, preloads))) if preloads else EMPTY
    return Slot(*place, variants, mask, default, test, always, frozenset(purposes), flag, values, needs, metadata, preload, channel)


def _experiments(columns: Mapping[str, Any]) -> Lazy:
    names, design_of = unpack(columns["names"]), unpack(columns["design"])
    designs = tuple(map(_design, columns["designs"]))
    salts, keys = columns["salts"], columns["keys"]
    return Lazy(
        len(names), lambda i: Experiment(names[i], keys.get(i, names[i]), salts.get(i, names[i]), designs[design_of[i]])
    )


def _design(row: Sequence) -> Design:
    """See docs/format.md, "decisions": shares are (parts, whole), weights and ranges per arm."""
    unit, fallback, purpose, kind, buckets, run, arms, weights, ranges, shares, layer, holdout, sticky = row
    buckets = buckets or assign.HASHES[kind].buckets
    if ranges is not None:
        allocations = ((float("-inf"), allocation.by_ranges(ranges)),)
    else:
        allocations = tuple((start, allocation.by_weight(weights, buckets, (parts, whole))) for start, parts, whole in shares)
    if layer:
        layer = (layer[0], assign.point(layer[1], layer[3]), assign.point(layer[2], layer[3]))
    fixed = len(allocations) == 1 and not (run or layer or holdout or sticky)
    version, min_version = sticky or (0, 0)
    return Design(unit, fallback, purpose, kind, buckets, _run(run), arms, allocations, layer, _holdout(holdout), bool(sticky), version, min_version, fixed)
