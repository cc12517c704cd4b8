"""The command line. Each command reads its arguments, calls one module, prints; heavy modules load when they are used."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import click

SITE = click.argument("site", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="SITE_DIR")
BUNDLE = click.argument("bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="BUNDLE")
VISITOR = click.option("--visitor", required=True, type=click.Path(path_type=Path), metavar="FILE", help="A visitor as JSON: id, attributes, consent, at.")
PAGE = click.option("--page", metavar="PATH", help="Only the slots of this page (a path such as /p/kochere, or a page's name).")
KEY = click.option("--key", "keys", multiple=True, metavar="PUBKEY", help="A public key file; the bundle must then be signed by one of them.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
STATE = click.option("--state", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Folder of local keys and stores (default: .tessera).")


def fail(message: str, code: int = 1) -> NoReturn:
    """End with one clear line on standard error."""
    click.echo(f"tessera: {message}", err=True)
    sys.exit(code)


def emit_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


class Group(click.Group):
    """Keeps the commands in the order of a day's work, and each command's examples as they are written."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


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


def compiled(site: Path, *, quiet: bool = False):
    """The compiled site; prints every message, and ends with 1 where it is rejected."""
    from compiler.diagnostics import Rejected
    from compiler.pipeline import compile_site

    try:
        result = compile_site(site)
    except Rejected as rejected:
        click.echo(rejected.diagnostics.render(), err=True)
        click.echo(f"\n{_count(rejected.diagnostics)}", err=True)
        sys.exit(1)
    if result.diagnostics.items and not quiet:
        click.echo(result.diagnostics.render() + "\n", err=True)
    return result


