"""What a bundle consists of, as a bill of materials: CycloneDX 1.6 in JSON, the same bytes for the same bundle and installation.

Parts: the bundle with its sections; the models, the catalogue, the lists and lookups that it was made from; the edge's source, and
the packages that the lock file pins. What each part tells: docs/provenance.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from compiler.releases.sources import digests, dir_hash
from tessera.bundle import FORMAT, LENGTHS, Sealed, load, unseal
from tessera.types import parse_json

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

    from compiler.pipeline import Compiled

SPECIFICATION = "1.6"
LARGEST = 16 * 2**20  # characters
EDGE_PACKAGES = frozenset({"msgpack", "workers-runtime-sdk"})  # what host/vendor.py ships, by the names of the lock file
_LOCKED = re.compile(r"([\w.-]+)==([\w.+!-]+)(?:\s*;\s*(.+?))?\s*", re.ASCII)
_HASH = re.compile(r"sha256:([0-9a-f]{64})\s*", re.ASCII)


class SbomError(Exception):
    """The bill cannot be made, or is not of this bundle. One line."""


class Package(NamedTuple):
    """A line of the lock file: `hashes` are the SHA-256 of the files that may be installed, `marker` where it is installed at all."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Installation:
    """What builds and what decides: the version, the edge's files → SHA-256, the pinned packages (empty where there is no lock file)."""

    version: str
    edge: Mapping[str, str]
    packages: tuple[Package, ...]


class Part(NamedTuple):
    """A file of the site that went into the bundle: `kind` is `model`, `card`, `items`, `list` or `lookup`; `facts`: what else is told of it."""

    kind: str
    name: str
    version: str | None
    path: str | None
    digest: str | None
    facts: tuple[tuple[str, str], ...]


