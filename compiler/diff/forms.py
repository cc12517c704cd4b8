"""What a bundle does, without its names: two slots with the same form show the same to whoever they know the same of.

A form is a plain value that compares. Where anything cannot be told of a bundle, its form equals nothing but itself, so that a
comparison looks closer instead of trusting it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgpack

from compiler.diff.scoring import scoring
from tessera.bundle import LENGTHS
from tessera.evaluate import names
from tessera.kernel import Kernel
from tessera.markets import NAME as MARKET
from tessera.match import bits
from tessera.resolved import Action, Bundle, Campaign, Experiment, Slot

OF_PAGE = "page."  # begins the source of a model that goes by the address of the page
PAGE = "request.page"
BY_PATH = frozenset({"request.path", "request.url"})
ANY = None  # among the pages that conditions ask for: each may be another
UNITS = ("account.id", "account.domain")  # what tells the account


def exact(value: Any) -> Any:
    """A value that equals another only where that is of the same types too: Python takes 1, 1.0 and true for the same."""
    if value is None or isinstance(value, (str, bytes)):
        return value
    if isinstance(value, (tuple, list)):
        return tuple(map(exact, value))
    if isinstance(value, frozenset):
        return ("set", frozenset(map(exact, value)))
    if isinstance(value, Mapping):
        return ("map", frozenset((exact(key), exact(inner)) for key, inner in value.items()))
    return (type(value).__name__, repr(value))


class SlotForm(NamedTuple):
    """What a slot does, as values that compare.

    Attributes:
        own: all of it; frame: all but its rules, None where conditions read what other slots show. rules: of each its number and form.
        reads: the attributes that it depends on.
        pages: the names of pages that its conditions ask for; None where it may be another on every page.
    """

    own: Any
    frame: Any
    rules: tuple[tuple[int, Any], ...]
    reads: frozenset[str]
    pages: frozenset[str] | None


class Forms:
    """The forms of one bundle; each is made when it is first asked for."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._reads: set[str] = set()  # of the form that is being made
        self._pages: set[Any] = set()
        self._slots: dict[int, SlotForm] = {}

    def slot(self, number: int) -> SlotForm:
        """What a slot shows by which conditions, with the slots that it needs."""
        found = self._slots.get(number)
        if found is None:
            found = self._slots[number] = self._made(number)
        return found

    def _made(self, number: int) -> SlotForm:
        slot = self.bundle.slots[number]
        self._reads, self._pages = set(), set()
        test = None if slot.test is None else self._action(slot, slot.test)
        frame: Any = (slot.channel, slot.always, self._action(slot, slot.default), test)
        rules = tuple((each, self.rule(slot, self.bundle.rules[each])) for each in rule_numbers(self.bundle, number))
        own: tuple = (frame, tuple(form for _, form in rules))
        reads, pages = frozenset(self._reads), frozenset(self._pages)
        for parent in slot.needs:  # conditions read their names, and the names of their variants
            other, told = self.slot(parent), self.bundle.slots[parent]
            own = (*own, told.name, tuple(name for name, _ in told.variants), other.own)
            reads |= other.reads
            pages |= frozenset({ANY}) if other.pages is None else other.pages
        if not (BY_PATH | self._on_some_pages).isdisjoint(reads):
            pages |= {ANY}
        return SlotForm(own, None if slot.needs else frame, rules, reads, None if ANY in pages else pages)

    @cached_property
    def _on_some_pages(self) -> frozenset[str]:
        """The attributes that are predicted on some pages alone; and the market, where the page tells it."""
        found = {one.attribute for one in self.bundle.propensities if one.pages is not None}
        markets = self.bundle.markets
        return frozenset(found | {MARKET} if markets and not ({PAGE} | BY_PATH | found).isdisjoint(markets.reads) else found)

    def rule(self, slot: Slot, rule: Any) -> tuple:
        campaign = None if rule.campaign < 0 else self.campaign(self.bundle.campaigns[rule.campaign])
        return (self.condition(rule.mask), self._action(slot, rule.action), campaign, rule.purpose, rule.level)

    def condition(self, mask: int) -> frozenset:
        """The conjunctions of a mask, in no order."""
        return frozenset(map(self._conjunction, bits(mask)))

    def _conjunction(self, number: int) -> tuple:
        postings, lists = self.bundle.postings, self.bundle.lists
        literals = set()
        for question in postings.literals[number]:
            term, op, argument, negated = postings.questions[question]
            attribute, function, _ = postings.terms[term]
            self._reads.add(attribute)
            if attribute == PAGE:
                self._pages.update((argument if op == "in" else (argument,)) if not function and op in ("eq", "in") else (ANY,))
            literals.add((attribute, function, op, exact(lists[argument] if op == "in_list" else argument), negated))
        return (frozenset(literals), self._tree(self.bundle.trees.get(number)))

    def _tree(self, tree: Any) -> Any:
        read = names(tree)
        self._read(name for name in read if not name.startswith(("item.", "slot.", "sticky.", "consent.", "unit.")))
        if any(name.startswith("unit.") for name in read):
            self._read(UNITS)
        sticky = any(name.startswith("sticky.") for name in read)
        kept = tuple(exact(self.experiment(each)) for each in self.bundle.experiments if f"sticky.{each.name}" in read) if sticky else ()
        return (exact(tree), kept)

    def _read(self, attributes: Iterable[str]) -> None:
        """Note what is read in another way than by a test for equality."""
        found = set(attributes)
        self._reads |= found
        if PAGE in found:
            self._pages.add(ANY)

    def tree(self, tree: Any) -> Any:
        """The form of a condition that is kept as a tree, such as a segment's."""
        return exact(tree)

    # --- what a rule does ---------------------------------------------------------------------------------------------------

    def _action(self, slot: Slot, action: Action | None) -> Any:
        if action is None:
            return None
        shown = self.variant(slot, action.variant)
        if action.experiment >= 0:
            experiment = self.bundle.experiments[action.experiment]
            return ("test", shown, self.experiment(experiment), tuple(self._action(slot, arm) for arm in action.arms))
        if action.model < 0:
            return ("show", shown)
        return ("rank", shown, self.model(action.model), *self._ranked(slot, action))

    def variant(self, slot: Slot, number: int) -> Any:
        """What is shown: the value of a flag or redirect, or the content without and with each patch."""
        if number < 0:
            return None
        if slot.values is not None:
            return exact(slot.values[number])
        return tuple(self.content(index) for index in slot.variants[number][1])

    def content(self, index: int) -> Any:
        """A content, and what of the catalogue its items need."""
        content = self.bundle.contents[index]
        told = list(leaves(content))
        self._read(told_by(one) for one in told if one[0] != "item")
        return (_bare(content), tuple(self.field(one[1]) for one in told if one[0] == "item"))

    def _ranked(self, slot: Slot, action: Action) -> tuple:
        trees = (action.where, *(tree for *_, tree in action.tables))
        self._read(action.without)
        fields = {name[len("item.") :] for tree in trees for name in names(tree) if name.startswith("item.")}
        return (
            action.take, tuple(map(self._tree, trees)), tuple(field for _, _, field, _ in action.tables), self._plan(action.plan), action.without,
            tuple(self.bundle.items.ids[row] for row in action.pin),
            tuple((self.variant(slot, each.variant), each.vector, each.scale) for each in action.among),
            tuple(self.field(name) for name in sorted(fields)), self.field("id"),
        )  # fmt: skip

    def ranks_by(self, slot: Slot, action: Action) -> frozenset[str]:
        """The attributes that a ranking depends on."""
        kept = self._reads, self._pages
        self._reads, self._pages = set(), set()
        self.model(action.model)
        self._ranked(slot, action)
        found = frozenset(self._reads)
        self._reads, self._pages = kept
        return found

    def experiment(self, experiment: Experiment) -> tuple:
        """Who gets which arm; the arms' names and the key count only where arms are kept."""
        design = experiment.design
        self._read(unit for unit in (design.unit, design.fallback_unit) if unit is not None and "." in unit)
        if "account" in (design.unit, design.fallback_unit):
            self._read(UNITS)
        if design.sticky:
            return (experiment.salt, design, experiment.key)
        return (experiment.salt, design._replace(arms=(str(len(design.arms)),)), None)

    def campaign(self, campaign: Campaign) -> tuple:
        """When it holds a rule back; its name counts where it has a cap, for what was seen is told by it."""
        self._read(names(campaign.pause))
        return (campaign.run, campaign.cap, exact(campaign.pause), campaign.count, campaign.channels, campaign.name if campaign.cap else None)

    def model(self, number: int, above: frozenset[int] = frozenset()) -> Any:
        """What a model knows, with those that it is made of or that stand in for it."""
        if number < 0 or number in above:
            return None
        model, above = self.bundle.models[number], above | {number}
        own = self._sections(f"models/{model.name}/")
        if model.source and model.source.startswith(OF_PAGE):
            self._read((PAGE, "request.path"))
            own = (own, exact(self.bundle.params))
        elif model.source:
            self._read((model.source,))
        centroids = tuple((self._tree(self.bundle.segments.get(segment)), vector) for segment, vector in model.centroids)
        others = tuple(self.model(other, above) for other in (*model.parts, model.otherwise))
        return (model.kind, model.source, model.half_life, model.dimensions, model.unit, own, centroids, others)

    def predicted(self, attribute: str) -> Any:
        """The model that predicts an attribute; None for none."""
        rows = self._decoded("propensities") if self._body is not None else None
        return next((exact(row) for row in rows or () if row[0] == attribute), None)

    # --- the heavy sections, as bytes ---------------------------------------------------------------------------------------

    @cached_property
    def _body(self) -> memoryview | None:
        """The bundle's body, where its kernel has it at hand."""
        return getattr(self.bundle.kernel, "_body", None)

    @cached_property
    def scoring(self) -> Kernel:
        """What scores items for decisions: the bundle's own kernel, or one that is quicker."""
        return scoring(self.bundle)

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        length, _ = LENGTHS.unpack_from(self._body)
        envelope = msgpack.unpackb(self._body[LENGTHS.size : LENGTHS.size + length], use_list=False, strict_map_key=False)
        return {name: (offset, size) for name, offset, size, _ in envelope["sections"]}

    def _section(self, name: str) -> bytes:
        offset, size = self._places[name]
        return bytes(self._body[offset : offset + size])

    def _decoded(self, name: str) -> Any:
        return msgpack.unpackb(self._section(name), use_list=False, strict_map_key=False) if name in self._places else None

    def _sections(self, prefix: str) -> Any:
        """The bytes of all sections with a prefix, without it; something that equals nothing where they are not at hand."""
        if self._body is None:
            return object()
        return tuple((name[len(prefix) :], self._section(name)) for name in sorted(self._places) if name.startswith(prefix))

    def field(self, name: str) -> Any:
        """A column of the catalogue; the ids for `id`."""
        if name not in self._fields:
            own = self._sections("ids") if name == "id" else self._sections(f"items/{name}/")
            self._fields[name] = (own, None if name == "id" or self._body is None else exact(dict(self._decoded("items")["columns"]).get(name)))
        return self._fields[name]

    @cached_property
    def _fields(self) -> dict[str, Any]:
        return {}

    def _plan(self, plan: Any) -> Any:
        return None if plan is None else self._plans.get(plan.free, object())

    @cached_property
    def _plans(self) -> dict[int, Any]:
        """The kernel's number of a plan → what it is. Plans get their numbers in their order; where some are not used, none is told."""
        if self._body is None:
            return {}
        rows = self._decoded("decisions")["plans"]
        numbers = sorted({action.plan.free for action in actions(self.bundle) if action.plan is not None})
        if len(numbers) != len(rows):
            return {}
        return {number: self._plan_row(*row) for number, row in zip(numbers, rows)}

    def _plan_row(self, mask: str | None, boost: Sequence | None, at_most: Sequence) -> tuple:
        boosted = (self._section(boost[0]), exact(boost[1])) if boost else None
        return (self._section(mask) if mask else None, boosted, exact(at_most), tuple(self.field(field) for field, _ in at_most))


