"""What the queues carry → files of the log, and what becomes of stored profiles. The calls of the platform are in edge/consume.py.

A message is one of: a page view (`view`), what a release that is tried out beside the live one would have decided otherwise
(`shadow`), what browsers report (`events`), and commands: `login` takes what is known of a
visitor along into their account's profile, `erase` is carried out by edge/erasure.mjs.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from tessera import events, log, record, shadow
from tessera.documents import VERSION, is_newer, opened
from tessera.fold import fold, merge, problems
from tessera.happenings import told
from tessera.profile import MAX_PROFILE
from tessera.resolved import Bundle
from tessera.segments import of_document
from tessera.types import finite, parse_json

MAX_MESSAGE = 262_144  # characters; the platform takes 128 KB
LONGEST = 400 * 86_400  # seconds that the edges' copy of a document is kept where the site does not say
COMMANDS = ("login", "erase")
TAKEN_ALONG = ("attributes", "seen", "sticky")
FOLDERS = {"view": "decisions", "events": "events", "shadow": shadow.FOLDER}
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_RAISED = (*log.UNREADABLE, LookupError, ArithmeticError)  # by what is asked of a message or a document that is not as it should be


class Unreadable(ValueError):
    """A message that is none; in words that tell nothing of a visitor."""


class Refused(ValueError):
    """A stored document that must be left as it is: `profile-newer` than this Worker, or `profile-broken`."""


class Message(NamedTuple):
    """A message of the queue.

    Attributes:
        id: the queue's. kind: of FOLDERS or COMMANDS. key: of the profile, None where it concerns none.
        at: epoch seconds. date, lines: of the log; empty for a command, and for what is `replayed` from the log.
    """

    id: str
    text: str
    kind: str
    value: Mapping[str, Any]
    key: str | None
    at: float
    date: str = ""
    lines: str = ""


def read(id_: str, text: str) -> Message:
    """A message from its text.

    Raises:
        Unreadable: where it is none.
    """
    if len(text) > MAX_MESSAGE:
        raise Unreadable(f"{len(text)} characters; at most {MAX_MESSAGE} are read")
    try:
        found = _read(id_, text, json.loads(text))
    except Unreadable:
        raise
    except _RAISED as error:
        raise Unreadable(f"not a message ({type(error).__name__})") from None
    if found.key is None or _is_key(found.key):
        return found
    if found.key == _profile_of(found.value):
        raise Unreadable("the profile's key is none")
    return found._replace(key=None)  # a unit that a caller named as it liked, such as an address: it has no profile, and is logged


def _profile_of(value: Mapping[str, Any]) -> Any:
    """The profile that a message says it concerns; None where it leaves that to its unit."""
    return value.get("profile") or (value.get("view") or {}).get("profile")


def _read(id_: str, text: str, value: Any) -> Message:
    command = value.get("command")
    if command is None and "view" in value:
        return Message(id_, text, "view", value, told(value).key, *_logged(value, value["view"]["at"], record.rows(value)))
    if command is None and "shadow" in value:
        return Message(id_, text, "shadow", value, None, *_logged(value, *shadow.read(value)))
    if command is None:
        return Message(id_, text, "events", value, told(value).key, *_logged(value, value["received"], events.rows(value)))
    at = finite(value["at"])
    if command not in COMMANDS or at is None or not _is_key(value["profile"]) or (command == "login" and not _is_key(value["visitor"])):
        raise Unreadable("not a command")
    return Message(id_, text, command, value, value["profile"], at)


def _logged(value: Mapping[str, Any], at: float, rows: log.Rows) -> tuple[float, str, str]:
    return (at, "", "") if value.get("replayed") is True else (at, *log.dated(at, rows))


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and _KEY.match(value) is not None


def files(messages: Iterable[Message]) -> list[tuple[str, str]]:
    """(key, NDJSON text) of the log's files; the same messages make the same files."""
    found = tuple(messages)
    return [
        file for kind, folder in FOLDERS.items() for file in log.gathered(folder, [(m.id, m.date, m.lines) for m in found if m.kind == kind])
    ]  # fmt: skip


def grouped(messages: Iterable[Message]) -> dict[str, list[Message]]:
    """The messages that are folded, by the profile's key, each group in order of time."""
    groups: dict[str, list[Message]] = {}
    for message in sorted(messages, key=lambda m: (m.at, m.id)):
        if message.kind in FOLDERS and message.key is not None:
            groups.setdefault(message.key, []).append(message)
    return groups


def keeps(bundle: Bundle) -> bool:
    """Whether a site keeps anything that page views and events tell: attributes, or how often a campaign was seen."""
    return any(bundle.derivations) or any(campaign.cap for campaign in bundle.campaigns)


def keep_of(bundle: Bundle, document: Mapping[str, Any]) -> int:
    """Seconds for which the edges keep their copy: as long as the site keeps any attribute or count of a campaign.

    What a visitor has chosen, and that somebody was erased, is told at least as long as cookies live.
    """
    stored = (a.keep for a in bundle.attributes.values() if a.keep is not None and a.name.startswith(("visitor.", "account.")))
    periods = [*stored, *(campaign.cap[1] for campaign in bundle.campaigns if campaign.cap)]
    if not periods or document.keys() & {"level", "erased"}:
        return max([LONGEST, *map(int, periods)])
    return int(max(periods))


# --- documents ----------------------------------------------------------------------------------------------------------


def stored(text: str) -> dict[str, Any] | None:
    """A stored document; None where there is none.

    Raises:
        Refused: where it must be left as it is. What cannot be read is not begun anew: a store that answers garbage for a
            moment would cost the visitor's history.
    """
    if not text:
        return None
    try:
        document = parse_json(text, MAX_PROFILE)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Refused("profile-broken")
    if is_newer(document):
        raise Refused("profile-newer")
    return document


