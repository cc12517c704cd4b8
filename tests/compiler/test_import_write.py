"""The files of an imported site: what a person would write, and what is read back as the same values."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostics
from compiler.frontends.site import RESERVED, Arm, Attribute, Experiment, Flag, Names, Rule, Segment, Site
from compiler.frontends.write import write
from compiler.source import parse
from tests.conformance.flags import compiled

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200) | st.sampled_from(
    ["on", "off", "yes", "NO", "null", "~", "NaN", ".nan", ".inf", "1e3", "0x1F", "0o7", "1_000", "12:30", "2001-01-01", "2026-12-01T00:00:00Z", "<<", "=", "-", "?", "a: b", "a #b", "True", "",
     "\ufeff", "\x85", "\u2028", " a", "a ", "a\nb", "%", "@", "`", "&a", "*a", "!a", "|", ">", "[", "{", "'", '"', "\\", "x" * 300]
)  # fmt: skip
WORDS = st.lists(st.sampled_from(["a", "&&", "||", 'visitor.name == "x y"', "'it''s'", "#", "- b", ": c", "", "x" * 50]), max_size=60).map(" ".join)
PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXTS | WORDS
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | WORDS | st.just("k" * 1500), inner, max_size=4), max_leaves=15)


def read(text: str):
    diagnostics = Diagnostics()
    node = parse(text, "a.yaml", diagnostics)
    assert node is not None, f"{text}\n{diagnostics.render()}"
    return node.plain


def flag(**more) -> Flag:
    return Flag(**{"name": "f", "original": "f", "values": {"on": True, "off": False}, "rules": (), "default": "off", **more})


def slot(**more):
    return write(Site("growthbook", (), (flag(**more),)))["slots/f.yaml"]


@given(VALUES)
def test_values_are_read_back_as_they_are(value):
    found = read(slot(values={"a": value}))["values"]["a"]
    assert found == value and repr(found) == repr(value)


@given(TEXTS | WORDS, TEXTS, TEXTS)
def test_conditions_names_and_comments_are_read_back_as_they_are(when, original, comment):
    found = read(slot(original=original, comment=comment, rules=(Rule("r", when, "on", comment=comment),)))
    assert found.get("flag", "f") == original and found["ladder"]["segment"] == [{"rule": "r", "when": when, "show": "on"}]


def test_numbers_that_no_file_holds_are_what_json_makes_of_them():
    assert read(slot(values={"a": 2**64, "b": -(10**400)}))["values"] == {"a": 2.0**64, "b": float("-inf")}


def test_a_site_as_a_person_would_write_it(tmp_path):
    rules = (
        Rule("testers", 'visitor.beta == true', show="on", comment="Who helps us.\nSince May."),
        Rule("long", " && ".join(f'visitor.home_town != "Town {number}"' for number in range(6)), test="my_test"),
    )
    site = Site(
        "growthbook",
        (Attribute("beta", "beta", "bool"), Attribute("home_town", "homeTown", "string")),
        (flag(name="new_checkout", original="new-checkout", rules=rules, comment="The new one."),),
        (Experiment("my_test", "My test", "visitor.home_town", "growthbook_v2", "s", (Arm("control", "off", ranges=((0, 5000),)), Arm("on", "on", ranges=((5000, 10000),))), start="2026-01-01T00:00:00.5+01:00", end="2026-02-01"),),
        (Segment("beta_users", "Beta users", "visitor.beta == true"),),
    )
    assert write(site) == {
        "site.yaml": """\
# Imported from GrowthBook: a slot for each flag, without pages; callers supply the context.
tessera: 1
hosts: [localhost]
attributes:
  visitor:
    beta: {type: bool, purpose: none, keep: session, from: context.beta}
    home_town: {type: string, purpose: none, keep: session, from: context.homeTown}
""",
        "segments.yaml": """\
# Beta users
beta_users: {when: 'visitor.beta == true'}
""",
        "slots/new_checkout.yaml": """\
# The new one.
flag: new-checkout
values: {on: true, off: false}
ladder:
  segment:
    # Who helps us.
    # Since May.
    - {rule: testers, when: 'visitor.beta == true', show: on}
    - rule: long
      when: >-
        visitor.home_town != "Town 0" && visitor.home_town != "Town 1" && visitor.home_town != "Town 2" &&
        visitor.home_town != "Town 3" && visitor.home_town != "Town 4" && visitor.home_town != "Town 5"
      test: my_test
  default: off
""",
        "experiments/my_test.yaml": """\
key: My test
unit: visitor.home_town
purpose: none
hash: growthbook_v2
salt: s
arms: {control: {ranges: [[0, 5000]], show: off}, on: {ranges: [[5000, 10000]], show: on}}
run: {from: 2025-12-31T23:00:01Z, until: 2026-02-01T00:00:00Z}
""",
    }
    assert [slot.name for slot in compiled(site, tmp_path).slots] == ["new_checkout"]


def test_names():
    names = Names()
    assert [names.of(original) for original in ("new-checkout", "newCheckout", "New Checkout", "new-checkout", "7 days", "日本", "")] == [
        "new_checkout", "new_checkout_2", "new_checkout_3", "new_checkout", "n_7_days", "n", "n_2",
    ]  # fmt: skip
    assert not {names.of(word) for word in RESERVED} & RESERVED
