"""The parts of `scripts/release` that are more than one command: `python -m compiler.releases.stages PART …`.

Each part reads and writes files of the run's folder, so that every stage can be run by itself; what it tells goes to standard
output as JSON, and a refusal is one line on standard error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import click

from compiler.releases.comment import STAGES, Result, comment, verdict
from compiler.terminal import fail

BUNDLE, BEFORE, SBOM, PROVENANCE = "bundle.tessera", "before.tessera", "bundle.sbom.json", "bundle.provenance.json"
COMMENT, OUTPUTS = "comment.md", "outputs"
LOG_MARGIN = timedelta(hours=24)  # visitors' events may be older than the views of the canary that they belong to

TO = click.option("--to", required=True, metavar="TARGET")
POLICY = click.option("--policy", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
TRUST = click.option("--trust", type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True, metavar="PUBFILE")
KEY = click.option("--key", type=click.Path(dir_okay=False, path_type=Path), metavar="KEYFILE")
FOLDER = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


@click.group()
def main() -> None:
    """Parts of scripts/release."""


def target_of(to: str, policy: Path | None):
    """The target that a policy has by this name; else the store that the text names, without rules."""
    from compiler.releases.policy import PolicyError, Target, read_policy

    if policy is None:
        return Target(to, to)
    try:
        targets = read_policy(policy).targets
    except PolicyError as error:
        fail(str(error))
    return targets.get(to) or Target(to, to)


def shown(to: str, policy: Path | None) -> str:
    """A target for readers: its name in the policy, else the kind of its store, never a path of this machine."""
    target = target_of(to, policy)
    if target.name != target.to:
        return target.name
    kind, colon, _ = to.partition(":")
    return kind if colon or to in ("local", "cloudflare") else "a folder"


@contextmanager
def _store(to: str, policy: Path | None) -> Iterator[Any]:
    """The target's store; ends with 1 and one line where it does not answer, or what is in it cannot be trusted."""
    from compiler.releases.documents import Tampered
    from compiler.releases.publish import PublishError
    from compiler.releases.stores import StoreError
    from compiler.releases.targets import open_target

    try:
        with open_target(target_of(to, policy).to) as store:
            yield store
    except (StoreError, PublishError, Tampered) as error:
        fail(str(error))


def _keys(to: str, trust: tuple[Path, ...], key: Path | None) -> dict[str, bytes]:
    """The keys that are believed: of files, of TESSERA_PUBLIC_KEYS, one's own, and of a local target its own."""
    import os

    from compiler.releases.documents import trusted
    from compiler.sign import KeyFileError, public_of

    own = [path for path in (key, _local_key(to)) if path is not None]
    try:
        return trusted((*(file.read_text(errors="replace") for file in trust), *map(public_of, own), os.environ.get("TESSERA_PUBLIC_KEYS", "")))
    except KeyFileError as error:
        fail(str(error))


def _local_key(to: str) -> Path | None:
    """The key of this machine's releases, where the target is on this machine."""
    from compiler.local import local

    kind, _, folder = to.partition(":")
    return local(Path(folder) if folder else None).signing_key if kind == "local" else None


@main.command("local-key")
@TO
@POLICY
def local_key(to: str, policy: Path | None) -> None:
    """Print the file of a local target's own key; nothing for any other."""
    click.echo(_local_key(target_of(to, policy).to) or "")


@main.command()
@FOLDER
@TO
@POLICY
@TRUST
@KEY
def plan(folder: Path, to: str, policy: Path | None, trust: tuple[Path, ...], key: Path | None) -> None:
    """Print the options with which `tessera publish` begins the policy's canary, one a line; none where the release goes to everybody:
    the policy has no canary, nothing is live yet, or this is live."""
    from compiler.releases.publish import seen
    from tessera.bundle import unseal

    target = target_of(to, policy)
    with _store(to, policy) as store:
        known = seen(store, _keys(target.to, trust, key)).pointer
    if target.canary is None or known is None or known.live.bundle == unseal((folder / BUNDLE).read_bytes()).name:
        return
    told = ["--canary", str(target.canary.share), *(word for country in target.canary.countries for word in ("--country", country))]
    if target.canary.header is not None:
        told += ["--header", "=".join(target.canary.header)]
    click.echo("\n".join(told))


@main.command()
@TO
@POLICY
@TRUST
@KEY
def tried(to: str, policy: Path | None, trust: tuple[Path, ...], key: Path | None) -> None:
    """Tell which bundle is out as a canary."""
    from compiler.releases.publish import seen

    with _store(to, policy) as store:
        known = seen(store, _keys(target_of(to, policy).to, trust, key)).pointer
    _tell({"bundle": known.canary.release.bundle if known and known.canary else None})


@main.command()
@FOLDER
@TO
@POLICY
def budget(folder: Path, to: str, policy: Path | None) -> None:
    """Compare the bundle's size with the policy's budget; exit 1 where it is larger."""
    size, most = (folder / BUNDLE).stat().st_size, target_of(to, policy).budget
    _tell({"bytes": size, "budget": most})
    if most is not None and size > most:
        fail(f"the bundle has {size:,} bytes, and the budget of {shown(to, policy)} is {most:,}; 'tessera build' lists its sections")


