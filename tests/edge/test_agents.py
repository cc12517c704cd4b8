"""Who asks for a page: hints and User-Agents, the tables behind them, and that no text makes reading one costly."""

import json
import sys
import time
from importlib.util import find_spec
from re import _constants as op
from re import _parser as parser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.crawlers import people
from tests.edge import hostile
from tests.edge.sites import named
from tessera import agent_bots, agent_rows
from tessera.agents import DEVICES, KEPT, Agent, Hints, _bot, agent_of, bot_of, browser_of, device_of, system_of

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
TABLES = ("browsers", "systems", "devices")


def rows(table):
    return agent_rows._table(table).rows


# --- what is read ---------------------------------------------------------------------------------------------------


def test_an_agent_without_hints():
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
    assert agent_of(phone) == Agent("Safari", "18.5", "iOS", "18.5", "iPhone", "mobile", None)
    assert agent_of("") == Agent()


def test_an_agent_with_hints():
    hints = Hints('"Not)A;Brand";v="8", "Chromium";v="138", "Google Chrome";v="138"', "?0", '"Windows"', '"10.0.0"', '""')
    assert agent_of(CHROME, hints) == Agent("Chrome", "138", "Windows", "10", "", "desktop", None)


@pytest.mark.parametrize("brands, browser", [
    ('"Google Chrome";v="140", "Chromium";v="140"', ("Chrome", "140")),
    ('"Chromium";v="140"', ("Chromium", "140")),
    ('"Chromium";v="140", "Opera GX";v="120"', ("Opera", "120")),
    ('"Samsung Internet";v="28.0", "Chromium";v="130"', ("Samsung Internet", "28.0")),
    ('"Android WebView";v="140", "Chromium";v="140"', ("Android WebView", "140")),
    ('"(Not(A:Brand";v="99", "Chromium";v="140", "Fresh Browser";v="1"', ("Fresh Browser", "1")),
    ('"Not_A Brand";v="99"', ("Chrome", "140.0.0")),
    ('"Chromium"', ("Chromium", "")),
    ('"Chromium";v=140', ("Chromium", "")),
    ("(), 5", ("Chrome", "140.0.0")),
    ('"Chromium', ("Chrome", "140.0.0")),
])  # fmt: skip
def test_brands(brands, browser):
    assert browser_of(CHROME, Hints(brands)) == browser


@pytest.mark.parametrize("platform, version, system", [
    ('"Windows"', '"13.0.0"', ("Windows", "11")),
    ('"Windows"', '"0.3.0"', ("Windows", "8.1")),
    ('"Windows"', '"0.9"', ("Windows", "")),
    ('"Windows"', '"٣"', ("Windows", "")),
    ('"Windows"', "", ("Windows", "")),
    ('"macOS"', '"26.0.1"', ("macOS", "26.0.1")),
    ('"Chromium OS"', '"16093.0.0"', ("Chrome OS", "16093.0.0")),
    ('"Unknown"', '"1"', ("Windows", "10")),
    ('""', '"1"', ("Windows", "10")),
    ("", "", ("Windows", "10")),
])  # fmt: skip
def test_platforms(platform, version, system):
    assert system_of(CHROME, Hints(platform=platform, platform_version=version)) == system


