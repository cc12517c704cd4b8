"""What a site's owners agreed on beyond what compiles: names, metadata, owners, how long things may run. A YAML file of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from compiler.audit.findings import CODES, Severity
from compiler.diagnostics import Diagnostics, Rejected
from compiler.shape import Shape
from compiler.values import Many, Span, Text, refused

Kind = Literal["attribute", "segment", "metric", "slot", "rule", "component", "variant", "experiment", "arm", "campaign", "model", "list", "lookup", "purpose", "page"]
Key = Literal["owner", "about", "goal", "hypothesis", "guard", "run", "approve", "cap"]
SNAKE_CASE = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
NEEDS: Mapping[str, tuple[str, ...]] = {"segment": ("owner", "about"), "campaign": ("owner", "about"), "experiment": ("owner",)}
DAY = 86_400


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise refused(f"'{value}' is not a pattern: {error}", "write a regular expression for the whole name, such as '[a-z]+(_[a-z0-9]+)*'") from None
    return value


def _code(value: str) -> str:
    if not re.fullmatch("[AW][0-9]{3}", value):
        raise refused(f"'{value}' is no code of an audit", "write one like A050; docs/audit.md has them all")
    return value


Pattern = Annotated[str, AfterValidator(_pattern), Field(max_length=200)]
Code = Annotated[str, AfterValidator(_code)]


class Ignored(Shape):
    """A finding that is accepted as it is, and why."""

    code: Code = Field(examples=["code: A050"])
    of: Text | None = Field(None, examples=["of: visitor.hidden"])
    why: Text = Field(examples=["why: read by the mail program"])


class Conventions(Shape):
    """conventions.yaml. Durations are in seconds."""

    names: dict[Kind, Pattern] = Field({}, examples=["names: {experiment: '[a-z]+_[a-z0-9_]+'}"], description="kind → what the whole name must match")
    longest: Annotated[int, Field(ge=1, le=64)] = 48
    needs: dict[Kind, Many[Key]] = Field({}, examples=["needs: {segment: [owner, about]}"], description="kind → the keys that must be filled")
    owners: Many[Text] = Field((), examples=["owners: [growth, shop]"], description="who may be an owner; anybody where it is empty")
    ahead: Span = Field(90 * DAY, examples=["ahead: 90d"], description="what begins later than this is reported")
    run: Span = Field(90 * DAY, examples=["run: 90d"], description="how long an experiment may run before it is decided")
    ignore: Many[Ignored] = ()
    severity: dict[Code, Severity] = Field({}, examples=["severity: {A062: error}"], description="code → how grave it is here")

    @model_validator(mode="after")
    def _known_codes(self) -> Conventions:
        for code in self.severity:
            if code.startswith("A") and code not in CODES:
                raise refused(f"there is no code {code}", f"the codes are {min(CODES)} to {max(CODES)}; docs/audit.md has them all")
        return self

    def pattern(self, kind: str) -> str:
        return self.names.get(kind, SNAKE_CASE)

    def needed(self, kind: str) -> tuple[str, ...]:
        """The keys that something of a kind must have; of kinds that the file does not name those of NEEDS."""
        return self.needs.get(kind, NEEDS.get(kind, ()))


def read_conventions(path: Path) -> Conventions:
    """The conventions of a file.

    Raises:
        Rejected: with all that is wrong with it.
    """
    from pydantic import ValidationError

    from compiler.shape_problems import explain
    from compiler.source import read

    diagnostics = Diagnostics()
    node = read(path, path.as_posix(), diagnostics)
    if node is not None:
        try:
            return Conventions.model_validate(node.plain)
        except ValidationError as error:
            explain(error, Conventions, node.place, diagnostics)
    raise Rejected(diagnostics)
