"""The parts of identity resolution that need no model: columns, spellings, what contradicts, groups, names, measures."""

import duckdb
import pytest

from learn.identities import BLOCKING, CERTAIN, TRAINING, Plan, compared, settings, worth_weighing
from learn.identity_clusters import ALONE, EXACT, PROBABLE, Link, Measure, Name, components, group_name, group_names, grouped, measured
from learn.identity_doubts import contradicted, personal
from learn.identity_kinds import NAMES, cleaned, given_of, id_column, literal, recognised, surname_of


def sql(expression: str):
    return duckdb.sql(f"SELECT {expression}").fetchall()[0][0]


@pytest.mark.parametrize("columns, kinds", [
    (["unique_id", "first_name", "surname", "dob"], {"given_name": "first_name", "surname": "surname", "dob": "dob"}),
    (["id", "First Name", "lastName", "E-Mail", "ZIP"], {"given_name": "First Name", "surname": "lastName", "email": "E-Mail", "postcode": "ZIP"}),
    (["id", "customer_email", "shoe size"], {"email": "customer_email"}),
    (["id", "address_1", "address_2", "suburb"], {"street": "address_1", "street_2": "address_2", "city": "suburb"}),
    (["id", "email", "contact_email"], {"email": "email"}),
    (["id", "Vorname", "Nachname", "PLZ"], {"given_name": "Vorname", "surname": "Nachname", "postcode": "PLZ"}),
])  # fmt: skip
def test_columns_are_known_by_their_names(columns, kinds):
    assert recognised(columns, {}, {columns[0]}) == kinds


def test_what_is_told_counts_first_and_what_is_taken_is_no_attribute():
    assert recognised(["id", "email", "mail", "cluster"], {"email": "mail"}, {"id", "cluster"}) == {"email": "mail"}
    assert id_column(["email", "visitor", "account_id"]) == "visitor"
    assert id_column(["email", "shoe"]) is None


@pytest.mark.parametrize("kind, written, meant", [
    ("surname", "  O'Brien-Müller ", "o brien muller"),
    ("surname", "NULL", None),
    ("surname", "Na", "na"),
    ("given_name", "Анна", "анна"),
    ("email", " Ann.Lee@X.Example ", "ann.lee@x.example"),
    ("email", "unknown", None),
    ("email", "no at", None),
    ("phone", "+44 7700 900123", "700900123"),
    ("phone", "07700 900123", "700900123"),
    ("phone", "12", None),
    ("dob", "1915-11-11", "1915-11-11"),
    ("dob", "19151111", "1915-11-11"),
    ("dob", "1915-11-11T00:00:00Z", "1915-11-11"),
    ("dob", "31.12.1980", "1980-12-31"),
    ("dob", "1/2/1980", "1980-02-01"),
    ("dob", "19801399", "1980-13-99"),
    ("dob", "eighties", None),
    ("postcode", "SW1A 1AA", "sw1a1aa"),
    ("national_id", "53-04 218", "5304218"),
    ("account", " aB7 ", "aB7"),
    ("city", "N/A", None),
])  # fmt: skip
def test_a_value_has_one_spelling(kind, written, meant):
    assert sql(cleaned(kind, literal(written))) == meant


def test_month_first_is_told():
    assert sql(cleaned("dob", "'12/31/1980'", day_first=False)) == "1980-12-31"


@pytest.mark.parametrize("name, given, surname", [("Ann Lee", "ann", "lee"), ("Lee, Ann Mary", "ann mary", "lee"), ("Ann Mary Lee", "ann mary", "lee"), ("Lee", None, "lee")])
def test_a_whole_name_has_parts(name, given, surname):
    assert (sql(given_of(literal(name))), sql(surname_of(literal(name)))) == (given, surname)


def two(expression: str, left: dict, right: dict) -> bool:
    """A condition on two records."""
    rows = [", ".join(f"{literal(v) if v else 'NULL::VARCHAR'} AS {k}" for k, v in one.items()) for one in (left, right)]
    return duckdb.sql(f"SELECT {expression} FROM (SELECT {rows[0]}) l, (SELECT {rows[1]}) r").fetchall()[0][0]


@pytest.mark.parametrize("left, right, apart", [
    (("ann", "lee", "1980-01-02"), ("bob", "lee", "1978-05-17"), True),
    (("ann", "lee", "1980-01-02"), ("bob", "lee", None), True),
    (("ann", "lee", "1980-01-02"), ("bob", "lee", "1980-01-02"), False),  # a nickname; or twins, which nothing tells apart
    (("ann", "lee", "1980-01-02"), ("anne", "lee", "1955-11-30"), False),
    (("ann", "lee", "1980-01-02"), (None, "lee", "1955-11-30"), False),
    (("ann", "lee", "1980-01-02"), ("lee", "ann", "1955-11-30"), False),
    (("a", "lee", None), ("ann", "lee", None), False),
    (("mary ann", "lee", None), ("ann", "lee", None), False),
])  # fmt: skip
def test_a_household_is_several_persons(left, right, apart):
    kinds = ("given_name", "surname", "dob")
    assert two(contradicted(kinds), dict(zip(kinds, left)), dict(zip(kinds, right))) is apart


