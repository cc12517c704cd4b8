"""Where a redirect may lead: to this site's own hosts alone. The compiler asks it of the files, the edge of what was decided."""

from __future__ import annotations

import re
from typing import Sequence
from urllib.parse import urljoin, urlsplit

_WRITTEN = re.compile(r"(/|https://)[A-Za-z0-9._~:/?#@!$&()*+,;=%-]*", re.ASCII)
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d{1,5})?", re.ASCII)
_DOTS = re.compile(r"(\.|%2e){1,2}", re.ASCII | re.IGNORECASE)


def is_own(target: str, hosts: Sequence[str]) -> bool:
    """Whether an address is a path, or `https://` on one of these hosts; `*.` stands for any labels in front.

    It must stand as a browser would write it, so that it is neither read as another host nor changed on the way.
    """
    if not _WRITTEN.fullmatch(target):
        return False
    try:
        found = urlsplit(target)
    except ValueError:
        return False
    if any(_DOTS.fullmatch(part) for part in found.path.split("/")):
        return False
    if found.scheme:
        return found.scheme == "https" and _is_among(found.netloc, hosts)
    return target.startswith("/") and not target.startswith("//")


def _is_among(name: str, hosts: Sequence[str]) -> bool:
    return bool(_HOST.fullmatch(name)) and any(name == host or (host.startswith("*.") and name.endswith(host[1:])) for host in hosts)


def host_of(url: str) -> str:
    """Host and port of a URL as they are written; empty for what is none."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def joined(url: str, address: str) -> str:
    """Where an address leads from a URL; the address itself where that is none."""
    try:
        return urljoin(url, address)
    except ValueError:
        return address
