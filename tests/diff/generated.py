"""Sites, changes to them and visitors at random; and who sees something else, told by deciding and rendering everything twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Any

from hypothesis import strategies as st

from compiler import ir
from compiler.diff import Visitor
from tessera.decide import decide
from tessera.render import render
from tessera.resolved import Bundle
from tessera.types import Visit
from tests.edge import ladders
from tests.edge.conditions import LISTS, conditions, crowd
from tests.edge.sites import ALL, AT, COLUMNS, DAY, ITEMS, TYPES, attribute, both, call, either, no, program, ref, rule, show, slot, vector_model, visit_of

PAGES = ("home", "product", "cart")
PAGE = ir.Ref("request.page", "string")
MILLION = 1_000_000
CARDS = (("each", ("<a>", ("item", "id", "text"), " ", ("item", "price", "text"), "</a>")),)
TEXTS = (("<b>one</b>",), ("<b>two</b>",), ("<p>", ("var", "visitor.plan", "text", "you"), "</p>"), ("<p>", ("var", "visitor.more", "text", ""), "</p>"), ("",))


@st.composite
def sites(draw: Any) -> ir.Program:
    """Three slots on pages, one of them with a test of its own and one that ranks, a flag, and a flag that needs it."""
    random = Random(draw(st.integers(0, 2**32)))
    trials = [replace(draw(ladders.experiments(f"e{n}")), unit="visitor", fallback_unit=None) for n in range(2)]
    slots = []
    for number in range(2):
        variants = tuple(ir.Variant(name, (random.choice(TEXTS),) * (3 if number else 1)) for name in "abc")
        if number:
            variants = tuple(replace(v, contents=(v.contents[0], v.contents[0], random.choice(TEXTS))) for v in variants)
        rules = [rule(f"r{i}", _condition(draw, random), _action(random, trials[0]), campaign=random.choice([None, None, "capped", "running", "paused"])) for i in range(random.randrange(1, 4))]
        test = ir.Action(experiment="own", arms=(None, None)) if number else None
        pages = tuple(sorted(random.sample(PAGES, random.randrange(1, 4))))
        slots.append(slot(f"s{number}", tuple(rules), random.choice(["a", "b", None]), variants=variants, test=test, pages=pages, always=random.random() < 0.2))
    order = ir.Action(variant="cards", model="trending", take=2, where=call("lt", ir.Ref("item.price", "double"), 100.0) if random.random() < 0.5 else None)
    near = ir.Action(variant="cards", model="affinity", take=2, at_most=(("category", 1),), without=("visitor.recent",) if random.random() < 0.5 else ())
    ranked = (rule("taste", _condition(draw, random), random.choice([near, ir.Action(experiment=trials[1].name, arms=tuple(random.choice([near, order]) for _ in trials[1].arms))])),)
    slots.append(slot("ranked", ranked, order, variants=(ir.Variant("cards", (CARDS,)),), pages=("home", "product")))
    flag = {"pages": (), "selector": "", "operation": "", "component": "", "variants": tuple(ir.Variant(name, ()) for name in "ab"), "values": (True, 7)}
    slots.append(slot("f0", (rule("on", _condition(draw, random), "a"),), "b", flag="f0", **flag))
    needing = random.choice([both, either])(_condition(draw, random), ir.Call("is_null", (ir.Ref("slot.f0", "bool"),)) if random.random() < 0.3 else call("eq", ir.Ref("slot.f0", "any"), True))
    slots.append(slot("f1", (rule("on", needing, "a"),), None, flag="f1", needs=("f0",), **flag))
    own = ir.Experiment("own", "own", "visitor", random.choice([None, "analytics"]), random.choice([MILLION, 500_000]), None, None, (ir.Arm("control", 50), ir.Arm("change", 50)))
    return program(
        *slots,
        pages=tuple((page, f"/{page}") for page in PAGES),
        attributes=(*(attribute(name) for name in TYPES), attribute("request.page", "string")),
        experiments=(*trials, own),
        campaigns=ladders.CAMPAIGNS,
        holdout=random.choice([None, (200_000, "held")]),
        lists=tuple(LISTS.items()),
        segments=tuple((f"g{n}", draw(conditions)) for n in range(2)),
        item_ids=ITEMS,
        item_columns=COLUMNS,
        models=(vector_model(), ir.Model("trending", "v1", "order", field="popularity")),
    )


def _condition(draw: Any, random: Random) -> ir.Expr:
    when = draw(conditions)
    if random.random() < 0.4:
        asked = random.choice([call("eq", PAGE, "home"), no(call("eq", PAGE, "cart")), call("in", PAGE, ("home", "product"))])
        when = random.choice([both, either])(when, asked)
    return when


def _action(random: Random, trial: ir.Experiment) -> ir.Action:
    if random.random() < 0.5:
        return show(random.choice(["a", "b", "c", None]))
    return ir.Action(experiment=trial.name, arms=tuple(show(random.choice(["a", "b", "c", None])) for _ in trial.arms))


# --- changes ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Changed:
    """A site after a change; `names`: slots' old names → the new ones; `effect`: whether anybody could see it."""

    site: ir.Program
    names: Mapping[str, str] = field(default_factory=dict)
    effect: bool = True


