"""`tessera provenance` and `tessera sbom`: where a bundle is from and what it consists of; both written, and both verified."""

from __future__ import annotations

from pathlib import Path

import click

from compiler.terminal import BUNDLE, JSON, Group, compiled, emit_json, fail

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to write it (default: beside the bundle).")
LOCK = click.option("--lock", type=FILE, metavar="FILE", help="The lock file of the packages (default: requirements.lock of this installation).")
KEYS = click.option("--key", "keys", required=True, multiple=True, type=FILE, metavar="PUBFILE", help="A public key that is trusted; may be given more than once.")
LARGEST = 32 * 2**20  # bytes of a file that is read here


@click.group(cls=Group)
def provenance() -> None:
    """Where a bundle is from: a signed statement (SLSA provenance v1) with the commit, the site's files and the tools.

    \b
    Examples:
      tessera provenance write store.tessera --site rulesets/store --key keys/signing.key
      tessera provenance verify store.tessera --key keys/signing.pub
    """


@provenance.command("write")
@BUNDLE
@click.option("--site", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="SITE_DIR", help="The folder that the bundle was built from.")
@click.option("--key", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="KEYFILE", help="The private key that signs it (see keygen).")
@click.option("--sbom", type=FILE, metavar="FILE", help="A bill of materials to vouch for as well.")
@click.option("--builder", metavar="URI", help="Who builds (default: the workflow, on GitHub; else this machine, unnamed).")
@click.option("--invocation", metavar="TEXT", help="Which run it was (default: on GitHub the run's address; else none).")
@LOCK
@OUT
@JSON
def write(bundle: Path, site: Path, key: Path, sbom: Path | None, builder: str | None, invocation: str | None, lock: Path | None, out: Path | None, as_json: bool) -> None:
    """Write the provenance of a signed bundle: BUNDLE's name with .provenance.json in place of .tessera.

    The site is built again: what is signed is that this bundle comes of these files. There is no time in it, so that the same
    build gives the same bytes, unless SOURCE_DATE_EPOCH says one.

    \b
    Examples:
      tessera provenance write store.tessera --site rulesets/store --key keys/signing.key
      tessera provenance write store.tessera --site rulesets/store --key keys/signing.key --sbom store.sbom.json --builder https://ci.example.com/store
    """
    from compiler.releases.provenance import sign
    from compiler.releases.vouching import Unvouchable, build_here
    from compiler.sign import KeyFileError
    from tessera.bundle import BundleError

    data = _content(bundle)
    _built(bundle, data, site)
    beside = {_beside(bundle, ".sbom.json").name: _content(sbom)} if sbom else {}
    try:
        build = build_here(site, beside, lock=lock, builder=builder, invocation=invocation)
        text = sign(data, build, key)
    except (KeyFileError, BundleError, Unvouchable) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    _written(out or _beside(bundle, ".provenance.json"), text)
    dirty = build.source is not None and build.source.dirty
    if as_json:
        emit_json({"file": str(out or _beside(bundle, ".provenance.json")), "builder": build.builder, "commit": build.source and build.source.commit, "dirty": dirty, "files": len(build.files)})
        return
    click.echo(f"wrote {out or _beside(bundle, '.provenance.json')}: {len(build.files)} files, {_commit(build.source and build.source.commit, dirty)}")


@provenance.command("verify")
@BUNDLE
@KEYS
@click.option("--provenance", "file", type=FILE, metavar="FILE", help="The statement (default: beside the bundle).")
@click.option("--sbom", type=FILE, metavar="FILE", help="A bill of materials that the statement must vouch for.")
@click.option("--site", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="SITE_DIR", help="A folder that must have the very files.")
@click.option("--commit", metavar="HEX", help="The commit of git that it must be from, without changes.")
@click.option("--builder", metavar="URI", help="Who must have built it.")
@JSON
def verify(bundle: Path, keys: tuple[Path, ...], file: Path | None, sbom: Path | None, site: Path | None, commit: str | None, builder: str | None, as_json: bool) -> None:
    """Check that a trusted key vouches for exactly this bundle, and for what else is asked; exit 1 and one line where it does not.

    The line says which it is: damaged, of another bundle, signed by nobody trusted, altered after it was signed, the bundle's
    signature replaced, other files, another commit, another builder. With --json it is `problem`.

    \b
    Examples:
      tessera provenance verify store.tessera --key keys/signing.pub
      tessera provenance verify store.tessera --key keys/signing.pub --sbom store.sbom.json --site rulesets/store --builder https://ci.example.com/store
    """
    from compiler.releases.provenance import ProvenanceError
    from compiler.releases.provenance import verify as verified

    file = file or _beside(bundle, ".provenance.json")
    if not file.is_file():
        _refused("missing", f"{file}: no provenance; write one with 'tessera provenance write'", as_json)
    try:
        proof = verified(_content(file), _content(bundle), _trusted(keys))
        _fits(proof, sbom, site, commit, builder)
    except ProvenanceError as error:
        _refused(error.kind, f"{bundle}: {error}", as_json)
    if as_json:
        emit_json({"valid": True, "bundle": proof.bundle, "key": proof.key, "builder": proof.builder, "invocation": proof.invocation, "commit": proof.commit, "dirty": proof.dirty, "files": len(proof.files), "byproducts": dict(proof.by)})
        return
    click.echo(f"bundle   {proof.bundle}\nsigned   {proof.key}\nbuilder  {proof.builder}\nsource   {_commit(proof.commit, proof.dirty)}, {len(proof.files)} files")


