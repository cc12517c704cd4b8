"""Values that nobody wants to meet: what a profile, a cookie or a header may hold when somebody means harm."""

from hypothesis import strategies as st


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
