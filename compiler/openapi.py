"""The OpenAPI document of the HTTP API: the edge's own table of addresses, with what each takes and answers in JSON Schema.

Bounds are those that the edge checks by (edge/tessera/api_*.py); a test keeps docs/openapi.json the same as this.
"""

from __future__ import annotations

import json
from typing import Any, Mapping

from tessera import api_decisions, api_rank, api_user, api_visit, events, vocabulary
from tessera.about import VERSION
from tessera.api_call import MAX_BODY, PROBLEMS
from tessera.api_routes import CHANNELS, RECOMMENDED, ROUTES, Route
from tessera.types import LADDER

Schema = dict[str, Any]
PREFIX = "/api/v1/"
SCOPES = {"read": "tessera:read", "write": "tessera:write", "admin": "tessera:admin"}


def _object(properties: Mapping[str, Any], required: tuple[str, ...] | None = None, *, closed: bool = False) -> Schema:
    """An object; all of its keys are always there unless `required` tells which are."""
    found: Schema = {"type": "object", "properties": dict(properties), "required": list(properties if required is None else required)}
    if not found["required"]:
        del found["required"]
    return {**found, "additionalProperties": False} if closed else found


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _or_null(kind: str, **more: Any) -> Schema:
    return {"type": [kind, "null"], **more}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
ANY: Schema = {"type": "object"}
MOMENT: Schema = {"type": "number", "description": "seconds since 1970"}
NAMES: Schema = _list(TEXT)
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
# the alternatives are spelt without groups, so that whatever makes examples of the pattern can
USER: Schema = {
    "type": "string",
    "anyOf": [{"pattern": "^[A-Za-z0-9_-]{1,64}$"}, {"pattern": f"^{api_visit.ACCOUNT}[!-~]{{1,{api_visit.MAX_SUBJECT}}}$"}],
    "description": "A visitor's id as it stands in the log, or `account:` and the subject of the site's login.",
    "examples": ["carl", "account:4711"],
}
OPTIONAL_USER = {"anyOf": [USER, {"type": "null"}]}
PURPOSES = {**NAMES, "description": "Purposes of the site that are in force."}
CONSENT: Schema = {
    "anyOf": [PURPOSES, {"type": "null"}],
    "description": "Without it what was in force when the user was last seen, else what the jurisdiction allows without a choice.",
}
CONTEXT = _or_null(
    "object", maxProperties=api_visit.MOST_ASKED, description="Attributes by their full or bare names: `country`, `device`, `visitor.plan`…"
)
PAGE = _or_null("string", maxLength=api_decisions.MAX_URL, description="A path or an address of the site.")
RELEVANCE: Schema = {"type": "number", "minimum": -api_rank.LARGEST, "maximum": api_rank.LARGEST}
SLOT_NAMES = {"anyOf": [_list(TEXT, minItems=1, maxItems=api_decisions.MOST_SLOTS), {"type": "null"}], "description": "These slots alone."}
PEEK: Schema = {"type": "boolean", "description": "Decide without logging: nobody is shown what this answers."}

