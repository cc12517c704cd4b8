"""From an imported site to its decisions, by the way that users' files go: written, compiled, loaded from bytes, decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compiler.diagnostics import Rejected
from compiler.frontends.site import Site
from compiler.frontends.write import write
from compiler.pipeline import compile_site
from tessera.bundle import load, unseal
from tessera.resolved import Bundle
from tessera.decide import decide_slots, value_of
from tessera.record import variant_name
from tessera.types import Decision, Visit


def compiled(site: Site, folder: Path) -> Bundle:
    """The bundle of an imported site, written to an empty folder.

    Raises:
        AssertionError: with every message, where it does not compile.
    """
    for name, text in write(site).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    try:
        return load(unseal(compile_site(folder, shown="").bundle))
    except Rejected as rejected:
        raise AssertionError(rejected.diagnostics.render()) from None


def decided(bundle: Bundle, flag: str, visit: Visit) -> tuple[Any, str, Decision]:
    """The value, the variant's name and the decision of a flag, by its name in the tool it came from.

    Raises:
        StopIteration: where the bundle has no such flag.
    """
    number = next(number for number, slot in enumerate(bundle.slots) if (slot.flag or slot.name) == flag)
    (decision,) = decide_slots(bundle, visit, (number,))
    return value_of(bundle, decision), variant_name(bundle, decision), decision
