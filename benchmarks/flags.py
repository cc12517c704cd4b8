"""Flags for the OFREP benchmark, as a site of Tessera and as a document of flagd, and who asks for them.

Of five flags one is a plain value, two have a rule, one splits everybody and one splits those of whom a rule holds. The same seed
makes the same flags. Who is split where differs, as each engine has a hash of its own; all else is the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

SEED = 20261122
VISITORS = 200
COUNTRIES = ("US", "DE", "GB", "FR", "JP", "BR", "IN", "SE")
PLANS = ("free", "basic", "plus", "pro")
KINDS = ("plain", "rule", "rule", "split", "rule and split")


@dataclass(frozen=True, slots=True)
class Flag:
    """`attribute` is country, plan or orders; `value` what it must be, or be at least."""

    key: str
    kind: str
    attribute: str
    value: Any

    @property
    def has_rule(self) -> bool:
        return "rule" in self.kind

    @property
    def is_split(self) -> bool:
        return "split" in self.kind


def flags(count: int) -> list[Flag]:
    random = Random(f"{SEED}/flags")
    found = []
    for number in range(count):
        attribute = random.choice(("country", "plan", "orders"))
        value = {"country": random.choice(COUNTRIES), "plan": random.choice(PLANS), "orders": random.randint(1, 8)}[attribute]
        found.append(Flag(f"flag-{number:03}", KINDS[number % len(KINDS)], attribute, value))
    return found


def site(count: int) -> dict[str, str]:
    """File name → text of a site."""
    kept = {"purpose": "none", "keep": "session"}
    attributes = {name: {"type": "int" if name == "orders" else "string", "from": f"context.{name}", **kept} for name in ("country", "plan", "orders")}
    found: dict[str, Any] = {"site.yaml": {"tessera": 1, "name": "flags", "hosts": ["localhost"], "attributes": {"visitor": attributes}}}
    for flag in flags(count):
        slot = flag.key.replace("-", "_")
        rules = []
        if flag.is_split:
            when = _when(flag) if flag.has_rule else 'visitor.country != "none"'
            rules = [{"rule": "split", "when": when, "test": slot}]
            arms = {"on": {"weight": 50, "show": "on"}, "off": {"weight": 50, "show": "off"}}
            found[f"experiments/{slot}.yaml"] = {"purpose": "none", "arms": arms}
        elif flag.has_rule:
            rules = [{"rule": "matched", "when": _when(flag), "show": "on"}]
        ladder: dict[str, Any] = {"segment": rules} if rules else {}
        found[f"slots/{slot}.yaml"] = {"flag": flag.key, "values": {"on": True, "off": False}, "ladder": {**ladder, "default": "off"}}
    return {name: json.dumps(value) for name, value in found.items()}


def _when(flag: Flag) -> str:
    return f"visitor.{flag.attribute} >= {flag.value}" if flag.attribute == "orders" else f'visitor.{flag.attribute} == "{flag.value}"'


def flagd(count: int) -> dict[str, Any]:
    """The same as a document of flagd."""
    return {"flags": {flag.key: _flagd(flag) for flag in flags(count)}}


def _flagd(flag: Flag) -> dict[str, Any]:
    found: dict[str, Any] = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
    operator = ">=" if flag.attribute == "orders" else "=="
    shown: Any = {"fractional": [["on", 50], ["off", 50]]} if flag.is_split else "on"
    if flag.has_rule:
        found["targeting"] = {"if": [{operator: [{"var": flag.attribute}, flag.value]}, shown]}
    elif flag.is_split:
        found["targeting"] = shown
    return found


def contexts() -> list[dict[str, Any]]:
    random = Random(f"{SEED}/contexts")
    return [
        {
            "targetingKey": f"{random.getrandbits(128):032x}",
            "country": random.choice(COUNTRIES),
            "plan": random.choice(PLANS),
            "orders": random.randint(0, 9),
            "email": f"{random.getrandbits(32):08x}@example.com",
        }
        for _ in range(VISITORS)
    ]
