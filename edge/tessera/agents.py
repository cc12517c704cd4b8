"""Who asks for a page: browser, operating system, device and robot, from client hints and the User-Agent.

Hints (User-Agent Client Hints, https://wicg.github.io/ua-client-hints/) count before the User-Agent, which Chromium has
frozen: where a browser sends hints, the versions in its User-Agent are not its own. Everything here is total: a header of
whatever content gives an Agent. What has been read is kept, for a bounded number of headers.

Names are those of uap-core, but for what tells the kind of device as well: `Chrome Mobile iOS` is Chrome here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from tessera import agent_bots, agent_rows
from tessera.structured import StructuredError, parse_item, parse_list

KEPT = 1024  # headers of a kind whose meaning is kept
LONGEST = agent_bots.LONGEST  # characters of a header that are looked at
DEVICES = ("desktop", "mobile", "tablet", "tv", "console", "wearable", "bot")
UNKNOWN = "Other"  # uap-core's name for what it does not know


class Named(NamedTuple):
    """A name and a version, each empty where it is unknown."""

    name: str = ""
    version: str = ""


class Agent(NamedTuple):
    """What asks. Texts are empty where nothing is known; `device` is one of DEVICES or empty, `bot` one of
    agent_bots.CLASSES or None for people."""

    browser: str = ""
    browser_version: str = ""
    os: str = ""
    os_version: str = ""
    device_family: str = ""
    device: str = ""
    bot: str | None = None


class Hints(NamedTuple):
    """The request's headers Sec-CH-UA, -Mobile, -Platform, -Platform-Version and -Model, empty where there are none."""

    brands: str = ""
    mobile: str = ""
    platform: str = ""
    platform_version: str = ""
    model: str = ""


NO_HINTS = Hints()


def agent_of(user_agent: str, hints: Hints = NO_HINTS) -> Agent:
    """All that is known of who asks."""
    browser, system = browser_of(user_agent, hints), system_of(user_agent, hints)
    return Agent(*browser, *system, family_of(user_agent, hints), device_of(user_agent, hints), bot_of(user_agent, hints))


def bot_of(user_agent: str, hints: Hints = NO_HINTS) -> str | None:
    """The class of a robot, None for people."""
    found = _bot(user_agent[:LONGEST])
    return found or ("tool" if "headless" in hints.brands[:LONGEST].lower() else None)


def browser_of(user_agent: str, hints: Hints = NO_HINTS) -> Named:
    """The browser, or the robot's name."""
    return _brand(hints.brands[:LONGEST]) or _plain_browser(user_agent[:LONGEST])


def system_of(user_agent: str, hints: Hints = NO_HINTS) -> Named:
    """The operating system. Chromium hints at its version only when asked: then what the User-Agent tells is not true."""
    platform = _text(hints.platform[:LONGEST])
    if not platform or platform == "Unknown":
        return _plain_system(user_agent[:LONGEST])
    version = _text(hints.platform_version[:LONGEST])
    name = _SYSTEMS.get(platform, platform)
    return Named(name, _windows(version) if name == "Windows" else version)


def family_of(user_agent: str, hints: Hints = NO_HINTS) -> str:
    """The device by name, such as `iPhone` or `SM-S921B`; empty for most desktops."""
    model = _text(hints.model[:LONGEST])
    family = model or _family(user_agent[:LONGEST])
    return "" if family in (UNKNOWN, "K") else family  # K: what Chromium's frozen User-Agent calls every telephone


def device_of(user_agent: str, hints: Hints = NO_HINTS) -> str:
    """The kind of device, one of DEVICES; empty where there is neither User-Agent nor hint."""
    if bot_of(user_agent, hints):
        return "bot"
    told = _device(user_agent[:LONGEST])
    if hints.mobile.strip() == "?1":
        return "mobile" if told in ("", "desktop", "tablet") else told
    if hints.mobile.strip() == "?0" and told in ("", "mobile"):
        return "tablet" if _text(hints.platform[:LONGEST]) in ("Android", "iOS") else "desktop"
    return told


# --- client hints ---------------------------------------------------------------------------------------------------

_BRANDS = {
    "Google Chrome": "Chrome",
    "Microsoft Edge": "Edge",
    "Microsoft Edge WebView2": "Edge",
    "Opera GX": "Opera",
    "Opera Mobile": "Opera",
    "YaBrowser": "Yandex Browser",
    "Yandex": "Yandex Browser",
    "HeadlessChrome": "HeadlessChrome",
    "DuckDuckGo": "DuckDuckGo",
}
_ENGINES = ("Chromium", "Android WebView", "Google Chrome")  # these only where there is no other brand
_SYSTEMS = {"Chromium OS": "Chrome OS", "Mac OS X": "macOS"}


@lru_cache(maxsize=KEPT)
def _brand(header: str) -> Named | None:
    """The browser of Sec-CH-UA: the brand that is neither noise nor one that others are made of."""
    try:
        members = parse_list(header)
    except StructuredError:
        return None
    brands = {}
    for name, parameters in members:
        letters = "".join(filter(str.isalpha, name)).lower() if isinstance(name, str) else "notabrand"
        if letters != "notabrand":  # made up, so that nobody counts on the list: "Not;A=Brand"
            version = parameters.get("v")
            brands[str(name)] = version if isinstance(version, str) else ""
    if not brands:
        return None
    name = min(brands, key=lambda brand: -1 if brand not in _ENGINES else -_ENGINES.index(brand) + len(_ENGINES))
    return Named(_BRANDS.get(name, name), brands[name])


