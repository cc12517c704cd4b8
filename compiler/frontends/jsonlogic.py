"""JsonLogic rules as conditions and values in CEL, with the functions of tessera.dialects.jsonlogic for its coercions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from compiler.frontends.terms import ALWAYS, NEVER, all_of, any_of, joined_by, negated
from tessera.dialects import jsonlogic

LONGEST_CHAIN = 9  # arguments of an `if` that is written with `?`
MOST_MACROS = 2  # within each other
MOST = 30  # arguments of a call; longer ones are calls within each other

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_WORDS = frozenset(
    "true false null in as break const continue else for function if import let loop package namespace return var void while".split()
)
HALF_A_PAIR = "half a surrogate pair in a text"
SURROGATE = re.compile("[\ud800-\udfff]")
_COMPARISONS = {"==": "eq", "!=": "ne", "===": "strict_eq", "!==": "strict_ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_TURNED = {"eq": "eq", "ne": "ne", "strict_eq": "strict_eq", "strict_ne": "strict_ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_ANY_NUMBER = {"+": "add", "*": "mul", "min": "min", "max": "max", "cat": "cat", "merge": "merge", "and": "and", "or": "or"}
_FEW = {"-": ("sub", 2), "/": ("div", 2), "%": ("mod", 2), "substr": ("substr", 3)}
_FOLDS = {"all": "all", "some": "exists", "none": "exists"}


class Inexpressible(Exception):
    """A rule asks for something that has no counterpart; the message says what."""


class Term(NamedTuple):
    """CEL text, and whether its value is always true or false."""

    text: str
    is_bool: bool = False


@dataclass(frozen=True)
class Data:
    """What `var` reads.

    Attributes:
        whole: all of the data as CEL, None where that cannot be expressed.
        named: CEL for the value of a name at the top of the data; None where it is looked up in the whole.
        depth: how many lists are being gone through; macros: how many of them by a macro of CEL.
    """

    whole: str | None
    named: Callable[[str], str] | None = None
    depth: int = 0
    macros: int = 0

    def element(self) -> Data:
        """The data within map, filter, all, some and none: an element of the list.

        Raises:
            Inexpressible: within more lists than conditions can go through.
        """
        if self.macros == MOST_MACROS:
            raise Inexpressible("lists within lists within lists")
        return Data(f"it{self.depth + 1}" if self.depth else "it", depth=self.depth + 1, macros=self.macros + 1)

    def reduced(self) -> Data:
        """The data within reduce: the element and what has come of those before it."""
        own = {"current": "current", "accumulator": "accumulator"}
        whole = '{"current": current, "accumulator": accumulator}'
        return Data(whole, lambda name: own.get(name, "null"), self.depth + 1, self.macros)


class Translator:
    """Rules of JsonLogic; tools that add operators of their own derive from it."""

    def operator(self, name: str, args: list[Any], data: Data) -> Term:
        """An operator that JsonLogic does not have.

        Raises:
            Inexpressible
        """
        raise Inexpressible(f"the operator `{name}`")

    def test(self, name: str, args: list[Any], data: Data) -> str | None:
        """Whether such an operator is true, where that has an expression of its own."""
        return None

    def condition(self, rule: Any, data: Data) -> str:
        """Whether a rule's value is true, as a term that `&&` can join."""
        if not is_logic(rule):
            return ALWAYS if jsonlogic.truthy(rule) else NEVER
        name, args = parts(rule)
        if name in ("!", "!!"):
            inner = self.condition(args[0], data) if args else NEVER
            return inner if name == "!!" else negation(inner)
        if name in ("and", "or"):
            join = all_of if name == "and" else any_of
            return join([self.condition(arg, data) for arg in args]) if args else NEVER
        if name in ("if", "?:") and len(args) <= LONGEST_CHAIN:
            return self._chosen(args, data)
        own = self.test(name, args, data)
        if own is not None:
            return own
        term = self.value(rule, data)
        return term.text if term.is_bool else f"jsonlogic.truthy({term.text})"

    def value(self, rule: Any, data: Data) -> Term:
        """A rule's value."""
        if isinstance(rule, list):
            return Term(f"[{', '.join(self.value(element, data).text for element in rule)}]")
        if not is_logic(rule):
            return Term(literal(rule), isinstance(rule, bool))
        name, args = parts(rule)
        if name in _COMPARISONS:
            return self._comparison(_COMPARISONS[name], args, data)
        if name in ("!", "!!"):
            return Term(self.condition(rule, data), True)
        if name in _FOLDS or name in ("map", "filter", "reduce"):
            return self._fold(name, args, data)
        if name == "var":
            return Term(self._variable(args, data))
        if name in ("missing", "missing_some"):
            source = self._source(args if name == "missing" else args[1:2], data)
            return Term(f"jsonlogic.{name}({', '.join([source, *self._values(args, data)])})")
        if name in ("if", "?:"):
            return self._choice(args, data)
        if name == "log":
            return self.value(args[0], data) if args else Term("null")
        if name == "in":
            return self._membership(args[:2], data)
        if name in _FEW:
            function, most = _FEW[name]
            return Term(f"jsonlogic.{function}({', '.join(self._values(args[:most], data))})")
        if name in _ANY_NUMBER:
            return self._series(name, args, data)
        return self.operator(name, args, data)

    def _values(self, args: list[Any], data: Data) -> list[str]:
        return [self.value(arg, data).text for arg in args]

    def _series(self, name: str, args: list[Any], data: Data) -> Term:
        terms = [self.value(arg, data) for arg in args]
        if name in ("and", "or") and terms and all(term.is_bool for term in terms):
            return Term(self.condition({name: args}, data), True)
        return Term(_call(f"jsonlogic.{_ANY_NUMBER[name]}", [term.text for term in terms]))

    def _comparison(self, function: str, args: list[Any], data: Data) -> Term:
        if function in ("lt", "le") and len(args) > 2:
            pairs = (args[:2], args[1:3])
            return Term(f"({' && '.join(self._comparison(function, pair, data).text for pair in pairs)})", True)
        args = args[:2]
        if len(args) == 2 and is_constant(args[0]) and not is_constant(args[1]):
            function, args = _TURNED[function], args[::-1]
        return Term(f"jsonlogic.{function}({', '.join(self._values(args, data))})", True)

    def _membership(self, args: list[Any], data: Data) -> Term:
        function = "is_in"
        if len(args) == 2 and is_constant(args[0]) and not is_constant(args[1]):
            function, args = "contains", args[::-1]
        return Term(f"jsonlogic.{function}({', '.join(self._values(args, data))})", True)

    def _choice(self, args: list[Any], data: Data) -> Term:
        terms = [self.value(arg, data) for arg in args]
        results = terms[1::2] + (terms[-1:] if len(terms) % 2 else [])
        if len(terms) % 2 and len(terms) <= LONGEST_CHAIN and all(term.is_bool for term in results):
            return Term(self._chosen(args, data), True)
        if len(args) < 2:
            return terms[0] if terms else Term("null")
        return Term(_chosen([term.text for term in terms]))

    def _chosen(self, args: list[Any], data: Data) -> str:
        """Whether what `if` chooses is true."""
        if len(args) < 2:
            return self.condition(args[0], data) if args else NEVER
        asked, shown, others = self.condition(args[0], data), self.condition(args[1], data), self._chosen(args[2:], data)
        if (shown, others) in ((ALWAYS, NEVER), (NEVER, ALWAYS)):
            return asked if shown == ALWAYS else negation(asked)
        return f"({asked} ? {shown} : {others})"

    def _fold(self, name: str, args: list[Any], data: Data) -> Term:
        over = f"jsonlogic.list({self.value(args[0], data).text if args else 'null'})"
        body = args[1] if len(args) > 1 else None
        if name == "reduce":
            initial = self.value(args[2], data).text if len(args) > 2 else "null"
            return Term(f"jsonlogic.reduce({over}, {self.value(body, data.reduced()).text}, {initial})")
        inner = data.element()
        if name == "map":
            return Term(f"{over}.map({inner.whole}, {self.value(body, inner).text})")
        test = f"({inner.whole}, {self.condition(body, inner)})"
        if name == "filter":
            return Term(f"{over}.filter{test}")
        text = f"{over}.{_FOLDS[name]}{test}"
        return Term(f"(jsonlogic.truthy({over}) && {text})" if name == "all" else f"!{text}" if name == "none" else text, True)

    # --- data ---

    def variable(self, path: str, data: Data) -> str:
        """What lies at a path, `user.name`; not the empty one."""
        if data.named is None:
            return reach(self._whole(data), path)
        head, _, rest = path.partition(".")
        return reach(data.named(head), rest) if rest else data.named(head)

    def _variable(self, args: list[Any], data: Data) -> str:
        key = args[0] if args else None
        if key is None or key == "":
            return self._whole(data)
        default = self.value(args[1], data).text if len(args) > 1 else None
        if not is_constant(key) or isinstance(key, (list, dict)):
            source, looked = self._source([key], data), self.value(key, data).text
            if default is not None and data.whole is not None:
                return f"jsonlogic.get({source}, {looked}, {default})"
            found = f"jsonlogic.get({source}, {looked})"
            return found if default is None else f"jsonlogic.default({found}, {default})"
        path = jsonlogic.to_text(key)
        if default is None:
            return self.variable(path, data)
        if data.whole is not None:
            return f"jsonlogic.get({data.whole}, {literal(path)}, {default})"
        return f"jsonlogic.default({self.variable(path, data)}, {default})"

    def _whole(self, data: Data) -> str:
        if data.whole is None:
            raise Inexpressible("all of the context at once")
        return data.whole

    def _source(self, keys: list[Any], data: Data) -> str:
        """The data in which computed keys are looked up: all of it, or the values of all names that the keys can begin with."""
        if data.whole is not None or data.named is None:
            return self._whole(data)
        names = dict.fromkeys(text.partition(".")[0] for key in keys for text in _texts(key))
        return f"{{{', '.join(f'{literal(name)}: {data.named(name)}' for name in names)}}}"


