"""`tessera train`: the log of events, or a plain table → models with cards; and whether training sees what the edge saw."""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.terminal import JSON, SITE, STATE, compiled, count, fail, moment_of

if TYPE_CHECKING:
    from compiler.syntax import Ruleset

NAMES = ("affinity", "personal", "similar", "together", "next", "trending", "popular")  # as learn.recommenders has them, which is not loaded for --help
EXISTING = click.Path(exists=True, path_type=Path)


@click.command()
@SITE
@click.option("--events", "named", multiple=True, metavar="FILES", help="The log of events: files, folders or patterns (default: the log of the local store). With --user and --item: plain tables.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where models go (default: the site's models/).")
@click.option("--model", "names", multiple=True, type=click.Choice(NAMES), help="Make this one (several times; default: all that can be made).")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="What counts.")
@click.option("--master", default="local[2]", show_default=True, metavar="URL", help="Where Spark runs.")
@click.option("--trials", type=click.IntRange(1), default=6, show_default=True, help="Settings of one model that are tried at the most.")
@click.option("--budget", type=click.FloatRange(0), metavar="SECONDS", help="No further setting of a model is tried after so long.")
@click.option("--seed", type=click.IntRange(0), default=42, show_default=True, help="Of everything that is drawn.")
@click.option("--opt-out", type=EXISTING, metavar="FILE", help="Whom not to learn from: ids, one a line, as .csv or .ndjson; or a folder of stored profiles, of which the erased count.")
@click.option("--aliases", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", help="Which visitors are one person, as `tessera identities --by account` writes it (.ndjson).")
@click.option("--purpose", "purposes", multiple=True, metavar="NAME", help="What must be allowed for a row to be learned from (several times; default: the purposes of the site's item lists and of its log).")
@click.option("--until", callback=moment_of, metavar="TIME", help="Leave out what happened then or later.")
@click.option("--user", metavar="COLUMN", help="Of plain tables: who.")
@click.option("--item", metavar="COLUMN", help="Of plain tables: with which item.")
@click.option("--time", "time_", metavar="COLUMN", help="Of plain tables: when.")
@click.option("--basket", metavar="COLUMN", help="Of plain tables: the order or invoice (default: what one user did at one time).")
@click.option("--min-precision", type=click.FloatRange(0, 1), metavar="SHARE", help="A gate: the least precision@10.")
@click.option("--min-recall", type=click.FloatRange(0, 1), metavar="SHARE", help="A gate: the least recall@10.")
@click.option("--min-coverage", type=click.FloatRange(0, 1), metavar="SHARE", help="A gate: the least share of the items that is recommended at all.")
@click.option("--min-lift", type=click.FloatRange(0), metavar="TIMES", help="A gate: how many times popularity's recall@10.")
@click.option("--check-skew", "decisions", multiple=True, metavar="FILES", help="Make no model: compare what these rows of the decision log were decided on with what training makes of the events.")
@STATE
@JSON
def train(site: Path, named: tuple[str, ...], out: Path | None, names: tuple[str, ...], as_json: bool, state: Path | None, decisions: tuple[str, ...], **options: Any) -> None:
    """Learn recommenders from what visitors did, measure them, and write those that are good enough, each with its card.

    Nobody is learned from who opted out, withdrew a purpose or is on a list: their rows are taken out before anything is counted.
    A model that does not reach the gates goes to DIR/rejected, and the one that was there stays.

    Exit 0: all were written. 1: one was refused, or a file cannot be used. 2: an option is wrong.

    \b
    Examples:
      tessera train rulesets/store --events log/events
      tessera train rulesets/store --events 'log/events/date=2026-11-*' --model personal --min-lift 1.5 --json
      tessera train rulesets/store --events orders.parquet --user customer --item sku --time ordered_at
      tessera train rulesets/store --events log/events --check-skew log/decisions
    """
    try:
        import learn.train  # noqa: F401  what is missing is said before anything is read

        import duckdb, ibis, implicit, scipy  # noqa: E401, F401
    except ImportError as error:
        fail(f"this command needs {error.name}: pip install 'tessera-edge[learn]'")
    plain = options["user"] is not None or options["item"] is not None
    if plain and (options["user"] is None or options["item"] is None):
        fail("--user and --item go together: a plain table has both", 2)
    if not plain and (options["time_"] or options["basket"]):
        fail("--time and --basket are of plain tables: name --user and --item too", 2)
    if plain and not named:
        fail("--user and --item name the columns of plain tables: name these with --events", 2)
    if plain and decisions:
        fail("--check-skew is for the log of events", 2)
    from learn.engines import NoSpark
    from learn.identity_files import BadFile
    from host.tools import HostError

    ruleset = _ruleset(site)
    try:
        with tempfile.TemporaryDirectory(prefix="tessera-log-") as folder, _files(named, plain, state, Path(folder)) as files:
            if decisions:
                _check_skew(site, files, decisions, as_json)
            asked = _asked(site, ruleset, files, out or site / "models", names, plain, options)
            with _progress(asked) as tell:
                outcome = learn.train.train(asked, tell)
    except (BadFile, NoSpark, HostError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or out or site}: {error.strerror or error}")
    report = _report(asked, outcome)
    _say(report)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    sys.exit(1 if outcome.failed else 0)


def _ruleset(site: Path) -> Ruleset:
    """The site's files, whether or not its models would build: they may be what is to be made anew."""
    from compiler.diagnostics import Diagnostics
    from compiler.syntax import load

    diagnostics = Diagnostics()
    ruleset = load(site, diagnostics)
    if ruleset is None:
        click.echo(diagnostics.render(), err=True)
        fail(f"{site}: {count(diagnostics)}")
    if ruleset.items is None or not ruleset.items.ids:
        fail(f"{site}: the site has no items to recommend; declare `items:` in site.yaml")
    return ruleset


@contextmanager
def _files(named: tuple[str, ...], plain: bool, state: Path | None, scratch: Path) -> Iterator[list[Path]]:
    """The files that are meant; of the local store, copies. Raises BadFile, HostError."""
    from compiler.profile_options import bucket
    from learn import logs
    from learn.identity_files import BadFile
    from learn.plain import ENDINGS

    if named:
        yield logs.files_of(named, ENDINGS if plain else logs.ENDINGS)
        return
    with bucket("LOG", False, Path(), None, state) as (store, _):
        for name in store.names():
            if name.startswith("events/") and (found := store.get(name)) is not None:
                path = scratch / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(found.content)
    files = sorted(scratch.rglob("*.ndjson"))
    if not files:
        raise BadFile("the log of the local store has no events; name files with --events, or another store with --state")
    yield files


def _asked(site: Path, ruleset: Ruleset, files: list[Path], out: Path, names: tuple[str, ...], plain: bool, options: dict[str, Any]) -> Any:
    from compiler.kept import MILLION, kept
    from learn.gates import Gates
    from learn.interactions import Wanted
    from learn.plain import Columns
    from learn.search import Budget
    from learn.train import Asked
    from learn.withdrawn import ids_of, people_of, persons
    from tessera.identity import account_key

    spec = ruleset.site.spec
    people = people_of(options["aliases"]) if options["aliases"] else {}
    gone = persons(ids_of(options["opt_out"]), people, lambda account: account_key(spec.name, account)) if options["opt_out"] else frozenset()
    purposes = frozenset() if plain else frozenset(options["purposes"]) or _purposes(ruleset)
    for name in sorted(purposes - set(spec.purposes)):
        fail(f"--purpose {name}: the site has {', '.join(spec.purposes)}", 2)
    until = None if options["until"] is None else round(options["until"] * 1000)
    columns = Columns(options["user"], options["item"], options["time_"], options["basket"]) if plain else None
    least = {name: own if (own := options[f"min_{name}"]) is not None else None if (of := getattr(spec.models.gates, name)) is None else of / MILLION for name in ("precision", "recall", "coverage")}
    return Asked(
        site, files, out, Wanted(sorted(ruleset.items.ids), purposes, gone, people, until), _sources(ruleset), columns, names, options["engine"], options["master"],
        Budget(options["trials"], options["budget"]), options["seed"], Gates(**least, lift=options["min_lift"]), shlex.join(["tessera", *map(_shown, sys.argv[1:])]),
        lambda result: kept(result, spec.models),
    )  # fmt: skip


def _shown(argument: str) -> str:
    """An argument without the folders that lead to it, which are this machine's own."""
    return Path(argument).name if argument.startswith("/") else argument


def _lists(ruleset: Ruleset) -> dict[str, tuple[str, str]]:
    """The attributes that are lists of items: name → purpose, and the events that they come from."""
    spaces = {"visitor": ruleset.site.spec.attributes.visitor, "account": ruleset.site.spec.attributes.account}
    found = {f"{space}.{name}": one for space, attributes in spaces.items() for name, one in attributes.items()}
    return {name: (one.purpose, one.from_) for name, one in found.items() if str(one.type) == "list<item>" and (one.from_ or "").startswith("events.")}


def _purposes(ruleset: Ruleset) -> frozenset[str]:
    """The purposes for which items are remembered, and that of the log: what recommenders are learned from is both."""
    return frozenset({purpose for purpose, _ in _lists(ruleset).values()} | {ruleset.site.spec.log.purpose}) - {"none"}


def _sources(ruleset: Ruleset) -> Any:
    from learn.model_files import Sources

    spec = ruleset.site.spec
    lists = {name: events.removeprefix("events.").partition(".")[0].split("|") for name, (_, events) in _lists(ruleset).items()}
    viewed = [name for name, events in lists.items() if "view_item" in events] or [name for name, events in lists.items() if not {"hide", "dismiss"} & {*events}]
    parameters = {part[1:] for pattern in spec.pages.values() for part in str(pattern).split("/") if part.startswith(":")}
    return Sources(spec.items.id, viewed[0] if viewed else None, f"page.{spec.items.id}" if spec.items.id in parameters else None)


@contextmanager
def _progress(asked: Any) -> Iterator[Any]:
    """A bar on standard error, where that is a terminal."""
    from learn.train import steps

    if not sys.stderr.isatty():
        yield lambda step: None
        return
    with click.progressbar(length=steps(asked), file=sys.stderr, label="train", show_eta=False, item_show_func=lambda step: step or "") as bar:
        yield lambda step: bar.update(1, step)


def _report(asked: Any, outcome: Any) -> dict[str, Any]:
    counts = outcome.read.counts.as_json()
    models = []
    for one in outcome.made:
        told = one.card or {}
        figures = {name: each["value"] for name, each in told.get("figures", {}).items() if each}
        models.append({
            "model": one.name, "state": "refused" if one.refused else "left out" if one.lacks else "written", "why": list(one.refused) or ([one.lacks] if one.lacks else []),
            "version": told.get("version"), "bytes": told.get("bytes"), "parameters": told.get("parameters"), **figures,
            "popularity": told.get("popularity", {}), "files": [str(file) for file in one.files], "note": one.note,
        })  # fmt: skip
    return {"site": asked.site.name, "out": str(asked.out), "engine": asked.engine, "seed": asked.seed, "read": counts, "models": models}


def _say(report: dict[str, Any]) -> None:
    from learn.card import EXCLUDED

    read = report["read"]
    click.echo(f"{read['used']:,} interactions of {read['users']:,} visitors with {read['items']:,} items; {read['rows']:,} rows were read")
    for name, words in EXCLUDED:
        if read[name]:
            examples = f" ({read['unknown_items']:,}, such as {', '.join(read['examples'])})" if name == "unknown_rows" else ""
            click.echo(f"left out: {read[name]:,} {words}{examples}")
    for one in report["models"]:
        if one["state"] == "left out":
            click.echo(f"{one['model']}: left out: {one['why'][0]}")
            continue
        figures = f"recall@10 {one['recall@10']:.4f} (popularity {one['popularity']['recall@10']:.4f}), coverage {one['coverage']:.1%}" if "recall@10" in one else "not measured"
        click.echo(f"{one['model']}: {one['state']}: {figures}, {one['bytes'] or 0:,} bytes")
        for why in one["why"] + ([one["note"]] if one["note"] else []):
            click.echo(f"  {why}")
    click.echo(f"in {report['out']}")


def _check_skew(site: Path, files: list[Path], decisions: tuple[str, ...], as_json: bool) -> None:
    """Compare, say, and end: 1 where there is a difference."""
    from learn import features, logs
    from tessera.bundle import load, unseal

    bundle = load(unseal(compiled(site, quiet=True).bundle))

    found = logs.files_of(decisions, skipped=logs.NO_DECISIONS)
    report = features.skew(bundle, logs.rows_of(files), logs.rows_of(found))
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        for one in report.differences[:20]:
            click.echo(f"{one.view}: {one.attribute}: the edge had {json.dumps(one.logged)}, training makes {json.dumps(one.made)}")
        click.echo(f"{report.compared:,} values of {report.views:,} page views compared, {len(report.differences):,} differ; {report.unknown:,} values come from elsewhere than events")
    sys.exit(1 if report.differences or not report.compared else 0)