def _slots(site: ir.Program, name: str, **more: Any) -> ir.Program:
    return replace(site, slots=tuple(replace(one, **more) if one.name == name else one for one in site.slots))


def _of(site: ir.Program, name: str) -> ir.Slot:
    return next(one for one in site.slots if one.name == name)


def with_rules(site: ir.Program, name: str, rules: Sequence[ir.Rule]) -> ir.Program:
    return _slots(site, name, rules=tuple(rules))


def _trial(site: ir.Program, random: Random, **more: Any) -> Changed:
    name = random.choice(site.experiments).name
    return Changed(replace(site, experiments=tuple(replace(one, **more) if one.name == name else one for one in site.experiments)))


def weights(site: ir.Program, random: Random) -> Changed:
    return Changed(replace(site, experiments=tuple(replace(e, arms=tuple(replace(a, weight=random.randrange(1, 9)) for a in e.arms)) if e.arms[0].ranges is None else e for e in site.experiments)))


def salt(site: ir.Program, random: Random) -> Changed:
    return _trial(site, random, salt=f"salt-{random.random()}")


def share(site: ir.Program, random: Random) -> Changed:
    return _trial(site, random, share=random.choice([0, 300_000, MILLION]), ramp=())


def holdout(site: ir.Program, random: Random) -> Changed:
    return Changed(replace(site, holdout=random.choice([None, (400_000, "held"), (200_000, "others")])))


def copy(site: ir.Program, random: Random) -> Changed:
    name, place = random.choice(["s0", "s1"]), random.randrange(3)
    variants = list(_of(site, name).variants)
    variants[place] = replace(variants[place], contents=tuple(random.choice(TEXTS) for _ in variants[place].contents))
    return Changed(_slots(site, name, variants=tuple(variants)))


def order(site: ir.Program, random: Random) -> Changed:
    rules = list(_of(site, "s0").rules)
    random.shuffle(rules)
    return Changed(with_rules(site, "s0", rules))


def removed_rule(site: ir.Program, random: Random) -> Changed:
    name = random.choice(["s0", "s1", "ranked", "f0"])
    rules = list(_of(site, name).rules)
    rules.pop(random.randrange(len(rules)))
    return Changed(with_rules(site, name, rules))


def condition(site: ir.Program, random: Random) -> Changed:
    """A rule asks what another rule asks, or the opposite of what it asked."""
    name = random.choice(["s0", "s1", "ranked", "f0"])
    rules = list(_of(site, name).rules)
    place = random.randrange(len(rules))
    when = random.choice([no(rules[place].when), random.choice(_of(site, "s1").rules).when])
    rules[place] = rule(rules[place].name, when, rules[place].action, campaign=rules[place].campaign)
    return Changed(with_rules(site, name, rules))


def added_rule(site: ir.Program, random: Random) -> Changed:
    rules = list(_of(site, "s0").rules)
    rules.insert(random.randrange(len(rules) + 1), rule("fresh", random.choice(_of(site, "s1").rules).when, show(random.choice(["a", "c"]))))
    return Changed(with_rules(site, "s0", rules))


def default(site: ir.Program, random: Random) -> Changed:
    return Changed(_slots(site, random.choice(["s0", "s1"]), default=show(random.choice(["a", "c", None]))))


def removed_slot(site: ir.Program, random: Random) -> Changed:
    return Changed(replace(site, slots=tuple(one for one in site.slots if one.name != "s0")))