def is_logic(rule: Any) -> bool:
    """Whether a rule is an operator with its arguments: an object of one key."""
    return isinstance(rule, dict) and len(rule) == 1


def is_constant(rule: Any) -> bool:
    """Whether a rule's value depends on nothing."""
    return all(map(is_constant, rule)) if isinstance(rule, list) else not is_logic(rule)


def parts(rule: dict[str, Any]) -> tuple[str, list[Any]]:
    """The operator and its arguments; one alone needs no list."""
    ((name, args),) = rule.items()
    return name, args if isinstance(args, list) else [args]


def negation(term: str) -> str:
    """The opposite of a term that may join others by `&&`."""
    return f"!({term})" if "&&" in joined_by(term) else negated(term)


def reach(base: str, path: str) -> str:
    """What lies at a path within a value, null where nothing does. Parts can be places in lists, a length, or no names of CEL."""
    names = path.split(".")
    if all(_IDENTIFIER.fullmatch(name) and name not in _WORDS and name != "length" for name in names):
        return ".".join((base, *names))
    return f"jsonlogic.get({base}, {literal(path)})"


def literal(value: Any) -> str:
    """A JSON value as CEL.

    Raises:
        Inexpressible: for half a surrogate pair, which CEL has no text for.
    """
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(key)}: {literal(held)}' for key, held in value.items())}}}"
    if isinstance(value, str) and SURROGATE.search(value):
        raise Inexpressible(HALF_A_PAIR)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    if isinstance(value, int) and -(2**63) < value < 2**63:
        return str(value)
    double = jsonlogic.to_number(value)
    if math.isinf(double):
        raise Inexpressible("a number too large for a double")
    return repr(double)


def _call(function: str, args: list[str]) -> str:
    if len(args) > MOST:
        args = [*args[: MOST - 1], _call(function, args[MOST - 1 :])]
    return f"{function}({', '.join(args)})"


def _chosen(args: list[str]) -> str:
    if len(args) > MOST:
        args = [*args[:MOST], _chosen(args[MOST:])]
    return f"jsonlogic.choose({', '.join(args)})"


def _texts(key: Any) -> list[str]:
    """The texts of which an expression can choose its value.

    Raises:
        Inexpressible: where it can compute others.
    """
    if isinstance(key, list):
        return [text for element in key for text in _texts(element)]
    if not is_logic(key):
        return [jsonlogic.to_text(key)] if isinstance(key, (str, int, float)) else []
    name, args = parts(key)
    if name in ("if", "?:"):
        results = args[1::2] + (args[-1:] if len(args) % 2 else [])
        return _texts(results)
    if name in ("merge", "and", "or", "filter"):
        return _texts(args[:1] if name == "filter" else args)
    raise Inexpressible(f"names of attributes that `{name}` computes")
