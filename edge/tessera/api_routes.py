"""The addresses of the HTTP API: one table, which the edge answers by and the OpenAPI document is written from."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence

READ, WRITE, ADMIN = "read", "write", "admin"
ROLES: Mapping[str, frozenset[str]] = {
    "reader": frozenset((READ,)),
    "writer": frozenset((READ, WRITE)),
    "admin": frozenset((READ, WRITE, ADMIN)),
}
RECOMMENDED = ("products", "content", "offers", "next_best_action")
CHANNELS: Mapping[str, str] = {"webpage": "web", "email": "email", "mobile": "mobile", "ads": "ads"}  # in the address → of slots


class Route(NamedTuple):
    """An address: its method, its segments behind /api/v1/ (`{name}` stands for any), what it does, and what a caller must be allowed."""

    method: str
    path: tuple[str, ...]
    operation: str
    capability: str


def _route(method: str, path: str, operation: str, capability: str) -> Route:
    return Route(method, tuple(path.split("/")), operation, capability)


ROUTES: Sequence[Route] = (
    _route("GET", "user/{id}/profile", "read_profile", READ),
    _route("PUT", "user/{id}/profile", "write_profile", WRITE),
    _route("POST", "user/{id}/interactions", "add_interactions", WRITE),
    _route("GET", "user/{id}/preferences", "read_preferences", READ),
    _route("PUT", "user/{id}/preferences", "write_preferences", WRITE),
    _route("GET", "user/{id}/export", "export_user", ADMIN),
    _route("DELETE", "user/{id}", "erase_user", ADMIN),
    _route("GET", "recommendations/{kind}", "recommend", READ),
    _route("POST", "personalize/{channel}", "personalize", READ),
    _route("POST", "rank", "rank", READ),
    _route("POST", "explain", "explain", READ),
)


def allowed(role: str, capability: str) -> bool:
    return capability in ROLES.get(role, ())


def find(method: str, path: Sequence[str]) -> tuple[Route | None, list[str]]:
    """The route of a call, None for none; and the methods that its address has."""
    fitting = [route for route in ROUTES if _fits(route.path, path)]
    return next((route for route in fitting if route.method == method), None), [route.method for route in fitting]


def _fits(pattern: Sequence[str], path: Sequence[str]) -> bool:
    return len(pattern) == len(path) and all(part == asked or (part.startswith("{") and asked) for part, asked in zip(pattern, path))