def added_slot(site: ir.Program, random: Random) -> Changed:
    return Changed(replace(site, slots=(slot("more", (rule("some", random.choice(_of(site, "s1").rules).when, "a"),), None, pages=("cart",)), *site.slots)))


def pages(site: ir.Program, random: Random) -> Changed:
    return Changed(_slots(site, "s1", pages=tuple(sorted(random.sample(PAGES, random.randrange(1, 4))))))


def moved(site: ir.Program, random: Random) -> Changed:
    return Changed(_slots(site, "s1", selector="#elsewhere"))


def campaign(site: ir.Program, random: Random) -> Changed:
    other = random.choice([{"cap": (1, DAY)}, {"cap": None}, {"run": ir.Run(AT, None, False)}, {"pause": ref("visitor.open_case")}, {"run": None}])
    name = random.choice(site.campaigns).name
    return Changed(replace(site, campaigns=tuple(replace(c, **other) if c.name == name else c for c in site.campaigns)))


def known(site: ir.Program, random: Random) -> Changed:
    """An attribute needs another purpose, or has a default."""
    name = random.choice(["visitor.plan", "visitor.age", "visitor.vip"])
    other = random.choice([{"purpose": "analytics"}, {"default": {"visitor.plan": "pro", "visitor.age": 2, "visitor.vip": True}[name]}])
    return Changed(replace(site, attributes=tuple(replace(a, **other) if a.name == name else a for a in site.attributes)))


def catalogue(site: ir.Program, random: Random) -> Changed:
    columns = dict(site.item_columns)
    name, values = random.choice([("price", (19.5, *columns["price"][1:])), ("popularity", tuple(reversed(columns["popularity"])))])
    return Changed(replace(site, item_columns=tuple((key, values if key == name else column) for key, column in columns.items())))


def price(site: ir.Program, random: Random) -> Changed:
    """Prices that are shown, and that a filter reads, or a boost; some on the other side of what these ask."""
    prices = list(dict(site.item_columns)["price"])
    for row in random.sample(range(len(prices)), random.randrange(1, 4)):
        prices[row] = random.choice([13.0, 24.0, 99.0, 180.0, None])
    return Changed(replace(site, item_columns=tuple((key, tuple(prices) if key == "price" else column) for key, column in site.item_columns)))


def priced(site: ir.Program, random: Random) -> ir.Program:
    """The site, where rankings go by the price: in a filter, a filter by what is known of the visitor too, or a boost."""
    cost = ir.Ref("item.price", "double")
    own = both(call("lt", cost, 60.0), no(call("in", ir.Ref("item.id", "string"), ref("visitor.recent"))))
    more = random.choice([{"where": call("lt", cost, 60.0)}, {"boost": ((call("lt", cost, 20.0), 3.0),)}, {"where": own}])

    def dear(one: ir.Action) -> ir.Action:
        return replace(one, **more) if one.model else replace(one, arms=tuple(map(dear, one.arms)))

    rules = _of(site, "ranked").rules
    return _slots(site, "ranked", rules=tuple(replace(one, action=dear(one.action)) for one in rules), default=dear(_of(site, "ranked").default))


def segment(site: ir.Program, random: Random) -> Changed:
    name, when = site.segments[0]
    return Changed(replace(site, segments=((name, no(when)), *site.segments[1:])), effect=False)


def listed(site: ir.Program, random: Random) -> Changed:
    return Changed(replace(site, lists=tuple((name, ("acme", "pro")) for name, _ in site.lists)))


def renamed(site: ir.Program, random: Random) -> Changed:
    """Rules, variants, segments, experiments (their salts stay), campaigns without a cap, a model and a slot get other names."""
    arms = {e.name: f"other_{e.name}" for e in site.experiments if e.sticky is None}
    caps = {"running": "begun"}

    def action(one: ir.Action | None) -> ir.Action | None:
        if one is None:
            return None
        return replace(one, variant=one.variant and f"v_{one.variant}", experiment=arms.get(one.experiment, one.experiment), arms=tuple(map(action, one.arms)))

    def other(one: ir.Slot) -> ir.Slot:
        if one.flag is not None:
            return replace(one, rules=tuple(replace(r, name=f"x_{r.name}") for r in one.rules))
        rules = tuple(replace(r, name=f"x_{r.name}", action=action(r.action), campaign=caps.get(r.campaign, r.campaign)) for r in one.rules)
        variants = tuple(replace(v, name=f"v_{v.name}") for v in one.variants)
        name = "first" if one.name == "s0" else one.name
        return replace(one, name=name, rules=rules, variants=variants, default=action(one.default), test=action(one.test))

    slots = tuple(other(one) for one in random.sample(site.slots[:3], 3)) + site.slots[3:]
    return Changed(
        replace(
            site, slots=slots, experiments=tuple(replace(e, name=arms.get(e.name, e.name)) for e in site.experiments),
            campaigns=tuple(replace(c, name=caps.get(c.name, c.name)) for c in site.campaigns), segments=tuple((f"z_{name}", when) for name, when in site.segments),
        ),
        {"s0": "first"}, False,
    )  # fmt: skip


