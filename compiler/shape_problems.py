"""What pydantic says about a file's data, in plain words, at its place, with a fix."""

from __future__ import annotations

import types
import typing
from typing import TYPE_CHECKING, Any

from compiler.diagnostics import Diagnostics, did_you_mean
from compiler.values import spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel, ValidationError

    from compiler.diagnostics import Place

_EXPECTED = {
    "string_type": ("a text", "quote it: '{value}'"),
    "int_type": ("a whole number", "write it without quotes and fraction"),
    "int_from_float": ("a whole number", "write it without a fraction"),
    "float_type": ("a number", "write it without quotes"),
    "bool_type": ("true or false", "write true or false, without quotes"),
    "tuple_type": ("a list", "write [a, b], or lines that begin with a dash"),
    "list_type": ("a list", "write [a, b], or lines that begin with a dash"),
    "dict_type": ("a mapping", "write {{key: value}}, or indented `key: value` lines"),
    "model_type": ("a mapping", "write {{key: value}}, or indented `key: value` lines"),
}
_LIMITS = {
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "too_short": "at least {min_length} {entries}, found {actual_length}",
    "too_long": "at most {max_length} {entries}",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "a text of the form {pattern}",
}


def explain(error: ValidationError, model: type[BaseModel], place: Callable[..., Place], diagnostics: Diagnostics) -> None:
    """Add a diagnostic for each error of a file.

    Args:
        model: the shape that the data was checked against.
        place: of a path of keys and indices, and with key=True of the key at its end.
    """
    errors = error.errors(include_url=False)
    for found in errors:
        if found["type"] == "too_short" and any(len(other["loc"]) > len(found["loc"]) and other["loc"][: len(found["loc"])] == found["loc"] for other in errors):
            continue  # too few only because the others are wrong
        path = tuple(step for step in found["loc"] if step != "[key]")
        of_key = "[key]" in found["loc"] or found["input"] is None  # what is not there is reported where it is named
        code, message, fix, at_key = _explain(found, model, path)
        diagnostics.error(code, place(*path, key=of_key or at_key), message, _comment(fix, place, path, found))


def _explain(found: Any, model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[str, str, str | None, bool]:
    kind, context = found["type"], found.get("ctx", {})
    where = _where(path)
    if kind == "tessera":
        return context["code"], f"{where}{context['message']}", context["fix"], False
    if kind == "extra_forbidden":
        return _unknown_key(str(path[-1]), _shape_at(model, path[:-1]), _where(path[:-1]))
    if kind == "missing":
        return _missing_key(str(path[-1]), _shape_at(model, path[:-1]), _where(path[:-1]))
    if kind == "literal_error":
        return _wrong_word(found["input"], context["expected"], where)
    if kind in _EXPECTED:
        expected, fix = _EXPECTED[kind]
        return "E011", f"{where}expected {expected}, found {spoken(found['input'])}", fix.format(value=found["input"]), False
    if kind in _LIMITS:
        entries = "entry" if 1 in (context.get("min_length"), context.get("max_length")) else "entries"
        return "E012", f"{where}expected {_LIMITS[kind].format(**context, entries=entries)}", _example(model, path), False
    return "E011", f"{where}{found['msg']}", _example(model, path), False


def _unknown_key(key: str, shape: type[BaseModel] | None, where: str) -> tuple[str, str, str, bool]:
    allowed = sorted(field.alias or name for name, field in shape.model_fields.items()) if shape else []
    listed = f"possible are {', '.join(allowed)}"
    suggestion = did_you_mean(key, allowed)
    return "E009", f"{where}unknown key '{key}'", f"{suggestion} ({listed})" if suggestion else listed, True


def _missing_key(key: str, shape: type[BaseModel] | None, where: str) -> tuple[str, str, str, bool]:
    fields = {field.alias or name: field for name, field in shape.model_fields.items()} if shape else {}
    examples = fields[key].examples if key in fields else None
    return "E010", f"{where}the key '{key}' is missing", f"add it, for example `{examples[0] if examples else key + ': …'}`", True


def _wrong_word(value: Any, expected: str, where: str) -> tuple[str, str, str, bool]:
    words = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    suggestion = did_you_mean(value, words) if isinstance(value, str) else None
    listed = f"possible {'is' if len(words) == 1 else 'are'} {', '.join(words)}"
    return "E012", f"{where}{spoken(value)} is not possible here", f"{suggestion} ({listed})" if suggestion else listed, False


def _comment(fix: str | None, place: Callable[..., Place], path: tuple[str | int, ...], found: Any) -> str | None:
    """The fix for a value that went missing because YAML reads an unquoted `#` as the start of a comment."""
    if found["type"] in _EXPECTED and found["input"] is None:
        at = place(*path, key=True)
        rest = at.source[at.column - 1 + at.length :]
        if "#" in rest:
            return f"quote it: '{rest[rest.index('#'):].rstrip(' }').split(',')[0].strip()}' (an unquoted # starts a comment)"
        return "give it a value, or leave the key out"
    return fix


def _where(path: tuple[str | int, ...]) -> str:
    """`in 'ladder.segment[0]': `, or nothing at the top of the file."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    return f"in '{text}': " if text else ""


def _example(model: type[BaseModel], path: tuple[str | int, ...]) -> str | None:
    shape = _shape_at(model, path[:-1])
    fields = {field.alias or name: field for name, field in shape.model_fields.items()} if shape else {}
    field = fields.get(str(path[-1])) if path else None
    return f"for example `{field.examples[0]}`" if field is not None and field.examples else None


def _shape_at(model: type[BaseModel], path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model at a path; None where the path leads to something else."""
    annotation: Any = model
    for step in path:
        annotation = _step(_model_in(annotation) or annotation, step)
        if annotation is None:
            return None
    return _model_in(annotation)


def _step(annotation: Any, step: str | int) -> Any:
    fields = getattr(annotation, "model_fields", None)
    if fields is not None:
        return next((field.annotation for name, field in fields.items() if (field.alias or name) == step), None)
    bare = _bare(annotation)
    arguments = typing.get_args(bare)
    if typing.get_origin(bare) is dict:
        return arguments[1]
    return arguments[0] if typing.get_origin(bare) is tuple else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    bare = _bare(annotation)
    return bare if hasattr(bare, "model_fields") else None


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated[…] and without `| None`."""
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif origin in (typing.Union, types.UnionType):
            annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
        else:
            return annotation
