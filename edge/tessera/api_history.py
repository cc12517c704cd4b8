"""All that is held of a user: told to them, or erased."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Callable, Mapping, NamedTuple

from tessera.api_call import Answer, Asking, Call, invalid
from tessera.api_user import truths
from tessera.api_visit import ACCOUNT, User, document_of, user_of
from tessera.record import plain
from tessera.resolved import Bundle

PageOf = Callable[[str], str]
MOST_VISITORS = 64  # of an account that are followed
MOST_ROWS = 200  # of the log that a page of an export has about
MOST_FILES = 400  # of the log that are read for one
SCAN = 4_000  # milliseconds that reading the log may take for an export
ERASING = 10_000  # milliseconds that an erasure works before it answers
FOLDERS = ("decisions/", "events/")


class Held(NamedTuple):
    """Where something of a user is held: keys of profiles with their documents, and the units that are theirs."""

    documents: Mapping[str, Mapping[str, Any]]
    units: tuple[str, ...]
    extra: Mapping[str, Any]  # facts and aliases by their names in the store


def _held(bundle: Bundle, call: Call, user: User) -> Held:
    """All of a user: their profile, the account that it moved into, the visitors of that account.

    Raises:
        Asking.
    """
    documents = _documents(call, (user.key,))
    moved = documents[user.key].get("moved_to")
    keys = (user.key, moved) if isinstance(moved, str) and moved != user.key else (user.key,)
    documents = _documents(call, keys)
    listed = [name for key in keys for name in _names(documents[key].get("visitors"))]
    wanted = [f"alias:{key}" for key in keys] + [f"facts:{key}" for key in dict.fromkeys((*keys, *listed))]
    if "reads" not in call.given:
        raise Asking(need={"what": "reads", "keys": wanted, "deadline": 20 * bundle.deadline})
    extra = {name: _parsed(call.given["reads"].get(name)) for name in wanted}
    listed += [name for key in keys for name in _names(extra[f"alias:{key}"].get("visitors"))]
    units = tuple(dict.fromkeys((*keys, *listed)))
    return Held(documents, units, {name: value for name, value in extra.items() if value})


def _documents(call: Call, keys: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
    return {key: document_of(found["text"] or None)[1] for key, found in truths(call, keys).items()}


def _parsed(read: Any) -> Mapping[str, Any]:
    status, text = read or ("none", "")
    return document_of(text)[1] if status == "ok" else {}


def _names(told: Any) -> list[str]:
    return [name for name in told if isinstance(name, str)][:MOST_VISITORS] if isinstance(told, list) else []


# --- export ---------------------------------------------------------------------------------------------------------------------


def export_user(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """GET /user/{id}/export: what is stored on its first page, then what the log holds, page by page."""
    user = user_of(bundle, call.path[1], "id")
    cursor = call.query.get("cursor", "")
    if any(name != "cursor" for name in call.query):
        raise invalid("query", "there is the parameter `cursor` alone")
    if cursor and not (cursor.startswith(FOLDERS) and len(cursor) <= 256 and cursor.isprintable()):
        raise invalid("cursor", "as `next` of the page before tells it")
    held = _held(bundle, call, user)
    if "lines" not in call.given:
        wanted = {"ids": held.units, "cursor": cursor, "most": MOST_ROWS, "files": MOST_FILES, "milliseconds": SCAN}
        raise Asking(need={"what": "lines", **wanted})
    found = call.given["lines"]
    rows = {folder: [row for kind, row in found["rows"] if kind == folder] for folder in ("decisions", "events")}
    profiles = [{"key": key, "document": plain(dict(document))} for key, document in held.documents.items() if document]
    body = {
        "user": user.id,
        "profiles": [] if cursor else profiles,
        "facts": {} if cursor else {name: plain(dict(value)) for name, value in held.extra.items() if name.startswith("facts:")},
        "aliases": [] if cursor else list(held.units),
        "decisions": [{**row, "reasoning": reasoning(row)} for row in rows["decisions"]],
        "events": rows["events"],
        "next": found["next"],
    }
    return {"status": 200, "body": body}


_WHY = {
    "bot": "because the request came from a robot",
    "holdout": "because the visitor is held out of all personalisation",
    "consent": "because consent was missing",
    "preference": "because the visitor wished for no more",
    "cap": "because its campaign had been shown often enough",
    "paused": "because its campaign was not running or was paused",
    "preview": "because a preview wished for it",
}


def reasoning(row: Mapping[str, Any]) -> str:
    """A logged decision in a plain sentence, by the row alone: the release that decided may be long gone."""
    variant, told = row.get("variant"), row.get("reason")
    shown = "was left as it is" if variant in (None, "none") else f"showed '{variant}'"
    if row.get("rule"):
        segment = f" for the segment '{row['segment']}'" if row.get("segment") else ""
        campaign = f" of the campaign '{row['campaign']}'" if row.get("campaign") else ""
        why = f"because the rule '{row['rule']}'{campaign} held at the level {row.get('level')}{segment}"
    else:
        why = _WHY.get(str(told), "because no rule held")
    model = f", ranked by the model '{row['model']}'" if row.get("model") else ""
    experiment = f"; in the experiment '{row['experiment']}' it was the arm '{row.get('arm')}'" if row.get("experiment") else ""
    return f"The slot '{row.get('slot')}' {shown}, {why}{model}{experiment}."


# --- erasure --------------------------------------------------------------------------------------------------------------------


def erase_user(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """DELETE /user/{id}: everything of them; the answer is a receipt of what was removed, and of what was there afterwards."""
    user = user_of(bundle, call.path[1], "id")
    if "erased" not in call.given:
        held = _held(bundle, call, user)
        raise Asking(need={"what": "erased", "keys": held.units, "ids": held.units, "at": call.at, "milliseconds": ERASING})
    done = call.given["erased"]
    log, checked = done["log"], done["verified"]
    whole = checked is not None and checked["lines"] == 0 and checked["whole"] and all(_is_gone(each) for each in checked["profiles"])
    receipt = {
        "user": user.id,
        "status": "erased" if whole else "pending",
        "erased_at": call.at,
        "log": {"files_read": log["read"], "files_rewritten": log["rewritten"], "lines_removed": log["lines"]},
        "verified": checked,
        "swept_again_at": done["sweep"],
        "description": _described(whole, log["lines"], user.id.startswith(ACCOUNT)),
    }
    digest = sha256(json.dumps(receipt, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return {"status": 200 if whole else 202, "body": {**receipt, "receipt": digest}}


def _is_gone(found: Mapping[str, Any]) -> bool:
    return all(found[name] for name in ("profile", "copy", "facts", "alias"))


def _described(whole: bool, lines: int, is_account: bool) -> str:
    who = "account and of its visitors" if is_account else "visitor"
    if not whole:
        return f"Nothing is stored of the {who} any more; {lines} lines of the log were removed, and the rest is being removed."
    return f"Nothing is stored of the {who} any more, and {lines} lines of the log were removed; read again, the log has none."
