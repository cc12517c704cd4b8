"""Small sites for tests: conditions by hand, programs with everything defaulted, and one shop that has every feature."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from compiler import ir
from compiler.emit import emit
from compiler.lower import lower
from compiler.networks import columns, disjoint
from compiler.quantize import quantize
from tests.edge import effort  # noqa: F401
from tessera.bundle import load, unseal
from tessera.resolved import Bundle
from tessera.profile import permitted
from tessera.types import coerce, Profile, Visit

HERE = Path(__file__).parent
DAY = 86_400
AT = 1_764_756_900.0  # 2025-12-03T10:15:00Z, a Wednesday
ALL = frozenset({"personalization", "analytics"})


def table(name: str) -> list[dict[str, Any]]:
    """The rows of a YAML file next to the tests."""
    return YAML(typ="safe", pure=True).load((HERE / name).read_text("utf-8"))


def named(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Arguments of `parametrize` for rows with a name each."""
    return {"argvalues": rows, "ids": [row["name"] for row in rows]}


# --- conditions ------------------------------------------------------------------------------------------------------

TYPES = {
    "visitor.plan": "string",
    "visitor.tier": "enum",
    "visitor.age": "int",
    "visitor.spend": "double",
    "visitor.since": "timestamp",
    "visitor.stay": "duration",
    "visitor.app": "version",
    "visitor.vip": "bool",
    "visitor.recent": "list<item>",
    "visitor.tags": "list<string>",
    "visitor.marks": "list<int>",
    "visitor.traits": "map<string, string>",
    "visitor.ip": "ip",
    "visitor.open_case": "bool",
    "visitor.facts": "any",
    "visitor.more": "any",
    "account.domain": "string",
    "request.bot": "bool",
    "request.country": "string",
    "request.gpc": "bool",
    "request.hour": "int",
    "request.region": "string",
    "request.told": "any",
}
TIERS = ("free", "pro", "team")


def ref(name: str) -> ir.Ref:
    return ir.Ref(name, TYPES.get(name, "string"))


def const(value: Any) -> ir.Const:
    if isinstance(value, tuple):
        return ir.Const(value, f"list<{const(value[0]).type if value else 'string'}>")
    kinds = {bool: "bool", int: "int", float: "double", str: "string"}
    return ir.Const(value, kinds[type(value)])


def call(op: str, *args: Any) -> ir.Call:
    """An operator over expressions; other values become constants."""
    return ir.Call(op, tuple(arg if isinstance(arg, EXPR) else const(arg) for arg in args))


EXPR = (ir.Const, ir.Ref, ir.Local, ir.Has, ir.Call, ir.Fold)


def is_(name: str, value: Any, op: str = "eq") -> ir.Expr:
    return call(op, ref(name), value)


def both(*parts: ir.Expr) -> ir.Expr:
    return ir.Call("and", parts)


def either(*parts: ir.Expr) -> ir.Expr:
    return ir.Call("or", parts)


def no(part: ir.Expr) -> ir.Expr:
    return ir.Call("not", (part,))


ALWAYS = ir.Const(True, "bool")

# --- programs --------------------------------------------------------------------------------------------------------


def attribute(name: str, type_: str | None = None, purpose: str | None = "personalization", **more: Any) -> ir.Attribute:
    type_ = type_ or TYPES[name]
    if name.startswith("request."):
        purpose = None
    fields = {"keep": None, "source": None, "default": None, "values": TIERS if type_ == "enum" else ()}
    return ir.Attribute(name, type_, purpose, **{**fields, **more})


def show(variant: str | None) -> ir.Action:
    return ir.Action(variant=variant)


def rule(name: str, when: ir.Expr, action: ir.Action | str | None, level: str = "segment", **more: Any) -> ir.Rule:
    action = action if isinstance(action, ir.Action) else show(action)
    fields = {"campaign": None, "segment": None, "purposes": _purposes(when)}
    return ir.Rule(name, level, when, lower(when, TYPES), action, **{**fields, **more})


