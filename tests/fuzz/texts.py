"""Targets: texts that visitors send, and what they may claim to be signed."""

from __future__ import annotations

from typing import Sequence
from urllib.parse import unquote_plus

from tests.edge.consent_strings import ALPHABET
from tests.edge.sites import AT
from tests.edge.test_redirect import SITE
from tests.fuzz import worlds
from tests.fuzz.material import Source, decoded
from tests.fuzz.worlds import ISSUED, KEYS, PURPOSES, TOKENS_ISSUED
from tessera import agents, consent, context, cookies, gpp, identity, preview, structured, tcf, types
from tessera.bits import ConsentError
from tessera.preview import NO_WISH
from tessera.structured import StructuredError


def a_tc_string(data: bytes) -> None:
    told = _consent_text(data)
    try:
        found = tcf.choice(told)
    except ConsentError:
        found = None
    try:
        whole = tcf.decode(told)
    except ConsentError:
        whole = None
    if found is not None and whole is not None:
        granted = frozenset(number for number, is_granted in enumerate(whole["PurposeConsents"], 1) if is_granted)
        assert granted == found.purposes and list(found.vendors()) == list(whole["VendorConsents"])
    assert whole is None or found is not None, "what can be read whole can be read in part"


def a_gpp_string(data: bytes) -> None:
    told = _consent_text(data)
    for read in (gpp.sections, gpp.opted_out, gpp.tcf_text, gpp.decode):
        try:
            found = read(told)
        except ConsentError:
            continue
        if read is gpp.opted_out:
            assert found <= {*gpp.OPT_OUTS, gpp.GPC}


def _consent_text(data: bytes) -> str:
    """Text as it is; or, behind a byte above 127, base64url with dots and tildes, so that its bits are fuzzed and not its letters."""
    if not data or data[0] < 128:
        return decoded(data)
    return "".join((ALPHABET + ".~")[byte % 66] for byte in data[1:])


def a_choice(data: bytes) -> None:
    """A Cookie header grants no purpose that the site does not have; what is in force is either chosen, or allowed without a choice."""
    s = Source(data)
    site = worlds.everything()
    header = worlds.cookie(s) if s.chance(2) else f"{site.consent[s.pick(('cookie', 'tcf', 'gpp', 'us_privacy'))]}={decoded(s.rest())}"
    found = consent.chosen(site, header)
    assert found.purposes is None or found.purposes <= set(PURPOSES)
    assert found.level in types.LADDER and found.denied <= set(PURPOSES)
    for country in ("DE", "BR"):
        purposes, jurisdiction = consent.in_force(site, found.purposes, {"request.region": "EEA" if country == "DE" else country}, found.denied, found.gpc)
        assert purposes <= set(PURPOSES) and jurisdiction in ("eea", "california", "rest")
        if found.purposes is None and country == "DE":
            assert not purposes, "nothing is in force there without a choice"


def a_cookie_header(data: bytes) -> None:
    header = decoded(data)
    found = cookies.pairs(header)
    assert len(found) <= cookies.MAX_PAIRS and all(";" not in name + value and "=" not in name for name, value in found)
    for name in {"tessera", "a", *(name for name, _ in found[:4])} - {""}:
        assert len(cookies.cookie_values(header, name)) <= header.count(";") + 1


def a_forged_cookie(data: bytes) -> None:
    """Whatever is made of the cookies of this site, only a value that was issued, for that very cookie, names anybody."""
    s = Source(data)
    header, issued = _forgery(s, ISSUED), {cookie: {value for name, value in ISSUED if name == cookie} for cookie in (identity.COOKIE, identity.SESSION)}
    for cookie, values in issued.items():
        found = identity.recognise(header, KEYS, AT, cookie)
        if found.status == "known":
            signed = {value.partition("~")[0] for value in cookies.cookie_values(header, cookie)}
            genuine = [value for value in signed & values if value.split(".")[2] == found.id]
            assert genuine, f"{found} by {header!r}"
        for value in cookies.cookie_values(header, cookie)[:4]:
            assert (identity.verify(value, KEYS, AT, cookie).id is not None) == (value.partition("~")[0] in values and len(value) <= identity.MAX_COOKIE and value.isascii())


def a_forged_preview(data: bytes) -> None:
    s = Source(data)
    issued = [*((preview.PARAMETER, token) for token in TOKENS_ISSUED), *ISSUED]
    header = _forgery(s, issued)
    for value in header.split(";"):
        token = value.partition("=")[2].strip()
        assert (preview.verify(token, KEYS, AT) != NO_WISH) == (token in TOKENS_ISSUED)
    told, cookie = preview.carried(f"{SITE}/?{header.replace('; ', '&')}", header, KEYS, AT)
    read = unquote_plus(header).translate(dict.fromkeys(map(ord, "\t\r\n")))  # as a query is
    assert told is NO_WISH or any(token in read for token in TOKENS_ISSUED)
    assert cookie.isprintable()


def _forgery(s: Source, issued: Sequence[tuple[str, str]]) -> str:
    """A header with cookies that were issued, whole or with a part of one in another's place, cut, lengthened or changed."""
    parts = []
    for _ in range(1 + s.byte() % 3):
        name, value = s.pick(issued)
        if s.chance(6):
            name = s.pick((identity.COOKIE, identity.SESSION, preview.PARAMETER))
        for _ in range(s.byte() % 3):
            at, kind = s.byte() * (len(value) + 1) // 256, s.byte() % 5
            if kind == 0:
                value = value[:at] + s.text() + value[at:]
            elif kind == 1:
                value = value[:at] + s.pick(ALPHABET + "=.~") + value[at + 1 :]
            elif kind == 2:
                value = value[:at]
            elif kind == 3:
                own, other = value.split("."), s.pick(issued)[1].split(".")
                own[s.byte() % len(own)] = other[s.byte() % len(other)]
                value = ".".join(own)
            else:
                value += s.pick(("~", "=", "~1AAAA", ".", " ", '"'))
        parts.append(f"{name}={value}")
    return "; ".join(parts)


def a_structured_field(data: bytes) -> None:
    told = decoded(data)
    for parse in (structured.parse_item, structured.parse_list, structured.parse_dictionary):
        try:
            parse(told)
        except StructuredError:
            pass


def an_agent(data: bytes) -> None:
    told = decoded(data).split("\n")
    found = agents.agent_of(told[0], agents.Hints(*told[1:6]))
    assert found.device in ("", *agents.DEVICES) and found.bot in (None, *context.CLASSES)


def facts_of_a_request(data: bytes) -> None:
    """Every attribute that a request tells is of its type."""
    found = context.request_values(worlds.request(Source(data)), tuple(context.BUILT_IN))
    for name, value in found.items():
        kind, values, _ = context.BUILT_IN[name]
        assert kind != "enum" or value in values
        assert value is not None and (not isinstance(value, float) or value - value == 0)
