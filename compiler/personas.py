"""Somebody to preview a page as: a visitor of the scenarios, or a visitor's file → what a preview token carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from compiler import scenarios
from compiler.visitors import VisitorError, read_file, visit_of
from tessera import profile
from tessera.context import BUILT_IN
from tessera.preview import Persona
from tessera.record import inputs
from tessera.resolved import Bundle


def of_site(site: Path) -> dict[str, dict[str, Any]]:
    """The visitors of a site's scenarios, as visitor files; those of a later file win over others of the same name.

    Raises:
        VisitorError: where the site's files have mistakes.
    """
    from compiler.diagnostics import Diagnostics
    from compiler.syntax import load

    ruleset = load(site, Diagnostics())
    if ruleset is None:
        raise VisitorError(f"{site}: the site has mistakes; run 'tessera check {site}'")
    found: dict[str, dict[str, Any]] = {}
    for entry in ruleset.scenarios.values():
        for name, told in (entry.node.plain.get("visitors") or {}).items():
            found[name] = _as_file(name, told or {})
    return found


def _as_file(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    file = scenarios.visitor({}, {"id": name, **told})
    return {key: value for key, value in file.items() if key != "arms" and (key != "at" or "at" in told)}


def named(name: str, site: Path | None) -> dict[str, Any]:
    """The visitor file of a persona: a file's name, or the name of a visitor of the site's scenarios.

    Raises:
        VisitorError: where there is none.
    """
    from compiler.diagnostics import nearest

    if name.endswith(".json"):
        return read_file(Path(name))
    if site is None:
        raise VisitorError(f"a bundle does not hold its scenarios: say with --site where '{name}' is from, or name a visitor's file (NAME.json)")
    found = of_site(site)
    if name not in found:
        near = nearest(name, found)
        raise VisitorError(f"no visitor of the scenarios is called '{name}'; " + (f"did you mean '{near}'?" if near else f"known are {', '.join(found) or 'none'}"))
    return found[name]


def persona(bundle: Bundle, told: Mapping[str, Any]) -> tuple[Persona, list[str]]:
    """The persona of a visitor file, with those facts alone that the bundle reads; and what the site does not know.

    Raises:
        VisitorError: where the file cannot be used.
    """
    visit, unknown = visit_of(bundle, told)
    bare, _ = visit_of(bundle, {"at": told["at"]} if "at" in told else {"at": _moment(visit.at)})
    stated = profile.flatten(told.get("attributes"), {**bundle.attributes, **dict.fromkeys(BUILT_IN)})
    implied = {name: value for name, value in inputs(bundle, visit).items() if name.startswith("request.") and visit.values[name] != bare.values.get(name)}
    attributes = {**_only(stated, (a.name for a in bundle.reads)), **implied}
    purposes = told.get("consent")
    at = visit.at if "at" in told else None
    return Persona(attributes, None if purposes is None else tuple(purposes), at, visit.offset, told.get("seen") or {}), unknown


def _only(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _moment(at: float) -> str:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(at, timezone.utc).isoformat()