@pytest.mark.parametrize("agent, mobile, platform, device", [
    ("", "", "", ""),
    ("", "?1", "", "mobile"),
    ("", "?0", '"Linux"', "desktop"),
    ("", "?0", '"Android"', "tablet"),
    (CHROME, "", "", "desktop"),
    (CHROME, "?1", "", "mobile"),
    ("Mozilla/5.0 (Linux; Android 14; AFTKRT) AppleWebKit/537.36 (KHTML, like Gecko) Silk/140.1 like Chrome/140.0 Safari/537.36", "?0", '"Android"', "tv"),
    ("Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/140.1 like Chrome/140.0 Safari/537.36", "", "", "tablet"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edge/44.18363.8131", "", "", "console"),
    ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36", "", "", "tv"),
    ("Mozilla/5.0 (Linux; Tizen 2.3.1; SM-R720) AppleWebKit/537.3 (KHTML, like Gecko) Version/2.3 Mobile Safari/537.3", "", "", "wearable"),
    ("Googlebot/2.1 (+http://www.google.com/bot.html)", "?1", "", "bot"),
])  # fmt: skip
def test_devices(agent, mobile, platform, device):
    assert device_of(agent, Hints(mobile=mobile, platform=platform)) == device


BOTS = [  # names that no list has: how the text is built decides
    ("Mozilla/5.0 (compatible; Umbragrazer/3.1; +https://umbra.example/about)", "other"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; Umbragrazer/3.1) Chrome/140.0.0.0 Safari/537.36", "other"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Umbragrazer", "other"),
    ("Mozilla/5.0 (X11; Umbragrazer; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "other"),
    ("Mozilla/5.0 (X11; Linux x86_64) Umbragrazer/3.1", "other"),
    ("Mozilla/5.0 Umbragrazer/3.1", "other"),
    ("Umbragrazer", "other"),
    ("umbra (ops@umbra.example)", "other"),
    ("UmbraSearchBot/1.0", "search"),
    ("UmbraUptime/1.0", "monitor"),
    ("Umbra Feed Reader/1.0", "feed"),
    ("umbra-http-client/2.0", "tool"),
    ("Umbra-AI-Crawler/1.0", "ai"),
    ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)", "ai"),
    ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "social"),
    ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "seo"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36", "tool"),
    ("python-requests/2.32", "tool"),
]
PEOPLE = [
    CHROME,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Shoppinghelfer/3.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Iron Safari/537.36",
    "Mozilla/5.0 (Linux; U; Android 4.4.2; en-US; CUBOT S208 Build/KOT49H) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22F76 [FBAN/FBIOS;FBAV/513.0;FBCR/Telekom.de;FBLC/de_DE]",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22F76 [FBAN/FBIOS;FBCR/OrangeBotswana;FBOP/5]",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; ARM; Trident/6.0; Touch; HTC; X310e)",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80 (S60; SymbOS; Opera Mobi/23.348; U; en) Presto/2.5.25 Version/10.54",
    "SAMSUNG-SGH-E250/1.0 Profile/MIDP-2.0 Configuration/CLDC-1.1 UP.Browser/6.2.3.3.c.1.101 (GUI) MMP/2.0",
    "Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
]


@pytest.mark.parametrize("agent, kind", BOTS)
def test_robots(agent, kind):
    assert bot_of(agent) == kind


@pytest.mark.parametrize("agent", PEOPLE)
def test_people(agent):
    assert bot_of(agent) is None


def test_of_the_browsers_of_people_hardly_any_is_taken_for_a_robot(shared):
    agents = people(shared / "conformance")
    assert len([agent for agent in agents if bot_of(agent)]) <= len(agents) / 200 and len(agents) > 30


@given(st.one_of(hostile.text, st.text("()[];, /.:@M", max_size=80).map("Mozilla/5.0 {}".format)), st.lists(hostile.text, min_size=5, max_size=5))
def test_every_header_gives_an_agent(agent, hints):
    found = agent_of(agent, Hints(*hints))
    assert found.device in ("", *DEVICES) and found.bot in (None, *agent_bots.CLASSES)
    assert all(isinstance(part, str) for part in found[:6])


def test_what_is_kept_is_bounded():
    before = _bot.cache_info().currsize
    for number in range(KEPT + 10):
        bot_of(f"visitor {number}")
    assert before <= _bot.cache_info().currsize == KEPT


# --- the tables -----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(find_spec("ua_parser_builtins") is None, reason="ua-parser-builtins is not installed")
def test_the_tables_are_up_to_date():
    from scripts import agent_tables

    assert [path.name for path, text in agent_tables.modules() if path.read_text("utf-8") != text] == [], "run scripts/agent_tables.py"


@pytest.mark.parametrize("table", TABLES)
def test_no_pattern_repeats_without_a_bound(table):
    for row in rows(table):
        assert max(repeats(parser.parse(row.split("\t")[2])), default=0) <= 300, row


def repeats(sequence):
    """The upper bounds of all repetitions."""
    for code, value in sequence:
        if code in (op.MAX_REPEAT, op.MIN_REPEAT):
            yield int(value[1])
            yield from repeats(value[2])
        elif code is op.SUBPATTERN:
            yield from repeats(value[3])
        elif code is op.BRANCH:
            for branch in value[1]:
                yield from repeats(branch)


@pytest.mark.parametrize("table, file", list(zip(TABLES, ("ua", "os", "device"), strict=True)))
def test_the_texts_that_a_pattern_needs_leave_none_out(shared, table, file):
    """What is tried are the rows whose texts are there: all patterns, tried one after the other, find the same."""
    lines = (shared / "conformance" / "ua-parser" / f"test_{file}.jsonl").read_text("utf-8").splitlines()[::7]
    agents = [json.loads(line)["user_agent_string"] for line in lines]
    patterns = [agent_rows._compiled.__wrapped__(row)[0] for row in rows(table)]
    for agent in agents:
        first = next((pattern.pattern for pattern in patterns if pattern.search(agent)), None)
        found = agent_rows.first(table, agent)
        assert (found and found.match.re.pattern) == first, agent


