"""Which records are one person: what is compared, which pairs are looked at, how the weights are learned and pairs are scored.

The model is Fellegi and Sunter's, by Splink. Its weights are learned from the records themselves, without any truth: how often
values agree by chance from random pairs, how often they do for one person by expectation maximisation (EM). Both engines run the
same settings. Records are rows of the DuckDB table `records` (`learn/identity_files.py`): key, node, file, and a column a kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

SEED = 1
RANDOM_PAIRS = 1_000_000  # looked at to learn chance agreement
EM_PAIRS = 5_000_000  # more pairs of one training rule are sampled
FEWEST_EM_PAIRS = 30
RAREST = 0.001  # anything differs once in a thousand records of one person; so no column alone decides against a link
EM_STEPS = (25, 10, 5, 2)  # at the most, and what is tried instead
FOUND = 0.7  # the share of all true pairs that the certain rules are taken to find; only the order of magnitude matters
FEWEST_RECORDS = 50  # of fewer nothing can be learned
RULE_PAIRS = 30  # pairs for each record that a blocking rule may give; one that gives more is left out
RULE_PAIRS_FREE = 1_000_000
KEPT = 0.01  # pairs below this probability are never links

Rule = tuple[str, ...]  # parts that must agree; `{}` is where the side comes in: "{}dob", "left({}surname, 3)"
BLOCKING: tuple[Rule, ...] = (
    ("{}account",), ("{}email",), ("{}phone",), ("{}national_id",), ("split_part({}email, '@', 1)",),
    ("{}given_name", "{}surname"), ("substr({}given_name, 1, 3)", "substr({}surname, 1, 3)"),
    ("{}surname", "{}dob"), ("{}given_name", "{}dob"), ("{}dob",), ("{}dob", "{}city"), ("{}dob", "{}postcode"),
    ("{}surname", "{}city"), ("{}given_name", "{}city"), ("{}surname", "{}postcode"), ("{}given_name", "{}postcode"),
    ("{}street", "{}postcode"), ("{}surname", "{}street"), ("{}given_name", "{}street"),
)  # fmt: skip
SWAPPED = "l.given_name = r.surname AND l.surname = r.given_name"
TRAINING: tuple[Rule, ...] = (
    ("{}dob",), ("{}email",), ("{}given_name", "{}surname"), ("{}national_id",), ("{}phone",), ("{}surname", "{}postcode"),
    ("{}street", "{}postcode"), ("{}surname", "{}city"),
)  # fmt: skip
TRAININGS = 4
CERTAIN: tuple[Rule, ...] = (
    ("{}account",), ("{}email",), ("{}national_id",), ("{}given_name", "{}surname", "{}dob"), ("{}given_name", "{}surname", "{}postcode"),
    ("{}given_name", "{}surname", "{}street"), ("{}given_name", "{}phone"),
)  # fmt: skip
TELLING = ("surname", "given_name", "dob", "street")  # without one of these there is nothing to weigh


@dataclass(frozen=True)
class Plan:
    """What is to be done: the kinds that records have, the rules that are used, and whether pairs within a file count."""

    kinds: tuple[str, ...]
    blocking: tuple[Rule, ...]
    training: tuple[tuple[Rule, int], ...]  # with how many pairs they give
    chance: float  # the probability that two random records are one person
    between: bool  # only pairs of different files


def side(rule: Rule, alias: str) -> list[str]:
    """The parts of a rule for one side (`l`, `r`), or of the table alone ("")."""
    return [part.format(f"{alias}." if alias else "") for part in rule]


def agree(rule: Rule, between: bool) -> str:
    """SQL: two records agree by a rule."""
    parts = [f"{left} = {right}" for left, right in zip(side(rule, "l"), side(rule, "r"))]
    return " AND ".join([*parts, *(["l.file <> r.file"] if between else [])])


def usable(rules: Collection[Rule], kinds: Collection[str]) -> tuple[Rule, ...]:
    """The rules all of whose columns are there."""
    return tuple(rule for rule in rules if all(re.search(r"\{\}(\w+)", part)[1] in kinds for part in rule))


def worth_weighing(kinds: Collection[str]) -> bool:
    """Whether records say enough of persons for a model: something personal, and something else beside it."""
    return any(kind in kinds for kind in TELLING) and len(compared(kinds)) >= 2


def compared(kinds: Collection[str]) -> list[tuple[str, ...]]:
    """The comparisons, as the kinds that each looks at. Accounts are not weighed: they agree or they do not."""
    names = [("given_name", "surname")] if {"given_name", "surname"} <= set(kinds) else [(k,) for k in ("given_name", "surname") if k in kinds]
    order = ("dob", "email", "phone", "national_id", "street", "street_2", "street_number", "city", "postcode", "state", "gender")
    return names + [(kind,) for kind in order if kind in kinds]


def comparison(kinds: tuple[str, ...]) -> Any:
    """Splink's comparison for these kinds: what any data of persons would take, from exact over similar to different."""
    import splink.comparison_library as library

    if kinds == ("given_name", "surname"):  # also the other way round; a rare name counts for more
        return library.ForenameSurnameComparison(*kinds, forename_surname_concat_col_name="full_name")
    (kind,) = kinds
    if kind in ("given_name", "surname"):
        return library.NameComparison(kind).configure(term_frequency_adjustments=True)
    if kind == "dob":
        return library.DateOfBirthComparison(kind, input_is_string=True, invalid_dates_as_null=False)
    if kind == "email":
        return library.EmailComparison(kind)
    if kind in ("street", "street_2", "city"):
        return library.JaroWinklerAtThresholds(kind, [0.92, 0.8]).configure(term_frequency_adjustments=True)
    if kind in ("postcode", "phone", "national_id"):
        return library.DamerauLevenshteinAtThresholds(kind, [1, 2])
    return library.ExactMatch(kind).configure(term_frequency_adjustments=True)


