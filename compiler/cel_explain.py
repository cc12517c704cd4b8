"""What the CEL library says about a condition that it refuses, in plain words, at its place, with a fix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from compiler import cel_tree
from compiler.cel_functions import NAMES, OWN, TYPES
from compiler.cel_lower import known_function
from compiler.diagnostics import Problem, did_you_mean, nearest
from tessera.dialects import FUNCTIONS as DIALECTS

if TYPE_CHECKING:
    from compiler.cel import Environment

_ERROR = re.compile(r"^(?:[A-Z_]+: )?ERROR: <input>:(\d+):(\d+): (.*?)(?: \[INVALID_ARGUMENT\])?$", re.MULTILINE)
_FIELD = re.compile(r"undefined field '(?P<field>.*)' not found in struct '(?:tessera\.)?(?P<struct>.*)'")
_NAME = re.compile(r"undeclared reference to '(?P<name>.*)' \(in container")
_OVERLOAD = re.compile(r"found no matching overload for '(?P<function>.*)' applied to '\((?P<types>.*)\)'")
_OPERAND = re.compile(r"expression of type '(?P<type>.*)' cannot be the operand of a select")
_RANGE = re.compile(r"expression of type '(?P<type>.*)' cannot be the range of a comprehension")
_UNKNOWN = {"segment": ("E029", "segment"), "lists": ("E030", "list"), "item": ("E031", "item field"), "market": ("E055", "market")}
_SIGNS = {"@in": "in", "_?_:_": "? :", "_[_]": "[…]", "!_": "!", "-_": "-"}
_SAMPLES = {
    "timestamp": 'timestamp("2026-12-01T00:00:00Z")', "duration": 'duration("7d")', "version": 'version("1.2.3")', "ip": 'ip("192.0.2.1")',
}
_WORDS = {"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!", "is": "==", "equals": "==", "True": "true", "False": "false", "TRUE": "true", "FALSE": "false"}
_MISTAKES = (
    (r"===", "===", "CEL has no `===`", "write `==`"),
    (r"!==", "!==", "CEL has no `!==`", "write `!=`"),
    (r"=<|=>", "", "the sign is written the other way round", "write `<=` or `>=`"),
    (r"<>", "<>", "CEL has no `<>`", "write `!=`"),
    (r"(?<![=!<>])=(?![=<>])", "=", "a single `=` does not compare", "write `==`"),
    (r"(?<!&)&(?!&)", "&", "a single `&` joins nothing", "write `&&`"),
    (r"(?<!\|)\|(?!\|)", "|", "a single `|` joins nothing", "write `||`"),
    (r"[\u201c\u201d\u2018\u2019\u00ab\u00bb]", "", "typographic quotes do not delimit a text", 'use straight quotes: "…"'),
)


def explain(message: str, text: str, environment: Environment, scope: tuple[str, ...]) -> tuple[list[Problem], cel_tree.Tree | None]:
    """The problems behind the library's message, and the unchecked tree if the text parses at all. Raises TooDeep."""
    if "recursion" in message:
        raise cel_tree.TooDeep
    found = [(_offset(text, int(line), int(column)), what) for line, column, what in _ERROR.findall(message)]
    try:
        tree = cel_tree.Tree(environment.library.compile(text, disable_check=True).serialize(), text)
    except RuntimeError:
        return [_syntax(text, *(found[0] if found else (0, message)))], None
    explainer = _Explainer(tree, environment, scope)
    problems = [problem for offset, what in found for problem in explainer.explain(offset, what)]
    return problems or [Problem(0, max(1, len(text)), "E020", _shorten(message), None)], tree


