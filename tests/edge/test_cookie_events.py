"""What a visitor just did, folded into the cookie at once and into the stored profile a little later: the two agree."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.edge.folding import everything
from tessera.recall import folded
from tessera.snapshot import Snapshot, read, write

ITEMS = ("mug", "huila", "kenya")
HAPPENED = st.one_of(
    st.builds(lambda item: {"event": "view_item", "item": item}, st.sampled_from(ITEMS)),
    st.builds(lambda item, n: {"event": "add_to_cart", "item": item, "quantity": n, "value": 4.5}, st.sampled_from(ITEMS), st.integers(1, 3)),
    st.builds(lambda item: {"event": "remove_from_cart", "item": item, "value": 4.5}, st.sampled_from(ITEMS)),
    st.just({"event": "purchase", "value": 9}),
)
STEPS = st.lists(st.tuples(st.sampled_from([1, 40, 1_900, 7_200]), HAPPENED), min_size=1, max_size=12)


def message(number: int, at: float, event: dict) -> dict:
    return {
        "events": [event], "id": f"0000000{number}-aaaa", "received": at, "bundle": "b", "unit": "v", "unit_kind": "visitor", "purposes": ["personalization", "analytics"],
        "jurisdiction": "rest", "bot": False, "profile": "v", "shown": {},
    }  # fmt: skip


COMPARED = 1_764_756_900.25  # when the snapshot was last compared with the store
COUNTED = ("visits", "cart_value", "count", "sum", "recent", "latest", "last")  # reductions of which a snapshot carries all that matters


@given(STEPS)
def test_what_the_cookie_says_after_each_report_is_what_the_profile_will_say(steps):
    """The snapshot is written and read again after each step, as cookies are; what decays is carried in rounded numbers."""
    bundle, stored, carried, at = everything(), None, {}, COMPARED
    names = {d.name for d in bundle.derivations if d.how in COUNTED}
    for number, (seconds, event) in enumerate(steps):
        at = round(at + seconds, 3)
        told = message(number, at, event)
        stored = folded(bundle, stored or {}, told)
        carried = folded(bundle, carried, told)
        text = write(Snapshot(carried, COMPARED, "v"), frozenset(bundle.attributes), 4_000)
        carried = read(f"v.{text}", "v").document
    mine, theirs = ({name: document["attributes"].get(name) for name in names} for document in (carried, stored))
    assert json.dumps(mine, sort_keys=True) == json.dumps(theirs, sort_keys=True)
    assert {name: carried["updated_at"].get(name) for name in names} == {name: stored["updated_at"].get(name) for name in names}
