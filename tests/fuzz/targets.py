"""What is fuzzed: one function a target, bytes → None. Whatever it raises is a failure, and so is an input that takes too long.

A target catches the errors that are documented for what it asks, and those alone.
"""

from __future__ import annotations

import time
from typing import Callable, Mapping, NamedTuple, Sequence

from tests.edge.test_redirect import SITE
from tests.fuzz import contents, stores, texts, turns
from tests.fuzz.material import encoded
from tests.fuzz.worlds import RS, US
from tessera.context import Request

MOST_SECONDS = 2.0  # of processor time that one input may take; 4 KB take milliseconds


class Target(NamedTuple):
    """`take`: bytes → None, or raises. `seeds`: inputs to begin with. `share`: how many of a night's inputs it gets, in parts."""

    take: Callable[[bytes], None]
    seeds: Sequence[bytes] = ()
    share: int = 4


def run(target: Target, data: bytes, most: float = MOST_SECONDS) -> None:
    """Give a target an input.

    Raises:
        AssertionError: where a property does not hold, or it took more than `most` seconds of processor time.
        Exception: whatever else the edge raised, and is not documented to.
    """
    started = time.thread_time()
    target.take(data)
    spent = time.thread_time() - started
    assert spent <= most, f"{spent:.2f} s for {len(data)} bytes"


# --- the table --------------------------------------------------------------------------------------------------------------

_CONSENT = ("COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA", "CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA", "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA")
_GPP = (*_CONSENT, "DBABMA~CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA", "DBABLA~CAAZAAAAAABA.YA", "DBABjw~BP-NRJ_P-NRJ_AfAFCDEBjCQAQAAAIAAAAV5ACtkqGAAqIAISH0EAKNikKw~1YYN", "DBACNYA~CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA~1YNN")
_FIELDS = ('"Chromium";v="156", "Not A Brand";v="8"', "?1", "a=1;b=?0;c=:AAAA:, d=(1 2.5 \"x\");e=@1659578233", '%"a%c3%bc"', "(a b);c, (d);e=f", "sugar, tea, rum;q=0.5")
_AGENTS = ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", 'x\n"Chromium";v="156"\n?1\n"Android"\n"15"\n"Pixel 9"', "Googlebot/2.1 (+http://www.google.com/bot.html)")
_HEADERS = ("a=b; c=d", " \ta =\t b ; c= d\t", ";; ; = ;a=b;", 'a="b, c"; "d=e"=f', "$Version=1; A=b; a=c")


def _made(*told: str) -> tuple[bytes, ...]:
    return tuple(map(encoded, told))


TARGETS: Mapping[str, Target] = {
    "turn": Target(turns.a_turn, share=4),
    "bridge": Target(turns.a_string_of_the_bridge, (encoded(US.join(Request(now="0", url=f"{SITE}/"))), encoded(US.join(Request(now="0")) + RS + "ok" + US + "{}" + RS + '{"events":[{"event":"search"}]}')), share=10),
    "events": Target(turns.reported_events, share=4),
    "mine": Target(turns.a_visitor_asks, share=3),
    "api": Target(turns.an_api_call, share=5),
    "consent": Target(texts.a_choice, share=20),
    "tcf": Target(texts.a_tc_string, (*_made(*_CONSENT), b"\xff" + bytes(range(60))), share=40),
    "gpp": Target(texts.a_gpp_string, (*_made(*_GPP), b"\xff" + bytes(range(60))), share=40),
    "cookies": Target(texts.a_cookie_header, _made(*_HEADERS), share=40),
    "forged-cookies": Target(texts.a_forged_cookie, share=30),
    "forged-previews": Target(texts.a_forged_preview, share=20),
    "structured": Target(texts.a_structured_field, _made(*_FIELDS), share=40),
    "agents": Target(texts.an_agent, _made(*_AGENTS), share=3),
    "request": Target(texts.facts_of_a_request, share=3),
    "addresses": Target(turns.an_address_to_lead_to, share=6),
    "pages": Target(contents.values_in_a_page, share=1),
    "templates": Target(contents.a_template, share=4),
    "profile": Target(stores.a_stored_profile, share=5),
    "snapshot": Target(stores.a_snapshot, share=8),
    "fold": Target(stores.a_message_folded, share=5),
    "messages": Target(stores.a_hostile_message, share=6),
    "documents": Target(stores.documents_that_meet, share=4),
    "quality": Target(stores.a_document_judged, share=6),
    "personas": Target(stores.a_persona, share=4),
}