class _Explainer:
    def __init__(self, tree: cel_tree.Tree, environment: Environment, scope: tuple[str, ...]) -> None:
        self.tree = tree
        self.environment = environment
        self.scope = scope
        self._nodes: dict[int, list[Any]] = {}
        for node in cel_tree.walk(tree.root):
            self._nodes.setdefault(tree.offset(node), []).append(node)

    def explain(self, offset: int, message: str) -> list[Problem]:
        """One message of the type checker; none where another message covers it."""
        if match := _FIELD.match(message):
            return [self._field(offset, **match.groupdict())]
        if match := _NAME.match(message):
            return self._name(offset, match["name"])
        if match := _OVERLOAD.match(message):
            return [self._overload(offset, match["function"], _types(match["types"]))]
        if match := _OPERAND.match(message):
            return [self._operand(offset, _plain(match["type"]))]
        if match := _RANGE.match(message):
            return [Problem(*self._span(offset), "E022", f"exists, all and exists_one run over a list, this is {_plain(match['type'])}", "use contains(…) for a part of a text, == for a value")]
        return [Problem(*self._span(offset), "E020", _shorten(message), None)]

    def _field(self, offset: int, field: str, struct: str) -> Problem:
        start, length = self._span(offset, "select")
        if struct in ("Version", "Ip") or struct.startswith("google."):
            return Problem(start, length, "E022", f"a {_plain(struct)} has no parts to select", "compare it as a whole")
        return Problem(start, length, *self._unknown(f"{struct}.{field}"))

    def _unknown(self, name: str) -> tuple[str, str, str]:
        code, word = _UNKNOWN.get(name.partition(".")[0], ("E021", "attribute"))
        fix = self._suggest(name)
        return code, f"unknown {word} '{name}'", fix

    def _suggest(self, name: str) -> str:
        namespace, _, short = name.rpartition(".")
        known = [full for full in self.environment.names if full.partition(".")[0] in self.scope]
        same = [full for full in known if full.partition(".")[0] == namespace]
        elsewhere = [full for full in known if full.rpartition(".")[2] == short]
        close = nearest(short, [full.rpartition(".")[2] for full in same])
        if close or elsewhere:
            return did_you_mean(f"{namespace}.{close}" if close else elsewhere[0], known, self._describe) or ""
        if not same:
            return did_you_mean(name, known, self._describe) or f"names begin with {', '.join(f'{part}.' for part in self.scope)}"
        declared = {"segment": "segments.yaml", "lists": "lists/*.csv", "item": "site.yaml, items", "market": "site.yaml, markets"}.get(namespace, "site.yaml, attributes")
        shown = ", ".join(full.rpartition(".")[2] for full in same[:8])
        return f"'{namespace}' has {shown}{', …' if len(same) > 8 else ''}; new ones are declared in {declared}"

    def _describe(self, name: str) -> str:
        about = self.environment.about.get(name)
        namespace = name.partition(".")[0]
        kind = {"segment": "a segment", "lists": "a list", "market": "a market"}.get(namespace) or self.environment.names[name].kind
        return f"{kind}, {about}" if about else kind

    def _name(self, offset: int, name: str) -> list[Problem]:
        nodes = self._nodes.get(offset, [])
        if (told := self._function(offset, name)) is not None:
            return told
        if any(node.struct.name == name for node in nodes if cel_tree.kind(node) == "struct"):
            return [Problem(offset, len(name), "E024", "messages cannot be written in a condition", "compare the attributes one by one")]
        if any(cel_tree.kind(node) == "call" and node.call.function == name for node in nodes):
            if any(cel_tree.dotted(node.call.target) in self._unknown_groups() for node in nodes if cel_tree.kind(node) == "call" and node.call.HasField("target")):
                return []
            return [Problem(*self._span(offset, "call"), "E024", f"the function {name}() is not supported at the edge", known_function(name))]
        start, length = self._span(offset, "select" if "." in name else "ident")
        if name in self._types():
            return [Problem(start, length, "E024", f"the type {name} is not known at the edge", f"the types are {', '.join(TYPES)}")]
        if name in _WORDS:
            return [Problem(start, length, "E020", f"'{name}' means nothing in CEL", f"write {_WORDS[name]}")]
        return [Problem(start, length, *self._unknown(name))]

    def _function(self, offset: int, name: str) -> list[Problem] | None:
        """What is wrong with a call of a function that stands in a name space (`growthbook.gt`, `math.ceil`), or that takes other arguments."""
        for node in cel_tree.walk(self.tree.root):
            target, function = node.call.target, node.call.function
            if offset == self.tree.offset(node) and name == function and any(own.name == name for own in OWN):
                return [Problem(*self.tree.span(node), "E022", f"{name}() does not take these arguments", _arguments(name))]
            space = target.ident.name
            if not space or not self._is_space(space, function):
                continue
            if self.tree.offset(target) == offset and name == space:
                return []  # told at the call itself
            if self.tree.offset(node) == offset and name == function:
                return [Problem(*self.tree.span(node), *_unknown_function(f"{space}.{function}"))]
        return None

    def _is_space(self, name: str, function: str) -> bool:
        """Whether a name before a function's is a name space of functions, known or not."""
        spaces = {full.partition(".")[0] for full in (*DIALECTS, *(own.name for own in OWN)) if "." in full}
        return name in spaces or name in self._unknown_groups() and not nearest(name, self.scope) and function not in NAMES

    def _types(self) -> set[str]:
        """The names that are compared with `type(…)`."""
        pairs = [list(node.call.args) for node in cel_tree.walk(self.tree.root) if node.call.function in ("_==_", "_!=_")]
        return {cel_tree.dotted(other) for a, b in pairs for one, other in ((a, b), (b, a)) if one.call.function == "type"} - {""}

    def _unknown_groups(self) -> set[str]:
        groups = {name.partition(".")[0] for name in self.environment.names}
        return {node.ident.name for node in cel_tree.walk(self.tree.root) if cel_tree.kind(node) == "ident"} - groups

    def _operand(self, offset: int, type_: str) -> Problem:
        start, length = self._span(offset, "select")
        method = self.tree.text[start : start + length].rpartition(".")[2].strip()
        fix = f"call it: {method}(…)" if method in NAMES else "leave the part after the dot out"
        return Problem(start, length, "E022", f"a {type_} has no part '{method}'", fix)

    def _overload(self, offset: int, function: str, types: list[str]) -> Problem:
        start, length = self._span(offset, "call")
        sign = _SIGNS.get(function) or function.strip("_")
        nodes = self._operands(offset, function, len(types))
        message, fix = self._mismatch(function, sign, types, nodes)
        return Problem(start, length, "E022", message, fix)

    def _operands(self, offset: int, function: str, count: int) -> list[Any]:
        """The operands of the call at an offset; none where a macro put another call there."""
        for node in self._nodes.get(offset, []):
            if cel_tree.kind(node) == "call" and node.call.function == function:
                found = ([node.call.target] if node.call.HasField("target") else []) + list(node.call.args)
                return found if len(found) == count else []
        return []

    def _mismatch(self, function: str, sign: str, types: list[str], nodes: list[Any]) -> tuple[str, str | None]:
        if function in ("_&&_", "_||_", "!_"):
            wrong = next((index for index, type_ in enumerate(types) if type_ != "bool"), 0)
            operand = self._text(nodes[wrong]) if nodes else "it"
            return f"`{sign}` joins conditions, but '{operand}' is {types[wrong]}", compare(operand, types[wrong])
        if function == "_?_:_":
            if types[0] != "bool":
                return f"the part before `?` must be a condition, this one is {types[0]}", "compare it with something"
            return f"the two results of `? :` have different types, {types[1]} and {types[2]}", _convert(types[1:], nodes[1:], self._text)
        if function == "@in":
            return self._not_in(types, nodes)
        if "null_type" in types:
            other = next((self._text(node) for node, type_ in zip(nodes, types) if type_ != "null_type"), "…")
            return "nothing but a value of type any is null: an attribute is known or not", f"ask has({other}), or !has({other})"
        if len(types) == 2 and function.startswith("_") and function != "_[_]":
            return f"`{sign}` cannot be applied to {types[0]} and {types[1]}", _convert(types, nodes, self._text)
        named = f"`{sign}`" if "_" in function else f"{function}()"
        return f"{named} cannot be applied to {' and '.join(types)}", _argument(function, types)

    def _not_in(self, types: list[str], nodes: list[Any]) -> tuple[str, str | None]:
        left, right = types
        if right == "string":
            return "`in` needs a list on its right, this is a string", f"write {self._text(nodes[1])}.contains({self._text(nodes[0])})" if nodes else "use contains(…)"
        if not right.startswith(("list<", "map<")):
            return f"`in` needs a list on its right, this is {right}", "write [a, b], or lists.name"
        element = right.partition("<")[2].removesuffix(">").partition(",")[0]
        return f"{left} values are never in a {right}", _convert([left, element], [], self._text) or f"give it values of type {left}"

    def _text(self, node: Any) -> str:
        start, length = self.tree.span(node)
        return self.tree.text[start : start + length]

    def _span(self, offset: int, which: str | None = None) -> tuple[int, int]:
        nodes = self._nodes.get(offset, [])
        node = next((node for node in nodes if which is None or cel_tree.kind(node) == which), None)
        return self.tree.span(node) if node is not None else (offset, 1)