def planned(connection: duckdb.DuckDBPyConnection, kinds: tuple[str, ...], between: bool) -> tuple[Plan, tuple[str, ...]]:
    """Look at the records and choose the rules. With the plan come the rules that were left out, in words."""
    records = _number(connection, "SELECT count(*) FROM records")
    most = max(RULE_PAIRS_FREE, RULE_PAIRS * records)
    blocking = {rule: pairs_of(connection, rule, between) for rule in usable(BLOCKING, kinds)}
    training = [(rule, pairs_of(connection, rule, between)) for rule in usable(TRAINING, kinds)]
    left_out = tuple(f"{' and '.join(side(rule, ''))} ({pairs:,} pairs)" for rule, pairs in blocking.items() if pairs > most)
    plan = Plan(
        kinds, tuple(rule for rule, pairs in blocking.items() if pairs <= most),
        tuple([(rule, pairs) for rule, pairs in training if pairs >= FEWEST_EM_PAIRS][:TRAININGS]),
        chance(connection, kinds, between), between,
    )  # fmt: skip
    return plan, left_out


def pairs_of(connection: duckdb.DuckDBPyConnection, rule: Rule, between: bool) -> int:
    """How many pairs of records agree by a rule, counted without making them."""
    parts = ", ".join(f"{part} AS p{n}" for n, part in enumerate(side(rule, "")))
    by = ", ".join(f"p{n}" for n in range(len(rule)))
    known = " AND ".join(f"p{n} IS NOT NULL" for n in range(len(rule)))
    counted = f"SELECT {by}, file, count(*) AS n FROM (SELECT file, {parts} FROM records) WHERE {known} GROUP BY {by}, file"
    same = "sum(n * n)" if between else "sum(n)"
    return _number(connection, f"SELECT coalesce(sum(pairs), 0) FROM (SELECT (sum(n) * sum(n) - {same}) // 2 AS pairs FROM ({counted}) GROUP BY {by})")


