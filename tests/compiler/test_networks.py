"""Networks: the edge finds in sorted ranges what a walk over all networks finds."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.networks import columns, disjoint
from tessera.resolved import Lookup
from tessera.profile import find

# small corners of both families, so that networks nest and touch; and the ends of the address space
_V4 = st.builds(lambda low, length: ip_network(((10 << 24) | low, length), strict=False), st.integers(0, 255), st.integers(22, 32))
_V6 = st.builds(lambda low, length: ip_network(((0x2001 << 112) | low, length), strict=False), st.integers(0, 255), st.integers(118, 128))
_EDGES = st.sampled_from([ip_network(text) for text in ("0.0.0.0/0", "255.255.255.255/32", "::/0", "::/128", "ffff::/16", "::ffff:0:0/96", "::ffff:10.0.0.0/124")])
networks = st.lists(st.one_of(_V4, _V6, _EDGES), max_size=10)
addresses = st.one_of(
    st.integers(0, 1023).map(lambda low: IPv4Address((10 << 24) | low)),
    st.integers(0, 1023).map(lambda low: IPv6Address((0x2001 << 112) | low)),
    st.sampled_from([ip_address(text) for text in ("0.0.0.0", "255.255.255.255", "::", "::1", "ffff:" * 7 + "ffff", "::ffff:10.0.0.1")]),
)


def table(found: list) -> Lookup:
    ranges = disjoint((network, row) for row, network in enumerate(found))
    return Lookup("company", ("row",), *columns(ranges, [(row,) for row in range(len(found))]))


def brute(found: list, address) -> int | None:
    """The most specific network that holds the address as an IPv6 one (IPv4 mapped); of equal ones, the last."""
    mapped = address if address.version == 6 else IPv6Address(f"::ffff:{address}")
    best = None
    for row, network in enumerate(found):
        wide = network if network.version == 6 else ip_network(f"::ffff:{network.network_address}/{96 + network.prefixlen}")
        if mapped in wide and (best is None or wide.prefixlen >= best[0]):
            best = (wide.prefixlen, row)
    return None if best is None else best[1]


@given(networks, st.lists(addresses, min_size=1, max_size=8))
def test_look_ups_agree_with_brute_force(found, asked):
    compiled = table(found)
    for address in asked:
        row = find(compiled, str(address))
        assert (row and row["row"]) == brute(found, address)


@given(networks)
def test_ranges_are_sorted_and_disjoint(found):
    ranges = disjoint((network, row) for row, network in enumerate(found))
    assert all(len(first) == len(last) == 16 and first <= last for first, last, _ in ranges)
    assert all(before[1] < after[0] for before, after in zip(ranges, ranges[1:]))


@pytest.mark.parametrize(
    "asked, row",
    [
        ("192.0.2.7", 1), ("192.0.2.200", 0), ("::ffff:192.0.2.7", 1), ("192.0.3.0", None), ("192.0.1.255", None), ("2001:db8::1", 2),
        ("2001:DB8:0:0:0:0:0:1", 2), ("fe80::1%eth0", None), ("", None), ("nonsense", None), ("192.0.2.7 ", None), ("192.0.2.07", None),
        ("192.0.2.7/32", None), ("\ud800", None), ("1" * 10_000, None), ("\0", None),
    ],
)  # fmt: skip
def test_find(asked, row):
    compiled = table([ip_network("192.0.2.0/24"), ip_network("192.0.2.0/28"), ip_network("2001:db8::/32")])
    found = find(compiled, asked)
    assert (found and found["row"]) == row
