"""The Python side of the catalogue benchmark, inside workerd: a bundle is loaded as entry.py loads it, and one of its slots is ranked.

The host imports this file as `entry` and takes `Default` from it.
"""

import json

from tessera.bundle import load, unseal_head
from tessera.ranking import rank
from tessera.types import ListedItem, Visit
from wasm_kernel import WasmKernel


class Worker:
    """What was loaded last."""

    bundle = None


def loaded(start, rest, digest, size, kernel):
    """Take a bundle's parts; bytes of the kernel's memory."""
    wasm = WasmKernel(kernel)
    Worker.bundle = load(unseal_head(start.to_bytes(), rest.to_bytes(), digest.to_bytes(), size), wasm)
    kernel.release()
    return wasm.memory()


def run(slot, recent, count):
    """Rank a slot's default so often for a visitor with these items; the items that are shown, as JSON."""
    bundle = Worker.bundle
    visit = Visit(values={"visitor.recent": tuple(ListedItem(item, None) for item in json.loads(recent))}, at=0.0)
    action = next(each.default for each in bundle.slots if each.name == slot)
    found = None
    for _ in range(count):
        found = rank(bundle, visit, action)
    return json.dumps([bundle.items.ids[one.row] for one in found.shown] if found else [])


class Default:
    """What the host's adapter imports; the worker calls the functions by themselves."""

    loaded, run = (staticmethod(f) for f in (loaded, run))
