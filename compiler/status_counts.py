"""Which of the counts at `/.well-known/tessera` are trouble: (kind, what to do). docs/operations.md has the same table.

A count is of one isolate since it began, and never goes down: only what is lost, or is not as somebody meant it, is trouble; what a
visitor's request or a neighbour's bad minute brings about is noted. Rates are judged by the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["trouble", "noted"]

COUNTS: Mapping[str, tuple[Kind, str]] = {  # by the name before a colon
    "decision-failed": ("trouble", "read `why` in the Worker's log; 'tessera releases rollback' where it began with a release"),
    "page-failed": ("trouble", "read `why` in the Worker's log"),
    "fail-open": ("trouble", "read `why` in the Worker's log; missing cookie keys show here"),
    "canary-failed": ("trouble", "read `why` in the Worker's log; 'tessera releases abort' takes the canary back"),
    "shadow-failed": ("trouble", "read `why` in the Worker's log; 'tessera releases abort' takes the shadow back"),
    "candidate-refused": ("trouble", "the canary or shadow decides nowhere here: read `why` in the Worker's log, then publish it anew or 'tessera releases abort'"),
    "pointer-copy-broken": ("trouble", "'tessera releases repair' writes the copy anew"),
    "origin-failed": ("trouble", "look at the origin"),
    "missing": ("trouble", "the page has changed: 'tessera check SITE --live URL' says which selector finds nothing"),
    "slot-unclosed": ("trouble", "'tessera check SITE --live URL' says which element cannot be filled"),
    "slot-nested": ("trouble", "'tessera check SITE --live URL' says which element cannot be filled"),
    "slot-void": ("trouble", "'tessera check SITE --live URL' says which element cannot be filled"),
    "slot-rawtext": ("trouble", "'tessera check SITE --live URL' says which element cannot be filled"),
    "slot-invalid": ("trouble", "'tessera check SITE --live URL' says what is wrong with the selector"),
    "slot-many": ("trouble", "'tessera check SITE --live URL' says which selector finds too many elements"),
    "log-lost": ("trouble", "page views are missing in the log: look at the queue"),
    "events-lost": ("trouble", "browsers' reports were not taken: look at the queue EVENTS"),
    "command-lost": ("trouble", "a wish to be forgotten was not taken, and the visitor was told so: look at the queue EVENTS"),
    "api-not-queued": ("trouble", "callers of the API were told to come again: look at the queues"),
    "api-failed": ("trouble", "read `why` in the Worker's log"),
    "events-failed": ("trouble", "read `why` in the Worker's log"),
    "queue-failed": ("trouble", "read `why` in the Worker's log; the batch comes again"),
    "messages-refused": ("trouble", "look below dead/ in the log's store for the reason"),
    "dead-letters": ("trouble", "look below dead/ in the log's store for the reason"),
    "snapshot-not-sealed": ("trouble", "the cookie keys may be malformed: look at TESSERA_COOKIE_KEYS"),
    "trust-refused": ("trouble", "correct TESSERA_OAUTH"),
    "api-key-refused": ("trouble", "correct the entry of TESSERA_API_KEYS"),
    "api-keys-cut": ("trouble", "TESSERA_API_KEYS has too many entries: take old ones out"),
    "jwks-failed": ("trouble", "the issuer's keys cannot be fetched, and those that are kept serve for a day: look at the issuer"),
    "bundle-loaded": ("noted", ""),
    "bundle-refused": ("noted", ""),  # whether it still is, `refused` says
    "bundle-late": ("noted", ""),
    "pointer-older": ("noted", ""),
    "pointer-copy-failed": ("noted", ""),
    "bridge-in-python": ("noted", ""),
    "profile-late": ("noted", ""),
    "profile-error": ("noted", ""),
    "profile-broken": ("noted", ""),
    "passed": ("noted", ""),
    "origin-broke-off": ("noted", ""),
    "log-not-written": ("noted", ""),  # comes again, until it is a dead letter
    "profiles-not-written": ("noted", ""),
    "events-refused": ("noted", ""),
    "api-conflicts": ("noted", ""),
    "limit-failed": ("noted", ""),
    "credentials-failed": ("noted", ""),
    "login-refused": ("noted", ""),
    "weather-failed": ("noted", ""),
    "erased": ("noted", ""),
    "erased-lines": ("noted", ""),
}


def kind_of(name: str) -> Kind:
    """Of a count as an edge tells it, such as `missing:hero`; what is not known is noted."""
    return COUNTS.get(name.partition(":")[0], ("noted", ""))[0]
