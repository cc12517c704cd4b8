"""A bundle, resolved: plain values with indices in place of names. A request only looks up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping, NamedTuple, Sequence

from tessera import match
from tessera.allocation import Allocation
from tessera.derive import Derivation
from tessera.front import Front
from tessera.kernel import Kernel
from tessera.markets import Markets
from tessera.outcomes import Outcomes
from tessera.propensity import Predicted
from tessera.types import Attribute, Items

REDIRECT = "redirect"  # the operation of a slot that sends the visitor elsewhere


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

    `variant` is an index into the slot's variants (-1: leave the page as it is); `arms` holds an action per arm. Of a ranking:
    `plan` is what the kernel filters and boosts by (Plan); `tables` are (the values of a field of the items, the section of their
    codes, the field, the tree over them); `where` is the part of the filter that neither can tell; `without` names the attributes
    whose items are not shown; `pin` has the rows that come first; `among` the variants that are ranked in place of items.
    """

    variant: int = -1
    model: int = -1
    take: int = 0
    where: tuple | None = None
    plan: "Plan | None" = None
    tables: tuple[tuple[Sequence[Any], int, str, tuple], ...] = ()
    without: tuple[str, ...] = ()
    pin: tuple[int, ...] = ()
    among: tuple["Nearness", ...] = ()
    experiment: int = -1
    arms: tuple["Action | None", ...] = ()


class Plan(NamedTuple):
    """What rankings filter by that is the same for every visitor, as the kernel holds it: with the limits and without them;
    `limits`: (a field's values of all rows, at most so many of one value); `mask`: a bit a row, the lowest first, or None."""

    limited: int
    free: int
    limits: tuple[tuple[Sequence[Any], int], ...]
    mask: memoryview | None = None


class Nearness(NamedTuple):
    """A variant with a place among the items: its int8 vector, and the scale of that."""

    variant: int
    vector: bytes
    scale: float


class Lazy(Sequence):
    """A sequence whose elements are made when they are first asked for, once each."""

    __slots__ = ("_make", "_made")

    def __init__(self, length: int, make: Callable[[int], Any]) -> None:
        self._make, self._made = make, [None] * length

    def __len__(self) -> int:
        return len(self._made)

    def __getitem__(self, i: int) -> Any:
        made = self._made[i]
        if made is None:
            made = self._made[i] = self._make(i)
        return made


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition → action, at one level of a slot's ladder. `mask` covers its conjunctions; `purpose` is what acting by it
    needs, besides what its condition reads."""

    name: str
    level: str
    mask: int
    action: Action
    campaign: int
    segment: str | None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A place on pages; or a flag, which has `values` (one a variant) and no page.

    `variants`: (name, content index without a patch, then one per arm of `test`). `needs`: the slots whose decisions
    its conditions read, in an order in which they can be decided. `metadata`: what callers of a flag are told with its value.
    `preload`: the index of a content → that of the address of its image, of which the head is to tell. `channel`: web, or
    another one, whose slots stand on no page.
    """

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
    flag: str | None
    values: tuple | None
    needs: tuple[int, ...]
    metadata: Mapping[str, Any]
    preload: Mapping[int, int]
    channel: str = "web"


class Design(NamedTuple):
    """What experiments can have in common: who is randomised how, and between which arms.

    Attributes:
        unit, fallback_unit: a kind of unit, or an attribute whose value is the unit.
        hash: of assign.HASHES. buckets: how many that divides into.
        allocations: (from epoch seconds on, the buckets of each arm), in order of time; the first from the beginning.
        layer: (salt, start, end) on the allocation line. holdout: (end on the allocation line, salt).
        sticky: whether an arm once given is kept; version and min_version as in the authoring format.
        fixed: whether nothing but the unit decides (no run, ramp, layer, holdout, sticky arm).
    """

    unit: str
    fallback_unit: str | None
    purpose: str | None
    hash: str
    buckets: int
    run: Run | None
    arms: tuple[str, ...]
    allocations: tuple[tuple[float, Allocation], ...]
    layer: tuple[str, int, int] | None
    holdout: tuple[int, str] | None
    sticky: bool
    version: int
    min_version: int
    fixed: bool


class Experiment(NamedTuple):
    """A randomised comparison; `key` is its name in the tool that it came from, or its own."""

    name: str
    key: str
    salt: str
    design: Design


