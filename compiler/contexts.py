"""A context (a JSON object by the names that callers use) → the Visit that decides the flags of a bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from compiler.visitors import VisitorError
from tessera import consent
from tessera.resolved import Bundle
from tessera.context import Request, request_values
from tessera.types import EMPTY, Visit, coerce, moment_of

SOURCE = "context."
UNITS = {"visitor": ("visitor.id", "targetingKey"), "account": ("account.id",), "session": ("session.id",)}


def read(told: str) -> dict[str, Any]:
    """The context that a text holds, or the file that it names.

    Raises:
        VisitorError: missing, no JSON, or no object.
    """
    name, text = "the context", told
    try:
        if not told.lstrip().startswith(("{", "[")):
            name = told
            text = Path(told).read_text(encoding="utf-8-sig")
        found = json.loads(text)
    except FileNotFoundError:
        raise VisitorError(f"{name}: no such file; a context is a file, or JSON such as {{\"country\": \"US\"}}") from None
    except OSError as error:
        raise VisitorError(f"{name}: cannot be read ({error.strerror})") from None
    except json.JSONDecodeError as error:
        raise VisitorError(f"{name}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise VisitorError(f"{name}: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise VisitorError(f"{name}: a context is a JSON object, not {type(found).__name__}")
    return found


def moment(told: str | None) -> float:
    """The time that a text names, in epoch seconds; now for None.

    Raises:
        VisitorError: where it names none.
    """
    at = datetime.now(timezone.utc).timestamp() if told is None else moment_of(told)
    if at is None or not 0 <= at < 253_370_764_800:  # year 9999
        raise VisitorError(f"--at must be an ISO time such as 2026-12-03T20:15:00+01:00, not '{told}'")
    return at


def visit_of(
    bundle: Bundle, context: Mapping[str, Any], *, at: float = 0.0, sticky: Mapping[str, str] = EMPTY, forced: Mapping[str, str] = EMPTY
) -> Visit:
    """The visit of a context at a time (epoch seconds, in UTC).

    An attribute `from: context.<name>` takes the context's <name>, any other its full name, such as `visitor.plan` or
    `request.country`. A value of a wrong type is unknown, as at the edge. The ids of visitor, account and session are
    `visitor.id` (or `targetingKey`), `account.id` and `session.id`. In force is what needs no consent, and what the
    jurisdiction allows without one.
    """
    request = Request(now=str(round(at * 1000)), offset="0")
    told = request_values(request, bundle.asks)
    typed = {name: coerce(attribute, context.get(key_of(attribute))) for name, attribute in bundle.attributes.items()}
    given = {name: value for name, value in typed.items() if value is not None}
    facts = {**told, **({"request.at": at} if "request.at" in told else {}), **given}
    purposes, jurisdiction = consent.in_force(bundle, None, facts)
    permitted = {}
    for name, attribute in bundle.attributes.items():
        value = facts.get(name, attribute.default)
        if value is not None and (attribute.purpose is None or attribute.purpose in purposes):
            permitted[name] = value
    return Visit(_units(context), permitted, purposes, jurisdiction, at, sticky=sticky, forced=forced)


def key_of(attribute: Any) -> str:
    """The name under which a context holds an attribute."""
    source = attribute.source or ""
    return source[len(SOURCE) :] if source.startswith(SOURCE) else attribute.name


def _units(context: Mapping[str, Any]) -> dict[str, str]:
    found = {kind: next((context[key] for key in keys if isinstance(context.get(key), str)), None) for kind, keys in UNITS.items()}
    return {kind: unit for kind, unit in found.items() if unit}
