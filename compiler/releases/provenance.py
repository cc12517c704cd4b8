"""Where a bundle is from: an in-toto statement with SLSA provenance, signed. What each field holds: docs/provenance.md.

Sources: https://slsa.dev/spec/v1.0/provenance, https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

from compiler.releases import dsse
from compiler.releases.sources import Revision
from compiler.sign import verify as verify_bundle
from tessera.bundle import FORMAT, BundleError, Sealed, unseal
from tessera.types import parse_json

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:tessera:build:1"
LOCAL_BUILDER = "urn:tessera:builder:local"
SITE = "site/"  # before the names of the site's files
LOCK = "requirements.lock"
TOOL = "tessera-edge"
REPOSITORY = "repository"
SHOWN = 5  # names that a message tells of a longer list


class ProvenanceError(Exception):
    """The bundle is not what the provenance says, or nobody who is trusted says it. One line; `kind` is for machines."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Build:
    """How a bundle was made. `site`: the folder's name for readers; `files`: its files → SHA-256; `lock`: SHA-256 of the packages'
    lock file; `tool`: version and `dirHash` of the compiler; `by`: SHA-256 of the files made beside the bundle, by name."""

    site: str
    files: Mapping[str, str]
    source: Revision | None
    lock: str | None
    tool: tuple[str, str]
    builder: str = LOCAL_BUILDER
    invocation: str | None = None
    at: datetime | None = None
    by: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A provenance that holds: who signed it, and what it says."""

    key: str
    bundle: str
    builder: str
    invocation: str | None
    commit: str | None
    dirty: bool
    files: Mapping[str, str]
    lock: str | None
    tool: str | None
    by: Mapping[str, str]


def file_name(bundle: str) -> str:
    """How the bundle's file is called in a store, below `bundles/`."""
    return f"{bundle}.tessera"


def statement(data: bytes, build: Build) -> dict[str, Any]:
    """The statement about a signed bundle: the same for the same bytes and the same build. Raises BundleError."""
    name = unseal(data).name
    subjects = [
        {"name": file_name(name), "digest": {"sha256": sha256(data).hexdigest()}},
        {"name": f"{file_name(name)}#body", "digest": {"sha256": name}},
    ]
    definition = {
        "buildType": BUILD_TYPE,
        "externalParameters": {"site": build.site, "format": FORMAT},
        "internalParameters": {},
        "resolvedDependencies": [*_repository(build.source), *_tools(build), *({"name": SITE + path, "digest": {"sha256": digest}} for path, digest in sorted(build.files.items()))],
    }
    metadata = {"invocationId": build.invocation} if build.invocation else {}
    if build.at is not None:
        metadata["finishedOn"] = build.at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    details: dict[str, Any] = {"builder": {"id": build.builder, "version": {TOOL: build.tool[0]}}}
    if metadata:
        details["metadata"] = metadata
    if build.by:
        details["byproducts"] = [{"name": path, "digest": {"sha256": digest}} for path, digest in sorted(build.by.items())]
    return {"_type": STATEMENT, "subject": subjects, "predicateType": PREDICATE, "predicate": {"buildDefinition": definition, "runDetails": details}}


def _repository(source: Revision | None) -> list[dict[str, Any]]:
    if source is None:
        return []
    address = {"uri": f"git+{source.remote}"} if source.remote else {}
    return [{"name": REPOSITORY, **address, "digest": {"gitCommit": source.commit}, "annotations": {"dirty": source.dirty}}]


def _tools(build: Build) -> list[dict[str, Any]]:
    locked = [{"name": LOCK, "digest": {"sha256": build.lock}}] if build.lock else []
    return [*locked, {"name": TOOL, "digest": {"dirHash": build.tool[1]}, "annotations": {"version": build.tool[0]}}]


