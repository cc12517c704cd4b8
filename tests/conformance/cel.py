"""google/cel-spec, tests/simple: each case becomes a flag whose rules compare the expression with what is expected.

A case runs twice: as it is written, and with its literals lifted into typed attributes, so that the edge works with them. It
passes where both runs do. What CEL calls an error is unknown here: neither `(e) == (e)` nor its negation holds, and an error
that the compiler finds is as good.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compiler import cel_tree, ir
from compiler.cel import Environment
from compiler.contexts import visit_of
from compiler.frontends.site import Attribute, Flag, Rule, Site
from tests.conformance.case import Case
from tests.conformance.flags import compiled, decided
from tests.conformance.textproto import Message, parse

_READER = Environment({})
TOGETHER = 100  # flags of one site
VALUES = {"holds": "holds", "differs": "differs", "unknown": "unknown"}
_TYPES = {"int64_value": "int", "string_value": "string", "bool_value": "bool", "double_value": "double"}
_ABOUT = (  # the beginning of a message of E024 → what conditions do not have
    (r"unsigned numbers|the function uint\(|.*\buint$", "unsigned numbers"),
    (r"bytes|the type bytes|the function (bytes|base64\.\w+)\(", "bytes"),
    (r"messages", "protobuf messages"),
    (r"optional|the function (optional\.\w+|hasValue)\(", "optional values"),
    (r"the function format\(", "the function format()"),
    (r"the function", "a function that nobody declares"),
    (r"the type", "a type that conditions cannot name"),
    (r"a key of a map|the keys of a map", "maps whose keys are neither texts, whole numbers nor bools"),
    (r"this macro", "a macro that conditions do not have"),
    (r"time zones", "time zones by name"),
    (r"times are kept", "times finer than a microsecond"),
)
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Outside(Exception):
    """The case is about something that Tessera's conditions do not have."""


class Unbuilt(Exception):
    """Conditions that are well formed and that the edge cannot run (E032)."""


@dataclass
class Run:
    """One expression to be decided: its conditions, and the attributes that it reads."""

    name: str
    test: Message
    expression: str
    types: dict[str, str] = field(default_factory=dict)  # attribute, without `visitor.` → type
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def fails(self) -> bool:
        return "eval_error" in self.test or "any_eval_errors" in self.test

    def conditions(self) -> list[tuple[str, str]]:
        """(variant, condition) of the flag's rules, the first that holds wins."""
        if self.fails:
            return [("holds", f"({self.expression}) == ({self.expression})"), ("differs", f"!(({self.expression}) == ({self.expression}))")]
        expected = literal(self.test["value"][0]) if "value" in self.test else "true"
        if expected == "NaN":
            return [("differs", f"({self.expression}) == ({self.expression})"), ("holds", f"({self.expression}) != ({self.expression})")]
        return [("differs", f"({self.expression}) != {expected}"), ("holds", f"({self.expression}) == {expected}")]


def cases(root: Path) -> Iterator[Case]:
    """Every test of every file."""
    plain: list[Run] = []
    for path in sorted((root / "cel").glob("*.textproto")):
        for section in parse(path.read_text("utf-8")).get("section", []):
            for number, test in enumerate(section.get("test", [])):
                name = f"{path.stem}/{text(section['name'][0])}/{text(test['name'][0])}#{number}"
                try:
                    plain.append(_run(name, f"c{len(plain)}", test))
                except Outside as outside:
                    yield Case(name, skipped=str(outside))
    lifted = [_lift(run, f"l{number}_") for number, run in enumerate(plain)]
    runnable: list[Run] = []
    for number, (run, (full, literals)) in enumerate(zip(plain, lifted)):
        if number % TOGETHER == 0:
            environment = Environment({f"visitor.{name}": kind for one, _ in lifted[number : number + TOGETHER] for name, kind in one.types.items()})
        told = _refusal(run, environment)
        if told is None:
            runnable += [run, _most_lifted(run, full, literals, environment)]
        elif isinstance(told, Outside):
            yield Case(run.name, skipped=str(told))
        else:
            yield Case(run.name, told or None)
    problems: dict[str, Outside | str | None] = {}
    for start in range(0, len(runnable), TOGETHER):
        for run, problem in _decide(runnable[start : start + TOGETHER]):
            problems[run.name] = problems.get(run.name) or problem
    yield from (Case(name, skipped=str(told)) if isinstance(told, Outside) else Case(name, told) for name, told in problems.items())


def text(value: bytes) -> str:
    return value.decode("utf-8")


