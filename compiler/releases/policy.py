"""The policy file: which targets there are, whose approval each needs, how its canaries go, and what guards them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from compiler.shape import Shape
from compiler.sign import KeyFileError, public_keys
from compiler.values import LONGEST_TEXT, OneOrMany, OneOrManyTexts, Share, Span, SpokenName, Text, refused

FILE = "release.yaml"
PARTS = 1_000_000  # a Share counts millionths


@dataclass(frozen=True, slots=True)
class Person:
    """Who may approve: the groups that they speak for, and their public key (`key id:base64url`)."""

    name: str
    groups: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class CanaryPlan:
    """How a canary begins: its share (0 to 1), its countries (empty: everywhere), and a header that always gets it."""

    share: float
    countries: tuple[str, ...] = ()
    header: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class GuardPlan:
    """When a canary is promoted, and when it is taken back: see docs/guard.md. `hold` is in seconds; rates and shares are 0 to 1."""

    metric: str | None
    steps: tuple[float, ...]
    min_visitors: int
    alpha: float
    worse: float
    errors: float
    fallbacks: float
    latency: float
    hold: float


@dataclass(frozen=True, slots=True)
class Target:
    """A store in which a site is released. `to` as `--to` takes it; `needs`: groups, one approval each; `budget`: bytes of the
    bundle, None for no bound; `keep`: how many releases stay to go back to."""

    name: str
    to: str
    needs: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()
    budget: int | None = None
    keep: int = 20
    canary: CanaryPlan | None = None
    guard: GuardPlan | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    people: Mapping[str, Person]
    targets: Mapping[str, Target]

    def of(self, target: Target) -> dict[str, Any] | None:
        """What of it the pointer carries, so that nobody publishes past it; None where nobody's approval is needed."""
        if not target.needs:
            return None
        speaking = {name: person for name, person in self.people.items() if set(person.groups) & set(target.needs)}
        people = {name: {"groups": list(person.groups), "key": person.key} for name, person in sorted(speaking.items())}
        return {"target": target.name, "needs": list(target.needs), "people": people}


class PolicyError(Exception):
    """The policy file cannot be used; all that is wrong with it, a block each with file, line and column."""


def digest(policy: Mapping[str, Any] | None) -> str:
    """The name of a pointer's policy, which approvals are given under; "" for none."""
    return sha256(json.dumps(policy, sort_keys=True, separators=(",", ":")).encode()).hexdigest() if policy else ""


def people_of(policy: Mapping[str, Any]) -> dict[str, Person]:
    """Whose approval counts, of a pointer's policy. Raises: LookupError, TypeError where it is of another form."""
    return {name: Person(name, tuple(told["groups"]), told["key"]) for name, told in policy["people"].items()}


# --- the file ---------------------------------------------------------------------------------------------------------------


def _public_key(value: str) -> str:
    try:
        found = public_keys(value)
    except KeyFileError:
        found = {}
    if len(found) != 1:
        raise refused("this is no public key", "put the text of a .pub file of 'tessera keygen' here")
    return value


def _country(value: str) -> str:
    if len(value) != 2 or not value.isalpha() or not value.isupper() or not value.isascii():
        raise refused(f"'{value}' is no country", "write the two capital letters of ISO 3166, such as DE, in quotes where YAML reads a word")
    return value


_UNITS = {"B": 1, "KB": 1000, "MB": 10**6, "KIB": 1024, "MIB": 2**20}


def _size(value: str) -> str:
    number, _, unit = value.strip().partition(" ")
    if not number.isdecimal() or unit.upper() not in _UNITS:
        raise refused(f"'{value}' is no size", "write it like 500 kB or 2 MB")
    return value


PublicKey = Annotated[Text, AfterValidator(_public_key)]
Country = Annotated[str, AfterValidator(_country)]
Size = Annotated[str, AfterValidator(_size)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]


class Header(Shape):
    """A header of a request that always gets the canary."""

    name: HeaderName = Field(examples=["name: x-canary"])
    value: Annotated[str, Field(min_length=1, max_length=256)] = Field(examples=["value: a-long-random-text"])


class PersonSpec(Shape):
    groups: OneOrMany = Field(examples=["groups: [marketing]"])
    key: PublicKey = Field(examples=["key: 3fa4…:base64url"])


class CanarySpec(Shape):
    share: Share = Field(examples=["share: 5%"])
    countries: tuple[Country, ...] = Field((), strict=False, examples=["countries: [DE]"])
    header: Header | None = None


