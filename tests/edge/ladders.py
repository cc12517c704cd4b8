"""Random sites of flags with experiments, campaigns and needs; their visitors; and a decider that knows only the documents."""

from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from random import Random
from typing import Any

from hypothesis import strategies as st

from compiler import ir
from tests.edge.conditions import ANYTHING, LISTS, conditions, crowd, naive
from tests.edge.sites import ALL, AT, DAY, TYPES, attribute, both, either, no, program, rule, show, slot
from tessera.assign import unit_text
from tessera.hashes import HASHES
from tessera.types import Attribute, Visit, coerce

VALUES = {"a": True, "b": False, "c": None}
UNITS = ("visitor", "account", "visitor.plan", "visitor.facts", "visitor.age")
HOLDOUT = (200_000, "held")
MILLION = 1_000_000


@dataclass(frozen=True)
class Row:
    """A rule as the test remembers it: its condition, what it does, and whether a campaign or a purpose may hold it back."""

    when: ir.Expr
    variant: str | None = None
    trial: ir.Experiment | None = None
    arms: tuple[str | None, ...] = ()
    campaign: ir.Campaign | None = None
    purpose: str | None = None


@dataclass(frozen=True)
class Ladder:
    rows: tuple[Row, ...]
    default: str | None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Site:
    """Three flags that need those before them, and what their rules use."""

    ladders: tuple[Ladder, ...]
    experiments: tuple[ir.Experiment, ...]
    campaigns: tuple[ir.Campaign, ...]
    holdout: tuple[int, str] | None


VARIANT = st.sampled_from(["a", "b", "c", None])


