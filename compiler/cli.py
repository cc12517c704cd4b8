"""The command line. Each command reads its arguments, calls one module, prints; heavy modules load when they are used."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from compiler.cli_api_key import api_key
from compiler.cli_audit import audit
from compiler.cli_check import check
from compiler.cli_decide import decide, explain
from compiler.cli_dependencies import dependencies
from compiler.cli_diff import diff
from compiler.cli_evaluate import evaluate
from compiler.cli_features import features
from compiler.cli_guard import guard
from compiler.cli_identities import identities
from compiler.cli_import import import_
from compiler.cli_log import log
from compiler.cli_markets import markets
from compiler.cli_openapi import openapi
from compiler.cli_preview import preview
from compiler.cli_profiles import profiles
from compiler.cli_propensity import propensity
from compiler.cli_provenance import provenance, sbom
from compiler.cli_provision import provision
from compiler.cli_publish import approve, publish
from compiler.cli_releases import releases
from compiler.cli_register import register
from compiler.cli_status import status
from compiler.cli_train import train
from compiler.terminal import JSON, SITE, STATE, Group, compiled, emit_json, fail

@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tessera-edge", prog_name="tessera")
def main() -> None:
    """Personalise web pages at the CDN edge: write rules as files, compile them, decide at the edge.

    \b
    A first site in three commands:
      tessera init my-site
      tessera check my-site
      tessera dev my-site
    """


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def init(folder: Path) -> None:
    """Write a minimal site that builds.

    \b
    Example:
      tessera init my-site && tessera dev my-site
    """
    from compiler.starter import write

    try:
        written = write(folder)
    except FileExistsError as error:
        fail(f"{error.filename}: this folder is not empty; choose another")
    except OSError as error:
        fail(f"{folder}: {error.strerror}")
    for path in written:
        click.echo(f"wrote {path}")
    click.echo(f"next: tessera check {folder}")


main.add_command(import_)


main.add_command(check)


@main.command()
@SITE
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to write the bundle.")
@click.option("--sign", "key", type=click.Path(path_type=Path), metavar="KEYFILE", help="Sign with this private key (see keygen).")
@click.option("--report", is_flag=True, help="Tell how much of each model's ranking is left when it is quantized.")
@click.option("--against", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="BUNDLE", help="Warn of what changed much since this bundle (default: the one at --out).")
@click.option("--format", "format_", type=click.IntRange(5, 6), metavar="N", help="The newest bundle format that the edges read, as their /.well-known/tessera says (default: whatever the site needs).")
@JSON
def build(site: Path, out: Path, key: Path | None, report: bool, against: Path | None, format_: int | None, as_json: bool) -> None:
    """Compile a site into a bundle. The same files give the same bytes on every machine.

    \b
    Examples:
      tessera build rulesets/store --out store.tessera
      tessera build rulesets/store --out store.tessera --sign signing.key
      tessera build rulesets/store --out store.tessera --report
    """
    from compiler.cli_models import reported, say_models
    from compiler.files import write_atomically
    from compiler.sign import KeyFileError, sign
    from tessera.bundle import HEADER, load, unseal

    made = compiled(site, judged=lambda result: reported(result, False, against, out))
    data, models = made.bundle, reported(made, report)
    version = HEADER.unpack_from(data)[1]
    if format_ is not None and version > format_:
        fail(f"{site}: it has markets or asks for the day, which needs format {version}; deploy the edge first, or take them out for edges that read {format_}")
    if key is not None:
        try:
            data = sign(data, key)
        except KeyFileError as error:
            fail(str(error))
    bundle = load(unseal(data))
    try:
        write_atomically(out, data)
    except OSError as error:
        fail(f"{out}: {error.strerror}")
    if as_json:
        emit_json({"bundle": bundle.name, "file": str(out), "bytes": len(data), "format": version, "signed": key is not None, "sections": dict(bundle.sizes), **({"models": models} if report else {})})
        return
    for section, size in bundle.sizes.items():
        click.echo(f"{size:>10,}  {section}")
    click.echo(f"{len(data):>10,}  {out}{' (signed)' if key else ''}\nbundle {bundle.name}")
    if report:
        say_models(models)


@main.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="KEYFILE")
def keygen(file: Path) -> None:
    """Make an Ed25519 key pair: KEYFILE (private, keep it secret) and KEYFILE's .pub.

    \b
    Example:
      tessera keygen keys/signing.key
    """
    from compiler.sign import KeyFileError, generate

    try:
        public, name = generate(file)
    except (KeyFileError, OSError) as error:
        fail(str(error))
    click.echo(f"private key {file}\npublic key  {public}  (put its text into TESSERA_PUBLIC_KEYS)\nkey id      {name}")


main.add_command(decide)
main.add_command(explain)
main.add_command(preview)
main.add_command(identities)
main.add_command(evaluate)
main.add_command(train)
main.add_command(features)
main.add_command(propensity)


@main.command()
@SITE
@JSON
def test(site: Path, as_json: bool) -> None:
    """Run the site's scenarios; exit 1 where one fails.

    \b
    Example:
      tessera test rulesets/store
    """
    from compiler.scenarios import of_site, run
    from tessera.bundle import load, unseal

    result = compiled(site)
    results = run(load(unseal(result.bundle)), of_site(result.ruleset))
    failed = [one for one in results if not one.passed]
    if as_json:
        emit_json([{"name": one.name, "passed": one.passed, "problem": one.problem, "failures": [_failure(f) for f in one.failures]} for one in results])
    else:
        for one in failed:
            click.echo(f"{one.place.file}:{one.place.line}:{one.place.column}: FAILED {one.name}")
            if one.problem:
                click.echo(f"    {one.problem}")
            for f in one.failures:
                click.echo(f"    {f.slot}.{f.field}: expected {_said(f.expected)}, got {_said(f.got)}")
            for because in dict.fromkeys(f.because for f in one.failures):
                click.echo(f"      {because}")
        click.echo(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


def _said(value: Any) -> str:
    """A value as a scenario would write it."""
    if isinstance(value, list):
        return f"[{', '.join(map(_said, value))}]"
    return "nothing" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _failure(failure) -> dict[str, Any]:
    return {"slot": failure.slot, "field": failure.field, "expected": failure.expected, "got": failure.got, "because": failure.because}


main.add_command(diff)
main.add_command(publish)
main.add_command(approve)
main.add_command(releases)
main.add_command(guard)
main.add_command(status)
main.add_command(audit)
main.add_command(dependencies)
main.add_command(markets)
main.add_command(provenance)
main.add_command(sbom)
main.add_command(provision)
main.add_command(api_key)
main.add_command(profiles)
main.add_command(register)
main.add_command(log)
main.add_command(openapi)


def unreleased() -> tuple[type[Exception], ...]:
    """What is raised where the local store takes no release: it is frozen, or its policy asks for others."""
    from compiler.releases.documents import Tampered
    from compiler.releases.publish import PublishError
    from compiler.releases.stores import StoreError

    return PublishError, Tampered, StoreError


@main.command()
@SITE
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="Port on 127.0.0.1 (0: a free one).")
@click.option("--facts", default="{}", metavar="JSON", help='What the platform tells of every request, e.g. \'{"country": "DE", "timezone": "Europe/Berlin"}\'.')
@click.option("--origin", metavar="URL", help="Personalise the pages of the site that runs there, in place of the static pages.")
@STATE
def dev(site: Path, port: int, facts: str, origin: str | None, state: Path | None) -> None:
    """Run a site in the embedded host; compile and publish anew whenever its files change.

    With --origin Tessera stands in front of a running site: its pages are personalised, all else passes untouched.

    \b
    Examples:
      tessera dev rulesets/store
      tessera dev rulesets/store --port 9000 --facts '{"country": "GB", "timezone": "Europe/London"}'
      tessera dev my-site --origin http://localhost:3000
      tessera dev my-site --origin https://staging.example.com
    """
    from compiler.local import local
    from compiler.origins import OriginUnreachable, origin_of, reach
    from compiler.serve import serve
    from host.process import HostError

    try:
        told = json.loads(facts)
    except ValueError as error:
        fail(f"--facts is not JSON: {error}", 2)
    if not isinstance(told, dict):
        fail("--facts is a JSON object, such as '{\"country\": \"DE\"}'", 2)
    compiled(site)  # reports what is wrong before anything starts
    try:
        if origin is not None:
            origin = origin_of(origin)
            reach(origin)
        serve(site, local(state), port=port, facts=told, origin=origin, say=click.echo)
    except (OriginUnreachable, HostError, *unreleased()) as error:
        fail(str(error))


@main.command()
@SITE
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="Port on 127.0.0.1 (0: a free one).")
@click.option("--once", is_flag=True, help="Ask for the home page as two visitors, print what was decided, and exit.")
@STATE
def demo(site: Path, port: int, once: bool, state: Path | None) -> None:
    """Show a site: run it with its example profiles; --once prints what two of them see.

    \b
    Examples:
      tessera demo rulesets/store
      tessera demo rulesets/store --once
    """
    from compiler.local import local
    from compiler.demo import once as ask_once
    from compiler.serve import serve
    from host.process import HostError

    compiled(site, quiet=True)
    try:
        if once:
            with tempfile.TemporaryDirectory() as fresh:  # beside a host that may be running
                sys.exit(ask_once(site, local(state or Path(fresh)), say=click.echo))
        serve(site, local(state), port=port, facts={}, say=click.echo)
    except (HostError, *unreleased()) as error:
        fail(str(error))


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
def schema(folder: Path) -> None:
    """Write the JSON Schemas of the authoring files, for editors.

    \b
    Example:
      tessera schema .schema
    """
    from compiler.schema import write

    try:
        written = write(folder)
    except OSError as error:
        fail(f"{folder}: {error.strerror}")
    for path in written:
        click.echo(f"wrote {path}")


if __name__ == "__main__":
    main()