@lru_cache(maxsize=KEPT)
def _text(header: str) -> str:
    """The text of a hint; empty where it is none."""
    try:
        value, _ = parse_item(header)
    except StructuredError:
        return ""
    return value.strip() if isinstance(value, str) else ""


def _windows(version: str) -> str:
    """Windows' version by what it hints at (https://learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11)."""
    major, _, minor = version.partition(".")
    if not major.isascii() or not major.isdecimal() or len(major) > 4:
        return ""
    if int(major) == 0:
        return {"1": "7", "2": "8", "3": "8.1"}.get(minor.partition(".")[0], "")
    return "11" if int(major) >= 13 else "10"


# --- the User-Agent -------------------------------------------------------------------------------------------------

_PLAIN_NAMES = {
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Chrome Mobile WebView": "Android WebView",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
    "Opera Tablet": "Opera",
    "IE Mobile": "IE",
    "IE Large Screen": "IE",
}
_LINUX = frozenset(
    "Ubuntu Kubuntu Lubuntu Debian Fedora CentOS Slackware Gentoo openSUSE SUSE PCLinuxOS Mageia Mandriva Puppy BackTrack".split()
) | {"Red Hat", "Linux Mint", "Arch Linux"}

_WEARABLE = re.compile(r"\bwatch(?:os)?\b|apple watch|wear os|smartwatch|\bglass \d|gear s\d|sm-r[0-9]{3}")
_CONSOLE = re.compile(r"playstation|nintendo|xbox|\bwii\b|dreamcast|valve steam")
_TV = re.compile(
    r"smart-?tv|hbbtv|apple ?tv|google ?tv|android tv|\btv\b|webtv|tvos|\broku\b|crkey|aft[a-z]{1,4}\b|bravia|netcast|web0s|webos\.tv|viera|aquosbrowser|inettv|nettv|opera tv|tivoos|vidaa"
)
_TABLET = re.compile(r"ipad|tablet|playbook|kindle|silk/|touchpad|nexus (?:7|9|10)\b|sm-[tx][0-9]{3}|gt-p[0-9]{4}|\bkf[a-z]{2,4}\b")
_MOBILE = re.compile(
    r"mobi|iphone|ipod|windows phone|windows ce|symbian|series ?60|midp|blackberry|bb10|nokia|opera mini|docomo|kddi|softbank|sonyericsson|^samsung|^lg|^mot|^sie-|kaios|palm|brew|bada|up\.browser"
)


@lru_cache(maxsize=KEPT)
def _bot(agent: str) -> str | None:
    return agent_bots.bot_class(agent)


@lru_cache(maxsize=KEPT)
def _plain_browser(agent: str) -> Named:
    family, *version = read_browser(agent)
    if family == UNKNOWN:
        return Named()
    return Named(_PLAIN_NAMES.get(family, family), _joined(version))


@lru_cache(maxsize=KEPT)
def _plain_system(agent: str) -> Named:
    family, *version = read_system(agent)
    if family == UNKNOWN:
        return Named()
    if family in _LINUX:
        return Named("Linux")
    return Named("macOS" if family == "Mac OS X" else family, _joined(version))


@lru_cache(maxsize=KEPT)
def _family(agent: str) -> str:
    return read_device(agent)


@lru_cache(maxsize=KEPT)
def _device(agent: str) -> str:
    """The kind of device of people."""
    lower = agent.lower()
    if not lower.strip():
        return ""
    if _WEARABLE.search(lower):
        return "wearable"
    if _CONSOLE.search(lower):
        return "console"
    if _TV.search(lower):
        return "tv"
    if _TABLET.search(lower) or ("android" in lower and "mobi" not in lower and "dalvik" not in lower):
        return "tablet"
    return "mobile" if _MOBILE.search(lower) else "desktop"


def _joined(version: list[str]) -> str:
    """The parts of a version up to the first that is missing; a version number has three at the most."""
    parts = version[:3]
    return ".".join(parts[: parts.index("")] if "" in parts else parts)


def read_browser(agent: str) -> tuple[str, str, str, str]:
    """uap-core's family and version: major, minor, patch."""
    found = agent_rows.first("browsers", agent)
    if found is None:
        return UNKNOWN, "", "", ""
    major, minor, patch = (found.said[place] if place < len(found.said) and found.said[place] else found.group(place + 1) for place in (1, 2, 3))
    return found.replaced(0, "$1") or UNKNOWN, major, minor, patch


def read_system(agent: str) -> tuple[str, str, str, str]:
    """uap-core's operating system and version: major, minor, patch."""
    found = agent_rows.first("systems", agent)
    if found is None:
        return UNKNOWN, "", "", ""
    return found.replaced(0, "$1") or UNKNOWN, found.replaced(1, "$2"), found.replaced(2, "$3"), found.replaced(3, "$4")


def read_device(agent: str) -> str:
    """uap-core's family of the device."""
    found = agent_rows.first("devices", agent)
    return (found.replaced(0, "$1") if found else "") or UNKNOWN
