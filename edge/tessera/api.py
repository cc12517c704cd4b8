"""Calls of the HTTP APIs in pure turns: the bridge's JSON in, an answer out, or what must be asked first.

What goes out are texts between record separators: JSON with the status and headers, the body, then for each message its queue, a
blank and itself. Or the first of them alone, which asks for something; the call comes again with what that gave:

    {"need": {"what": "reads", "keys": […], "deadline": ms}}      copies of profiles, given as `reads`: {key: [status, text]}
    {"need": {"what": "profiles", "keys": […]}}                   the truth of some, as `profiles`: {key: {"text", "etag"}}
    {"need": {"what": "lines" or "erased", …}}                    of the log, under the same name: see edge/erasure.mjs
    {"write": {"key", "text", "etag", "keep"}}                    write a profile: `written`, or nothing is known of it any more
    {"insufficient": capability}                                  the caller may not do this

Who answers is told by `family`: the addresses of api_routes.py (`v1`), or `ofrep`.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping, Sequence

from tessera import api_decisions, api_history, api_rank, api_user, ofrep
from tessera.api_call import Answer, Asking, Call, Refused, read, written
from tessera.api_routes import allowed, find
from tessera.identity import Key
from tessera.resolved import Bundle
from tessera.types import parse_time

PageOf = Callable[[str], str]
Operation = Callable[[Bundle, Call, PageOf], Answer]

BODIED = frozenset(("POST", "PUT"))
OPERATIONS: Mapping[str, Operation] = {
    "read_profile": api_user.read_profile,
    "write_profile": api_user.write_profile,
    "add_interactions": api_user.add_interactions,
    "read_preferences": api_user.read_preferences,
    "write_preferences": api_user.write_preferences,
    "export_user": api_history.export_user,
    "erase_user": api_history.erase_user,
    "recommend": api_decisions.recommend,
    "personalize": api_decisions.personalize,
    "rank": api_rank.rank,
    "explain": api_decisions.explain,
}


def turn(bundle: Bundle | None, keys: Sequence[Key], text: str, page_of: PageOf, published: str | None = None) -> str:
    """Answer a call, or say what must be asked first.

    Args:
        bundle: None where no release is live. page_of: URL → the name of the page that it is ("" for none). published: when
            the release was (ISO 8601).
    Raises:
        ValueError, KeyError: where the text is not of the agreed form.
    """
    told: Mapping[str, Any] = json.loads(text)
    if bundle is None:
        return written(Refused(503, "no-release", "No release is live", headers={"retry-after": "5"}).answer())
    if told["family"] == "ofrep":
        return ofrep.answer(bundle, told)
    return written(answer(bundle, read(told, parse_time(published) if published else None), page_of))


def answer(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """The answer to a call of an address of api_routes.py, or what it asks for. Total."""
    try:
        route, methods = find(call.method, call.path)
        if route is None and methods:
            raise Refused(405, "method", "The address has other methods", headers={"allow": ", ".join(methods)})
        if route is None:
            raise Refused(404, "no-address", "There is no such address")
        if not allowed(call.role, route.capability):
            return {"insufficient": route.capability}
        if call.method in BODIED and call.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "media-type", "The body must be application/json")
        if call.malformed:
            raise Refused(400, "malformed", "The body cannot be read", call.malformed)
        return OPERATIONS[route.operation](bundle, call, page_of)
    except Refused as refused:
        return refused.answer()
    except Asking as asking:
        return asking.asked
