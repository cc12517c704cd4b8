"""An imported site → its files, as a person would have written them; what the repository's YAML reader reads back is the same."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from compiler.frontends.site import Arm, Experiment, Flag, Rule, Site

WIDTH = 120  # columns of a line in flow style
FOLDED = 100  # columns of a line of a folded condition
LONGEST_KEY = 1000  # characters of a key that needs no `?` (YAML: 1,024)

TITLES = {"growthbook": "GrowthBook", "unleash": "Unleash", "flagd": "flagd", "optimizely": "Optimizely", "eppo": "Eppo"}

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(?: [A-Za-z0-9_.-]+)*")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_READ_AS_OTHER = re.compile(r"(?i:true|false|null|\.inf|\.nan)")
_LINE_BREAKS = "\x85\u2028\u2029\ufeff"


def write(site: Site) -> dict[str, str]:
    """Relative path → YAML text, in the order in which a person would read them."""
    files = {"site.yaml": _site(site)}
    if site.segments:
        files["segments.yaml"] = "".join(
            _comment("" if segment.original == segment.name else segment.original) + _entry(segment.name, {"when": segment.when})
            for segment in site.segments
        )
    for flag in site.flags:
        files[f"slots/{flag.name}.yaml"] = _flag(flag)
    for experiment in site.experiments:
        files[f"experiments/{experiment.name}.yaml"] = _experiment(experiment)
    return files


# --- files -----------------------------------------------------------------------------------------------------------


def _site(site: Site) -> str:
    lines = [
        f"# Imported from {TITLES.get(site.tool, site.tool)}: a slot for each flag, without pages; callers supply the context.\n",
        "tessera: 1\n",
        "hosts: [localhost]\n",
    ]
    if site.attributes:
        lines.append("attributes:\n  visitor:\n")
    for attribute in site.attributes:
        declared = {"type": attribute.type, "purpose": "none", "keep": "session", "from": f"context.{attribute.original}"}
        lines.append(_entry(attribute.name, declared, 4))
    return "".join(lines)


def _flag(flag: Flag) -> str:
    text = _comment(flag.comment)
    if flag.original != flag.name:
        text += _entry("flag", flag.original)
    text += _entry("values", flag.values)
    if flag.metadata:
        text += _entry("metadata", dict(flag.metadata))
    text += "ladder:\n"
    if flag.rules:
        text += "  segment:\n" + "".join(map(_rule, flag.rules))
    return text + _entry("default", flag.default, 2)


def _rule(rule: Rule) -> str:
    keys = {"rule": rule.name, "when": rule.when, "show": rule.show, "test": rule.test}
    stated = {key: value for key, value in keys.items() if value is not None}
    line = f"    - {_flow(stated)}\n"
    if len(line) <= WIDTH:
        return _comment(rule.comment, 4) + line
    first, *others = stated.items()
    block = f"    - {_entry(*first).rstrip()}\n" + "".join(_entry(key, value, 6) for key, value in others)
    return _comment(rule.comment, 4) + block


def _experiment(experiment: Experiment) -> str:
    keys = {
        "key": experiment.original if experiment.original != experiment.name else None,
        "unit": experiment.unit,
        "fallback_unit": experiment.fallback_unit,
        "purpose": "none",
        "hash": experiment.hash,
        "buckets": experiment.buckets,
        "salt": experiment.salt,
        "arms": {arm.name: _arm(arm) for arm in experiment.arms},
        "sticky": experiment.sticky or None,
        "version": experiment.version or None,
        "min_version": experiment.min_version or None,
        "run": _run(experiment),
    }
    return _comment(experiment.comment) + "".join(_entry(key, value) for key, value in keys.items() if value is not None)


def _arm(arm: Arm) -> dict[str, Any]:
    share = {"weight": arm.weight} if arm.ranges is None else {"ranges": [list(pair) for pair in arm.ranges]}
    return {**share, "show": arm.show}


def _run(experiment: Experiment) -> dict[str, str] | None:
    stated = {"from": experiment.start, "until": experiment.end}
    return {key: _moment(text) for key, text in stated.items() if text is not None} or None


def _moment(text: str) -> str:
    """An ISO 8601 time in UTC; a part of a second counts as a whole one, which decides the same for whole seconds."""
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
        moment += timedelta(microseconds=-moment.microsecond % 1_000_000)
    except (ValueError, OverflowError):
        return text
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- YAML ------------------------------------------------------------------------------------------------------------


def _comment(text: str, indent: int = 0) -> str:
    """The text as comment lines."""
    lines = ("".join(c if c.isprintable() else " " for c in line).rstrip() for line in text.splitlines())
    return "".join(f"{' ' * indent}# {line}\n" if line else f"{' ' * indent}#\n" for line in lines)


def _entry(key: str, value: Any, indent: int = 0) -> str:
    """`key: value`, in flow style where that fits the line, as a block where it does not."""
    start = f"{' ' * indent}{_key(key)}"
    line = f"{start} {_flow(value)}\n"
    if len(line) <= WIDTH:
        return line
    if _opens(value):
        return f"{start}\n" + "".join(_entry(name, held, indent + 2) for name, held in value.items())
    if value and isinstance(value, (list, tuple)):
        return f"{start}\n" + "".join(_element(element, indent + 2) for element in value)
    if isinstance(value, str) and _foldable(value):
        margin = " " * (indent + 2)
        return f"{start} >-\n" + "".join(f"{margin}{part}\n" for part in _folded(value, FOLDED))
    return line


def _element(value: Any, indent: int) -> str:
    line = f"{' ' * indent}- {_flow(value)}\n"
    if len(line) <= WIDTH or not _opens(value):
        return line
    block = "".join(_entry(key, held, indent + 2) for key, held in value.items())
    return f"{' ' * indent}- {block.lstrip(' ')}"


def _opens(value: Any) -> bool:
    """Whether a value is a mapping that can be a block: a key after a `?` has its value on the same line in flow style alone."""
    return isinstance(value, dict) and bool(value) and all(len(key) <= LONGEST_KEY for key in value)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} {_flow(held)}" for key, held in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _key(key: str) -> str:
    return f"{_text(key)}:" if len(key) <= LONGEST_KEY else f"? {_text(key)} :"


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -(2**63) <= value < 2**63 else _scalar(_as_float(value))
    if isinstance(value, float):
        special = ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
        return repr(value) if math.isfinite(value) else special
    return _text(value)


def _as_float(value: int) -> float:
    """What JSON's number is to a tool that has no larger integers."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _text(text: str) -> str:
    """Plain where no reader can take it for anything else, then in single quotes, at last with escapes."""
    if (_PLAIN.fullmatch(text) and not _READ_AS_OTHER.fullmatch(text)) or _MOMENT.fullmatch(text):
        return text
    if text.isprintable() and not any(mark in text for mark in _LINE_BREAKS):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if character.isprintable() and character not in _LINE_BREAKS:
        return f"\\{character}" if character in '"\\' else character
    return json.dumps(character)[1:-1] if code < 0x7F else f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


def _foldable(text: str) -> bool:
    """Whether a folded block gives the text back: one line, printable, with a place to break it."""
    return text.isprintable() and not any(mark in text for mark in _LINE_BREAKS) and text == text.strip() and re.search(r"\S \S", text) is not None


def _folded(text: str, width: int) -> list[str]:
    """Lines that single spaces join to the text: broken after `&&` and `||` where that leaves no short line."""
    lines = []
    while len(text) > width:
        spaces = [found.start() + 1 for found in re.finditer(r"\S \S", text)]
        within = [at for at in spaces if at <= width]
        joints = [at for at in within if text[at - 2 : at] in ("&&", "||") and at > width // 3]
        at = (joints or within or spaces[:1] or [0])[-1]
        if not at:
            break
        lines.append(text[:at])
        text = text[at + 1 :]
    return [*lines, text]
