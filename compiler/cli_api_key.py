"""`tessera api-key`: a key of the HTTP API."""

from __future__ import annotations

from datetime import date, datetime, timezone

import click

from compiler.terminal import JSON, emit_json, fail


@click.command("api-key")
@click.option("--role", required=True, type=click.Choice(["reader", "writer", "admin"]), help="What its holder may do: read; also write; everything.")
@click.option("--id", "name", metavar="NAME", help="What logs and limits call its holder: letters, digits and dashes (default: made up).")
@click.option("--expires", metavar="YYYY-MM-DD", help="The last day on which it is good, in UTC (default: until it is taken out of the setting).")
@JSON
def api_key(role: str, name: str | None, expires: str | None, as_json: bool) -> None:
    """Make a key for the HTTP API: the key for its holder, shown this once, and its line for TESSERA_API_KEYS.

    The line holds a digest, from which the key cannot be had. Put it behind the others, with a comma between.

    \b
    Examples:
      tessera api-key --role reader --id dashboard
      tessera api-key --role writer --id crm --expires 2027-01-31
    """
    from compiler.api_keys import ApiKeyError, fresh_id, generate

    last = _day(expires) if expires is not None else None
    try:
        made = generate(role, fresh_id() if name is None else name, last)
    except ApiKeyError as error:
        fail(f"--id: {error}", 2)
    if as_json:
        emit_json({"key": made.text, "entry": made.entry})
        return
    click.echo(f"key    {made.text}\nentry  {made.entry}  (add it to the secret TESSERA_API_KEYS)")


def _day(text: str) -> date:
    """A day to come, or today; ends with 2 for anything else."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        fail(f"--expires {text}: write a day as YYYY-MM-DD, such as 2027-01-31", 2)
    if found < datetime.now(timezone.utc).date():
        fail(f"--expires {text}: that day is over", 2)
    return found