def _fits(proof, sbom: Path | None, site: Path | None, commit: str | None, builder: str | None) -> None:
    """Whether what was asked for beyond the bundle holds. Raises ProvenanceError: `builder`, `commit`, `files`, `sbom`."""
    from hashlib import sha256

    from compiler.releases.provenance import ProvenanceError, differences, some
    from compiler.releases.sources import digests

    if builder is not None and proof.builder != builder:
        raise ProvenanceError("builder", f"built by {proof.builder}, not by {builder}")
    if commit is not None and (proof.commit != commit.lower() or proof.dirty):
        raise ProvenanceError("commit", f"it is from {_commit(proof.commit, proof.dirty)}, not from {commit}")
    if site is not None and (found := differences(proof.files, digests(site))):
        raise ProvenanceError("files", f"{site} is not what it was built from: {some(found)}")
    if sbom is not None and sha256(_content(sbom)).hexdigest() not in proof.by.values():
        raise ProvenanceError("sbom", f"the provenance does not vouch for {sbom}: it was altered, or is of another build")


@click.group(cls=Group)
def sbom() -> None:
    """What a bundle consists of: a bill of materials (CycloneDX 1.6) of its sections, models, data and packages.

    \b
    Examples:
      tessera sbom write store.tessera --site rulesets/store
      tessera sbom verify store.tessera --site rulesets/store
    """


@sbom.command("write")
@BUNDLE
@click.option("--site", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="SITE_DIR", help="The folder that the bundle was built from.")
@LOCK
@OUT
@JSON
def write_sbom(bundle: Path, site: Path, lock: Path | None, out: Path | None, as_json: bool) -> None:
    """Write the bill of materials of a bundle: BUNDLE's name with .sbom.json in place of .tessera.

    \b
    Example:
      tessera sbom write store.tessera --site rulesets/store
    """
    import json

    text = _bill(bundle, site, lock)
    out = out or _beside(bundle, ".sbom.json")
    _written(out, text)
    found = len(json.loads(text)["components"])
    if as_json:
        emit_json({"file": str(out), "components": found})
        return
    click.echo(f"wrote {out}: {found} components")


@sbom.command("verify")
@BUNDLE
@click.option("--site", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="SITE_DIR", help="The folder that the bundle was built from.")
@click.option("--sbom", "file", type=FILE, metavar="FILE", help="The bill (default: beside the bundle).")
@LOCK
@JSON
def verify_sbom(bundle: Path, site: Path, file: Path | None, lock: Path | None, as_json: bool) -> None:
    """Check that a bill of materials is of this bundle, site and installation: it is made anew and compared; exit 1 where it differs.

    Who made it, `tessera provenance verify --sbom` tells.

    \b
    Example:
      tessera sbom verify store.tessera --site rulesets/store
    """
    from compiler.releases.provenance import some
    from compiler.releases.sbom import SbomError, differences, read

    file = file or _beside(bundle, ".sbom.json")
    if not file.is_file():
        _refused("missing", f"{file}: no bill of materials; write one with 'tessera sbom write'", as_json)
    try:
        told = read(_content(file))
    except SbomError as error:
        _refused("unreadable", f"{file}: {error}", as_json)
    due = read(_bill(bundle, site, lock))
    if found := differences(told, due):
        _refused("differs", f"{file} is not the bill of {bundle}: {some(found)}", as_json)
    if as_json:
        emit_json({"valid": True, "components": len(due["components"])})
        return
    click.echo(f"{file} is the bill of {bundle}: {len(due['components'])} components")


def _bill(bundle: Path, site: Path, lock: Path | None) -> bytes:
    from compiler.releases.sbom import SbomError
    from compiler.releases.vouching import bill_here

    data = _content(bundle)
    made = _built(bundle, data, site)
    try:
        return bill_here(data, made, site, lock)
    except SbomError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


def _built(bundle: Path, data: bytes, site: Path):
    """The site, compiled; ends with 1 where the bundle is not what it compiles to."""
    from compiler.releases.vouching import Unvouchable, matched
    from tessera.bundle import BundleError

    made = compiled(site, quiet=True)
    try:
        matched(data, made, str(bundle), site)
    except (BundleError, Unvouchable) as error:
        fail(f"{bundle}: {error}" if isinstance(error, BundleError) else str(error))
    return made


def _trusted(files: tuple[Path, ...]) -> dict[str, bytes]:
    from compiler.sign import KeyFileError, public_keys

    try:
        return {name: raw for file in files for name, raw in public_keys(file.read_text(errors="replace")).items()}
    except KeyFileError as error:
        fail(str(error))


def _beside(bundle: Path, suffix: str) -> Path:
    return bundle.with_name(bundle.name.removesuffix(".tessera") + suffix)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            fail(f"{path}: more than {LARGEST:,} bytes")
        return path.read_bytes()
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def _written(path: Path, data: bytes) -> None:
    from compiler.files import write_atomically

    try:
        write_atomically(path, data)
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def _commit(commit: str | None, dirty: bool) -> str:
    return f"commit {commit[:12]}{' with changes' if dirty else ''}" if commit else "no commit"


def _refused(problem: str, message: str, as_json: bool) -> None:
    if as_json:
        emit_json({"valid": False, "problem": problem, "message": message})
    fail(message)