# --- what it may cost -----------------------------------------------------------------------------------------------

FILLS = ("a", "1", " ", "; ", "A/", "a ", "1.", ";")


def sample(sequence, most: bool = False) -> str:
    """A text that a pattern's beginning matches, with its repetitions as short or as long as may be."""
    text = ""
    for code, value in sequence:
        if code is op.LITERAL:
            text += chr(value)
        elif code is op.IN:
            kind, point = value[0]
            text += chr(point if kind is op.LITERAL else point[0]) if kind in (op.LITERAL, op.RANGE) else "1" if point is op.CATEGORY_DIGIT else "a"
        elif code in (op.ANY, op.NOT_LITERAL):
            text += "a"
        elif code is op.SUBPATTERN:
            text += sample(value[3], most)
        elif code is op.BRANCH:
            text += sample(value[1][0], most)
        elif code in (op.MAX_REPEAT, op.MIN_REPEAT):
            text += sample(value[2], most) * (value[1] if most else value[0])
    return text


def attacks(row: str) -> set[str]:
    """Texts that lead a pattern far without a match: its beginnings, again and again or followed by what repeats."""
    parts = list(parser.parse(row.split("\t")[2]))
    found = set()
    for end in range(1, len(parts) + 1):
        for most in (False, True):
            start = sample(parts[:end], most)[: agent_rows.LONGEST] or "a"
            found |= {(start + fill * agent_rows.LONGEST)[: agent_rows.LONGEST] for fill in (start, *FILLS)}
    return found


def seconds(work, *args, tries: int = 3) -> float:
    """The shortest of some tries."""
    best = float("inf")
    for _ in range(tries):
        start = time.perf_counter()
        work(*args)
        best = min(best, time.perf_counter() - start)
    return best


def usual() -> float:
    """What an ordinary User-Agent costs that was not seen before."""
    return seconds(lambda: [agent_rows.first(table, CHROME) for table in TABLES], tries=20)


@pytest.mark.parametrize("table", TABLES)
def test_no_text_makes_a_pattern_slow(table):
    """One pattern costs at the most what some ordinary User-Agents cost: the worst is at about 15 of them."""
    limit = 100 * usual()
    for row in rows(table):
        search = agent_rows._compiled.__wrapped__(row)[0].search
        for text in attacks(row):
            if seconds(search, text, tries=1) > limit:
                assert seconds(search, text) <= limit, (row, text)


@pytest.mark.parametrize("table", TABLES)
def test_no_text_makes_many_patterns_slow(table):
    """Texts made of what as many patterns as possible need, and of the beginnings of many patterns."""
    needed = "".join(text for row in rows(table) for text in row.partition("\t")[0].split("¦")[:1])
    begun = "".join(sample(parser.parse(row.split("\t")[2])) for row in rows(table))
    limit = 200 * usual()
    for text in (needed, begun, needed.upper(), "; ".join(needed.split())):
        for start in range(0, len(text), agent_rows.LONGEST):
            agent = text[start : start + agent_rows.LONGEST]
            agent_rows.first(table, agent)  # compiles
            assert len(agent_rows.candidates(agent_rows._table(table), agent.lower())) < len(rows(table)) // 2
            assert seconds(agent_rows.first, table, agent) <= limit, agent


@pytest.mark.parametrize("part", **named([{"name": part} for part in ("(", "(a", "(a(b)", "((", ")", "[", "a", " ", ";", "; ", "compatible; ", "khtml, like gecko; ", "a.", "a-", "a@", "1.", "bo", "fbcr/", "http", "x11; ", "/", "a/ ")]))
def test_no_text_makes_telling_robots_slow(part):
    limit = 200 * usual()
    for start in ("", "Mozilla/5.0 (", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/1 ", "Mozilla/5.0 (KHTML, like Gecko"):
        agent = (start + part["name"] * agent_bots.LONGEST)[: agent_bots.LONGEST]
        agent_bots.bot_class(agent)
        assert seconds(agent_bots.bot_class, agent) <= limit, agent[:80]


def test_importing_compiles_no_pattern_of_the_tables():
    from subprocess import run

    told = "from tessera import agents, agent_rows; print(agent_rows._compiled.cache_info().currsize, agent_rows._table.cache_info().currsize)"
    assert run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split() == ["0", "0"]


def test_only_so_much_of_a_text_is_looked_at():
    far = "a" * agent_rows.LONGEST
    assert agent_rows.first("browsers", f"{far} Firefox/140.0") is None
