"""Values that nobody wants to meet: what a profile, a cookie or a header may hold when somebody means harm."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from tessera.types import ListedItem, Visit


def _nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


NASTY = (
    None, "", "\0", "\ud800", "\udfff\ud800", "a" * 100_000, "é" * 5000, "\x1f\x1e", "<script>", "٣d", "١.٢.٣", "1" * 5000, "9" * 400,
    float("nan"), float("inf"), float("-inf"), 1e308, -0.0, 5e-324, 1e17, 1e300, 2**63, -(2**63) - 1, 10**400, -(10**400), True, False, 0,
    [], {}, _nested(500), [[]] * 1000, {"item": "a", "at": float("nan")}, {"item": "a", "at": 10**400}, {"item": 1}, {"item": "a", "at": "2026-13-01"},
    {"": {"": ""}}, [None, float("nan"), "\ud800"], "0001-01-01", "9999-12-31T23:59:59-23:59", "2026-02-30", "2026-01-01T00:00:00+24:00", b"bytes", ("a",),
)  # fmt: skip

text = st.text(st.characters(codec=None, categories=None), max_size=40)
scalars = st.one_of(
    st.sampled_from(NASTY), st.none(), st.booleans(), st.integers(), st.floats(), text, st.integers(min_value=2**60, max_value=2**70)
)
values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(text, inner, max_size=4)), max_leaves=8
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(text, inner, max_size=4)),
    max_leaves=8,
)


def _within(depth: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = "a"
    for _ in range(depth):
        value = wrap(value)
    return value


MISFITS = (  # what is no JSON, looks like a typed value and is none, or is nested beyond every bound: only code could hand it over
    *NASTY, _within(500, lambda value: (value,)), _within(500, lambda value: {"a": value}),
    tuple(tuple(range(256)) for _ in range(256)), (("a", 1, None, True, 1.5) * 51,) * 256, {str(n): {str(n): n} for n in range(256)},
    (1, 2, 3, 0, ("a", 4)), (1, 2, 3, 0, ((1, 2, "a"), (0,))), (1, 2, 3, 1, ()), (1, 2), ((1,),), ListedItem(5, "x"), (ListedItem("a", float("nan")), ListedItem(None), "a", 5),
    {1: 2}, {None: 1, (1,): "a", "a": b"b"}, {"a", 1}, frozenset("ab"), bytearray(b"a"), object(), Ellipsis, 1j, lambda: 1, type, range(3), iter(()),
)  # fmt: skip
anything = st.one_of(st.sampled_from(MISFITS), values)


def visits(names: Sequence[str], keys: Sequence[str]) -> st.SearchStrategy[Visit]:
    """Visits of which any part may be anything; `names` are attributes, `keys` what units, wishes and arms go by."""
    named = st.dictionaries(st.sampled_from([*keys, "", "\ud800"]), st.one_of(anything, st.sampled_from(keys)), max_size=5)
    fields = {
        "units": st.one_of(st.fixed_dictionaries({"visitor": st.one_of(text, anything)}), named, anything),
        "values": st.one_of(*[st.dictionaries(st.sampled_from(names), anything, max_size=len(names))] * 4, anything),
        "purposes": st.one_of(*[st.sampled_from([frozenset(), frozenset({"personalization", "analytics"})])] * 3, st.frozensets(text), anything),
        "jurisdiction": anything, "at": st.one_of(st.floats(), st.just(1.7e9), anything), "offset": st.one_of(st.integers(), anything), "seen": st.one_of(named, anything),
        "preview": anything, "sticky": st.one_of(named, anything), "ages": st.one_of(named, anything), "served_from": anything, "fallbacks": anything,
    }  # fmt: skip
    return st.fixed_dictionaries({"units": fields.pop("units"), "values": fields.pop("values")}, optional={**fields, "forced": st.one_of(named, anything)}).map(
        lambda told: Visit(**told)
    )