@main.command()
@FOLDER
@TO
@POLICY
@TRUST
@KEY
def live(folder: Path, to: str, policy: Path | None, trust: tuple[Path, ...], key: Path | None) -> None:
    """Write the bundle that is live; none where nothing is."""
    from compiler.releases.publish import held_bytes, seen

    (folder / BEFORE).unlink(missing_ok=True)
    keys = _keys(target_of(to, policy).to, trust, key)
    with _store(to, policy) as store:
        known = seen(store, keys).pointer
        if known is not None:
            (folder / BEFORE).write_bytes(held_bytes(store, known.live.bundle, keys))
    _tell({"bundle": known.live.bundle if known else None})


@main.command()
@FOLDER
@click.option("--site", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", required=True, type=click.Path(dir_okay=False, path_type=Path))
def sign(folder: Path, site: Path, key: Path) -> None:
    """Sign the bundle as it was built and tested; its bill of materials and its provenance are those of the two commands."""
    from compiler.files import write_atomically
    from compiler.releases.provenance import sign as vouch
    from compiler.releases.sbom import SbomError
    from compiler.releases.vouching import Unvouchable, bill_here, build_here, matched
    from compiler.sign import KeyFileError, public_of
    from compiler.sign import sign as signed
    from compiler.terminal import compiled
    from tessera.bundle import BundleError, unseal

    try:
        data = signed((folder / BUNDLE).read_bytes(), key)
        made = compiled(site, quiet=True)
        matched(data, made, "the bundle", site)
        bill = bill_here(data, made, site)
        build = build_here(site, {SBOM: bill})
        for name, content in ((BUNDLE, data), (SBOM, bill), (PROVENANCE, vouch(data, build, key))):
            write_atomically(folder / name, content)
    except (KeyFileError, BundleError, SbomError, Unvouchable) as error:
        fail(str(error))
    source = build.source
    commit = {"commit": source.commit if source else None, "dirty": source.dirty if source else False}
    _tell({"bundle": unseal(data).name, "key": public_of(key).partition(":")[0], **commit, "files": len(build.files), "components": len(json.loads(bill)["components"])})


@main.command()
@FOLDER
@TO
@POLICY
def attach(folder: Path, to: str, policy: Path | None) -> None:
    """Put the provenance and the bill of materials beside the bundle in the store."""
    from tessera.bundle import BundleError, unseal

    try:
        name = unseal((folder / BUNDLE).read_bytes()).name
    except BundleError as error:
        fail(str(error))
    with _store(to, policy) as store:
        for file in (PROVENANCE, SBOM):
            store.put(f"bundles/{name}{file.removeprefix('bundle')}", (folder / file).read_bytes())
    _tell({"bundle": name})


@main.command()
@FOLDER
@click.option("--from", "source", required=True, metavar="TARGET")
@TO
@POLICY
@TRUST
@KEY
def log(folder: Path, source: str, to: str, policy: Path | None, trust: tuple[Path, ...], key: Path | None) -> None:
    """Fetch the log's files that a canary is judged by, from a store into the folder's `log`; those that are there stay."""
    from compiler.releases.publish import seen
    from compiler.releases.stores import StoreError
    from compiler.releases.targets import open_target

    with _store(to, policy) as store:
        known = seen(store, _keys(target_of(to, policy).to, trust, key)).pointer
    if known is None or known.canary is None:
        _tell({"files": 0})
        return
    first = (datetime.fromisoformat(known.canary.release.published).astimezone(timezone.utc) - LOG_MARGIN).date().isoformat()
    fetched = 0
    try:
        with open_target(source) as store:
            for kind in ("decisions", "events"):
                for name in store.names(f"{kind}/date="):
                    path = folder / "log" / name
                    if name.split("/")[1] < f"date={first}" or ".." in path.parts or path.exists() or (found := store.get(name)) is None:
                        continue
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(found.content)
                    fetched += 1
    except StoreError as error:
        fail(str(error))
    _tell({"files": fetched})


@main.command("comment")
@FOLDER
@click.option("--site", required=True)
@click.option("--to", default="", metavar="TARGET")
@POLICY
def write_comment(folder: Path, site: str, to: str, policy: Path | None) -> None:
    """Write the comment, and the outputs of the run as `name=value` lines."""
    results = read_results(folder)
    difference = folder / "diff.md"
    text = comment(site, shown(to, policy) if to else "", results, difference.read_text("utf-8") if "diff" in results and difference.is_file() else "")
    (folder / COMMENT).write_text(text, encoding="utf-8")
    built, changed = _object(results, "build"), _object(results, "diff")
    told = {"bundle": built.get("bundle", ""), "changed_share": changed.get("changed_share", ""), "verdict": verdict(results)}
    (folder / OUTPUTS).write_text("".join(f"{name}={'' if value is None else value}\n" for name, value in told.items()))
    _tell(told)


def read_results(folder: Path) -> dict[str, Result]:
    """What the stages of a run left in its folder: `STAGE.state`, `STAGE.json`, `STAGE.log`."""
    found = {}
    for stage in STAGES:
        state = folder / f"{stage}.state"
        if state.is_file():
            found[stage] = Result(state.read_text().strip(), _json(folder / f"{stage}.json"), _text(folder / f"{stage}.log"))
    return found


def _object(results: dict[str, Result], stage: str) -> dict[str, Any]:
    told = results[stage].told if stage in results else None
    return told if isinstance(told, dict) else {}


def _json(path: Path) -> Any:
    """The JSON of a stage; None where it did not come to tell any."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace") if path.is_file() else ""


def _tell(value: Any) -> None:
    click.echo(json.dumps(value))


if __name__ == "__main__":
    main()