# --- a test of the file as an expression ---------------------------------------------------------------------------------------


def _run(name: str, prefix: str, test: Message) -> Run:
    if "typed_result" in test or "unknown" in test:
        raise Outside("a test of the checker's own results")
    run = Run(name, test, text(test["expr"][0]))
    if test.get("check_only"):
        raise Outside("a test of the checker's own results")
    names = {}
    for number, binding in enumerate(test.get("bindings", [])):
        kind, plain = _attribute(binding["value"][0]["value"][0])
        own = f"{prefix}_{number}"
        names[text(binding["key"][0])] = f"visitor.{own}"
        run.types[own], run.values[own] = kind, plain
    run.expression = _renamed(run.expression, names, text(test.get("container", [b""])[0]))
    if test.get("value"):
        literal(test["value"][0])
    return run


def _renamed(expression: str, names: dict[str, str], container: str) -> str:
    """The expression with attributes in the place of bound names, which CEL looks up from the inside of the container outward."""
    tokens = list(cel_tree.tokens(expression).items())
    words = [token for _, token in tokens]
    variables = {words[at + 1] for at in range(len(words) - 2) if words[at] == "(" and words[at + 2] == ","}
    out, end, at = [], 0, 0
    while at < len(tokens):
        rooted = words[at] == "." and (at == 0 or not re.match(r"[\w)\]}\"']", words[at - 1]))
        first = at + rooted
        chain = _chain(words, first) if rooted or at == 0 or words[at - 1] != "." else []
        spaces = [""] if rooted else _outward(container)
        found = next(((space, n) for space in spaces for n in range(len(chain), 0, -1) if space + ".".join(chain[:n]) in names), None)
        if found is None or words[first] in ("true", "false", "null") or not rooted and words[first] in variables:
            at += 1
            continue
        space, count = found
        out += [expression[end : tokens[at][0]], names[space + ".".join(chain[:count])]]
        at = first + 2 * count - 1
        end = tokens[at - 1][0] + len(words[at - 1])
    return "".join(out) + expression[end:]


def _chain(words: list[str], at: int) -> list[str]:
    """The names joined by dots that begin at a token."""
    found = words[at : at + 1] if words[at].isidentifier() else []
    while found and at + 2 * len(found) < len(words) and words[at + 2 * len(found) - 1] == "." and words[at + 2 * len(found)].isidentifier():
        found.append(words[at + 2 * len(found)])
    return found


def _outward(container: str) -> list[str]:
    parts = container.split(".") if container else []
    return ["".join(f"{part}." for part in parts[:n]) for n in range(len(parts), -1, -1)]


def _attribute(value: Message) -> tuple[str, Any]:
    """The type and the plain value of a binding."""
    (kind,) = value
    return _TYPES.get(kind, "any"), _plain(value)


def _plain(value: Message) -> Any:
    ((kind, (told,)),) = value.items()
    if kind == "int64_value":
        return int(told)
    if kind == "double_value":
        return float(told)
    if kind == "bool_value":
        return told == "true"
    if kind == "string_value":
        return text(told)
    if kind == "null_value":
        return None
    if kind == "list_value":
        return [_plain(one) for one in told.get("values", [])]
    if kind == "map_value":
        entries = [(_plain(entry["key"][0]), _plain(entry["value"][0])) for entry in told.get("entries", [])]
        if all(isinstance(key, str) for key, _ in entries):
            return dict(entries)
    raise Outside(_kind(kind))


def _kind(kind: str) -> str:
    known = {"uint64_value": "unsigned numbers", "bytes_value": "bytes", "object_value": "protobuf messages", "enum_value": "protobuf messages"}
    return known.get(kind, f"values of the kind {kind}")


def literal(value: Message) -> str:
    """An expected value as CEL text; `NaN` where it is no number."""
    ((kind, (told,)),) = value.items()
    if kind == "double_value":
        number = float(told)
        return "NaN" if number != number else repr(number) if abs(number) != float("inf") else f'double("{"-" if number < 0 else ""}Infinity")'
    if kind in ("int64_value", "bool_value"):
        return told
    if kind == "string_value":
        return _quoted(text(told))
    if kind == "null_value":
        return "null"
    if kind == "type_value":
        return text(told)
    if kind == "list_value":
        return f"[{', '.join(map(literal, told.get('values', [])))}]"
    if kind == "map_value":
        return "{" + ", ".join(f"{literal(entry['key'][0])}: {literal(entry['value'][0])}" for entry in told.get("entries", [])) + "}"
    raise Outside(_kind(kind))