SCHEMAS: Mapping[str, Schema] = {
    "Problem": {
        **_object({"type": {**TEXT, "description": f"`{PROBLEMS}<name>`"}, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT, "where": TEXT}, ("title", "status")),
        "description": "What is wrong (RFC 9457). `where` names the value.",
    },
    "Profile": _object(
        {
            "user": TEXT, "key": TEXT, "attributes": ANY, "facts": {**ANY, "description": "Attributes that were loaded in bulk."},
            "segments": {**NAMES, "description": "The segments that the user is in, as far as what is stored tells."},
            "updated_at": ANY, "updated": MOMENT, "created": MOMENT, "last": MOMENT, "level": {"enum": list(LADDER)}, "purposes": NAMES,
            "jurisdiction": _or_null("string"), "seen": ANY, "sticky": ANY, "visitors": NAMES, "moved_to": TEXT,
        },
        ("user", "key", "attributes", "facts", "segments"),
    ),
    "Preferences": _object(
        {
            "user": TEXT, "level": {"enum": list(LADDER)}, "purposes": {"anyOf": [NAMES, {"type": "null"}]},
            "description": {**TEXT, "description": "The same in plain sentences."}, "levels": {**ANY, "description": "What each level means."},
        },
    ),
    "Taken": _object(
        {
            "accepted": {"type": "integer", "minimum": 0}, "refused": _list(_object({"event": {"type": "integer"}, "why": TEXT})),
            "id": {**TEXT, "description": "Events are named by it and their position among those of one consent."},
        },
    ),
    "Content": _object({"type": {"enum": ["text/html", "text/plain", "text/uri-list", "application/json"]}, "value": {}}),
    "Item": _object({"id": TEXT, "score": _or_null("number"), "confidence": SHARE, "fields": ANY}),
    "Alternative": _object(
        {"variant": TEXT, "reasoning": TEXT, "weight": _or_null("number", description="Its probability or score, where it has one.")},
    ),
    "Slot": _object(
        {
            "slot": TEXT, "channel": TEXT, "variant": TEXT, "level": {"enum": list(LADDER)}, "rule": _or_null("string"), "segment": _or_null("string"),
            "campaign": _or_null("string"), "experiment": _or_null("string"), "arm": _or_null("string"), "reason": TEXT,
            "content": {"anyOf": [_ref("Content"), {"type": "null"}]}, "items": _list(_ref("Item")), "confidence": SHARE, "reasoning": TEXT,
            "alternatives": _list(_ref("Alternative")),
        },
    ),
    "Product": _object(
        {
            "slot": _or_null("string"), "level": {"enum": list(LADDER)}, "reason": TEXT, "id": TEXT, "score": _or_null("number"), "confidence": SHARE,
            "fields": ANY, "model": TEXT, "reasoning": TEXT, "alternatives": _list(_ref("Alternative")),
        },
    ),
    "Metadata": _object(
        {
            "bundle": TEXT, "bundle_age_seconds": _or_null("integer"), "decided_at": MOMENT, "profile_age_seconds": _or_null("integer"),
            "served_from": {"enum": ["store", "none"]}, "fallbacks": NAMES, "purposes": NAMES, "jurisdiction": TEXT, "level": {"enum": list(LADDER)},
            "view": _or_null("string", description="The id of the decision in the log; null where none is logged."),
            "ignored": {**NAMES, "description": "Names in the context that mean nothing to the site, or whose values are of another type."},
        },
    ),
    "Personalized": _object(
        {"user": _or_null("string"), "channel": {"enum": list(CHANNELS)}, "page": _or_null("string"), "slots": _list(_ref("Slot")), "metadata": _ref("Metadata")},
    ),
    "Recommended": _object(
        {
            "user": _or_null("string"), "kind": {"enum": list(RECOMMENDED)}, "items": _list({"anyOf": [_ref("Product"), _ref("Slot")]}),
            "page": {"type": "integer"}, "limit": {"type": "integer"}, "next": _or_null("integer"), "metadata": _ref("Metadata"),
        },
    ),
    "RankedItem": _object(
        {
            "id": TEXT, "score": _or_null("number", minimum=0, maximum=1, description="What it stands by; null for items that the catalogue does not have."),
            "position_before": {"type": "integer", "minimum": 1}, "reason": {"enum": ["personal", "similar", "popular", "given", "unknown"]}, "reasoning": TEXT,
            "confidence": _or_null("number", minimum=0, maximum=1, description="How close it is to the user, with `explain`; null beyond the first items."),
        },
        ("id", "score", "position_before", "reason", "reasoning"),
    ),
    "Reranked": _object(
        {
            "user": _or_null("string"), "slot": _or_null("string"), "model": _or_null("string", description="The model that ranked; null where the items stay as they came."),
            "model_version": _or_null("string"), "weight": SHARE, "items": _list(_ref("RankedItem")),
            "filtered": {**NAMES, "description": "With `filter`: the ids that the slot would not show."},
            "explanation": {**TEXT, "description": "With `explain`: the ranking in a sentence."}, "metadata": _ref("Metadata"),
        },
        ("user", "slot", "model", "model_version", "weight", "items", "filtered", "metadata"),
    ),
    "Explained": {
        "allOf": [
            _ref("Slot"),
            _object(
                {
                    "user": _or_null("string"), "metadata": _ref("Metadata"),
                    "attempts": _list(_object({"rule": TEXT, "level": TEXT, "held": {"type": "boolean"}, "reasoning": TEXT})),
                },
            ),
        ],
    },
    "Export": _object(
        {
            "user": TEXT, "profiles": _list(_object({"key": TEXT, "document": ANY})), "facts": ANY, "aliases": NAMES,
            "decisions": _list(_object({"reasoning": TEXT})), "events": _list(ANY), "next": _or_null("string", description="The `cursor` of the next page."),
        },
    ),
    "Receipt": _object(
        {
            "user": TEXT, "status": {"enum": ["erased", "pending"]}, "erased_at": MOMENT,
            "log": _object({"files_read": {"type": "integer"}, "files_rewritten": {"type": "integer"}, "lines_removed": {"type": "integer"}}),
            "verified": {**_or_null("object"), "description": "What was there when it was read again."},
            "swept_again_at": MOMENT, "description": TEXT, "receipt": {**TEXT, "description": "SHA-256 of all the rest, as JSON with sorted keys."},
        },
    ),
}  # fmt: skip