@st.composite
def experiments(draw: Any, name: str) -> ir.Experiment:
    kind = draw(st.sampled_from(sorted(HASHES)))
    buckets = draw(st.sampled_from([None, 7, 1000])) if HASHES[kind].varies else None
    weights = draw(st.lists(st.integers(0, 5), min_size=2, max_size=3).filter(any))
    ranged = draw(st.integers(0, 3)) == 0
    whole = min(buckets or HASHES[kind].buckets, 2**64 - 1)
    cuts = sorted(draw(st.lists(st.integers(0, 12), min_size=3, max_size=4, unique=True)))
    ranges = [((whole * start // 12, whole * end // 12),) for start, end in zip(cuts, cuts[1:])]
    arms = [ir.Arm(f"arm{i}", 0, own) for i, own in enumerate(ranges)] if ranged else [ir.Arm(f"arm{i}", weight) for i, weight in enumerate(weights)]
    return ir.Experiment(
        name=name, salt=draw(st.sampled_from([name, "s", "é"])), unit=draw(st.sampled_from(UNITS)), purpose=draw(st.sampled_from([None, "analytics"])),
        share=draw(st.sampled_from([0, 1, 500_000, MILLION])), layer=draw(st.sampled_from([None, None, ("layer", 0, 600_000)])),
        run=draw(st.sampled_from([None, None, ir.Run(AT, AT + DAY, False), ir.Run(None, AT, True)])), arms=tuple(arms), key=draw(st.sampled_from([None, "key"])),
        fallback_unit=draw(st.sampled_from([None, None, "visitor", "visitor.more"])), hash=kind, buckets=buckets,
        ramp=() if ranged else draw(st.sampled_from([(), (), ((int(AT), 300_000), (int(AT + DAY), MILLION))])),
        holdout=draw(st.sampled_from([None, None, (300_000, "own")])), sticky=draw(st.sampled_from([None, (name, 2, 0), (name, 2, 1)])),
    )  # fmt: skip


CAMPAIGNS = (
    ir.Campaign("capped", None, (2, DAY), None),
    ir.Campaign("running", ir.Run(AT - DAY, AT + DAY, True), None, None),
    ir.Campaign("paused", None, (5, DAY), ir.Ref("visitor.vip", "bool")),
)


@st.composite
def sites(draw: Any) -> Site:
    trials: list[ir.Experiment] = []
    ladders: list[Ladder] = []
    for number in range(3):
        rows = []
        for _ in range(draw(st.integers(0, 4))):
            when = draw(conditions)
            parents = draw(st.lists(st.sampled_from(range(number)), max_size=2, unique=True)) if number else []
            for parent in parents:
                asked = draw(st.sampled_from([ir.Ref(f"slot.f{parent}", "bool"), ir.Call("is_null", (ir.Ref(f"slot.f{parent}", "bool"),))]))
                when = draw(st.sampled_from([both, either]))(when, draw(st.sampled_from([asked, no(asked)])))
            if draw(st.integers(0, 3)) == 0:
                when = both(when, ir.Call("share", (ir.Const("rollout", "string"), ir.Ref("unit.visitor", "any"), ir.Const(400_000, "int"))))
            campaign = draw(st.sampled_from([None, None, None, *CAMPAIGNS]))
            purpose = draw(st.sampled_from([None, None, None, "personalization", "analytics"]))
            if draw(st.booleans()):
                trials.append(draw(experiments(f"e{len(trials)}")))
                arms = tuple(draw(VARIANT) for _ in trials[-1].arms)
                if draw(st.integers(0, 3)) == 0:
                    when = either(when, ir.Ref(f"sticky.{trials[-1].name}", "bool"))
                rows.append(Row(when, None, trials[-1], arms, campaign, purpose))
            else:
                rows.append(Row(when, draw(VARIANT), campaign=campaign, purpose=purpose))
        ladders.append(Ladder(tuple(rows), draw(VARIANT), tuple(f"f{n}" for n in range(number))))
    return Site(tuple(ladders), tuple(trials), CAMPAIGNS, draw(st.sampled_from([None, None, HOLDOUT])))


def built(site: Site) -> ir.Program:
    variants = tuple(ir.Variant(name, ()) for name in VALUES)
    flags = []
    for number, ladder in enumerate(site.ladders):
        rules = []
        for i, row in enumerate(ladder.rows):
            action = show(row.variant) if row.trial is None else ir.Action(experiment=row.trial.name, arms=tuple(map(show, row.arms)))
            made = rule(f"r{i}", row.when, action, campaign=row.campaign.name if row.campaign else None, purpose=row.purpose)
            rules.append(replace(made, purposes=tuple(sorted({*made.purposes, *filter(None, (row.purpose,))}))))
        fields = {"pages": (), "selector": "", "operation": "", "component": "", "variants": variants, "values": tuple(VALUES.values())}
        flags.append(slot(f"f{number}", tuple(rules), ladder.default, flag=f"f{number}", needs=ladder.needs, **fields))
    return program(*flags, experiments=site.experiments, campaigns=site.campaigns, holdout=site.holdout, lists=tuple(LISTS.items()))


# --- the decider ---------------------------------------------------------------------------------------------------------------


def point(salt: str, unit: str) -> int:
    """docs/format.md, "Assignment"."""
    return int.from_bytes(sha256(f"{salt}\0{unit}".encode()).digest()[:8], "big")


def runs(run: ir.Run | None, visit: Visit) -> bool:
    now = visit.at + (60 * visit.offset if run and run.local else 0)
    return run is None or (run.start is None or run.start <= now) and (run.end is None or now < run.end)


def unit_of(kind: str | None, visit: Visit) -> str | None:
    return None if kind is None else unit_text(visit.values.get(kind)) if "." in kind else visit.units.get(kind)


def kept(trial: ir.Experiment, visit: Visit) -> int | None:
    """The arm that is kept; -1 for one of a barred version."""
    if trial.sticky is None:
        return None
    _, version, least = trial.sticky
    key, names = trial.key or trial.name, [arm.name for arm in trial.arms]
    if any(f"{key}__{old}" in visit.sticky for old in range(least)):
        return -1
    arm = visit.sticky.get(f"{key}__{version}")
    return names.index(arm) if arm in names else None


def arm_of(trial: ir.Experiment, visit: Visit) -> tuple[int, bool] | None:
    """The arm, and whether the visitor counts; None outside of the experiment."""
    names = [arm.name for arm in trial.arms]
    wished = visit.forced.get(trial.name) in names
    if not runs(trial.run, visit) and not (wished and visit.preview):
        return None
    if wished:
        return names.index(visit.forced[trial.name]), True
    if trial.purpose and trial.purpose not in visit.purposes:
        return 0, False
    unit = unit_of(trial.unit, visit) or unit_of(trial.fallback_unit, visit)
    held = kept(trial, visit)
    if held is not None:
        return None if held < 0 else (held, bool(unit))
    if not unit:
        return None if "." in trial.unit else (0, False)
    if trial.holdout and point(trial.holdout[1], unit) < 2**64 * trial.holdout[0] // MILLION:
        return None
    if trial.layer:
        salt, start, end = trial.layer
        if not 2**64 * start // MILLION <= point(salt, unit) < 2**64 * end // MILLION:
            return None
    whole = trial.buckets or HASHES[trial.hash].buckets
    bucket = point(trial.salt, unit) if trial.hash == "sha256" else HASHES[trial.hash].number(trial.salt, unit, whole)
    if trial.arms[0].ranges is not None:
        return next(((i, True) for i, arm in enumerate(trial.arms) for start, end in arm.ranges if start <= bucket < end), None)
    share = trial.share
    if trial.ramp:
        share = next((part for start, part in reversed(trial.ramp) if start <= visit.at), 0)
    total, before = sum(arm.weight for arm in trial.arms), 0
    for i, arm in enumerate(trial.arms):
        if whole * before // total <= bucket < whole * (before * MILLION + arm.weight * share) // (total * MILLION):
            return i, True
        before += arm.weight
    return None


def held_back(campaign: ir.Campaign | None, visit: Visit) -> bool:
    if campaign is None:
        return False
    if not runs(campaign.run, visit) or campaign.pause is not None and naive(campaign.pause, visit.values) is True:
        return True
    if campaign.cap is None:
        return False
    times, per = campaign.cap
    seen = visit.seen.get(campaign.name, 0)
    return (seen if isinstance(seen, int) else len([at for at in seen if visit.at - per < at <= visit.at])) >= times


def expected(site: Site, visit: Visit) -> list[tuple[str | None, int, str | None]]:
    """Of each flag the variant, the rule of the site (-1: none) and the arm that counts."""
    held_out = site.holdout is not None and "visitor" in visit.units and not visit.preview
    held_out = held_out and point(site.holdout[1], visit.units["visitor"]) < 2**64 * site.holdout[0] // MILLION
    if "@holdout" in visit.forced:
        held_out = visit.forced["@holdout"] == "in"
    facts = {**visit.values, **{f"unit.{kind}": unit for kind, unit in visit.units.items()}}
    facts |= {f"sticky.{trial.name}": True for trial in site.experiments if kept(trial, visit) not in (None, -1)}
    found, first = [], 0
    for number, ladder in enumerate(site.ladders):
        answer: tuple[str | None, int, str | None] = (ladder.default, -1, None)
        wished = visit.forced.get(f"slot.f{number}")
        if visit.values.get("request.bot"):
            pass
        elif wished is not None:
            answer = (wished if wished in VALUES else None, -1, None)
        elif not held_out:
            answer = next(filter(None, (tried(row, first + i, facts, visit) for i, row in enumerate(ladder.rows))), answer)
        found.append(answer)
        facts[f"slot.f{number}"] = VALUES.get(answer[0]) if answer[0] else None
        first += len(ladder.rows)
    return found


def tried(row: Row, number: int, facts: dict[str, Any], visit: Visit) -> tuple[str | None, int, str | None] | None:
    """What a rule decides; None where the ladder goes on."""
    if _holds(row.when, facts) is not True or held_back(row.campaign, visit) or row.purpose not in (None, *visit.purposes):
        return None
    if row.trial is None:
        return row.variant, number, None
    taken = arm_of(row.trial, visit)
    return None if taken is None else (row.arms[taken[0]], number, row.trial.arms[taken[0]].name if taken[1] else None)


def _holds(expr: ir.Expr, facts: dict[str, Any]) -> Any:
    """`naive`, and the shares that only ladders have."""
    if isinstance(expr, ir.Call) and expr.op == "share":
        unit = facts.get("unit.visitor")
        return None if unit is None else point("rollout", unit) < 2**64 * 400_000 // MILLION
    if isinstance(expr, ir.Call) and expr.op in ("and", "or", "not"):
        answers = [_holds(arg, facts) for arg in expr.args]
        if expr.op == "not":
            return not answers[0] if isinstance(answers[0], bool) else None
        decided = expr.op == "or"
        return decided if any(a is decided for a in answers) else (not decided) if all(a is (not decided) for a in answers) else None
    return naive(expr, facts)


# --- visitors -----------------------------------------------------------------------------------------------------------------


@cache
def declared() -> dict[str, Attribute]:
    ours = (attribute(name) for name in TYPES)
    return {a.name: Attribute(a.name, a.type, values=frozenset(a.values)) for a in ours}


def visits(site: Site, seed: int, size: int) -> list[Visit]:
    """Visitors with units, consent, sticky arms, wishes and values: typed, or of whatever type and coerced as the edge does."""
    random = Random(seed)
    found = []
    for values in crowd(seed, size):
        if random.random() < 0.3:
            raw = {name: random.choice(ANYTHING) for name in TYPES if random.random() < 0.7}
            values = {name: typed for name, value in raw.items() if (typed := coerce(declared()[name], value)) is not None}
        if random.random() < 0.9:
            values.pop("request.bot", None)
        arms = [(trial, random.choice([arm.name for arm in trial.arms] + ["gone"])) for trial in site.experiments]
        wishes = {trial.name: arm for trial, arm in arms if random.random() < 0.3} | random.choice([{}, {"slot.f0": "a"}, {"slot.f1": "gone"}, {"@holdout": "in"}, {"@holdout": "out"}])
        forced = wishes if random.random() < 0.15 else {}
        found.append(
            Visit(
                units={kind: f"{kind}-{random.randrange(1000)}" for kind in ("visitor", "account") if random.random() < 0.8},
                values=values,
                purposes=random.choice([ALL, ALL, ALL, frozenset({"analytics"}), frozenset({"personalization"}), frozenset()]),
                at=random.choice([AT, AT, AT - 1, AT + DAY, AT + 2 * DAY]),
                offset=random.choice([0, 0, 60, -720]),
                seen={name: seen for name in ("capped", "paused") if (seen := random.choice([None, 1, 2, (AT,), (AT - 2 * DAY, AT, AT - 5)])) is not None},
                sticky={f"{trial.key or trial.name}__{random.randrange(4)}": arm for trial, arm in arms if random.random() < 0.3},
                forced=forced,
                preview=bool(forced) and random.random() < 0.7,
            )
        )
    return found
