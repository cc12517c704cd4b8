"""`tessera profiles`: pre-computed attributes and aliases go into the profile store in bulk; what the store holds of a visitor."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from compiler.cli_load import load
from compiler.profile_options import CLOUDFLARE, CONFIG, DIR, DRY, LEAST_TTL, NAMES, bucket, store_of
from compiler.terminal import JSON, STATE, Group, compiled, emit_json, fail


@click.group(cls=Group)
def profiles() -> None:
    """Load what others computed about visitors, and look at what is stored.

    \b
    Examples:
      tessera profiles load features.parquet --site rulesets/store
      tessera profiles show ana
    """


profiles.add_command(load)


@profiles.command()
@click.argument("id_", metavar="ID")
@click.option("--site", type=DIR, metavar="SITE_DIR", help="For an account (`account:` and its subject): the site that it belongs to.")
@CLOUDFLARE
@CONFIG
@STATE
@JSON
def show(id_: str, site: Path | None, cloudflare: bool, config: Path, state: Path | None, as_json: bool) -> None:
    """Print what the stores hold of a visitor: the profile that events made, the facts that were loaded, the aliases.

    ID is a visitor's id, the key of an account, or `account:` and the account's subject. Exit 1 where nothing is stored.

    \b
    Examples:
      tessera profiles show ana
      tessera profiles show account:4711 --site rulesets/store --json
      tessera profiles show ana --cloudflare
    """
    from compiler.fact_rows import ACCOUNT, key_of
    from host.tools import HostError

    if id_.startswith(ACCOUNT) and site is None:
        fail(f"{id_}: an account belongs to a site; name it with --site", 2)
    key = key_of(compiled(site, quiet=True).program.site if site else "", id_)
    if key is None:
        fail(f"'{id_}' is no id: 1 to 64 letters, digits, - and _, or account: and a subject", 2)
    try:
        with store_of(cloudflare, config, None, state) as store:
            stored = store.state(f"profiles/{key}.json")
            found = {
                "key": key,
                "profile": _read(stored if stored is not None else store.kv(f"profile:{key}")),
                "profile_from": "state" if stored is not None else "copy",
                "facts": _read(store.kv(f"facts:{key}")),
                "aliases": _read(store.kv(f"alias:{key}")),
            }
    except HostError as error:
        fail(str(error))
    if found["profile"] is None:
        found["profile_from"] = None
    if as_json:
        emit_json(found)
    else:
        _print(found)
    sys.exit(0 if any(found[name] is not None for name in ("profile", "facts", "aliases")) else 1)


def _read(text: str | None) -> Any:
    """A stored document; what cannot be read is shown as the text that it is."""
    from tessera.profile import MAX_PROFILE
    from tessera.types import parse_json

    if text is None:
        return None
    try:
        return parse_json(text, MAX_PROFILE)
    except ValueError:
        return text


def _print(found: dict[str, Any]) -> None:
    titles = {"profile": {"state": "profile", "copy": "profile (the copy for the edges; nothing in the state bucket)"}.get(found["profile_from"] or "", "profile"), "facts": "facts", "aliases": "aliases"}
    click.echo(f"key {found['key']}")
    for name, title in titles.items():
        value = found[name]
        if value is None:
            click.echo(f"\n{title}: none")
            continue
        click.echo(f"\n{title}:")
        for line in json.dumps(value, ensure_ascii=False, indent=2).splitlines():
            click.echo(f"  {line}")


@profiles.command()
@click.option("--site", required=True, type=DIR, metavar="SITE_DIR", help="The site whose attributes' `keep` counts.")
@DRY
@CLOUDFLARE
@CONFIG
@NAMES
@STATE
@JSON
def expire(site: Path, dry_run: bool, cloudflare: bool, config: Path, names: Path | None, state: Path | None, as_json: bool) -> None:
    """Take out of stored profiles what is older than its `keep`, and remove those of which nothing is left.

    Events do so by themselves: this is for visitors who never came back. Call it once a day. Exit 1 where a profile could not be
    read.

    \b
    Examples:
      tessera profiles expire --site rulesets/store
      tessera profiles expire --site rulesets/store --cloudflare --names names.txt
    """
    from compiler.cli_log import told
    from compiler.expiry import expire_profiles
    from compiler.profile_stores import STATE_BINDING
    from host.tools import HostError
    from tessera.bundle import load as loaded
    from tessera.bundle import unseal
    from tessera.consumer import keep_of

    found = compiled(site, quiet=True)
    bundle = loaded(unseal(found.bundle))
    say = (lambda line: None) if as_json else click.echo

    def copy(key: str, text: str | None) -> None:
        if text is None:
            store.remove(f"profile:{key}")
        else:
            store.put({f"profile:{key}": text}, max(LEAST_TTL, keep_of(bundle, json.loads(text))))

    try:
        with bucket(STATE_BINDING, cloudflare, config, names, state) as (objects, store):
            done = expire_profiles(objects, found.program, time.time(), copy, say, dry_run)
    except HostError as error:
        fail(str(error))
    told(done, "profiles", "shortened", as_json, dry_run)
