"""The part of GitHub's expression language that action.yml and the workflow use; whatever else fails, so that nothing is taken for granted.

Source: https://docs.github.com/actions/learn-github-actions/expressions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)|(?P<mark>&&|\|\||==|!=|[!().,]))")
_PART = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


class Unknown(Exception):
    """An expression that this reader does not know, or a context that the test does not have."""


def evaluate(text: str, contexts: Mapping[str, Any], status: Mapping[str, bool]) -> Any:
    """The value of an expression. `status`: of the functions success, failure, cancelled."""
    tokens, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unknown(f"{text[at:]!r} in {text!r}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    found = _Reader(tokens, contexts, status)
    value = found.either()
    if found.at != len(tokens):
        raise Unknown(f"what comes behind in {text!r}")
    return value


def filled(text: str, contexts: Mapping[str, Any], status: Mapping[str, bool]) -> str:
    """A text with the values of its expressions."""
    return _PART.sub(lambda match: shown(evaluate(match[1], contexts, status)), text)


def holds(condition: Any, contexts: Mapping[str, Any], status: Mapping[str, bool]) -> bool:
    """Whether a step or job with this `if` runs; without a function of the status it does only where nothing failed before."""
    if condition is None:
        return status["success"]
    text = str(condition).strip()
    text = text[3:-2] if text.startswith("${{") and text.endswith("}}") else text
    asks = re.search(r"\b(always|cancelled|failure|success)\(", text)
    return bool(evaluate(text, contexts, status)) and (bool(asks) or status["success"])


def shown(value: Any) -> str:
    """A value as GitHub writes it into a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise Unknown(f"{type(value).__name__} as a text")


class _Reader:
    """Recursive descent: || under && under == under ! under values."""

    def __init__(self, tokens: list[tuple[str, str]], contexts: Mapping[str, Any], status: Mapping[str, bool]) -> None:
        self.tokens, self.contexts, self.status, self.at = tokens, contexts, status, 0
        self.functions: dict[str, Callable[..., Any]] = {
            "startsWith": lambda text, start: shown(text).lower().startswith(shown(start).lower()),
            "always": lambda: True,
            **{name: (lambda held=value: held) for name, value in status.items()},
        }

    def took(self, mark: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == ("mark", mark):
            self.at += 1
            return True
        return False

    def either(self) -> Any:
        value = self.both()
        while self.took("||"):
            other = self.both()
            value = value or other
        return value

    def both(self) -> Any:
        value = self.equal()
        while self.took("&&"):
            other = self.equal()
            value = value and other
        return value

    def equal(self) -> Any:
        value = self.unary()
        for mark, same in (("==", True), ("!=", False)):
            if self.took(mark):
                other = self.unary()
                if isinstance(value, str) and isinstance(other, str):
                    value, other = value.lower(), other.lower()  # as GitHub compares texts
                elif type(value) is not type(other) and None not in (value, other):
                    raise Unknown(f"{value!r} compared with {other!r}")
                return ((value or "") == (other or "")) is same
        return value

    def unary(self) -> Any:
        if self.took("!"):
            return not self.unary()
        if self.took("("):
            value = self.either()
            if not self.took(")"):
                raise Unknown("a bracket that is not closed")
            return value
        if self.at == len(self.tokens):
            raise Unknown("an expression that ends early")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text)
        if kind == "name":
            return self.named(text)
        raise Unknown(text)

    def named(self, name: str) -> Any:
        if name in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[name]
        if self.took("("):
            if name not in self.functions:
                raise Unknown(f"{name}()")
            arguments = []
            while not self.took(")"):
                arguments.append(self.either())
                self.took(",")
            return self.functions[name](*arguments)
        if name not in self.contexts:
            raise Unknown(f"the context {name}")
        value: Any = self.contexts[name]
        while self.took("."):
            _, key = self.tokens[self.at]
            self.at += 1
            value = value.get(key) if isinstance(value, Mapping) else None
        return value