def _purposes(when: ir.Expr) -> tuple[str, ...]:
    stored = [name for name in _names(when) if not name.startswith("request.") and name != "visitor.open_case"]
    return ("personalization",) if stored else ()


def _names(when: Any) -> list[str]:
    if isinstance(when, (ir.Ref, ir.Has)):
        return [when.name]
    parts = when.args if isinstance(when, ir.Call) else (when.range, when.body) if isinstance(when, ir.Fold) else ()
    return [name for part in parts for name in _names(part)]


def slot(name: str, rules: tuple[ir.Rule, ...] = (), default: ir.Action | str | None = "b", **more: Any) -> ir.Slot:
    variants = (ir.Variant("a", (("<b>a</b>",),)), ir.Variant("b", (("<i>b</i>",),)))
    default = default if isinstance(default, ir.Action) else show(default)
    fields = {"pages": ("home",), "selector": f"#{name}", "operation": "replace", "component": "hero", "variants": variants}
    return ir.Slot(name=name, rules=tuple(rules), default=default, **{**fields, "test": None, "always": False, **more})


def program(*slots: ir.Slot, **more: Any) -> ir.Program:
    """A site with these slots; every attribute of TYPES is declared unless `attributes` are given."""
    fields: dict[str, Any] = {
        "site": "shop",
        "hosts": ("shop.example",),
        "pages": (("home", "/"), ("product", "/p/:sku")),
        "attributes": tuple(attribute(name) for name in TYPES),
        "purposes": ("personalization", "analytics"),
        "jurisdictions": (ir.Jurisdiction("rest", None, (), False),),
        "holdout": None,
        "log_purpose": "analytics",
        "deadline": 20,
        "lists": (),
        "item_ids": (),
        "item_columns": (),
        "lookups": (),
        "slots": slots,
        "experiments": (),
        "campaigns": (),
        "models": (),
    }
    fields |= more
    return ir.Program(**{"reads": tuple(a.name for a in fields["attributes"]), **fields})


def bundle(site: ir.Program) -> Bundle:
    return load(unseal(emit(site)))


def experiment(name: str, *arms: tuple[str, int], **more: Any) -> ir.Experiment:
    fields = {"salt": name, "unit": "visitor", "purpose": "analytics", "share": 1_000_000, "layer": None, "run": None}
    return ir.Experiment(name=name, arms=tuple(ir.Arm(*arm) for arm in arms or (("control", 50), ("change", 50))), **{**fields, **more})


# --- one shop with everything ------------------------------------------------------------------------------------------

ITEMS = ("kenya", "huila", "lintong", "kettle", "scale", "grinder", "mug", "gift")
COLUMNS = (
    ("name", ("Kenya <AA>", "Huila", "Lintong", "Kettle", "Scale", "Grinder", "Mug", "Gift")),
    ("price", (18.5, 14.0, 16.25, 89.0, 49.0, 260.0, 12.0, None)),
    ("category", ("coffee", "coffee", "coffee", "gear", "gear", "gear", "cups", "gifts")),
    ("in_stock", (True, True, False, True, True, True, True, True)),
    ("popularity", (10.0, 80.0, 30.0, 60.0, 60.0, 20.0, 5.0, 70.0)),
)
VECTORS = np.random.default_rng(7).normal(size=(len(ITEMS), 6)).astype(np.float32)


def vector_model(name: str = "affinity", vectors: np.ndarray = VECTORS, half_life: float = 7 * DAY) -> ir.Model:
    found = quantize(vectors)
    return ir.Model(name, "v1", "int8", "visitor.recent", half_life, found.dimensions, found.sections())


def lookup(networks: list[tuple[str, tuple]], fields: tuple[str, ...] = ("domain", "name")) -> ir.Lookup:
    from ipaddress import ip_network

    ranges = disjoint((ip_network(text), row) for row, (text, _) in enumerate(networks))
    return ir.Lookup("company", fields, *columns(ranges, [facts for _, facts in networks]))


