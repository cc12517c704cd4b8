"""The CEL library's environment for a site: message types for the namespaces, declarations of the functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from compiler.cel_functions import COMPARISONS, ORDERED, OWN, STRINGS, overload
from compiler.types import Type
from tessera.dialects import FUNCTIONS as DIALECTS

REDUCE = "jsonlogic.reduce"
REDUCED = ("current", "accumulator")  # the variables of the body of jsonlogic.reduce(list, body, initial)
MOST_ARGUMENTS = 32  # of another tool's function that takes any number
EXTENSIONS = ("bindings", "two-var-comprehensions")
MESSAGES = {"version": "Version", "ip": "Ip", "cidr": "Cidr"}  # types of conditions that are message types to the library
_WELL_KNOWN = {"timestamp": "Timestamp", "duration": "Duration", "any": "Value"}
_PLAIN = {"string": "STRING", "enum": "STRING", "item": "STRING", "bool": "BOOL", "int": "INT64", "double": "DOUBLE"}


def library(names: Mapping[str, Type], namespaces: Iterable[str]) -> Any:
    """The environment that parses and checks conditions over these names (in full: `visitor.plan`)."""
    from cel_expr_python import cel

    own = cel.Type
    pool = _pool(names, namespaces)
    variables = {namespace: own(f"tessera.{namespace}") for namespace in {name.partition(".")[0] for name in names} | set(namespaces)}
    variables |= dict.fromkeys(REDUCED, own.DYN)
    return cel.NewEnv(pool, config=_config(), variables=variables, functions=[*_own(), *_comparisons(), _string(), *_dialects()])


@lru_cache(maxsize=1)
def _config() -> Any:
    """The standard library without what is declared anew so that it takes versions and addresses too."""
    from cel_expr_python import cel

    extensions = "".join(f"  - name: {name}\n" for name in EXTENSIONS)
    excluded = "".join(f'    - name: "{function}"\n' for function in (*COMPARISONS, "string"))
    return cel.NewEnvConfigFromYaml(f"name: tessera\nextensions:\n{extensions}stdlib:\n  exclude_functions:\n{excluded}")


def _type(name: str) -> Any:
    from cel_expr_python import cel

    own = cel.Type
    if name.startswith("list<"):
        return own.List(_type(name[5:-1]))
    return own(f"tessera.{MESSAGES[name]}") if name in MESSAGES else getattr(own, name.upper())


def _own() -> list[Any]:
    from cel_expr_python import cel

    declared: dict[str, list] = {}
    for one in OWN:
        for arguments in one.arguments:
            made = cel.Overload(overload(one, arguments), _type(one.result), [_type(name) for name in arguments], is_member=one.member)
            declared.setdefault(one.name, []).append(made)
    return [cel.FunctionDecl(name, overloads) for name, overloads in declared.items()]


def _comparisons() -> list[Any]:
    from cel_expr_python import cel

    return [
        cel.FunctionDecl(function, [cel.Overload(f"{stem}_{name}", cel.Type.BOOL, [_type(name), _type(name)]) for name in ORDERED])
        for function, stem in COMPARISONS.items()
    ]


def _string() -> Any:
    from cel_expr_python import cel

    return cel.FunctionDecl("string", [cel.Overload(f"{name}_to_string", cel.Type.STRING, [_type(name)]) for name in STRINGS])


def _dialects() -> list[Any]:
    """Other tools' functions: every argument can be of any type. Those of any arity take up to MOST_ARGUMENTS."""
    from cel_expr_python import cel

    arities = {name: function.arity or range(MOST_ARGUMENTS + 1) for name, function in DIALECTS.items()} | {REDUCE: (3,)}
    kinds = {name: function.returns for name, function in DIALECTS.items()} | {REDUCE: "dyn"}
    dyn = cel.Type.DYN
    return [
        cel.FunctionDecl(name, [cel.Overload(f"{name.replace('.', '_')}_{count}", _type(kinds[name]), [dyn] * count) for count in counts])
        for name, counts in arities.items()
    ]


# --- message types ----------------------------------------------------------------------------------------------------------


def _pool(names: Mapping[str, Type], namespaces: Iterable[str]) -> Any:
    """One message type for each namespace, with a field for each name in it."""
    from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, struct_pb2, timestamp_pb2

    pool = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(name="tessera/site.proto", package="tessera", syntax="proto2")
    for module in (timestamp_pb2, duration_pb2, struct_pb2):
        known = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(known)
        pool.Add(known)
        file.dependency.append(known.name)
    for name in MESSAGES.values():
        file.message_type.add(name=name)
    messages = {namespace: file.message_type.add(name=namespace) for namespace in sorted({*namespaces, "item"})}
    for name, type_ in names.items():
        namespace, _, short = name.partition(".")
        if namespace not in messages:
            messages[namespace] = file.message_type.add(name=namespace)
        _add_field(messages[namespace], short, type_)
    pool.Add(file)
    return pool


def _add_field(message: Any, name: str, type_: Type) -> None:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

    declared = message.field.add(name=name, json_name=name, number=_number(len(message.field)), label=Field.LABEL_OPTIONAL)
    if type_.name != "map":
        declared.label = Field.LABEL_REPEATED if type_.name == "list" else Field.LABEL_OPTIONAL
        _set_type(declared, type_.element or type_.name)
        return
    entry = message.nested_type.add(name="".join(part.capitalize() for part in name.split("_")) + "Entry")
    entry.options.map_entry = True
    for number, (part, element) in enumerate((("key", "string"), ("value", type_.element)), 1):
        _set_type(entry.field.add(name=part, json_name=part, number=number, label=Field.LABEL_OPTIONAL), element)
    declared.label, declared.type, declared.type_name = Field.LABEL_REPEATED, Field.TYPE_MESSAGE, f".tessera.{message.name}.{entry.name}"


def _set_type(declared: Any, name: str) -> None:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

    if name in _PLAIN:
        declared.type = getattr(Field, f"TYPE_{_PLAIN[name]}")
        return
    known = f".tessera.{MESSAGES[name]}" if name in MESSAGES else f".google.protobuf.{_WELL_KNOWN[name]}"
    declared.type, declared.type_name = Field.TYPE_MESSAGE, known


def _number(index: int) -> int:
    """The field number after `index` fields; protobuf keeps 19,000 to 19,999 for itself."""
    return index + 1 if index < 18_999 else index + 1_001
