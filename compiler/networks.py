"""Networks (CIDR) with facts → disjoint sorted address ranges; the most specific network wins."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Iterable, Sequence

_V4 = 0xFFFF << 32  # IPv4 addresses mapped into IPv6 (RFC 4291, 2.5.5.2)


def _span(network: IPv4Network | IPv6Network) -> tuple[int, int]:
    first, last = int(network.network_address), int(network.broadcast_address)
    return (first | _V4, last | _V4) if network.version == 4 else (first, last)


def disjoint(networks: Iterable[tuple[IPv4Network | IPv6Network, int]]) -> list[tuple[bytes, bytes, int]]:
    """(first, last, row) of 16-byte addresses, sorted, for (network, row) pairs; nested networks are cut out."""
    spans = sorted(((*_span(network), row) for network, row in networks), key=lambda s: (s[0], -s[1]))
    found: list[tuple[int, int, int]] = []
    open_: list[tuple[int, int]] = []  # (last, row) of the enclosing networks, outermost first
    at = 0

    def close(until: int) -> None:
        nonlocal at
        while open_ and open_[-1][0] < until:
            last, row = open_.pop()
            if at <= last:
                found.append((at, last, row))
                at = last + 1

    for first, last, row in spans:
        close(first)
        if open_ and at < first:
            found.append((at, first - 1, open_[-1][1]))
        at = first
        open_.append((last, row))
    close(1 << 129)
    return [(a.to_bytes(16, "big"), b.to_bytes(16, "big"), row) for a, b, row in found]


def columns(ranges: Sequence[tuple[bytes, bytes, int]], rows: Sequence[tuple]) -> tuple[tuple, tuple, tuple]:
    """(starts, ends, the row of facts of each range)."""
    starts = tuple(a for a, _, _ in ranges)
    ends = tuple(b for _, b, _ in ranges)
    return starts, ends, tuple(rows[row] for _, _, row in ranges)