_CARDS = (("each", ('<a href="/p/', ("item", "id", "urlpart"), '">', ("item", "name", "text"), " ", ("item", "price", "text"), "</a>")),)
_HERO = (
    ir.Variant("evergreen", (("<h1>Hello</h1>",), ("<h1>Hello</h1>",), ("<h1>Better</h1>",))),
    ir.Variant("case_study", (("<h1>", ("var", "account.domain", "text", "you"), "</h1>"),) * 2 + (("<h1>Better</h1>",),)),
    ir.Variant("win_back", (("<h1>Back</h1>",),) * 3),
)


def shop() -> ir.Program:
    """Hero (a test on the slot), banner (a capped campaign), carousel (a test on a rule), notice (always), trend (no consent)."""
    hero = slot(
        "hero",
        (
            rule("abm", call("in", ref("account.domain"), ir.Ref("lists.partners", "list<string>")), "case_study", segment="partner"),
            rule("lapsed", both(is_("visitor.plan", "lapsed"), is_("visitor.age", 3, "gt")), "win_back"),
            rule("evening", is_("request.hour", 18, "ge"), "case_study", level="cohort"),
        ),
        "evergreen",
        variants=_HERO,
        test=ir.Action(experiment="headline", arms=(None, None)),
    )
    banner = slot("banner", (rule("cart_left", is_("visitor.spend", 0.0, "gt"), "a", campaign="recovery"),), None, pages=("home", "product"))
    by_taste = ir.Action(
        variant="cards", model="affinity", take=2, where=both(ir.Ref("item.in_stock", "bool"), call("lt", ir.Ref("item.price", "double"), 200.0)), at_most=(("category", 1),)
    )
    trending = ir.Action(variant="cards", model="trending", take=3)
    carousel = slot(
        "carousel",
        (rule("taste", call("ge", call("size", ref("visitor.recent")), 2), ir.Action(experiment="ranker", arms=(trending, by_taste)), level="individual"),),
        trending,
        variants=(ir.Variant("cards", (_CARDS,)),),
        pages=("product",),
    )
    notice = slot("notice", (), "a", always=True)
    return program(
        hero,
        banner,
        carousel,
        notice,
        attributes=tuple(
            replace(attribute(name), **_MORE.get(name, {})) for name in TYPES
        ),
        jurisdictions=(
            ir.Jurisdiction("eea", is_("request.region", "EEA"), (), False),
            ir.Jurisdiction("california", is_("request.region", "US-CA"), ("personalization", "analytics"), True),
            ir.Jurisdiction("rest", None, ("personalization", "analytics"), False),
        ),
        holdout=(50_000, "h1"),
        lists=(("partners", ("acme.com", "globex.com")),),
        item_ids=ITEMS,
        item_columns=COLUMNS,
        lookups=(lookup([("192.0.2.0/24", ("acme.com", "Acme")), ("2001:db8::/32", ("globex.com", "Globex"))]),),
        experiments=(
            experiment("headline", ("control", 50), ("benefit", 50)),
            experiment("ranker", ("popular", 50), ("taste", 50), layer=("reco", 0, 800_000)),
        ),
        campaigns=(ir.Campaign("recovery", ir.Run(AT - 30 * DAY, AT + 30 * DAY, True), (3, 7 * DAY), ref("visitor.open_case")),),
        models=(vector_model(), ir.Model("trending", "v1", "order", field="popularity")),
    )


_MORE = {
    "visitor.open_case": {"purpose": None, "default": False},
    "visitor.spend": {"keep": 7 * DAY},
    "account.domain": {"source": "lookup.company"},
}


def visit_of(site: Bundle, raw: dict[str, Any] | None = None, purposes: frozenset[str] = ALL, **more: Any) -> Visit:
    """A visit from raw facts, coerced and permitted by the edge's own code."""
    raw = raw or {}
    read = ((name, coerce(site.attributes[name], value)) for name, value in raw.items() if name.startswith("request.") and name in site.attributes)
    facts = {name: value for name, value in read if value is not None}
    values, ages = permitted(site, Profile(attributes=raw), facts, purposes)
    fields = {"units": {"visitor": "u1"} if purposes else {}, "at": AT, "jurisdiction": "rest"}
    return Visit(**{**fields, "values": values, "ages": ages, "purposes": purposes, **more})
