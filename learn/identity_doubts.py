"""What speaks against a link, whatever else agrees. A household shares surname, address, telephone and often an e-mail address, so
none of these makes one person of two records: given names, dates of birth and what is one's own decide. SQL is DuckDB's; `l` and
`r` are rows of `records`.
"""

from __future__ import annotations

from collections.abc import Collection

SIMILAR = 0.8  # Jaro-Winkler: from it on two names are one name, more or less well written
SAME_DATE = 1  # Levenshtein: up to it two dates are one date
OTHER_DATE = 2  # above it they are two dates


def same_given(kinds: Collection[str]) -> str:
    """SQL: the given names are one (true), two (false), or one is not known (NULL). Initials, parts and swapped names are one."""
    if "given_name" not in kinds:
        return "NULL::BOOLEAN"

    def similar(one: str, other: str) -> str:
        return f"jaro_winkler_similarity({one}, {other}) >= {SIMILAR}"

    left, right = "l.given_name", "r.given_name"
    ways = [
        similar(left, right),
        f"contains(' ' || {left} || ' ', ' ' || {right} || ' ')", f"contains(' ' || {right} || ' ', ' ' || {left} || ' ')",
        f"(least(length({left}), length({right})) = 1 AND left({left}, 1) = left({right}, 1))",
    ]  # fmt: skip
    if "surname" in kinds:  # swapped; where a surname is not known they are not
        ways += [f"coalesce({similar('l.given_name', 'r.surname')} AND {similar('l.surname', 'r.given_name')}, false)"]
    return f"({' OR '.join(ways)})"


def dates(kinds: Collection[str]) -> str:
    """SQL: by how many letters the dates of birth differ, or NULL."""
    return "levenshtein(l.dob, r.dob)" if "dob" in kinds else "NULL::INTEGER"


def contradicted(kinds: Collection[str]) -> str:
    """SQL: the records are of two persons: two given names, and dates of birth that differ too or are not both known."""
    return f"coalesce(NOT {same_given(kinds)} AND coalesce({dates(kinds)} > {OTHER_DATE}, true), false)"


def personal(kinds: Collection[str]) -> str:
    """SQL: something agrees that is one's own. True for all where the records have no such column."""
    own = []
    if "given_name" in kinds:
        own.append(same_given(kinds))
    if "dob" in kinds:
        own.append(f"{dates(kinds)} <= {SAME_DATE}")
    if "email" in kinds:
        own.append("l.email = r.email")
    if "national_id" in kinds:
        own.append("levenshtein(l.national_id, r.national_id) <= 1")
    return " OR ".join(f"coalesce({one}, false)" for one in own) or "true"