def locked(text: str) -> tuple[Package, ...]:
    """The packages of a lock file. Raises SbomError for a line that is not understood."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pin, *hashes = line.split("--hash=")
        match, sums = _LOCKED.fullmatch(pin.strip()), [_HASH.fullmatch(one) for one in hashes]
        if match is None or None in sums:
            raise SbomError(f"the lock file is not understood at '{line[:80]}'")
        found.append(Package(match[1].lower(), match[2], match[3], tuple(sorted(one[1] for one in sums))))
    return tuple(sorted(found, key=lambda package: package[:2]))


def parts(site: Path, compiled: Compiled) -> list[Part]:
    """The files of a site that went into its bundle, and its models, by kind and name."""
    ruleset = compiled.ruleset
    found = [*_models(site, compiled)]
    if ruleset.site.spec.items is not None:
        found.append(_file(site, "items", "items", ruleset.site.spec.items.file, (("count", str(len(ruleset.items.ids))),)))
    found += [_file(site, "list", name, f"lists/{name}.csv", (("values", str(len(one.values))),)) for name, one in ruleset.lists.items()]
    found += [_file(site, "lookup", name, ruleset.site.spec.lookups[name].file, (("networks", str(len(one.rows))),)) for name, one in ruleset.lookups.items()]
    return sorted(found, key=lambda part: (part.kind, part.name))


def _models(site: Path, compiled: Compiled) -> Iterator[Part]:
    from compiler.model_cards import BadCard, card_path, read

    versions = {model.name: (model.version, model.kind) for model in load(unseal(compiled.bundle)).models}
    for name, entry in {**compiled.ruleset.models, **compiled.ruleset.propensities}.items():
        version, kind = versions.get(name, (None, "propensity"))
        file = _model_file(entry.spec)
        if file is None:
            yield Part("model", name, version, None, None, (("kind", kind),))
            continue
        facts = [("kind", kind)]
        card = card_path(file)
        try:
            told = read(site / card)
        except BadCard as error:
            raise SbomError(f"{site / card}: {error}") from None
        if told is not None:
            facts += [(f"card:{figure}", f"{value:.6g}") for figure, value in sorted(told.figures.items())]
            yield _file(site, "card", name, card, ())
        part = _file(site, "model", name, file, tuple(facts))
        yield part._replace(version=version or part.digest[:12])


def _model_file(spec: Any) -> str | None:
    return next((file for kind in ("vectors", "lists", "score", "propensity") if (file := getattr(getattr(spec, kind), "file", None))), None)


def _file(site: Path, kind: str, name: str, path: str, facts: tuple[tuple[str, str], ...]) -> Part:
    return Part(kind, name, None, path, sha256((site / path).read_bytes()).hexdigest(), facts)


def installation(version: str, edge: Path, lock: Path | None) -> Installation:
    """What is installed here. Raises SbomError, OSError."""
    return Installation(version, digests(edge, (".py", ".mjs", ".wasm")), locked(lock.read_text("utf-8")) if lock is not None else ())


def bill(data: bytes, found: list[Part], installed: Installation) -> bytes:
    """The bill of a bundle's file, as JSON. `found`: see `parts`. Raises BundleError."""
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    def component(kind: ComponentType, ref: str, name: str, digest: str | None = None, facts: Mapping[str, str] = {}, **more: Any) -> Component:
        hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else []
        return Component(type=kind, bom_ref=ref, name=name, hashes=hashes, properties=[Property(name=f"tessera:{key}", value=value) for key, value in facts.items()], **more)

    sealed = unseal(data)
    bundle = load(sealed)
    sections = [
        component(ComponentType.FILE, f"section:{name}", name, sha256(sealed.body[offset : offset + size]).hexdigest(), {"bytes": str(size)})
        for name, offset, size in _sections(sealed)
    ]
    facts = {"name": sealed.name, "format": str(FORMAT), "site": bundle.site, "bytes": str(len(data)), "key": sealed.key_id or "none"}
    root = component(ComponentType.DATA, "bundle", f"{bundle.site}.tessera", sha256(data).hexdigest(), facts, version=sealed.name, components=sections)
    kinds = {"model": ComponentType.MACHINE_LEARNING_MODEL}
    inputs = [
        component(kinds.get(part.kind, ComponentType.DATA), f"{part.kind}:{part.name}", part.name, part.digest, {"kind": part.kind, **({"file": part.path} if part.path else {}), **{f"{part.kind}:{key}": value for key, value in part.facts}}, version=part.version)
        for part in found
    ]
    edge = component(ComponentType.APPLICATION, "edge", "tessera-edge-worker", None, {"dirhash": dir_hash(installed.edge), "files": str(len(installed.edge)), "format": str(FORMAT)}, version=installed.version)
    compiler = component(ComponentType.APPLICATION, "compiler", "tessera-edge", None, {}, version=installed.version)
    packages = {package.name: _package(package) for package in installed.packages}
    bom = Bom(components=[*inputs, edge, compiler, *packages.values()])
    bom.metadata.component = root
    bom.register_dependency(root, [*inputs, edge, compiler])
    bom.register_dependency(edge, [packages[name] for name in sorted(EDGE_PACKAGES & packages.keys())])
    bom.register_dependency(compiler, list(packages.values()))
    told = json.loads(JsonV1Dot6(bom).output_as_string())
    del told["metadata"]["timestamp"], told["serialNumber"]  # the library's own: another one each time
    body = json.dumps(told, sort_keys=True)
    return json.dumps({**told, "serialNumber": uuid5(NAMESPACE_URL, f"urn:tessera:sbom:{body}").urn}, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _sections(sealed: Sealed) -> list[tuple[str, int, int]]:
    """Name, offset in the body and size of each section: docs/format.md, "Sections"."""
    import msgpack

    length, _ = LENGTHS.unpack_from(sealed.body)
    envelope = msgpack.unpackb(sealed.body[LENGTHS.size : LENGTHS.size + length], use_list=False, strict_map_key=False)
    return [(name, offset, size) for name, offset, size, _ in envelope["sections"]]


def _package(package: Package) -> Component:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    purl = PackageURL("pypi", None, package.name, package.version)
    # the hashes are of the files that may be installed, one of which is: of a distribution, not of the component
    files = [ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(purl.to_string()), comment="one of the files that requirements.lock allows", hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in package.hashes])]
    properties = [Property(name="tessera:marker", value=package.marker)] if package.marker else []
    return Component(type=ComponentType.LIBRARY, bom_ref=purl.to_string(), name=package.name, version=package.version, purl=purl, external_references=files if package.hashes else [], properties=properties)


def read(text: bytes) -> dict[str, Any]:
    """A bill of this kind, as values. Raises SbomError."""
    try:
        told = parse_json(text.decode("utf-8"), LARGEST)
        if (told["bomFormat"], told["specVersion"]) != ("CycloneDX", SPECIFICATION):
            raise ValueError(f"{told['bomFormat']!r:.40} {told['specVersion']!r:.20}")
        if not isinstance(told["metadata"]["component"], dict) or not all(isinstance(one, dict) for one in told["components"]):
            raise ValueError("no components")
        return told
    except (ValueError, KeyError, TypeError) as error:
        raise SbomError(f"not a bill of materials in CycloneDX {SPECIFICATION}: {' '.join(f'{error}'.split())[:200]}") from None


def differences(told: dict[str, Any], due: dict[str, Any]) -> list[str]:
    """How a bill differs from the one that is due, in words by component; empty where they are equal."""
    before, after = _components(told), _components(due)
    words = [f"{'missing' if ref not in before else 'unknown' if ref not in after else 'wrong'} {ref}" for ref in sorted(before.keys() | after.keys()) if before.get(ref) != after.get(ref)]
    return words or ([] if told == due else ["its dependencies or its head differ"])


def _components(told: dict[str, Any]) -> dict[str, Any]:
    root = told["metadata"]["component"]
    nested = root.get("components", [])
    listed = [{**root, "components": []}, *(nested if isinstance(nested, list) else []), *told["components"]]
    return {str(one.get("bom-ref")): one for one in listed if isinstance(one, dict)}
