"""Any call of the HTTP API whatsoever, and every answer against the OpenAPI document."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Mapping

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from compiler.openapi import document
from tests.edge.test_api import AT, CARL, TASTE, ask, bundle  # noqa: F401
from tessera.api_routes import ROUTES, find

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["carl", "/", "hero", "personalization", "individual", "login", "visits"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["user", "page", "slots", "slot", "context", "consent", "events", "event", "attributes", "visits", "level", "purposes", "peek", "id"]) | st.text(max_size=8), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
PATHS = st.sampled_from([route.path for route in ROUTES]).flatmap(
    lambda path: st.tuples(*(st.sampled_from(["carl", "email", "webpage", "products", "offers", "account:x"]) | st.text(max_size=12) if part.startswith("{") else st.just(part) for part in path))
)
PARTS = ("attributes", "updated_at", "updated", "created", "last", "seen", "applied", "state", "level", "purposes", "sticky", "visitors", "moved_to", "jurisdiction")
DOCUMENTS = st.fixed_dictionaries({"v": st.sampled_from([1, 2])}, optional=dict.fromkeys(PARTS, JSON)) | JSON


@cache
def answers() -> dict[str, set[int]]:
    """operation → its documented statuses."""
    told = document()
    return {each["operationId"]: {int(status) for status in each["responses"]} for methods in told["paths"].values() for each in methods.values()}


@given(PATHS, st.sampled_from(["GET", "PUT", "POST", "DELETE"]), JSON, DOCUMENTS, DOCUMENTS)
def test_no_call_fails_and_every_answer_is_documented(bundle, path, method, body, stored, facts):
    route, _ = find(method, path)
    told = {"profile:carl": json.dumps(stored), "facts:carl": json.dumps(facts), "alias:carl": json.dumps(facts)}
    answer = ask(bundle, method, path, body, told, log=_LOG)
    assert answer["status"] in (answers()[route.operation] if route else (404, 405))
    if answer["status"] < 300:
        _valid(route.operation, answer)


_LOG = {"rows": [], "files": 0, "next": None, "log": {"read": 0, "rewritten": 0, "lines": 0}, "verified": None, "sweep": AT}


@cache
def _validator(operation: str, status: int) -> jsonschema.Draft202012Validator:
    told = document()
    schema = next(each["responses"][str(status)]["content"]["application/json"]["schema"] for methods in told["paths"].values() for each in methods.values() if each["operationId"] == operation)
    return jsonschema.Draft202012Validator({**schema, "components": told["components"]})


def _valid(operation: str, answer: Mapping[str, Any]) -> None:
    _validator(operation, answer["status"]).validate(answer["body"])


def test_the_answers_are_as_documented(bundle):
    stored, log = {"profile:carl": CARL, "profile:tess": TASTE}, _LOG
    for operation, method, path, body in (
        ("read_profile", "GET", "user/carl/profile", None), ("write_profile", "PUT", "user/carl/profile", {"attributes": {"visits": 1}}), ("read_preferences", "GET", "user/carl/preferences", None),
        ("write_preferences", "PUT", "user/carl/preferences", {"level": "default"}), ("add_interactions", "POST", "user/carl/interactions", {"events": [{"event": "login"}, 1]}),
        ("export_user", "GET", "user/carl/export", None), ("erase_user", "DELETE", "user/carl", None), ("personalize", "POST", "personalize/webpage", {"user": "carl", "page": "/"}),
        ("personalize", "POST", "personalize/ads", {}), ("explain", "POST", "explain", {"user": "tess", "slot": "carousel"}),
        *(("recommend", "GET", f"recommendations/{kind}", None) for kind in ("products", "content", "offers", "next_best_action")),
    ):  # fmt: skip
        answer = ask(bundle, method, path, body, stored, log=log, query={"user": "tess"} if operation == "recommend" else {})
        assert answer["status"] in (200, 202), answer
        _valid(operation, answer)
