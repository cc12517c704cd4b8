"""Whole decisions: random sites against a decider that knows only the documents, whatever was decided before."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.emit import emit
from tests.edge import effort
from tests.edge.ladders import VALUES, built, expected, sites, visits
from tessera.bundle import load, unseal
from tessera.decide import decide, value_of
from tessera.types import Visit


def told(bundle: Any, visit: Visit) -> list[tuple[str | None, int, str | None]]:
    found = []
    for number, d in enumerate(decide(bundle, visit)):
        assert d.slot == number and value_of(bundle, d) is (tuple(VALUES.values())[d.variant] if d.variant >= 0 else None)
        arm = bundle.experiments[d.experiment].design.arms[d.arm] if d.experiment >= 0 else None
        found.append((tuple(VALUES)[d.variant] if d.variant >= 0 else None, d.rule, arm))
    return found


@settings(max_examples=effort.RULE_SETS)
@given(sites(), st.integers(0, 2**32))
def test_the_first_rule_that_holds_and_is_not_held_back_decides(site, seed):
    """Asked of CROWD visitors each, in one order, then in another of the same bundle: what was decided before changes nothing."""
    sealed = unseal(emit(built(site)))
    compiled = load(sealed)
    seen = visits(site, seed, effort.CROWD)
    first = [decide(compiled, visit) for visit in seen]
    for visit in seen:
        assert told(compiled, visit) == expected(site, visit)
    backwards = load(sealed)
    assert [decide(backwards, visit) for visit in reversed(seen)] == first[::-1]
    assert [decide(compiled, visit) for visit in seen] == first