def encoded(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False)


class Folded(NamedTuple):
    """A document after messages, None where they change nothing; and by id why some of them could not be folded."""

    document: dict[str, Any] | None
    refused: Mapping[str, str]


def folded(bundle: Bundle, document: dict[str, Any] | None, messages: Sequence[Message]) -> Folded:
    """Fold messages in their order. One that cannot be folded, or makes an impossible profile, leaves it as it was."""
    refused: dict[str, str] = {}
    found = document
    for message in messages:
        try:
            following = fold(bundle, found, message.value)
            why = impossible(bundle, found, following)
        except _RAISED as error:
            why = f"folding failed ({type(error).__name__})"
        if why:
            refused[message.id] = why
        elif following:
            found = following
    return Folded(None if found == document else _in_segments(bundle, found), refused)


def _in_segments(bundle: Bundle, document: dict[str, Any]) -> dict[str, Any]:
    """The document with the segments that it is in now, for whoever reads profiles; the edge asks their conditions itself."""
    inside = of_document(bundle, document, document["updated"])
    rest = {key: value for key, value in document.items() if key != "segments"}
    return {**rest, "segments": inside} if inside else rest


def impossible(bundle: Bundle, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """Why a document must not be stored; empty where it may. What was wrong with it before is no reason."""
    if not after or after == before:
        return ""
    known = opened(before, bundle.attributes) if before else None  # in the same form, whichever version it is of
    return "; ".join(problems(bundle, after, before=known))[:300]


# --- a login: what is known of the visitor moves into the account's profile ---------------------------------------------
#
# In three steps, each written on condition, so that nothing is lost or counted twice wherever it is broken off: the
# visitor's document says where it moves (`moving`) and is not folded onto any more; it is merged into the account's,
# which knows that it has come (tessera/stitch.py); an empty one that says where it went takes its place.


class Move(NamedTuple):
    """Where a visitor's document goes; `purposes`: those in force at the login, None for all."""

    account: str
    purposes: tuple[str, ...] | None


def move_of(value: Mapping[str, Any]) -> Move:
    """The move of a login's message."""
    purposes = value.get("purposes")
    return Move(value["profile"], tuple(sorted(filter(_is_text, purposes))) if isinstance(purposes, list) else None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def moving(document: Mapping[str, Any] | None) -> Move | None:
    """The move that has begun of a document; None for any other."""
    found = document.get("moving") if document else None
    return move_of(found) if isinstance(found, dict) and _is_key(found.get("profile")) else None


def leaving(document: Mapping[str, Any] | None, move: Move) -> dict[str, Any] | None:
    """The visitor's document that moves; None where there is nothing to take along. A move that has begun is kept."""
    if not document or "erased" in document or not ("moving" in document or any(map(document.get, TAKEN_ALONG))):
        return None
    if moving(document):
        return dict(document)
    purposes = {} if move.purposes is None else {"purposes": list(move.purposes)}
    return {**document, "moving": {"profile": move.account, **purposes}}


def arrived(bundle: Bundle, account: dict[str, Any] | None, document: Mapping[str, Any] | None, visitor: str, move: Move) -> dict[str, Any] | None:
    """The account's document with what came along; as it is where it came already, or where either was erased."""
    coming = {key: value for key, value in (document or {}).items() if key not in ("moving", "moved_to", "stitched")}
    found = merge(bundle, account, {"v": VERSION, "attributes": {}, **coming, "visitors": [visitor]}, move.purposes)
    if found and "level" in coming and not found.keys() & {"level", "erased"}:
        return {**found, "level": coming["level"]}
    return found


def staying(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a move that cannot be."""
    return {key: value for key, value in document.items() if key != "moving"}


def left(account: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """What stays of a visitor's document: later events without login begin anew. A choice holds, and what was counted is known."""
    kept = {key: document[key] for key in ("applied", "level") if key in document}
    return {"v": VERSION, "attributes": {}, "moved_to": account, **kept}


def aliases(text: str, document: Mapping[str, Any]) -> str:
    """An account's visitors as stored beside it, with those that its document names; empty where nothing is new."""
    try:
        told = parse_json(text, MAX_PROFILE) if text else {}
        known = [name for name in told["visitors"] if _is_key(name)] if told else []
    except _RAISED:
        known = []
    every = list(dict.fromkeys([*known, *filter(_is_key, document.get("visitors") or ())]))
    return "" if every == known else encoded({"v": VERSION, "visitors": every})


# --- messages that come again, and those that are given up ---------------------------------------------------------------


def name_of(text: str) -> str:
    """What a message is remembered by while it comes again: the same for the same text."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def mark(why: str, is_logged: bool) -> str:
    """What is remembered of a message that comes again: why, and whether its lines are in the log."""
    return encoded({"why": why[:300], "logged": is_logged})


def marked(text: str) -> tuple[str, bool]:
    """Why a message came again, and whether its lines are in the log."""
    try:
        found = json.loads(text) if text else {}
        return str(found.get("why") or ""), found.get("logged") is True
    except (ValueError, AttributeError):
        return "", False


def dead(text: str, at: float, queue: str, mark_: str) -> tuple[str, str]:
    """(key, NDJSON text) of a message that was given up. The same message makes the same file."""
    why, is_logged = marked(mark_)
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = text
    row = {"at": at, "queue": queue, "why": why or "not told", "logged": is_logged, "message": message}
    ((key, lines),) = log.gathered("dead", [(name_of(text), *log.dated(at, [row]))])
    return key, lines
