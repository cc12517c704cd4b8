"""The intermediate representation: plain values between the authoring files and the bundle. A leaf: imports nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Union

# --- conditions: what CEL becomes once parsed and type-checked -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Const:
    """A literal: bool, int, float, str, or a tuple of them (a list). `type` is a CEL type name."""

    value: Any
    type: str
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Ref:
    """A name that the site declares, in full: `visitor.plan`, `request.hour`, `segment.vip`, `lists.partners`, `item.price`."""

    name: str
    type: str
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Local:
    """The variable of an enclosing Fold."""

    name: str
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Has:
    """`has(visitor.plan)`: two-valued; true when the attribute is known."""

    name: str
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function of tessera.operators over its arguments; `and`, `or`, `not` and `if` are Kleene."""

    op: str
    args: tuple["Expr", ...]
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Fold:
    """A list macro: `range.exists(var, body)`, and likewise all, exists_one, map, filter; or `reduce`.

    `initial` is for reduce alone: what the local variable `accumulator` begins with; its `var` is `current`.
    """

    kind: str
    var: str
    range: "Expr"
    body: "Expr"
    offset: int = field(default=0, compare=False)
    initial: "Expr | None" = None


Expr = Union[Const, Ref, Local, Has, Call, Fold]

# --- conditions, lowered: postings that the edge turns into masks ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """An attribute, or a function of it (`size`), that tests ask about. `ordered`: by thresholds, else by equality."""

    attribute: str
    function: str
    ordered: bool