def _quoted(told: str) -> str:
    return '"' + "".join(_ESCAPED.get(char, char if char.isprintable() else f"\\U{ord(char):08x}") for char in told) + '"'


# --- literals lifted into attributes --------------------------------------------------------------------------------------------


def _lift(run: Run, prefix: str) -> tuple[Run, list[tuple[int, int, str]]]:
    """A run that could read each of its literals from an attribute; and (offset, end, attribute) of each."""
    types, values, found = dict(run.types), dict(run.values), []
    for offset, token in cel_tree.tokens(run.expression).items():
        if not (token in ("true", "false") or token[0] in "0123456789.\"'rR" and len(token) + (token != ".") > 1):
            continue
        read = next((one for kind in ("string", "int", "double", "bool") if isinstance(one := _READER.compile(token, kind), ir.Const) and one.type == kind), None)
        if read is None or isinstance(read.value, str) and len(read.value) > 1024:
            continue
        name = f"{prefix}{len(found)}"
        types[name], values[name] = read.type, read.value
        found.append((offset, offset + len(token), f"visitor.{name}"))
    return Run(run.name, run.test, run.expression, types, values), found


def _most_lifted(run: Run, full: Run, literals: list[tuple[int, int, str]], environment: Environment) -> Run:
    """The run with as many literals lifted as the compiler lets pass: a pattern, for one, must stay a literal."""
    chosen = literals
    if _refusal(_with(run, full, chosen), environment) is not None:
        chosen = []
        for one in literals:
            if _refusal(_with(run, full, [*chosen, one]), environment) is None:
                chosen = [*chosen, one]
    return _with(run, full, chosen)


def _with(run: Run, full: Run, lifted: list[tuple[int, int, str]]) -> Run:
    expression = run.expression
    for start, end, attribute in reversed(lifted):
        expression = f"{expression[:start]}{attribute}{expression[end:]}"
    read = {attribute.removeprefix("visitor.") for _, _, attribute in lifted} | run.types.keys()
    return Run(run.name, run.test, expression, {n: full.types[n] for n in full.types if n in read}, {n: full.values[n] for n in full.values if n in read})


# --- compiling and deciding ------------------------------------------------------------------------------------------------------


def _refusal(run: Run, environment: Environment) -> Outside | str | None:
    """None where a run compiles; why it is outside; else the problem, empty where an error was expected and the compiler found it."""
    for _, condition in run.conditions():
        found = environment.compile(condition)
        if not isinstance(found, list):
            continue
        first = next((one for one in found if one.code == "E024"), None)
        if first is not None:
            return Outside(next((about for form, about in _ABOUT if re.match(form, first.message)), first.message))
        if run.test.get("disable_check"):
            return Outside("runs only where nothing checks its types")
        return "" if run.fails and found[0].code != "E020" else f"does not compile: {found[0].code} {found[0].message}"
    return None


def _decide(runs: list[Run]) -> Iterator[tuple[Run, Outside | str | None]]:
    try:
        yield from _decided(runs)
    except Unbuilt as unbuilt:
        if len(runs) == 1:
            yield runs[0], Outside(str(unbuilt))
        else:
            for run in runs:
                yield from _decide([run])


def _decided(runs: list[Run]) -> list[tuple[Run, str | None]]:
    """Raises Unbuilt."""
    flags, attributes, context = [], [], {}
    for number, run in enumerate(runs):
        rules = tuple(Rule(f"r{position}", condition, variant) for position, (variant, condition) in enumerate(run.conditions()))
        flags.append(Flag(f"f{number}", f"f{number}", VALUES, rules, "unknown"))
        for name, kind in run.types.items():
            if name not in context:
                attributes.append(Attribute(name, name, kind))
            context[name] = run.values[name]
    with tempfile.TemporaryDirectory() as folder:
        try:
            bundle = compiled(Site("cel", tuple(attributes), tuple(flags)), Path(folder))
        except AssertionError as refused:
            if "E032" in str(refused):
                raise Unbuilt("a pattern that cannot run at the edge") from None
            raise
    visit = visit_of(bundle, context)
    found = []
    for number, run in enumerate(runs):
        value, _, _ = decided(bundle, f"f{number}", visit)
        wanted = "unknown" if run.fails else "holds"
        found.append((run, None if value == wanted else f"{run.conditions()[-1][1]} with {run.values} {value}, expected: {wanted}"))
    return found