_EVENT = _object(
    {
        "event": {"enum": list(vocabulary.EVENTS)},
        "consent": {"anyOf": [PURPOSES, {"type": "null"}], "description": "In force when this event happened; without it the body's."},
        **{name: {"description": field.words} for name, field in vocabulary.FIELDS.items()},
    },
    ("event",),
)
BODIES: Mapping[str, Schema] = {
    "write_profile": _object(
        {
            "attributes": {"type": "object", "maxProperties": api_user.MOST_ATTRIBUTES, "description": "What is set; null takes an attribute away; others stay."},
            "consent": {"anyOf": [PURPOSES, {"type": "null"}]},
        },
        ("attributes",), closed=True,
    ),
    "write_preferences": {
        **_object({"level": {"enum": list(LADDER)}, "purposes": {"anyOf": [PURPOSES, {"type": "null"}]}}, (), closed=True), "minProperties": 1,
    },
    "add_interactions": _object(
        {
            "events": {**_list(_EVENT, minItems=1, maxItems=events.MAX_EVENTS), "description": "As docs/events.md has them."},
            "consent": {"anyOf": [PURPOSES, {"type": "null"}], "description": "Of the events that do not tell their own."},
            "id": _or_null("string", minLength=1, maxLength=api_user.MAX_ID, description="The caller's own name: sent twice, the events count once."),
        },
        ("events",), closed=True,
    ),
    "personalize": _object({"user": OPTIONAL_USER, "page": PAGE, "slots": SLOT_NAMES, "context": CONTEXT, "consent": CONSENT, "peek": PEEK}, (), closed=True),
    "rank": _object(
        {
            "ids": {**_list({**TEXT, "maxLength": api_rank.MAX_ID}, maxItems=api_rank.MOST_IDS), "description": "The items in the order in which they came, best first."},
            "slot": _or_null("string", description="Rank as this slot does; goes with no `model`."),
            "model": _or_null("string", description="Rank by this model; with neither, by the site's first model with vectors."),
            "relevance": {"anyOf": [_list(RELEVANCE), {"type": "null"}], "description": "Of each of the ids how well it answers; without it the order says so."},
            "weight": {"type": ["number", "null"], "minimum": 0, "maximum": 1, "description": f"How much the model counts against the relevance; {api_rank.USUAL_WEIGHT:g} without it."},
            "filter": {"type": "boolean", "description": "With `slot`: take out what its filters hide."}, "explain": {"type": "boolean"},
            "user": OPTIONAL_USER, "page": PAGE, "context": CONTEXT, "consent": CONSENT, "peek": PEEK,
        },
        ("ids",), closed=True,
    ),
    "explain": _object({"user": OPTIONAL_USER, "page": PAGE, "slot": TEXT, "context": CONTEXT, "consent": CONSENT}, ("slot",), closed=True),
}  # fmt: skip


def _parameter(name: str, where: str, schema: Schema, description: str = "") -> Schema:
    told = {"name": name, "in": where, "required": where == "path", "schema": schema}
    return {**told, "description": description} if description else told


