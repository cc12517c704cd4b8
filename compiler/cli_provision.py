"""`tessera provision`: the resources of a deployment on Cloudflare."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from compiler.terminal import JSON, emit_json, fail


@click.command()
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), default="wrangler.toml", show_default=True, metavar="FILE", help="Whose resources.")
@click.option("--plan", "planning", is_flag=True, help="Ask the account what is there already; change nothing.")
@click.option("--apply", "applying", is_flag=True, help="Make what is missing.")
@click.option("--write", is_flag=True, help="With --apply: put the namespaces' ids into the configuration.")
@click.option("--account", metavar="ID", help="The account (else TESSERA_CLOUDFLARE_ACCOUNT, CLOUDFLARE_ACCOUNT_ID, or account_id of the configuration).")
@click.option("--cookie-key", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="With --apply: where the cookie key is kept, so that it can be rotated; made there where there is none.")
@JSON
def provision(config: Path, planning: bool, applying: bool, write: bool, account: str | None, cookie_key: Path | None, as_json: bool) -> None:
    """Say what a deployment needs on Cloudflare, and make it.

    By itself it reads the configuration alone: KV namespaces, R2 buckets, queues and secrets. --plan and --apply ask the account,
    with the API token in TESSERA_CLOUDFLARE_TOKEN (or CLOUDFLARE_API_TOKEN). What is there is left as it is; the cookie key is
    made, set and never shown; nobody can read it back, so keep it in a file where it is to be rotated later. Exit 1 where something that is required is still missing after --apply, or Cloudflare refuses.

    \b
    Examples:
      tessera provision
      tessera provision --plan
      tessera provision --apply --write
      tessera provision --apply --cookie-key keys/cookie.key
    """
    from compiler.files import write_atomically
    from compiler.releases.cloudflare import read_config
    from compiler.releases.provision import cookie_key as new_key
    from compiler.releases.provision import kept_key, look, make, needs, with_ids, worker_of
    from compiler.releases.stores import StoreError

    if planning and applying or (write or cookie_key) and not applying:
        fail("--plan or --apply; --write and --cookie-key with --apply alone", 2)
    say = (lambda line: None) if as_json else click.echo
    made = []
    try:
        told = read_config(config)
        worker, found = worker_of(told), needs(told)
        if planning or applying:
            api = _api(told, account)
            found = look(api, found, worker)
        if applying:
            after = []
            for need in found:
                after.append(make(api, need, worker, lambda: kept_key(cookie_key) if cookie_key else new_key()))
                if after[-1].there and not need.there:
                    made.append(need.name)
                    say(f"made: {need.kind} {need.name}")
            found = tuple(after)
        ids = {need.binding: need.id for need in found if need.kind == "KV namespace" and need.id and need.there}
        if write:
            write_atomically(config, with_ids(config.read_text("utf-8"), ids).encode())
            say(f"{config}: the ids of {len(ids)} namespaces are in it")
    except StoreError as error:
        fail(f"{error}{_so_far(made)}")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}{_so_far(made)}")
    missing = [need for need in found if need.required and need.there is False]
    if as_json:
        _emit(worker, found, made, told)
    else:
        _tell(worker, config, found, told)
        if applying and not write:
            known = {need.id for need in needs(told)}
            for binding, id_ in ids.items():
                if id_ not in known:
                    click.echo(f'to put into {config}, for {binding}: id = "{id_}"')
    sys.exit(1 if applying and missing else 0)


def _api(told, account: str | None):
    """The account's API. Raises StoreError."""
    from compiler.releases.cloudflare import ACCOUNT, TOKEN, api_of, setting
    from compiler.releases.provision import RIGHTS
    from compiler.releases.stores import StoreError

    account = account or setting(os.environ, ACCOUNT) or told.get("account_id")
    if not account:
        raise StoreError(f"which account? Give --account, or set {ACCOUNT[0]}")
    if setting(os.environ, TOKEN) is None:
        raise StoreError(f"no token; set {TOKEN[0]} to an API token with the rights {RIGHTS}")
    return api_of(account, os.environ)


def _so_far(made: list[str]) -> str:
    return f" (made before that: {', '.join(made)}; call it again)" if made else ""


def _warnings(told) -> list[str]:
    if not told.get("vars", {}).get("TESSERA_PUBLIC_KEYS"):
        return ["TESSERA_PUBLIC_KEYS is empty: every bundle would be refused; `tessera keygen` makes a key"]
    return []


def _tell(worker: str, config: Path, found, told) -> None:
    from compiler.releases.provision import PLAN

    click.echo(f"{worker} ({config}) needs:\n")
    width = max(len(need.name) for need in found)
    bindings = max(len(need.binding) for need in found)
    for need in found:
        state = {None: "", True: "there", False: "missing"}[need.there] or ("" if need.required else "optional")
        state = "optional" if need.there is False and not need.required else state
        notes = [need.note, f"id {need.id}" if need.id else "", f"jurisdiction {need.jurisdiction}" if need.jurisdiction else ""]
        note = "; ".join(note for note in notes if note)
        click.echo(f"  {need.kind:<12}  {need.binding:<{bindings}}  {need.name if need.kind != 'secret' else '':<{width}}  {state:<8}  {note}".rstrip())
    click.echo(f"\n{PLAN}")
    for line in _warnings(told):
        click.echo(f"warning: {line}")


def _emit(worker: str, found, made: list[str], told) -> None:
    from compiler.releases.provision import PLAN

    rows = [
        {"kind": need.kind, "binding": need.binding, "name": need.name, "id": need.id or None, "jurisdiction": need.jurisdiction, "required": need.required,
         "there": need.there, "note": need.note}
        for need in found
    ]  # fmt: skip
    emit_json({"worker": worker, "needs": rows, "made": made, "plan": PLAN, "warnings": _warnings(told)})
