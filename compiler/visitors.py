"""A visitor file (or a scenario's visitor) → the Visit that the edge would have seen. Runs the edge's own code."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Mapping
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tessera import consent, profile, visit
from tessera.resolved import Bundle
from tessera.context import BUILT_IN, Request, request_values
from tessera.types import Visit, coerce

KEYS = ("id", "attributes", "consent", "at", "seen", "updated", "updated_at", "arms")
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


class VisitorError(Exception):
    """A visitor file that cannot be used; one line that says how to mend it."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def read_file(path: Path) -> dict[str, Any]:
    """The JSON of a visitor file.

    Raises:
        VisitorError: missing, no JSON, or of another shape.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise VisitorError(f"{path}: no such file") from None
    except OSError as error:
        raise VisitorError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise VisitorError(f"{path}: not JSON ({error}); a visitor is {{\"id\": …, \"attributes\": {{…}}, \"consent\": […]}}") from None
    if not isinstance(stored, dict):
        raise VisitorError(f"{path}: a visitor is a JSON object, not {type(stored).__name__}")
    for key in stored:
        if key not in KEYS:
            raise VisitorError(f"{path}: unknown key '{key}'; known are {', '.join(KEYS)}")
    return stored


def page_of(bundle: Bundle, page: str) -> str:
    """The name of the page that a path belongs to; a page's own name is taken too.

    Raises:
        VisitorError: where no pattern of the site matches.
    """
    from urlpattern import URLPattern

    if page in dict(bundle.pages):
        return page
    path = (page if page.startswith("/") else f"/{page}").encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    for name, pattern in bundle.pages:
        if URLPattern({"pathname": pattern}).test({"pathname": path.partition("?")[0]}):
            return name
    known = ", ".join(f"{name} ({pattern})" for name, pattern in bundle.pages)
    raise VisitorError(f"no page of this site matches '{page}'; its pages are {known}")


def visit_of(bundle: Bundle, visitor: Mapping[str, Any], page: str | None = None, path: str = "") -> tuple[Visit, list[str]]:
    """The Visit of a visitor, and the names of attributes that the site does not know (they are ignored).

    Args:
        page: its name. path: its address, where the visitor's attributes tell none.
    Raises:
        VisitorError: where `at`, `consent`, `id` or `arms` is of a wrong form.
    """
    given = profile.flatten(visitor.get("attributes"), bundle.attributes)
    request = _request(visitor, given, page, path.partition("?")[0] if path.startswith("/") else "")
    facts = _facts(bundle, request, given)
    chosen = _consent(bundle, visitor)
    purposes, jurisdiction = consent.in_force(bundle, chosen, facts)
    id_ = visitor.get("id")
    if id_ is not None and not isinstance(id_, str):
        raise VisitorError(f"'id' must be a text, not {type(id_).__name__}")
    arrival = visit.Arrival(request, id_ if purposes else None, True, "", "known", purposes, jurisdiction, facts)
    seen = visit.settle(bundle, arrival, profile.read(visitor, bundle.attributes, request.at), served_from="store")
    forced = _arms(visitor)
    if forced:
        seen = seen._replace(forced=forced)
    unknown = [name for name in given if name not in bundle.attributes and name not in BUILT_IN]
    return seen, unknown


def _arms(visitor: Mapping[str, Any]) -> dict[str, str]:
    stated = visitor.get("arms") or {}
    if not isinstance(stated, dict) or not all(isinstance(arm, str) for arm in stated.values()):
        raise VisitorError("'arms' must name an arm for each experiment, such as {\"hero_headline\": \"control\"}")
    return dict(stated)


def _facts(bundle: Bundle, request: Request, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the request tells, with what the visitor file says of it on top."""
    facts = request_values(request, bundle.asks)
    for name, value in given.items():
        if name.startswith("request.") and name in bundle.attributes:
            typed = coerce(bundle.attributes[name], value)
            if typed is not None:
                facts[name] = typed
    return facts


def _consent(bundle: Bundle, visitor: Mapping[str, Any]) -> frozenset[str] | None:
    stated = visitor.get("consent")
    if stated is None:
        return None
    if not isinstance(stated, list) or not all(isinstance(purpose, str) for purpose in stated):
        raise VisitorError("'consent' must be a list of purposes, such as [\"personalization\"]")
    return frozenset(stated) & set(bundle.purposes)


def _moment(visitor: Mapping[str, Any]) -> datetime:
    stated = visitor.get("at")
    if stated is None:
        return datetime.now(timezone.utc)
    try:
        moment = datetime.fromisoformat(stated)
        if not 1970 <= moment.year < 9999:
            raise ValueError
        return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    except (TypeError, ValueError):
        raise VisitorError(f"'at' must be an ISO time such as 2026-12-03T20:15:00+01:00, not {stated!r}") from None


def _request(visitor: Mapping[str, Any], given: Mapping[str, Any], page: str | None, path: str) -> Request:
    """The request that would have told what the file states: the local time from `at`'s own offset or the time zone."""

    def text(name: str) -> str:
        value = given.get(f"request.{name}")
        return value if isinstance(value, str) else ""

    moment, zone = _moment(visitor), text("timezone")
    offset = _offset(moment, zone)
    utm = {name: text(name) for name in _UTM if text(name)}
    query = f"?{urlencode(utm, errors='replace')}" if utm else ""
    host, path = text("host") or "localhost", text("path") or path or "/"
    return Request(
        method="GET",
        url=f"https://{host}{path}{query}",
        now=str(round(moment.timestamp() * 1000)),
        offset=offset,
        country=text("country"),
        city=text("city"),
        continent=text("continent"),
        timezone=zone,
        ip=text("ip"),
        accept_language=text("language"),
        referer=f"https://{text('referrer')}/" if text("referrer") else "",
        gpc="1" if given.get("request.gpc") is True else "",
        page=page or "",
    )


def _offset(moment: datetime, zone: str) -> str:
    if zone:
        try:
            ahead = moment.astimezone(ZoneInfo(zone)).utcoffset()
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones, such as `Europe`
            raise VisitorError(f"unknown time zone '{zone}'; use an IANA name such as Europe/Berlin") from None
    else:
        ahead = moment.utcoffset()
    return "" if ahead is None else str(int(ahead.total_seconds() // 60))
