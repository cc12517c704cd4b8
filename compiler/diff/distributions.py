"""How often which value occurs among a site's visitors, as a file says it: docs/diff.md, "Weights of your own"."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONSENT = "consent"
PLAIN = (str, int, float, bool)


class DistributionError(Exception):
    """A file of distributions that cannot be used; one line that says how to mend it."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Values with their weights; None is "not known"."""

    values: tuple[Any, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two, evenly; of a list its length. `missing`: the share of visitors of whom it is not known."""

    low: float
    high: float
    missing: float


Distribution = Weights | Range


def read(path: Path, known: Collection[str]) -> dict[str, Distribution]:
    """The distributions of a YAML file, by attribute.

    Args:
        known: the attributes that may be given.
    Raises:
        DistributionError: missing, no YAML, an unknown attribute, or a wrong form.
    """
    from ruamel.yaml import YAML, YAMLError

    try:
        stored = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DistributionError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DistributionError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise DistributionError(f"{path}: not YAML ({' '.join(str(error).split())[:200]})") from None
    if not isinstance(stored, dict):
        raise DistributionError(f"{path}: a mapping is needed, attribute → weights, such as request.country: {{DE: 60, US: 40}}")
    return {name: _distribution(f"{path}: '{name}'", name, told, known) for name, told in stored.items()}


def _distribution(where: str, name: Any, told: Any, known: Collection[str]) -> Distribution:
    if name != CONSENT and name not in known:
        raise DistributionError(f"{where} is no attribute that either bundle reads; there are {', '.join(sorted(known))} and {CONSENT}")
    if not isinstance(told, Mapping) or not told:
        raise DistributionError(f"{where} must be {{value: weight, …}} or {{low: …, high: …}}")
    if "low" in told or "high" in told:
        return _range(where, told)
    if not all(key is None or isinstance(key, PLAIN) for key in told):
        raise DistributionError(f"{where}: values are texts, numbers, true, false, or ~ for not known")
    if not all(_is_number(weight) and weight >= 0 for weight in told.values()) or not sum(told.values()):
        raise DistributionError(f"{where}: weights are numbers from 0, and not all of them 0")
    return Weights(tuple(told), tuple(float(weight) for weight in told.values()))


def _range(where: str, told: Mapping[Any, Any]) -> Range:
    low, high, missing = told.get("low"), told.get("high"), told.get("missing", 0.0)
    if set(told) - {"low", "high", "missing"} or not (_is_number(low) and _is_number(high) and low <= high):
        raise DistributionError(f"{where}: a range is {{low: 0, high: 100}}, and may say missing: 0.2")
    if not _is_number(missing) or not 0 <= missing <= 1:
        raise DistributionError(f"{where}: `missing` is a share from 0 to 1")
    return Range(float(low), float(high), float(missing))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value and abs(value) != float("inf")