class GuardSpec(Shape):
    metric: SpokenName | None = Field(None, examples=["metric: order"])
    steps: tuple[Share, ...] = Field((50_000, 250_000, 1_000_000), strict=False, examples=["steps: [5%, 25%, 100%]"])
    min_visitors: Annotated[int, Field(ge=1, le=10**9)] = Field(500, examples=["min_visitors: 500"])
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = Field(0.05, examples=["alpha: 0.05"])
    worse: Share = Field(20_000, examples=["worse: 2%"])
    errors: Share = Field(5_000, examples=["errors: 0.5%"])
    fallbacks: Share = Field(10_000, examples=["fallbacks: 1%"])
    latency: Annotated[float, Field(ge=1, le=100)] = Field(1.3, examples=["latency: 1.3"])
    hold: Span = Field(3600, examples=["hold: 1h"])


class TargetSpec(Shape):
    to: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] = Field(examples=["to: local"])
    needs: OneOrMany | None = Field(None, examples=["needs: [marketing, legal]"])
    edges: OneOrManyTexts | None = Field(None, examples=["edges: [https://shop.example.com]"])
    budget: Size | None = Field(None, examples=["budget: 500 kB"])
    keep: Annotated[int, Field(ge=1, le=100)] = Field(20, examples=["keep: 20"])
    canary: CanarySpec | None = None
    guard: GuardSpec | None = None


class PolicyFile(Shape):
    people: dict[SpokenName, PersonSpec] = {}
    targets: dict[SpokenName, TargetSpec] = Field(examples=["targets:\n  production: {to: local}"])


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        PolicyError: with all that is wrong with it.
    """
    from compiler.diagnostics import Diagnostics
    from compiler.shape_problems import explain
    from compiler.source import read

    diagnostics = Diagnostics()
    node = read(path, path.as_posix(), diagnostics)
    spec = None
    if node is not None:
        try:
            spec = PolicyFile.model_validate(node.plain)
        except ValidationError as error:
            explain(error, PolicyFile, node.place, diagnostics)
    if spec is not None:
        for name, target in spec.targets.items():
            for group in _unmet(target.needs or (), spec.people):
                diagnostics.error("E012", node.place("targets", name, "needs"), f"nobody speaks for '{group}' besides whom the other groups need", f"add somebody with {group} among their groups to people")
    if spec is None or diagnostics.failed:
        raise PolicyError(diagnostics.render())
    people = {name: Person(name, one.groups, one.key) for name, one in spec.people.items()}
    return Policy(people, {name: _target(name, one) for name, one in spec.targets.items()})


def _unmet(needs: Sequence[str], people: Mapping[str, PersonSpec]) -> list[str]:
    missing = missing_groups(needs, {name: one.groups for name, one in people.items()})
    return missing


def missing_groups(needs: Sequence[str], speaking: Mapping[str, Sequence[str]]) -> list[str]:
    """The groups for which nobody is left to speak, each person speaking for one of them at most (a matching by augmenting paths).

    Args:
        speaking: person → their groups.
    """
    taken: dict[str, str] = {}  # person → group

    def finds(group: str, seen: set[str]) -> bool:
        for person, groups in speaking.items():
            if group in groups and person not in seen:
                seen.add(person)
                if person not in taken or finds(taken[person], seen):
                    taken[person] = group
                    return True
        return False

    return [group for group in needs if not finds(group, set())]


def _target(name: str, spec: TargetSpec) -> Target:
    canary = spec.canary and CanaryPlan(
        spec.canary.share / PARTS, spec.canary.countries, (spec.canary.header.name.lower(), spec.canary.header.value) if spec.canary.header else None
    )
    return Target(name, spec.to, spec.needs or (), spec.edges or (), _bytes(spec.budget), spec.keep, canary, _guard(spec.guard))


def _guard(spec: GuardSpec | None) -> GuardPlan | None:
    if spec is None:
        return None
    steps = tuple(step / PARTS for step in spec.steps)
    return GuardPlan(
        spec.metric, steps, spec.min_visitors, spec.alpha, spec.worse / PARTS, spec.errors / PARTS, spec.fallbacks / PARTS, spec.latency, spec.hold
    )


def _bytes(text: str | None) -> int | None:
    if text is None:
        return None
    number, _, unit = text.strip().partition(" ")
    return int(number) * _UNITS[unit.upper()]