def chance(connection: duckdb.DuckDBPyConnection, kinds: Collection[str], between: bool) -> float:
    """The probability that two random records are one person: what the certain rules find, over all pairs and `FOUND`."""
    rules = usable(CERTAIN, kinds)
    joined = " UNION ".join(f"SELECT l.key, r.key FROM records l JOIN records r ON {agree(rule, between)} AND l.key < r.key" for rule in rules)
    found = _number(connection, f"SELECT count(*) FROM ({joined})") if rules else 0
    same = "sum(n * n)" if between else "sum(n)"
    pairs = _number(connection, f"SELECT (sum(n) * sum(n) - {same}) // 2 FROM (SELECT file, count(*) AS n FROM records GROUP BY file)")
    return min(0.5, max(found, 1) / FOUND / max(pairs, 1))


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0] or 0)


def settings(plan: Plan) -> Any:
    """Splink's settings of a plan, for any engine."""
    from splink import SettingsCreator

    rules = [agree(rule, plan.between) for rule in plan.blocking]
    if {"given_name", "surname"} <= set(plan.kinds):
        rules.append(SWAPPED + (" AND l.file <> r.file" if plan.between else ""))
    return SettingsCreator(
        link_type="dedupe_only",  # all files are one table; `between` is part of the rules
        unique_id_column_name="key",
        comparisons=[comparison(kinds) for kinds in compared(plan.kinds)],
        blocking_rules_to_generate_predictions=rules,
        probability_two_random_records_match=plan.chance,
        retain_matching_columns=False,
    )


def trained(api: Any, records: Any, plan: Plan, tell: Callable[[str], None]) -> Any:
    """A Splink linker with learned weights. What no training rule can learn keeps Splink's own starting values."""
    import logging

    from splink import Linker

    linker = Linker(records, settings(plan), log_level=logging.ERROR)
    tell("learning what agrees by chance")
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED, min_count_per_level=None)
    for rule, pairs in plan.training:
        tell(f"learning from pairs of one {' and '.join(side(rule, ''))}")
        _learn(linker, agree(rule, plan.between), EM_PAIRS if pairs > EM_PAIRS else None)
    for weighed in linker._settings_obj.comparisons:
        for level in weighed.comparison_levels:
            if not level.is_null_level:
                level.m_probability = max(level.m_probability or 0.0, RAREST)
    return linker


def _learn(linker: Any, rule: str, most: int | None) -> None:
    """One run of EM over the pairs of a rule.

    Where a level of agreement never occurs among matches its weight falls towards 0 at every step, and Splink refuses what is too
    small for a float. Then fewer steps are taken; a rule that fails even so teaches nothing.
    """
    from splink.internals.exceptions import EMTrainingException

    held = linker._settings_obj
    usual = held.training_settings
    for steps in EM_STEPS:
        held.training_settings = replace(usual, max_iterations=steps)
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=most)
            break
        except EMTrainingException:
            break
        except ValueError:
            continue
    held.training_settings = usual


def same_weights(api: Any, records: Any, plan: Plan, learned: Any) -> Any:
    """A linker on another engine with the weights that `learned` has."""
    import logging

    from splink import Linker

    linker = Linker(records, settings(plan), log_level=logging.ERROR)
    for theirs, ours in zip(learned._settings_obj.comparisons, linker._settings_obj.comparisons, strict=True):
        for level, mine in zip(theirs.comparison_levels, ours.comparison_levels, strict=True):
            if not level.is_null_level:
                mine.m_probability, mine.u_probability = level.m_probability, level.u_probability
    return linker


def scored(linker: Any, tell: Callable[[str], None]) -> Any:
    """The pairs that may be links: Splink's table with key_l, key_r and match_probability."""
    tell("scoring pairs")
    return linker.inference.predict(threshold_match_probability=KEPT, warning_mode="never")
