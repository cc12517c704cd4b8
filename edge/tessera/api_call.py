"""A call of the HTTP API as Python sees it, and its answers: plain values between the bridge's JSON and what decides."""

from __future__ import annotations

import json
from typing import Any, Mapping, NamedTuple, Sequence

from tessera.types import EMPTY, parse_json

RECORD = "\x1e"
MAX_BODY = 65_536  # characters
ASKED = ("reads", "profiles", "written", "lines", "erased")
PROBLEMS = "/_tessera/problems/"
encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

Answer = dict[str, Any]  # {"status", "headers", "body", "decisions", "commands"}, or what is asked for; body and messages may be JSON text


class Call(NamedTuple):
    """A call. `path`: the segments behind the API's prefix. `query`: each parameter's first value. `headers`: a few, lower-case.

    `body`: what its JSON says, None where there is none; `malformed`: why it is no JSON. `role`, `subject`: of the caller.
    `at`: epoch seconds. `nonce`: a fresh id. `given`: what was asked for and has come, by name. `published`: when the release was
    (epoch seconds), None where that is not known.
    """

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str] = EMPTY
    headers: Mapping[str, str] = EMPTY
    body: Any = None
    malformed: str = ""
    role: str = "admin"
    subject: str = ""
    at: float = 0.0
    nonce: str = ""
    given: Mapping[str, Any] = EMPTY
    published: float | None = None


class Refused(Exception):
    """A call that cannot be answered: status, the problem's name, its title, and what is wrong with this very call.

    Attributes:
        more: further members of the problem. headers: of the response.
    """

    def __init__(self, status: int, type_: str, title: str, detail: str = "", headers: Mapping[str, str] = EMPTY, **more: Any) -> None:
        super().__init__(title)
        self.status, self.type, self.title, self.detail, self.headers, self.more = status, type_, title, detail, headers, more

    def answer(self) -> Answer:
        """As a problem document (RFC 9457), in the form of edge/problem.mjs."""
        body = {**self.more, "type": PROBLEMS + self.type, "title": self.title, "status": self.status}
        if self.detail:
            body["detail"] = self.detail
        return {"status": self.status, "headers": {"content-type": "application/problem+json; charset=utf-8", **self.headers}, "body": body}


class Asking(Exception):
    """What must be asked before there is an answer; the call comes again with what that gave."""

    def __init__(self, **asked: Any) -> None:
        super().__init__("asking")
        self.asked = asked


def invalid(where: str, why: str) -> Refused:
    """A value that is not as it must be. `where`: its place in the body, or the parameter."""
    return Refused(422, "invalid", "A value is not as it must be", f"{where}: {why}", where=where)


def body_of(call: Call, known: Sequence[str]) -> Mapping[str, Any]:
    """The call's body, an object with these keys alone. Raises: Refused, where it is another."""
    if not isinstance(call.body, dict):
        raise invalid("body", "a JSON object is needed")
    for name in call.body:
        if name not in known:
            raise invalid(name[:100], f"there is no such key; there are {', '.join(known)}")
    return call.body


def read(told: Mapping[str, Any], published: float | None = None) -> Call:
    """The bridge's object as a call; a body that is no JSON within bounds is told as malformed."""
    text, body, malformed = told.get("text"), None, ""
    if text:
        try:
            body = parse_json(text, MAX_BODY)
        except (ValueError, RecursionError):
            malformed = "it is no JSON, or nested too deeply"
    fields = (told[name] for name in ("role", "subject", "at", "nonce"))
    given = {name: told[name] for name in ASKED if name in told}
    return Call(told["method"], tuple(told["path"]), told["query"], told["headers"], body, malformed, *fields, given, published)


def written(answer: Answer) -> str:
    """An answer as the bridge reads it."""
    if "status" not in answer:
        return encode(answer) + RECORD
    head = encode({"status": answer["status"], "headers": answer.get("headers") or {}})
    body = answer.get("body", "")
    body = body if isinstance(body, str) else encode(body)
    queued = [f"DECISIONS {_message(each)}" for each in answer.get("decisions") or ()]
    queued += [f"EVENTS {_message(each)}" for each in answer.get("commands") or ()]
    return RECORD.join((head, body, *queued))


def _message(message: Any) -> str:
    return message if isinstance(message, str) else encode(message)