@pytest.mark.parametrize("kinds, left, right, holds", [
    (("surname", "email"), ("lee", "a@x"), ("lee", "a@x"), True),
    (("surname", "email"), ("lee", "a@x"), ("lee", None), False),
    (("surname", "dob"), ("lee", "1980-01-02"), ("lee", "1980-01-03"), True),
    (("surname", "street"), ("lee", "elm"), ("lee", "elm"), True),
])  # fmt: skip
def test_what_a_household_shares_makes_nobody_the_same(kinds, left, right, holds):
    assert two(personal(kinds), dict(zip(kinds, left)), dict(zip(kinds, right))) is holds


# --- groups ------------------------------------------------------------------------------------------------------------------


def link(left: int, right: int, probability: float = 1.0, exact: bool = False, sure: bool = False) -> Link:
    return Link(left, right, probability, exact, sure)


@pytest.mark.parametrize("links, apart, groups", [
    ([], [], [0, 1, 2, 3]),
    ([link(0, 1, 0.6)], [], [0, 0, 2, 3]),
    ([link(0, 1, 0.4)], [], [0, 1, 2, 3]),
    ([link(2, 3), link(1, 2, 0.5)], [], [0, 1, 1, 1]),
    ([link(0, 1), link(2, 3), link(1, 2, 0.7)], [], [0, 0, 2, 2]),  # two groups of two want 0.75
    ([link(0, 1), link(2, 3), link(1, 2, 0.8)], [], [0, 0, 0, 0]),
    ([link(0, 1), link(1, 2)], [(0, 2)], [0, 0, 2, 3]),
    ([link(0, 1), link(2, 3), link(1, 2)], [(0, 3)], [0, 0, 0, 3]),
    ([link(0, 1), link(2, 3), link(1, 2, 0.9)], [(0, 3)], [0, 0, 2, 2]),
    ([link(0, 1), link(1, 2, sure=True)], [(0, 2)], [0, 1, 1, 3]),
    ([link(0, 2, sure=True)], [(0, 2)], [0, 1, 0, 3]),
])  # fmt: skip
def test_links_make_groups(links, apart, groups):
    assert [member.group for member in grouped(4, links, 0.5, apart)] == groups
    assert [member.group for member in grouped(4, links[::-1], 0.5, apart)] == groups


def test_a_member_tells_how_it_got_there():
    members = grouped(4, [link(0, 1, exact=True), link(1, 2, 0.8)], 0.5)
    assert [(member.how, member.probability) for member in members] == [(EXACT, 1.0), (EXACT, 1.0), (PROBABLE, 0.8), (ALONE, None)]
    assert components(4, [link(3, 1, 0.5), link(0, 1, 0.4)], 0.5) == [0, 1, 2, 1]


def test_names_are_accounts_where_only_one_group_has_them():
    members = grouped(4, [link(0, 1), link(2, 3)], 0.5)
    keys = ["a", "b", "c", "d"]
    assert group_names(members, keys, [["u2"], ["u1"], [], []]) == {0: Name("u1", True), 2: Name(group_name("c"), False)}
    assert group_names(members, keys, [["u1"], [], ["u1"], []]) == {0: Name(group_name("a"), False), 2: Name(group_name("c"), False)}
    assert group_name("a") == "p_ca978112ca1bbdca"


@pytest.mark.parametrize("groups, truth, files, measure", [
    ("aab", "xxy", None, Measure(1, 1, 1)),
    ("aaa", "xxy", None, Measure(1, 3, 1)),
    ("abc", "xxx", None, Measure(3, 0, 0)),
    ("aaaa", "xxxx", "1122", Measure(4, 4, 4)),
    ("aab", ["x", None, "x"], None, Measure(1, 0, 0)),
])  # fmt: skip
def test_pairs_are_counted(groups, truth, files, measure):
    assert measured(groups, truth, files) == measure


def test_precision_and_recall():
    measure = Measure(true=4, said=5, both=3)
    assert (measure.precision, measure.recall, measure.f1) == (0.6, 0.75, 6 / 9)
    assert (Measure(0, 0, 0).precision, Measure(0, 0, 0).recall, Measure(0, 0, 0).f1) == (1, 1, 1)


# --- settings ----------------------------------------------------------------------------------------------------------------


def test_rules_name_kinds():
    import re

    named = {kind for rules in (BLOCKING, TRAINING, CERTAIN) for rule in rules for part in rule for kind in re.findall(r"\{\}(\w+)", part)}
    assert named <= set(NAMES)


@pytest.mark.parametrize("kinds, worth", [(("email",), False), (("email", "phone"), False), (("surname", "email"), True), (("given_name", "surname"), False), (("dob", "city"), True)])
def test_a_model_wants_more_than_identifiers(kinds, worth):
    assert worth_weighing(kinds) is worth


def test_both_engines_have_the_same_levels():
    plan = Plan(tuple(NAMES), BLOCKING, (), 0.001, False)
    levels = []
    for dialect in ("duckdb", "spark"):
        made = settings(plan).get_settings(dialect)
        levels.append([(c.output_column_name, [(level.label_for_charts, level.is_null_level) for level in c.comparison_levels]) for c in made.comparisons])
        assert len(made._blocking_rules_to_generate_predictions) == len(BLOCKING) + 1
    assert levels[0] == levels[1]
    assert [len(kinds) for kinds in compared(plan.kinds)][0] == 2