def _count(diagnostics) -> str:
    errors = sum(item.severity == "error" for item in diagnostics.items)
    warnings = len(diagnostics.items) - errors
    told = [f"{n} {word}{'s' if n != 1 else ''}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
    return ", ".join(told) or "no errors"


@main.command()
@SITE
@JSON
def check(site: Path, as_json: bool) -> None:
    """Report everything that is wrong with a site, all at once; exit 1 where anything is.

    \b
    Examples:
      tessera check rulesets/store
      tessera check rulesets/store --json | jq '.[].message'
    """
    from compiler.diagnostics import Rejected
    from compiler.pipeline import compile_site

    try:
        diagnostics = compile_site(site).diagnostics
    except Rejected as rejected:
        diagnostics = rejected.diagnostics
    if as_json:
        emit_json([_diagnostic(item) for item in diagnostics.items])
    else:
        if diagnostics.items:
            click.echo(diagnostics.render() + "\n")
        click.echo(f"{site}: {_count(diagnostics)}")
    sys.exit(1 if diagnostics.failed else 0)


def _diagnostic(item) -> dict[str, Any]:
    place = {"file": item.place.file, "line": item.place.line, "column": item.place.column, "length": item.place.length}
    return {"code": item.code, "severity": item.severity, "message": item.message, **place, "fix": item.fix}


@main.command()
@SITE
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to write the bundle.")
@click.option("--sign", "key", type=click.Path(path_type=Path), metavar="KEYFILE", help="Sign with this private key (see keygen).")
@click.option("--format", "format_", type=click.Choice(["1"]), default="1", help="The bundle format to write.")
@JSON
def build(site: Path, out: Path, key: Path | None, format_: str, as_json: bool) -> None:
    """Compile a site into a bundle. The same files give the same bytes on every machine.

    \b
    Examples:
      tessera build rulesets/store --out store.tessera
      tessera build rulesets/store --out store.tessera --sign signing.key
    """
    from compiler.files import write_atomically
    from compiler.sign import KeyFileError, sign
    from tessera.bundle import load, unseal

    data = compiled(site).bundle
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
        emit_json({"bundle": bundle.name, "file": str(out), "bytes": len(data), "signed": key is not None, "sections": dict(bundle.sizes)})
        return
    for section, size in bundle.sizes.items():
        click.echo(f"{size:>10,}  {section}")
    click.echo(f"{len(data):>10,}  {out}{' (signed)' if key else ''}\nbundle {bundle.name}")


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


def opened(path: Path, keys: tuple[str, ...] = ()):
    """A bundle file, verified and loaded; ends with 1 and one line where it is refused."""
    from compiler.sign import KeyFileError, public_keys, verify
    from tessera.bundle import BundleError, load, unseal

    try:
        sealed = unseal(path.read_bytes())
        if keys:
            verify(sealed, {k: v for file in keys for k, v in public_keys(Path(file).read_text(errors="replace")).items()})
        return load(sealed)
    except (BundleError, KeyFileError) as error:
        fail(f"{path}: {error}")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


def decided(path: Path, visitor: Path, page: str | None, keys: tuple[str, ...] = ()):
    """The bundle, and (visit, decision) for each slot of the page; without one each slot on the first page that has it."""
    from compiler.visitors import VisitorError, page_of, read_file, visit_of
    from tessera.decide import decide as decide_slots

    bundle = opened(path, keys)
    try:
        told = read_file(visitor)
        pages = [page_of(bundle, page)] if page else [name for name, _ in bundle.pages] or [None]
        visits = {name: visit_of(bundle, told, name) for name in pages}
    except VisitorError as error:
        fail(str(error))
    for attribute in next(iter(visits.values()))[1]:
        click.echo(f"tessera: warning: the site does not know the attribute '{attribute}'; it is ignored", err=True)
    found = {}
    for name, (visit, _) in visits.items():
        for decision in decide_slots(bundle, visit, name):
            found.setdefault(decision.slot, (visit, decision))
    return bundle, [found[slot] for slot in sorted(found)]


@main.command()
@BUNDLE
@VISITOR
@PAGE
@KEY
@JSON
def decide(bundle: Path, visitor: Path, page: str | None, keys: tuple[str, ...], as_json: bool) -> None:
    """Decide every slot for a visitor, with the edge's own code.

    \b
    Examples:
      tessera decide store.tessera --visitor rulesets/store/profiles/ana.json
      tessera decide store.tessera --visitor ana.json --page / --json
    """
    from tessera.record import outcome

    loaded, decisions = decided(bundle, visitor, page, keys)
    told = {loaded.slots[d.slot].name: outcome(loaded, d) for _, d in decisions}
    if as_json:
        emit_json({"bundle": loaded.name, "decisions": told})
        return
    for line in table(told):
        click.echo(line)


def table(told: dict[str, dict[str, Any]]) -> list[str]:
    """One line a slot: slot, variant, level, reason, and where they apply rule and experiment."""
    rows = [
        (slot, one["variant"], one["level"], one["reason"], _rule_and_test(one))
        for slot, one in told.items()
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
    return ["  ".join((*(cell.ljust(width) for cell, width in zip(row, widths)), row[4])).rstrip() for row in rows]


def _rule_and_test(one: dict[str, Any]) -> str:
    test = f"{one['experiment']}={one['arm']}" if one["experiment"] else ""
    return " ".join(filter(None, (one["rule"], test)))


@main.command()
@BUNDLE
@VISITOR
@PAGE
@click.option("--slot", "only", metavar="NAME", help="Only this slot.")
@KEY
@JSON
def explain(bundle: Path, visitor: Path, page: str | None, only: str | None, keys: tuple[str, ...], as_json: bool) -> None:
    """Say in plain sentences why each slot got its variant, and why the rules above it did not hold.

    \b
    Example:
      tessera explain store.tessera --visitor rulesets/store/profiles/ana.json --slot hero
    """
    from tessera.explain import explain as explain_slot

    loaded, decisions = decided(bundle, visitor, page, keys)
    found = [explain_slot(loaded, visit, d) for visit, d in decisions if only in (None, loaded.slots[d.slot].name)]
    if only and not found:
        fail(f"no slot '{only}'; the slots are {', '.join(slot.name for slot in loaded.slots)}")
    if as_json:
        emit_json({e.slot: {"sentence": e.sentence, "tried": [a._asdict() for a in e.attempts]} for e in found})
        return
    for one in found:
        click.echo(f"{one.slot}: {one.sentence}")
        for attempt in one.attempts:
            click.echo(f"    {'✓' if attempt.held else '✗'} {attempt.rule} ({attempt.level}): {attempt.because}")


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


@main.command()
@BUNDLE
@STATE
@JSON
def publish(bundle: Path, state: Path | None, as_json: bool) -> None:
    """Put a signed bundle live in the local store: the bytes first, the pointer last.

    A running host takes it over at its next look at the pointer; without one, the store is opened for the moment.

    \b
    Examples:
      tessera build rulesets/store --out store.tessera --sign .tessera/keys/signing.key
      tessera publish store.tessera
    """
    from compiler.local import local
    from compiler.publish import PublishError
    from compiler.serve import publish_locally
    from host.process import HostError
    from tessera.bundle import BundleError

    try:
        release = publish_locally(local(state), bundle.read_bytes())
    except (PublishError, BundleError, HostError, OSError) as error:
        fail(f"{bundle}: {error}")
    if as_json:
        emit_json({"bundle": release.bundle, "bytes": release.size, "before": release.before})
        return
    click.echo(f"live: {release.bundle} ({release.size:,} bytes)")
    if release.before and release.before != release.bundle:
        click.echo(f"before: {release.before}")


@main.command()
@SITE
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="Port on 127.0.0.1 (0: a free one).")
@click.option("--facts", default="{}", metavar="JSON", help='What the platform tells of every request, e.g. \'{"country": "DE", "timezone": "Europe/Berlin"}\'.')
@STATE
def dev(site: Path, port: int, facts: str, state: Path | None) -> None:
    """Run a site in the embedded host; compile and publish anew whenever its files change.

    \b
    Examples:
      tessera dev rulesets/store
      tessera dev rulesets/store --port 9000 --facts '{"country": "GB", "timezone": "Europe/London"}'
    """
    from compiler.local import local
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
        serve(site, local(state), port=port, facts=told, say=click.echo)
    except HostError as error:
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
    except HostError as error:
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
