"""Requests and replies, as the parts of the stand-in pass them on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Asked:
    """A request. `path` and `query` are as they were sent, still encoded; the headers' names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def result(value: Any, **info: Any) -> Reply:
    """A good answer of the REST API."""
    more = {"result_info": info} if info else {}
    return Reply(200, json.dumps({"result": value, "success": True, "errors": [], "messages": [], **more}).encode(), {"content-type": "application/json"})


def failure(status: int, code: int, message: str, **headers: str) -> Reply:
    """An error of the REST API."""
    told = {"result": None, "success": False, "errors": [{"code": code, "message": message}], "messages": []}
    return Reply(status, json.dumps(told).encode(), {"content-type": "application/json", **headers})


def xml_failure(status: int, code: str, message: str) -> Reply:
    """An error of the S3 API."""
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>'
    return Reply(status, text.encode(), {"content-type": "application/xml"})