@dataclass(frozen=True, slots=True)
class Test:
    """One question about a term: an operator of tessera.match and its constant argument. `kinds` keeps 1 and true apart."""

    term: Term
    op: str
    argument: Any
    kinds: tuple[bool, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = self.argument if isinstance(self.argument, tuple) else (self.argument,)
        object.__setattr__(self, "kinds", tuple(isinstance(part, bool) for part in parts))


@dataclass(frozen=True, slots=True)
class Literal:
    """A test, or its negation (true only where the answer is known and false)."""

    test: Test
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Literals that must all be true, and what masks cannot express: a tree, evaluated last (None: nothing left)."""

    literals: tuple[Literal, ...]
    tree: Expr | None = None


# --- the program: a site, ready to be written ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attribute:
    """See tessera.types.Attribute."""

    name: str
    type: str
    purpose: str | None
    keep: int | None
    source: str | None
    default: Any
    values: tuple[str, ...] = ()
    half_life: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Epoch seconds [start, end); `local`: on the visitor's own clock."""

    start: float | None
    end: float | None
    local: bool


@dataclass(frozen=True, slots=True)
class Nearness:
    """A variant that is chosen by how near it is to the visitor: its int8 vector, and the scale of that."""

    variant: str
    vector: bytes
    scale: float


@dataclass(frozen=True, slots=True)
class Action:
    """See tessera.resolved.Action; names in place of indices. `variant` None leaves the page as it is.

    `boost`: condition over the item → factor; `without`: attributes whose items are not shown; `pin`: ids of items that come first.
    """

    variant: str | None = None
    model: str | None = None
    take: int = 0
    where: Expr | None = None
    at_most: tuple[tuple[str, int], ...] = ()
    boost: tuple[tuple[Expr, float], ...] = ()
    without: tuple[str, ...] = ()
    pin: tuple[str, ...] = ()
    among: tuple[Nearness, ...] = ()
    experiment: str | None = None
    arms: tuple[Union["Action", None], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a slot's ladder with its condition as written (`when`) and lowered (`conjunctions`).

    `purposes`: what its condition needs, and what acting by it does; `purpose`: the latter alone.
    """

    name: str
    level: str
    when: Expr
    conjunctions: tuple[Conjunction, ...]
    action: Action
    campaign: str | None
    segment: str | None
    purposes: tuple[str, ...]
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """Compiled content parts: without a patch first, then one per arm of the slot's test.

    `preloads`: in the same order the address of the image that is preloaded; empty where the slot asks for none.
    """

    name: str
    contents: tuple[tuple, ...]
    preloads: tuple[tuple, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """A place on pages and its ladder, top-down; or a flag, whose `values` stand in the order of its variants.

    `needs`: the slots whose decisions its conditions read, those first that others need. `metadata`: what callers of a
    flag are told with its value, by name.
    """

    name: str
    pages: tuple[str, ...]
    selector: str
    operation: str
    component: str
    variants: tuple[Variant, ...]
    rules: tuple[Rule, ...]
    default: Action
    test: Action | None
    always: bool
    flag: str | None = None
    values: tuple[Any, ...] | None = None
    needs: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str | int | float | bool], ...] = ()
    channel: str = "web"


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm: its weight, or the ranges of buckets that get it."""

    name: str
    weight: int
    ranges: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """See tessera.resolved.Experiment; shares in parts per million; `layer`: (salt, from, to) in parts per million.

    `ramp`: (epoch seconds, share) in order of time. `holdout`: (share, salt). `sticky`: (name, version, min_version).
    """

    name: str
    salt: str
    unit: str
    purpose: str | None
    share: int
    layer: tuple[str, int, int] | None
    run: Run | None
    arms: tuple[Arm, ...]
    key: str | None = None
    fallback_unit: str | None = None
    hash: str = "sha256"
    buckets: int | None = None
    ramp: tuple[tuple[int, int], ...] = ()
    holdout: tuple[int, str] | None = None
    sticky: tuple[str, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """See tessera.resolved.Campaign; `owner` and `goal` stay with the sources."""

    name: str
    run: Run | None
    cap: tuple[int, int] | None
    pause: Expr | None
    count: str = "seen"
    channels: tuple[str, ...] = ("web",)


@dataclass(frozen=True, slots=True)
class Quality:
    """What quantizing a model cost, measured with the bundle's bytes: docs/authoring.md, "Models".

    Attributes:
        items, dimensions, size: of the model; size in bytes of its sections.
        sample: how many rankings were compared.
        overlap: share of the exact ten best among the ten best. recall: their share among the hundred best. 0 to 1.
        spearman, kendall: rank correlation of the scores of the catalogue, and of the exact hundred best. -1 to 1.
    """

    items: int
    dimensions: int
    size: int
    sample: int
    overlap: float
    recall: float
    spearman: float
    kendall: float


@dataclass(frozen=True, slots=True)
class Model:
    """A ranker.

    Attributes:
        kind: `order` (by `field`, a number of the items), `int8`, `int4` or `pq` (quantized vectors), `lists` (item to item), or
            `cascade` (the models `parts`, one after the other).
        source: where the visitor's side comes from: an attribute (list<item>, or list<double>: the vector itself), or `page.NAME`,
            the item that the page is about.
        half_life: seconds in which what is older loses half its weight; 0: nothing is lost.
        dimensions: of a vector, padded as the kernel takes it. parts_of: for `pq`, how many parts a vector has.
        sections: raw bytes by name, as docs/format.md says for each kind.
        centroids: segment → the vector (int8) of visitors of whom no item is known.
        unit: what a score is multiplied by so that it can be read.
        otherwise: the model for visitors that this one knows nothing of.
        quality: what quantizing cost; None where nothing is quantized. It does not go into the bundle.
    """

    name: str
    version: str
    kind: str = "int8"
    source: str | None = None
    half_life: float = 0.0
    dimensions: int = 0
    sections: tuple[tuple[str, bytes], ...] = ()
    field: str | None = None
    otherwise: str | None = None
    parts: tuple[str, ...] = ()
    parts_of: int = 0
    centroids: tuple[tuple[str, bytes], ...] = ()
    unit: float = 1.0
    quality: Quality | None = None


@dataclass(frozen=True, slots=True)
class Propensity:
    """An attribute that a model predicts: the attributes of its features in the model's order, the columns that the edge reads
    (`body`), and the pages whose decisions read it (None: any may)."""

    attribute: str
    name: str
    version: str
    features: tuple[str, ...]
    body: Any
    pages: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """`when` None always holds."""

    name: str
    when: Expr | None
    allow: tuple[str, ...]
    deny_by_gpc: bool


@dataclass(frozen=True, slots=True)
class Lookup:
    """Disjoint sorted address ranges (16 bytes, IPv4 mapped) and a row of facts for each."""

    name: str
    fields: tuple[str, ...]
    starts: tuple[bytes, ...]
    ends: tuple[bytes, ...]
    rows: tuple[tuple, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A checked, lowered site: all that `emit` writes.

    `reads`: the attributes that a decision or its content may use. `deadline`: milliseconds for a profile read.
    `island`: the pages that are told what was decided. `max_age`, `limit`: seconds that a profile in a cookie is fresh, and
    may be used at all. `consent`: cookies by what they tell, and the vendor. `choices`: purpose → (TCF purposes, opt-outs).
    """

    site: str
    hosts: tuple[str, ...]
    pages: tuple[tuple[str, str], ...]
    attributes: tuple[Attribute, ...]
    purposes: tuple[str, ...]
    jurisdictions: tuple[Jurisdiction, ...]
    holdout: tuple[int, str] | None
    log_purpose: str | None
    deadline: int
    reads: tuple[str, ...]
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    item_ids: tuple[str, ...]
    item_columns: tuple[tuple[str, tuple], ...]
    lookups: tuple[Lookup, ...]
    slots: tuple[Slot, ...]
    experiments: tuple[Experiment, ...]
    campaigns: tuple[Campaign, ...]
    models: tuple[Model, ...]
    island: tuple[str, ...] = ()
    segments: tuple[tuple[str, Expr], ...] = ()
    choices: tuple[tuple[str, tuple[int, ...], tuple[str, ...]], ...] = ()
    consent: tuple[tuple[str, Any], ...] = (
        ("cookie", "tessera_consent"), ("gpp", "gpp"), ("tcf", "euconsent-v2"), ("us_privacy", "usprivacy"), ("vendor", None),
    )  # fmt: skip
    cookieless: bool = False
    login: tuple[tuple[str, Any], ...] | None = None
    max_age: int = 300
    limit: int = 86_400
    log_keep: int = 90 * 86_400
    propensities: tuple[Propensity, ...] = ()
    markets: tuple[tuple[str, Expr | None], ...] = ()
