"""What `from:` and a type make of events; and what is said where they do not fit."""

import pytest

from tests.edge.sites import named, table
from tessera.derive import STAGES, derivation
from tessera.types import Attribute

ROWS = table("derive.yaml")


def declared(row: dict) -> Attribute:
    values = frozenset(row.get("values", STAGES if row["type"] == "enum" else ()))
    return Attribute("visitor.a", row["type"], "personalization", 86_400, row["from"], None, values, row.get("half_life"), row.get("most"))


@pytest.mark.parametrize("row", **named([row for row in ROWS if "why" not in row]))
def test_how_an_attribute_comes_from_events(row):
    found = derivation(declared(row))
    if row["makes"] is None:
        assert found is None
        return
    told = {**found._asdict(), "events": sorted(found.events)}
    assert {key: told[key] for key in row["makes"]} == row["makes"]
    assert (found.name, found.purpose, found.keep) == ("visitor.a", "personalization", 86_400)


@pytest.mark.parametrize("row", **named([row for row in ROWS if "why" in row]))
def test_what_cannot_be(row):
    with pytest.raises(ValueError) as told:
        derivation(declared(row))
    assert row["why"] in str(told.value)


def test_an_attribute_without_a_source_comes_from_elsewhere():
    assert derivation(Attribute("visitor.a", "string")) is None