def leaves(content: Sequence) -> Iterator[tuple]:
    """The parts of a content that are no text: those of blocks, and of what each market says, among them; a choice by market too."""
    for part in content:
        if isinstance(part, str):
            continue
        if part[0] == "each":
            yield from leaves(part[1])
            continue
        yield part
        if part[0] == "market":
            for own in (*part[1].values(), part[2]):
                yield from leaves(own)


def told_by(part: tuple) -> str:
    """The attribute by which a part is filled, or chosen."""
    return MARKET if part[0] == "market" else part[1]


def _bare(content: Sequence) -> tuple:
    """A content as a value that compares: without what was made of it so far."""
    return tuple(map(_bare_part, content))


def _bare_part(part: Any) -> Any:
    if isinstance(part, str):
        return part
    if part[0] == "each":
        return ("each", _bare(part[1]))
    if part[0] == "market":
        return ("market", tuple(sorted((market, _bare(own)) for market, own in part[1].items())), _bare(part[2]))
    return exact(part)


def rule_numbers(bundle: Bundle, slot: int) -> list[int]:
    """The numbers of the rules of a slot's ladder, from the top."""
    found = dict.fromkeys(bundle.rule_of[number] for number in bits(bundle.slots[slot].mask))
    return [number for number in found if number >= 0]


def rules_of(bundle: Bundle, slot: int) -> Iterator[Any]:
    """The rules of a slot's ladder, from the top."""
    return map(bundle.rules.__getitem__, rule_numbers(bundle, slot))


def actions(bundle: Bundle) -> Iterator[Action]:
    """All that any rule, default or arm does."""
    for slot in bundle.slots:
        for action in (slot.default, slot.test):
            yield from _with_arms(action)
    for rule in bundle.rules:
        yield from _with_arms(rule.action)


def _with_arms(action: Action | None) -> Iterator[Action]:
    if action is not None:
        yield action
        for arm in action.arms:
            yield from _with_arms(arm)