def _count(most: int, usual: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": usual}


_PATHS = {"id": USER, "kind": {"enum": list(RECOMMENDED)}, "channel": {"enum": list(CHANNELS)}}
QUERIES: Mapping[str, list[Schema]] = {
    "export_user": [_parameter("cursor", "query", {**TEXT, "maxLength": 256}, "`next` of the page before.")],
    "recommend": [
        _parameter("user", "query", USER),
        _parameter("page", "query", _count(api_decisions.MOST_PAGES, 1)),
        _parameter("limit", "query", _count(api_decisions.MOST_ITEMS, api_decisions.USUAL_ITEMS)),
        _parameter("consent", "query", TEXT, "Purposes in force, separated by commas."),
        _parameter("slot", "query", TEXT, "This slot alone."),
        _parameter("address", "query", {**TEXT, "maxLength": api_decisions.MAX_URL}, "The page that it is for: a path or an address of the site."),
        _parameter("peek", "query", {"enum": ["0", "1", "false", "true"]}, "Decide without logging."),
        _parameter("context.country", "query", TEXT, "`context.` and the name of any attribute."),
    ],
}

# operation → what it does, the name of what it answers, and the statuses besides those that every operation has
OPERATIONS: Mapping[str, tuple[str, Mapping[int, str], tuple[int, ...]]] = {
    "read_profile": ("What is stored of a user.", {200: "Profile"}, (404, 409, 410)),
    "write_profile": ("Set attributes of a user.", {200: "Profile", 201: "Profile"}, (409, 410)),
    "add_interactions": ("What a user did, with the consent of the time.", {202: "Taken"}, (410,)),
    "read_preferences": ("How far personalisation may go for a user, and for which purposes.", {200: "Preferences"}, (409, 410)),
    "write_preferences": ("Set them.", {200: "Preferences"}, (409, 410)),
    "export_user": ("All that is held of a user, page by page.", {200: "Export"}, ()),
    "erase_user": ("Erase a user: profile, facts, aliases and lines of the log. Asked again it does so again.", {200: "Receipt", 202: "Receipt"}, ()),
    "recommend": ("Products, content, offers, or the next best action.", {200: "Recommended"}, (404,)),
    "personalize": ("Decide the slots of a page or of a channel.", {200: "Personalized"}, (404,)),
    "rank": ("Put items that somebody else chose, such as the results of a search, into an order for a user.", {200: "Reranked"}, ()),
    "explain": ("Why a slot gets what it gets, and why not something else.", {200: "Explained"}, ()),
}
_PROBLEMS = {
    400: "The request is malformed.", 401: "The credentials are missing or not valid.", 403: "The credentials do not allow this.", 404: "There is none.",
    408: "The body came too slowly.", 409: "It cannot be done as things are: consent is missing, or what is stored cannot be read.", 410: "The user was erased.",
    413: f"The body has more than {MAX_BODY} bytes.", 415: "The body is not `application/json`.", 422: "A value is not as it must be.",
    429: "Too many requests; `Retry-After` says when to ask again.", 500: "It failed.", 503: "A store does not answer, or no release is live.",
}  # fmt: skip
_ALWAYS = (400, 401, 403, 422, 429, 500, 503)
_WITH_BODY = (408, 413, 415)


def _answer(name: str, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


def _operation(route: Route) -> Schema:
    summary, answers, besides = OPERATIONS[route.operation]
    body = BODIES.get(route.operation)
    refused = sorted({*_ALWAYS, *besides, *(_WITH_BODY if body else ())})
    told: Schema = {"operationId": route.operation, "summary": summary, "security": [{"key": []}, {"header": []}, {"token": [SCOPES[route.capability]]}]}
    parameters = [_parameter(part[1:-1], "path", _PATHS[part[1:-1]]) for part in route.path if part.startswith("{")]
    if parameters or route.operation in QUERIES:
        told["parameters"] = parameters + QUERIES.get(route.operation, [])
    if body:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    told["responses"] = {
        **{str(status): _answer(name, summary) for status, name in answers.items()},
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in refused},
    }
    return told


def _refusal(description: str) -> Schema:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def document() -> Schema:
    """The whole document, OpenAPI 3.1."""
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        paths.setdefault(PREFIX + "/".join(route.path), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tessera", "version": VERSION, "description": "Profiles, decisions and their reasons, over HTTP. In words: docs/api.md.", "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/", "description": "The site itself."}],
        "paths": paths,
        "components": {
            "schemas": dict(SCHEMAS),
            "responses": {str(status): _refusal(words) for status, words in _PROBLEMS.items()},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key, `tsr_…`."},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": f"An OAuth 2 access token with {', '.join(SCOPES.values())}."},
            },
        },
    }


def text() -> str:
    """The document as it stands in docs/openapi.json."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