def _unknown_function(full: str) -> tuple[str, str, str]:
    """Code, message and fix for a function of a name space that cannot be called so."""
    if full in DIALECTS:
        return "E024", f"{full}() takes another number of arguments", f"give it {' or '.join(map(str, DIALECTS[full].arity))}"
    if any(own.name == full for own in OWN):
        return "E022", f"{full}() does not take these arguments", _arguments(full)
    own = sorted(name for name in (*DIALECTS, *NAMES) if name.startswith(full.partition(".")[0] + "."))
    fix = did_you_mean(full, own) or (f"the functions are {', '.join(own)}" if own else known_function(full.rpartition(".")[2]))
    return "E024", f"the function {full}() is not supported at the edge", fix


def _arguments(name: str) -> str:
    """The arguments that a function takes, of a member function without the one before the dot."""
    taken = [", ".join(each[one.member :]) for one in OWN if one.name == name for each in one.arguments]
    return f"it takes {' or '.join(f'({each})' for each in taken)}"


def compare(operand: str, type_: str) -> str:
    sample = {"string": '== "…"', "int": "> 0", "double": "> 0.0"}.get(type_)
    return f"compare it: {operand} {sample}" if sample else "compare it with something, or ask has(…)"


def _convert(types: list[str], nodes: list[Any], text: Any) -> str | None:
    """How to bring two operands to one type."""
    for here, there in ((0, 1), (1, 0)):
        own, other = types[here], types[there]
        if own == "string" and other in _SAMPLES:
            return f"write {_SAMPLES[other]}"
        if own == "duration" and other == "int":
            return f"write {_SAMPLES['duration']}"
        if nodes and cel_tree.kind(nodes[here]) == "const":
            fix = _rewrite(own, other, nodes[here].const, text(nodes[here]), text(nodes[there]))
            if fix:
                return fix
    return "write double(…) around the whole number" if set(types) == {"int", "double"} else None


