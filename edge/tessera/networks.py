"""Addresses and networks. An address is its text in the shortest form; a network is such a text, a slash and its bits.

An IPv4 address within an IPv6 one (`::ffff:c000:201`) counts as the IPv4 address. Unknown (None) for what is no address.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface
from typing import Any, Callable

_LONGEST = 64  # characters of a text that can be an address or a network


@lru_cache(maxsize=256)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return None if found.scope_id else found.ipv4_mapped or found
    return found


@lru_cache(maxsize=256)
def _network(text: str) -> IPv4Interface | IPv6Interface | None:
    address, slash, bits = text.partition("/")
    if not slash or not bits.isascii() or not bits.isdigit() or (bits[0] == "0" and bits != "0") or _is_mixed(address):
        return None
    if _address(address) is None or ":" in address and _address(address).version == 4:
        return None
    try:
        return ip_interface(text)
    except ValueError:
        return None


def _is_mixed(text: str) -> bool:
    """Whether an address is written in colons and dots; such a text is not read as a literal address."""
    return ":" in text and "." in text


def _read(parse: Callable[[str], Any], value: Any) -> Any:
    return parse(value) if isinstance(value, str) and len(value) <= _LONGEST else None


def ip(value: Any) -> Any:
    """A text that is an address, in its shortest form."""
    found = _read(_address, value)
    return None if found is None or _is_mixed(value) else str(found)


def cidr(value: Any) -> Any:
    """A text that is a network (`10.0.0.0/8`), its address in its shortest form."""
    found = _read(_network, value)
    return None if found is None else str(found)


def is_ip(value: Any) -> Any:
    return ip(value) is not None if isinstance(value, str) else None


def is_cidr(value: Any) -> Any:
    return _read(_network, value) is not None if isinstance(value, str) else None


def is_canonical(value: Any) -> Any:
    """Whether an address is written in its shortest form; unknown where it is no address."""
    found = ip(value)
    return None if found is None else found == value


def contains_ip(network: Any, address: Any) -> Any:
    """Whether an address lies in a network; never one of the other family."""
    inside, found = _read(_network, network), _read(_address, address)
    return None if inside is None or found is None else found in inside.network


def contains_cidr(network: Any, other: Any) -> Any:
    """Whether all of a network, cut to its bits, lies in another."""
    outer, inner = _read(_network, network), _read(_network, other)
    if outer is None or inner is None:
        return None
    return outer.version == inner.version and outer.network.prefixlen <= inner.network.prefixlen and inner.ip in outer.network


def _asks(question: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def total(value: Any) -> Any:
        found = _read(_address, value)
        return None if found is None else question(found)

    return total


family = _asks(lambda address: address.version)
is_unspecified = _asks(lambda address: address.is_unspecified)
is_loopback = _asks(lambda address: address.is_loopback)
is_link_local_unicast = _asks(lambda address: address.is_link_local)
is_link_local_multicast = _asks(lambda address: address.packed[:3] == b"\xe0\0\0" if address.version == 4 else address.packed[:2] == b"\xff\x02")
is_global_unicast = _asks(
    lambda a: not (a.is_unspecified or a.is_loopback or a.is_multicast or a.is_link_local or a == IPv4Address("255.255.255.255"))
)


def masked(value: Any) -> Any:
    """The network with the bits beyond its own as zeros."""
    found = _read(_network, value)
    return None if found is None else str(found.network)


def prefix_length(value: Any) -> Any:
    found = _read(_network, value)
    return None if found is None else found.network.prefixlen


def network_ip(value: Any) -> Any:
    """The address that a network is written with."""
    found = _read(_network, value)
    return None if found is None else str(found.ip)
