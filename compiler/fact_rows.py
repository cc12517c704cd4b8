"""A row of pre-computed attributes → what the store holds of a visitor under `facts:<key>`, or everything that is wrong with it.

Pure: the site's declared attributes, a row, and the moment of the load go in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from compiler.diagnostics import did_you_mean
from compiler.values import spoken
from tessera.identity import account_key
from tessera.profile import MAX_PROFILE, VERSION
from tessera.record import plain
from tessera.types import MAX_LIST, MAX_TEXT, Attribute, coerce, moment_of

IDS = ("visitor", "id", "unit", "user_id")  # columns that are looked for where no id column is named
ACCOUNT = "account:"  # before the subject of an account, in place of a visitor's id
UPDATED = "updated"  # the column that tells when a row was computed
SPACES = ("visitor", "account")
MAX_SUBJECT = 256
MAX_VISITORS = 64  # of one account

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NUMBER = re.compile(r"[-+]?\d{1,40}(\.\d{0,40})?([eE][-+]?\d{1,3})?", re.ASCII)


class Problem(NamedTuple):
    """What is wrong with a row; `attribute` is the column, or None where it is the row as such."""

    attribute: str | None
    why: str
    fix: str | None = None

    def __str__(self) -> str:
        where = f"{self.attribute}: " if self.attribute else ""
        return f"{where}{self.why}{f'; {self.fix}' if self.fix else ''}"


class Pair(NamedTuple):
    """A key of the store and its value, JSON text."""

    key: str
    value: str


Made = Pair | Sequence[Problem]
Gate = Callable[[Mapping[str, Any]], Sequence[str]]


def key_of(site: str, told: Any) -> str | None:
    """The key under which the store knows a visitor (their id), or an account (`account:` and its subject); None for neither."""
    if isinstance(told, int) and not isinstance(told, bool):
        told = str(told)
    if not isinstance(told, str):
        return None
    if told.startswith(ACCOUNT):
        subject = told.removeprefix(ACCOUNT)
        return account_key(site, subject) if 0 < len(subject) <= MAX_SUBJECT else None
    return told if _ID.fullmatch(told) else None


_NO_ID = "an id is 1 to 64 letters, digits, - and _, as in the cookie; of an account write account: and its subject"


@dataclass(frozen=True)
class Facts:
    """Makes `facts:` documents of rows.

    Args:
        attributes: the site's, by full name. id: the column of the id (None: the first of IDS that a row has).
        ignored: columns that are left out. written: whether values are texts, as in CSV.
        at: epoch seconds of the load. gate: what else is wrong with a document, in words.
    """

    site: str
    attributes: Mapping[str, Attribute]
    id: str | None
    ignored: frozenset[str]
    written: bool
    at: float
    gate: Gate = lambda document: ()

    def id_of(self, names: Sequence[str]) -> str | None:
        """Which of a row's columns is the id."""
        return self.id if self.id is not None else next((name for name in IDS if name in names), None)

    def columns(self, columns: Sequence[str], structs: frozenset[str] = frozenset()) -> list[Problem]:
        """What is wrong with the columns of a file as such; `structs` are those of them that hold columns themselves."""
        names = [name for name in columns if name not in structs or name not in SPACES]
        id_ = self.id_of(names)
        if id_ is None or id_ not in names:
            return [Problem(None, f"no column '{id_}'" if id_ else "no column of the visitor's id", f"name it with --id; the columns are {', '.join(names) or 'none'}")]
        named = [name for name in names if name != id_]
        found = [self._named(name) for name in named]
        problems = [one for one in found if isinstance(one, Problem)]
        twice = [name for name, one in zip(named, found) if isinstance(one, Attribute) and found.index(one) < named.index(name)]
        return problems + [Problem(name, "stands there twice, as a full and as a bare name", f"leave one out with --ignore {name}") for name in twice]

    def of(self, row: Mapping[str, Any]) -> Made:
        """The document of a row, or all its problems."""
        id_ = self.id_of([name for name in row if not isinstance(row[name], Mapping)])
        if id_ is None:
            return [Problem(None, "no id", f"name its column with --id; looked for were {', '.join(IDS)}")]
        problems: list[Problem] = []
        key = key_of(self.site, row.get(id_))
        if key is None:
            problems.append(Problem(id_, f"{_spoken(row.get(id_))} is no id", _NO_ID))
        updated = self._moment(row, problems)
        values = self._values(row, id_, problems)
        if problems:
            return problems
        document = {"v": VERSION, "attributes": values, "updated": updated}
        problems += map(self._impossible, self.gate(document))
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        if len(text) > MAX_PROFILE:
            problems.append(Problem(None, f"{len(text):,} characters in all, at most {MAX_PROFILE:,} are read", "leave columns out with --ignore"))
        return problems or Pair(f"facts:{key}", text)

    def _impossible(self, words: str) -> Problem:
        """What the gate says, with the attribute that it names."""
        name, _, why = words.partition(": ")
        return Problem(name, why) if name in self.attributes else Problem(None, words)

    def _moment(self, row: Mapping[str, Any], problems: list[Problem]) -> float:
        told = row.get(UPDATED)
        if told in (None, "") or UPDATED in self.ignored or isinstance(self._named(UPDATED), Attribute):
            return self.at
        if self.written and _NUMBER.fullmatch(told):
            told = float(told)
        moment = moment_of(told)
        if moment is None or not 0 <= moment <= self.at + 86_400:
            problems.append(Problem(UPDATED, f"{_spoken(told)} is no moment of the past", "write ISO 8601 or seconds since 1970"))
        return self.at if moment is None else moment

    def _values(self, row: Mapping[str, Any], id_: str, problems: list[Problem]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in _flat(row, id_):
            attribute = self._named(name)
            if isinstance(attribute, Problem):
                problems.append(attribute)
            if not isinstance(attribute, Attribute):
                continue
            try:
                typed = self._typed(attribute, value)
            except _Misfit as misfit:
                problems.append(Problem(attribute.name, *misfit.args))
                continue
            if attribute.name in values:
                problems.append(Problem(attribute.name, "stands there twice, as a full and as a bare name"))
            if typed is not None:
                values[attribute.name] = typed
        return values

    def _named(self, name: str) -> Attribute | Problem | None:
        """The attribute that a column is for; None for a column that is left out."""
        if name in self.ignored:
            return None
        for full in (name, *(f"{space}.{name}" for space in SPACES)):
            found = self.attributes.get(full)
            if found is not None and not full.startswith("request."):
                if (found.source or "").startswith("lookup."):
                    return Problem(name, "is looked up by the visitor's address with each request", f"leave it out with --ignore {name}")
                return found
        if name == UPDATED:
            return None
        known = [full for full in self.attributes if not full.startswith("request.")]
        bare = [full.partition(".")[2] for full in known]
        return Problem(name, "no attribute of the site", did_you_mean(name, known if "." in name else bare) or f"declare it in site.yaml, or leave it out with --ignore {name}")

    def _typed(self, attribute: Attribute, value: Any) -> Any:
        """A value as the store holds it, so that the edge reads it back to the same; None for none.

        Raises:
            _Misfit: why, and how to mend it.
        """
        if self.written:
            value = _read(attribute.type, value)
        if value is None:
            return None
        typed = coerce(attribute, value)
        if typed is None:
            if attribute.values:
                near = did_you_mean(value, attribute.values) if isinstance(value, str) else None
                raise _Misfit(f"{_spoken(value)} is none of {', '.join(sorted(attribute.values))}", near or "correct it, or add it to the type in site.yaml")
            raise _Misfit(f"expected {attribute.type}, found {_spoken(value)}", "write a value of that type, or null for none")
        if isinstance(typed, (tuple, dict)) and isinstance(value, (list, dict)) and attribute.type != "any" and len(typed) < len(value):
            if len(value) > MAX_LIST:
                raise _Misfit(f"{len(value)} elements, at most {MAX_LIST} are read", "keep the most important ones")
            raise _Misfit(f"{len(value) - len(typed)} of {len(value)} elements are not as {attribute.type} has them", "correct or remove them")
        if not _is_short(value):
            raise _Misfit(f"a text of more than {MAX_TEXT:,} characters", "shorten it: the edge would cut it")
        return value if "version" in attribute.type else plain(typed)


class _Misfit(Exception):
    """A value that is not of its attribute's type: why, and how to mend it."""


def _flat(row: Mapping[str, Any], id_: str):
    """(name, value) of all columns but the id's, those of `visitor` and `account` by their full names."""
    for name, value in row.items():
        if name in SPACES and isinstance(value, dict):
            yield from ((f"{name}.{inner}", one) for inner, one in value.items())
        elif name != id_:
            yield name, value


def _is_short(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    if isinstance(value, dict):
        return all(map(_is_short, value)) and all(map(_is_short, value.values()))
    return all(map(_is_short, value)) if isinstance(value, list) else True


def _spoken(value: Any) -> str:
    """A value in words, cut where it is long."""
    text = spoken(value)
    return text if len(text) <= 80 else f"{text[:76]}…'"


def _read(kind: str, text: str) -> Any:
    """A cell of a CSV file as the JSON value that it tells; None for an empty one. What it cannot be stays text."""
    if text == "":
        return None
    if kind in ("int", "double"):
        return (int(text) if _is_whole(text) else float(text)) if _NUMBER.fullmatch(text) else text
    if kind == "timestamp" and _NUMBER.fullmatch(text):
        return float(text)
    if kind == "bool":
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind.startswith(("list<", "map<")) or kind == "any":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _is_whole(text: str) -> bool:
    return text.lstrip("+-").isdigit()


@dataclass(frozen=True)
class Aliases:
    """Makes `alias:` documents of rows `{"account": subject, "visitors": [id, …]}`."""

    site: str

    def columns(self, names: Sequence[str], structs: frozenset[str] = frozenset()) -> list[Problem]:
        missing = [name for name in ("account", "visitors") if name not in names]
        return [Problem(name, "no such column", "rows of aliases have `account` and `visitors`") for name in missing]

    def of(self, row: Mapping[str, Any]) -> Made:
        account, visitors = row.get("account"), row.get("visitors")
        if isinstance(visitors, str):  # of CSV
            visitors = _read("list<string>", visitors)
        problems = []
        key = key_of(self.site, f"{ACCOUNT}{account}") if isinstance(account, (str, int)) and not isinstance(account, bool) else None
        if key is None:
            problems.append(Problem("account", f"{_spoken(account)} is no account", f"write its subject, a text of 1 to {MAX_SUBJECT} characters"))
        if not isinstance(visitors, list) or not 0 < len(visitors) <= MAX_VISITORS:
            problems.append(Problem("visitors", f"expected a list of 1 to {MAX_VISITORS} ids, found {_spoken(visitors)}"))
            return problems
        ids = [str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in visitors]
        wrong = [one for one in ids if not isinstance(one, str) or not _ID.fullmatch(one)]
        if wrong:
            problems.append(Problem("visitors", f"{_spoken(wrong[0])} is no id", "an id is 1 to 64 letters, digits, - and _, as in the cookie"))
        return problems or Pair(f"alias:{key}", json.dumps({"v": VERSION, "visitors": list(dict.fromkeys(ids))}, separators=(",", ":")))