def _rewrite(own: str, other: str, const: Any, written: str, counterpart: str) -> str | None:
    """How to write a literal of type `own` so that it has the type `other`."""
    if own == "int" and other == "double":
        return f"write {written}.0"
    if own == "double" and other == "int":
        return f"write {int(const.double)}" if const.double.is_integer() else f"write double({counterpart})"
    if own == "string" and other in ("int", "double", "bool"):
        return f"write it without quotes: {const.string}"
    return f'write it in quotes: "{written}"' if own in ("int", "double", "bool") and other == "string" else None


def _argument(function: str, types: list[str]) -> str | None:
    if function == "size":
        return "size() counts the characters of a string and the values of a list or map"
    if function in ("contains", "startsWith", "endsWith", "matches", "lowerAscii", "upperAscii"):
        instead = {"version": f'; write {_SAMPLES["version"]} and compare', "int": "; compare the number itself", "double": "; compare the number itself"}
        return f"{function}() is for strings" + instead.get(types[0], "")
    return "write list[0] or map[\"key\"]" if function == "_[_]" else None


def _syntax(text: str, offset: int, message: str) -> Problem:
    if not text.strip():
        return Problem(0, 1, "E020", "the condition is empty", "write a condition, or leave `when` out where that is allowed")
    outside = _without_texts(text)
    for pattern, _, plain, fix in _MISTAKES:
        if (match := re.search(pattern, outside)) and match.start() <= offset + 1:
            return Problem(match.start(), len(match.group()), "E020", plain, fix)
    at = cel_tree.tokens(text)
    token = at.get(offset, "")
    if "unsupported syntax" in message:
        mark = re.search(r"\.\s*\?|(?<=[\[{(,])\s*\?", outside)
        start, length = (mark.start(), len(mark.group())) if mark else (offset, 1)
        return Problem(start, length, "E024", "optional values are not supported at the edge", "ask has(…), and write … ? … : …")
    if (word := next((at[start] for start in sorted(at) if start <= offset and at[start] in _WORDS and offset - start <= len(at[start]) + 1), None)):
        start = max(start for start in at if at[start] == word and start <= offset)
        return Problem(start, len(word), "E020", f"'{word}' is not an operator of CEL", f"write `{_WORDS[word]}`")
    if "invalid int literal" in message or "invalid double literal" in message:
        return Problem(offset, max(1, len(token)), "E026", "a number that is too large", "int holds up to 9,223,372,036,854,775,807")
    if "reserved identifier" in message:
        return Problem(offset, max(1, len(token)), "E020", f"'{token}' is a reserved word of CEL", "choose another name")
    if re.search(r"\.in\b", text[max(0, offset - 1) : offset + 4]):
        return Problem(offset, 2, "E020", "'in' cannot be the name of an attribute", "rename it in site.yaml")
    if "token recognition error" in message and token[:1] in ("'", '"'):
        return Problem(offset, 1, "E020", "a text whose quote is not closed, or with an escape that CEL does not know", 'close it with the quote it began with; for backslashes write a raw text: r"\\d"')
    if "macro" in message or "variable name" in message or "has()" in message:
        return Problem(offset, max(1, len(token)), "E020", _shorten(message), "write has(visitor.name), or list.exists(x, x == …)")
    if "missing ')'" in message or "<EOF>'" in message and not message.startswith("Syntax error: extraneous"):
        return Problem(min(offset, len(text.rstrip())), 1, "E020", "the condition ends too early", "something is missing at the end: a value, or a closing bracket")
    if token in (")", "]", "}"):
        return Problem(offset, 1, "E020", f"'{token}' closes nothing", "remove it, or add the opening bracket")
    return Problem(offset, max(1, len(token)), "E020", f"'{token}' is not expected here" if token else "the condition does not parse here", "check what stands before it: an operator (&&, ||, ==) or a bracket may be missing")


def _without_texts(text: str) -> str:
    """The text with its quoted texts and comments blanked; every other character keeps its offset."""
    blank = [" "] * len(text)
    for start, token in cel_tree.tokens(text).items():
        if token[-1] not in "\"'" or len(token) == 1:
            blank[start : start + len(token)] = token
    return "".join(blank)


def _offset(text: str, line: int, column: int) -> int:
    lines = text.split("\n")
    return min(len(text), sum(len(before) + 1 for before in lines[: line - 1]) + column - 1)


def _types(text: str) -> list[str]:
    """The types of an argument list; commas within parentheses belong to one type."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [_plain(part.strip()) for part in [*parts, text[start:]]]


def _plain(type_: str) -> str:
    name = type_.removeprefix("tessera.").replace("google.protobuf.", "").replace("(", "<").replace(")", ">")
    name = name.replace("tessera.", "")
    return {"Version": "version", "Ip": "ip", "Timestamp": "timestamp", "Duration": "duration"}.get(name, name.replace("Version", "version").replace("Ip", "ip"))


def _shorten(message: str) -> str:
    return message.removeprefix("INVALID_ARGUMENT: ").removeprefix("Syntax error: ").split(" expecting {")[0].split("\n")[0].strip()