@dataclass(frozen=True, slots=True)
class Campaign:
    """An owner's initiative: its dates, its cap (times, per seconds) and the condition that pauses it.

    `count`: whether a cap counts what was `seen` or what was `decided`; `channels`: of which.
    """

    name: str
    run: Run | None
    cap: tuple[int, float] | None
    pause: tuple | None
    count: str = "seen"
    channels: frozenset[str] = frozenset({"web"})


@dataclass(frozen=True, slots=True)
class Model:
    """A ranker. `kind`, `source`, `half_life`, `centroids` and `unit` as compiler/ir.py tells; `handle` is what the kernel knows it by;
    `parts` are the models of a cascade; `otherwise` is the one for visitors that this one knows nothing of (-1: none).
    """

    name: str
    version: str
    kind: str
    source: str | None
    half_life: float
    dimensions: int
    unit: float
    handle: int
    centroids: tuple[tuple[str, bytes], ...]
    parts: tuple[int, ...]
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

    `reads`: the attributes that a decision or its content may use: `asks` names those that the request tells, `stored` are the
    others. `params`: page → name of a part of its address → which segment of the path that is. `places`: the names that the conditions of jurisdictions read. `deadline`: milliseconds for a profile read.
    `trees`: conjunction → the tree that must hold too; `with_trees`: the mask of those. `sessions`: whether an experiment
    or a rollout tells sessions apart. `asked`: the purposes that any rule's condition needs. `island`: the pages that are told
    what was decided, as JSON. `fixed`: of each content how the bridge is told of it where it is the same for everybody, else
    empty. `headed`, `redirecting`: the pages whose head may get something, and which may lead elsewhere. `sticky`: whether
    any experiment keeps arms. `segments`: conditions by name. `loaded`: whether decisions read what other systems load in bulk. `remembers`: whether
    anything that is stored of a visitor could change a decision. `carried`: what of `stored` a cookie may carry. `derivations`: the attributes that come from events. `tcf`,
    `us`: purpose → the TCF purposes that grant it, the US opt-outs that deny it. `consent`: the cookies that tell a choice, by
    what they tell, and the site's `vendor` number. `cookieless`: whether visitors are told apart by no cookie. `login`: how tokens
    are verified. `max_age`, `limit`: seconds that a profile in a cookie is fresh, and may be used at all. `log_keep`: seconds.
    `propensities`: the attributes that models predict, each made of the others. `markets`: how the visit's own is told; None for a
    site without any.
    """

    name: str
    site: str
    size: int
    hosts: tuple[str, ...]
    pages: tuple[tuple[str, str], ...]
    attributes: Mapping[str, Attribute]
    purposes: tuple[str, ...]
    jurisdictions: tuple[tuple[str, tuple | None, frozenset[str], bool], ...]
    holdout: tuple[int, str] | None
    log_purpose: str | None
    deadline: int
    reads: tuple[Attribute, ...]
    asks: tuple[str, ...]
    places: tuple[str, ...]
    stored: tuple[Attribute, ...]
    lookups: Mapping[str, Lookup]
    lists: Mapping[str, frozenset]
    postings: match.Postings
    index: match.Index
    front: Front | None
    trees: Mapping[int, tuple]
    with_trees: int
    rules: Sequence[Rule]
    rule_of: Sequence[int]
    slots: tuple[Slot, ...]
    experiments: Sequence[Experiment]
    campaigns: tuple[Campaign, ...]
    models: tuple[Model, ...]
    kernel: Kernel
    items: Items
    params: Mapping[str, Mapping[str, int]]
    contents: tuple[tuple, ...]
    sizes: Mapping[str, int]
    pages_slots: Mapping[str | None, tuple[int, ...]]
    island: frozenset[str]
    fixed: tuple[str, ...]
    headed: frozenset[str]
    redirecting: frozenset[str]
    sticky: bool
    sessions: bool
    asked: frozenset[str]
    loaded: bool
    remembers: bool
    carried: tuple[Attribute, ...]
    derivations: tuple[Derivation, ...]
    segments: Mapping[str, tuple]
    tcf: Mapping[str, frozenset[int]]
    us: Mapping[str, frozenset[str]]
    consent: Mapping[str, Any]
    cookieless: bool
    login: Mapping[str, Any] | None
    max_age: int
    limit: int
    log_keep: int
    outcomes: Outcomes
    propensities: tuple[Predicted, ...] = ()
    markets: Markets | None = None

    def slots_of(self, page: str | None) -> tuple[int, ...]:
        """Indices of the slots of a page; of a channel for `@email`; of every slot and flag for None."""
        return self.pages_slots.get(page, ())