def idle(site: ir.Program) -> ir.Program:
    """Rules that exclude each other, with one between them that never holds."""
    home, cart = rule("home", call("eq", PAGE, "home"), "a"), rule("cart", call("eq", PAGE, "cart"), "b")
    never = rule("never", both(call("eq", PAGE, "home"), call("eq", PAGE, "cart")), "c")
    return with_rules(site, "s0", (cart, never, home))


CHANGES: tuple[Callable[[ir.Program, Random], Changed], ...] = (
    weights, salt, share, holdout, copy, order, removed_rule, condition, added_rule, default, removed_slot, added_slot, pages, moved, campaign, known, catalogue, price, segment, listed,
    renamed,
)  # fmt: skip


# --- visitors, and who of them sees something else --------------------------------------------------------------------------------


def visitors(old: Bundle, new: Bundle, seed: int, size: int, wishes: bool = True) -> list[Visitor]:
    """Visitors on all pages, as each bundle knows them: by consent, with campaigns seen, arms kept; some wish for arms by name."""
    random = Random(seed)
    found = []
    for raw in crowd(seed, size):
        if random.random() < 0.95:
            raw.pop("request.bot", None)
        raw = {name: value for name, value in raw.items() if name != "visitor.recent"}
        if random.random() < 0.7:
            raw["visitor.recent"] = random.sample(ITEMS, random.randrange(4))
        purposes = random.choice([ALL, ALL, ALL, frozenset({"analytics"}), frozenset({"personalization"}), frozenset()])
        more = {
            "units": {"visitor": f"u{random.randrange(10**6)}"} if purposes else {}, "at": random.choice([AT, AT, AT + DAY]), "offset": random.choice([0, 60]),
            "seen": random.choice([{}, {}, {"capped": 2}, {"capped": (AT,), "paused": 5}]), "sticky": random.choice([{}, {}, {"e0__2": "arm0"}, {"e1__0": "arm1"}]),
            "forced": random.choice([{}] * 20 + [{"e0": "arm1"}, {"slot.s1": "b"}] * wishes),
        }  # fmt: skip
        view = partial(_view, old, new, raw, purposes, more)
        found.append(Visitor(*view("home", "home"), "home", True, view))
    return found


def _view(old: Bundle, new: Bundle, raw: dict[str, Any], purposes: frozenset[str], more: dict[str, Any], page: str | None, then: str | None) -> tuple[Visit, Visit]:
    before = visit_of(old, {**raw, **({"request.page": page or then} if page or then else {})}, purposes, **more)
    after = visit_of(new, {**raw, **({"request.page": then or page} if then or page else {})}, purposes, **more)
    return (before, before) if before == after and old.attributes == new.attributes else (before, after)


def differing(old: Bundle, new: Bundle, visitor: Visitor, names: Mapping[str, str]) -> set[str]:
    """The slots (by their new names, or the old of those that are gone) that show something else on some page: everything is decided and
    rendered twice."""
    found: set[str] = set()
    for page in (*PAGES, None):
        before, after = visitor.view(page, page)
        ours = {names.get(name, name): text for name, text in _shown(old, before, page).items()}
        theirs = _shown(new, after, page)
        found |= {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
    return found


def _shown(bundle: Bundle, visit: Visit, page: str | None) -> dict[str, Any]:
    told = {}
    for decision in decide(bundle, visit, page):
        one = bundle.slots[decision.slot]
        if bool(one.pages) != (page is not None):
            continue
        if one.values is not None:
            told[one.name] = repr(one.values[decision.variant]) if decision.variant >= 0 else None
        elif decision.content >= 0:
            told[one.name] = (one.selector, one.operation, render(bundle.contents[decision.content], visit.values, bundle.items, decision.items))
    return told