def sign(data: bytes, build: Build, key_path: Path) -> bytes:
    """The provenance of a bundle, as a signed envelope. Raises KeyFileError, BundleError."""
    payload = json.dumps(statement(data, build), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return dsse.seal(payload, key_path)


def verify(envelope: bytes, data: bytes, keys: Mapping[str, bytes]) -> Proof:
    """What a trusted builder says of exactly this bundle.

    Args:
        data: the bundle's file. keys: those trusted, of bundles and of provenance alike.
    Raises:
        ProvenanceError: `bundle` (its bytes are damaged, or not signed by one of the keys); `unreadable`, `type`, `unsigned`,
            `unknown-key`, `signature` (see compiler/releases/dsse.py); `statement` (signed, and no provenance of this kind);
            `other-bundle` (of another one); `re-signed` (of this content, under another signature).
    """
    try:
        sealed = unseal(data)
        verify_bundle(sealed, dict(keys))
    except BundleError as error:
        raise ProvenanceError("bundle", str(error)) from None
    try:
        payload, key = dsse.unseal(envelope, keys)
    except dsse.EnvelopeError as error:
        raise ProvenanceError(error.kind, f"provenance rejected: {error}") from None
    told = _told(payload)
    _about(told["subject"], sealed, data)
    try:
        return _proof(told["predicate"], key, sealed.name)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ProvenanceError("statement", f"provenance rejected: the predicate is no SLSA provenance v1 ({_line(error)})") from None


def _told(payload: bytes) -> dict[str, Any]:
    try:
        told = parse_json(payload.decode("utf-8"), dsse.LARGEST)
        kinds = told["_type"], told["predicateType"]
        subject, predicate = told["subject"], told["predicate"]
    except (ValueError, KeyError, TypeError) as error:
        raise ProvenanceError("statement", f"provenance rejected: no in-toto statement ({_line(error)})") from None
    if kinds != (STATEMENT, PREDICATE) or not isinstance(subject, list) or not isinstance(predicate, dict):
        raise ProvenanceError("statement", f"provenance rejected: a statement of another kind ({_line(kinds)}); this reads SLSA provenance v1")
    return told


def _about(subjects: Sequence[Any], sealed: Sealed, data: bytes) -> None:
    """Whether the subjects are this file and its content."""
    named = {str(one.get("name")): one["digest"].get("sha256") for one in subjects if isinstance(one, dict) and isinstance(one.get("digest"), dict)}
    contents = sorted(str(digest) for name, digest in named.items() if name.endswith("#body"))
    if sealed.name not in contents:
        whose = contents[0][:64] if contents else "nothing that is named"
        raise ProvenanceError("other-bundle", f"provenance rejected: it is of {whose}, and this is {sealed.name}")
    if sha256(data).hexdigest() not in (digest for name, digest in named.items() if not name.endswith("#body")):
        raise ProvenanceError("re-signed", f"provenance rejected: the content of {sealed.name} is the same, and its signature was replaced since; write the provenance anew")


def _proof(predicate: Mapping[str, Any], key: str, name: str) -> Proof:
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    if definition["buildType"] != BUILD_TYPE:
        raise ValueError(f"build type {definition['buildType']}")
    found = {one["name"]: one for one in definition["resolvedDependencies"]}
    repository = found.get(REPOSITORY, {"digest": {}})
    return Proof(
        key=key,
        bundle=name,
        builder=_text(details["builder"]["id"]),
        invocation=details.get("metadata", {}).get("invocationId"),
        commit=repository["digest"].get("gitCommit"),
        dirty=bool(repository.get("annotations", {}).get("dirty")),
        files={one.removeprefix(SITE): _text(entry["digest"]["sha256"]) for one, entry in found.items() if one.startswith(SITE)},
        lock=found[LOCK]["digest"]["sha256"] if LOCK in found else None,
        tool=found[TOOL]["digest"]["dirHash"] if TOOL in found else None,
        by={_text(one["name"]): _text(one["digest"]["sha256"]) for one in details.get("byproducts", [])},
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.60} is no text")
    return value


def _line(error: Any) -> str:
    return " ".join(f"{error}".split())[:200]


def differences(told: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """How files differ from what the provenance says, in words: `changed items.csv`, `missing …`, `new …`, sorted by name."""
    words = {name: "missing" if name not in found else "new" if name not in told else "changed" for name in told.keys() | found.keys() if told.get(name) != found.get(name)}
    return [f"{words[name]} {name}" for name in sorted(words)]


def some(names: Sequence[str]) -> str:
    """A list for one line: its first few, and how many more."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
