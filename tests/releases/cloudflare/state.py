"""What the stand-in keeps of an account."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

QUOTA, WINDOW = 1200, 300.0  # requests, seconds


class Paced(Exception):
    """A second write to one key within its second."""


class Written(NamedTuple):
    """A value of KV, when it was written, and what is read until it has spread."""

    value: bytes | None
    at: float
    before: bytes | None


@dataclass
class State:
    """An account.

    Args:
        pace: seconds between two writes to one key, of R2 and of KV; 0: no matter. lag: seconds that KV's reads may be behind.
        rights: what the token may do. quota: requests of the REST API within five minutes.
        read_only: whether the credentials of R2 may only read. user: whether the token is a person's, and not the account's.
    """

    account: str = "023e105f4ecef8ad9ca31a8372d0c353"
    token: str = "a-token-of-this-test-alone"
    token_id: str = "ed17574386854bf78a67040be0a770b0"
    pace: float = 0.0
    lag: float = 0.0
    quota: int = QUOTA
    read_only: bool = False
    user: bool = False
    r2_bought: bool = True
    rights: set[str] = field(default_factory=lambda: {"kv", "r2", "queues", "workers"})
    buckets: dict[str, dict[str, bytes]] = field(default_factory=dict)
    jurisdictions: dict[str, str] = field(default_factory=dict)
    namespaces: dict[str, str] = field(default_factory=dict)  # id → title
    values: dict[tuple[str, str], Written] = field(default_factory=dict)  # (namespace, key)
    queues: list[str] = field(default_factory=list)
    scripts: dict[str, dict[str, str]] = field(default_factory=dict)  # Worker → its secrets
    writes: dict[tuple[str, ...], float] = field(default_factory=dict)
    calls: deque[float] = field(default_factory=deque)

    @property
    def s3_keys(self) -> dict[str, str]:
        return {self.token_id: hashlib.sha256(self.token.encode()).hexdigest()}

    def paced(self, key: tuple[str, ...]) -> None:
        """Count a write to a key. Raises Paced where it comes too early."""
        now = time.monotonic()
        if now - self.writes.get(key, -self.pace) < self.pace:
            raise Paced
        self.writes[key] = now

    def exceeded(self) -> int | None:
        """Count a call; the seconds until there is room again, where there is none."""
        now = time.monotonic()
        while self.calls and self.calls[0] <= now - WINDOW:
            self.calls.popleft()
        if len(self.calls) >= self.quota:
            return int(self.calls[0] + WINDOW - now) + 1
        self.calls.append(now)
        return None
