"""Robots by their User-Agent, and what they are there for.

Names of robots come and go, so what decides is how a User-Agent is built. People's browsers begin with `Mozilla/5.0`, say
first in brackets what they run on, and go on with products and their versions. Robots say what they do (`bot`, `crawl`),
give an address, leave out the beginning, or put their name where no browser has words.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tessera import agent_rows

LONGEST = 1024  # characters that are looked at
CLASSES = ("search", "ai", "social", "monitor", "feed", "seo", "tool", "other")

# Every pattern below takes time in proportion to the text, or is bounded: they are asked about whatever a visitor sends.
_MARKS = re.compile(
    r"(?<!cu)bot(?!tle)|crawl|spider|slurp|scrap[ei]|scan(?:ner|/|\b)|fetch|archiv|indexer|monitor|checker|validat|(?<!developer)preview|headless|phantomjs|lighthouse"
    r"|page ?speed|synthetic|pingdom|selenium|webdriver|puppeteer|playwright|harvest|survey|httrack|urllib|http|www\.|[a-z0-9-]@[a-z0-9]|\[at\]|feed|rss/"
    r"|news ?reader|curl|wget|python|\bperl|libwww|\bjava/?\d|\bruby|\bphp\b|\bnode[./-]|favicon|\bptst/|-agent\b|\bagent/|google-|google (?:web|page|fav)"
)
# a domain, and no name of a program such as com.example.app
_DOMAIN = re.compile(
    r"(?<![a-z0-9./-])[a-z][a-z0-9-]{1,40}\.(?:com|net|org|info|biz|io|ai|app|dev|eu|de|fr|uk|nl|it|es|pl|cz|ru|cn|jp|in|br|us|ca|co|me|tv)(?![a-z0-9.-])"
)
# what people's devices say that do not begin as browsers do: telephones, televisions, and programs on them
_DEVICES = re.compile(
    r"iphone|ipad|ipod|\bios\b|android|dalvik|darwin/|windows nt|windows phone|windows mobile|windows ce|iemobile|macintosh|mac os x|symbian|series ?[346]0|midp|cldc|wap\b"
    r"|blackberry|nokia|samsung|sonyericsson|^sie-|^lg|^mot[o-]|^htc|^zte|^sharp|^sagem|^philips|^panasonic|^alcatel|^huawei|^lenovo|^pantech|docomo|kddi|softbank"
    r"|vodafone|j-phone|ucweb|up\.browser|netfront|obigo|teleca|\bbrew\b|webos|tizen|bada|maemo|meego|kaios|hbbtv|smart-?tv|roku/|playstation|nintendo|tvos|watchos|palmos"
)
_CARRIER = re.compile(r"fbcr/[^;\]]{0,80}")  # a name that is not the program's: Telekom.de, OrangeBotswana
_PREVIEW = re.compile(r"[;,] Google Web Preview\b")  # drew pages for people's search results; uap-core tells their browser
_COMMENT = re.compile(r"\(([^()]{0,400}(?:\([^()]{0,200}\)[^()]{0,400}){0,4})\)")
# what a browser runs on
_PLATFORM = re.compile(
    r"windows|win(?:9|nt|32|64)|macintosh|mac os|mac_|macos|linux|x11|android|iphone|ipad|ipod|cros|bsd|sunos|solaris|symbian|series|blackberry|bb10|playbook|rim tablet|nokia"
    r"|samsung|playstation|nintendo|xbox|webos|web0s|hpwos|tizen|smart|mobile|tablet|tv|bada|maemo|meego|kindle|msie|trident|konqueror|os/2|beos|haiku|amiga|palm|brew|wii"
    r"|darwin|quest|fuchsia|lg|sonyericsson|pda|netcast|maple|opera|watch|qnx|hurd|irix|aix|risc os|unknown|u;|wetab|danger|dreamcast|vre|kaios|directfb"
)
# `compatible;` is what old browsers begin with, and robots
_COMPATIBLE = re.compile(
    r"compatible[;,](?! *(?:msie|konqueror|opera|icab|omniweb|webtv|netfront|polaris|windows|x11|u[;)]|rv:|galeon|safari|symphony|msoffice|planetweb))"
)
_SMALL = re.compile(
    r"android|iphone|ipad|ipod|mobile|mobi\b|phone|tablet|symbian|midp|blackberry|nokia|samsung|playbook|tizen|webos|web0s|bada|kindle|silk/|tv|bravia|netcast|nintendo|playstation"
    r"|xbox|quest|brew|windows ce|wetab"
)
_ENGINE = re.compile(r"applewebkit|khtml|gecko|trident|presto|goanna|servo|libweb|netfront|arachne|navigator|mozilla/[1-4]")
# after `KHTML, like Gecko` only old Safaris go on
_ASIDE = re.compile(r"\(khtml, like gecko[;,] *(?!safari|version|chrome)[^ )]")
_PRODUCTS = frozenset(
    "mozilla applewebkit khtml gecko like chrome safari version mobile firefox edg edge edga edgios opr opera opios presto crios fxios chromium samsungbrowser vivaldi"
    " yabrowser yowser duckduckgo ddg brave gsa ubuntu tablet ucbrowser seamonkey epiphany".split()
)
_WORDS = frozenset("beta lite mini navigator debian fedora edition build release desktop app hybrid iceweasel minefield".split())
# parts of the first comment of a browser on a desktop
_PARTS = re.compile(
    r"|u|i|n|c|k|arm|arm64|arm_64|wow64|win64|x64|ia64|ppc|intel|compatible|desktop|touch|unknown|directfb|[a-z]{2,3}(?:[-_][a-z0-9]{2,8}){0,2}"
    r"|.*(?:windows|win9|winnt|win32|linux|mac|x11|bsd|sunos|os/2|cros|ubuntu|fedora|debian|suse|gentoo|mandriva|gnu|i[3-6]86|x86|amd64|aarch64|armv|wayland|chrom|firefox|rv:|\d\.\d|/).*"
)
_NAMED = re.compile(r"bot\b|crawler|spider|synthetic|pinger")
# the browsers that others are made of: that one of them is found says nothing of a name that is not a browser's
_COMMON = frozenset(("Chrome", "Chromium", "Safari", "Firefox", "Mozilla", "Edge", "Opera", "IE", "Apple Mail", "Other"))

_KINDS = {
    "ai": r"gptbot|chatgpt|openai|oai-|claude|anthropic|perplexity|cohere|ccbot|bytespider|google-extended|gemini|mistral|deepseek|meta-external|diffbot|youbot"
    r"|\bllm|\bgrok|\bxai|novaact|manus|\bai\b|[a-z]ai\b(?=bot|/| |-|$)|ai-?(?:bot|crawl|search|2bot|train)|huggingface|ollama|langchain|tavily|duckassist|copilot",
    "seo": r"ahrefs|semrush|mj12|dotbot|rogerbot|majestic|sistrix|seo|serp|backlink|screaming frog|siteaudit|rank|linkdex|blexbot|dataforseo|barkrowler|searchmetrics|spyfu",
    "social": r"facebook|twitter|linkedin|pinterest|whatsapp|telegram|slack|discord|skype|viber|reddit|tumblr|vkshare|embedly|iframely|preview|snippet|bluesky|mastodon|snapchat"
    r"|flipboard|unfurl|metainspector|opengraph|xing|weibo|kakaotalk|line-poker",
    "monitor": r"monitor|uptime|pingdom|pinger|statuscake|site24x7|newrelic|datadog|synthetic|zabbix|nagios|icinga|lighthouse|page ?speed|gtmetrix|health|catchpoint|ptst|webpagetest"
    r"|checkly|updown|uptrends|ssl ?labs|hetrix|freshping|statuspage",
    "feed": r"feed|\brss|rss\b|reader|podcast|newsblur|inoreader|bloglines|blogtrottr|subscribers|tiny tiny",
    "search": r"googlebot|google-inspection|storebot|googleother|bing|msnbot|yandex|baidu|duckduck|sogou|exabot|qwant|seznam|naver|yeti|petalbot|aspiegel|applebot|slurp|yahoo|mojeek"
    r"|ecosia|coccoc|360spider|teoma|ask jeeves|daum|search|istella|gigabot|gigablast|scour|nutch|yisou|haosou",
    "tool": r"python|curl|wget|\bjava|http|\bperl|libwww|lwp|\bphp|ruby|\bnode|headless|phantomjs|selenium|webdriver|puppeteer|playwright|postman|insomnia|scrapy|httrack|colly|axios"
    r"|\bgo\b|indy library|dart|winhttp|powershell|apache|jakarta|guzzle",
}
_ADDRESS = re.compile(r"(?:https?:|www\.)\S*")


def bot_class(agent: str) -> str | None:
    """What a robot is there for, one of CLASSES; None for people and without a User-Agent."""
    agent = agent[:LONGEST].strip()
    return kind_of(agent.lower()) if agent and is_bot(agent) else None


def kind_of(lower: str) -> str:
    """The class of a robot, by its User-Agent in lower case: by its name, else by the address that it gives."""
    name = _ADDRESS.sub(" ", lower)
    addresses = lower.replace("http", "")
    return next((kind for text in (name, addresses) for kind in _KINDS if _words(kind).search(text)), "other")


@lru_cache(maxsize=len(_KINDS))
def _words(kind: str) -> re.Pattern[str]:
    return re.compile(_KINDS[kind])


def is_bot(agent: str) -> bool:
    """Whether a User-Agent, of LONGEST characters at the most and not empty, is a robot's."""
    agent = _PREVIEW.sub("", agent)
    lower = _CARRIER.sub("", agent.lower())
    if _MARKS.search(lower) or _DOMAIN.search(lower):
        return True
    if not lower.startswith(("mozilla", "opera/")):
        return not (_SMALL if " mozilla/" in lower else _DEVICES).search(lower)
    if lower.startswith("opera/"):
        return False
    return _COMPATIBLE.search(lower) is not None or _ASIDE.search(lower) is not None or _odd(agent, lower)


def _odd(agent: str, lower: str) -> bool:
    """Whether something in the User-Agent is of no browser; uap-core is asked about products that are not common."""
    first = _COMMENT.search(lower)
    if first is None or not _PLATFORM.search(lower):
        return True
    wordy = "msie" in lower or _SMALL.search(lower) is not None  # telephones and old browsers tell much of themselves
    if not wordy and not all(_PARTS.fullmatch(part.strip()) for part in first[1].split(";")):
        return True
    if not wordy and not _ENGINE.search(lower):
        return True
    products = [product.partition("/") for product in _COMMENT.sub(" ", lower).replace(";", " ").replace(",", " ").split()]
    if {name for name, _, _ in products} <= _PRODUCTS:
        return False
    family = _told("browsers", agent)
    if _NAMED.search(family.lower()) or _told("devices", agent) == "Spider":
        return True
    words = {name for name, slash, _ in products if not slash and name[0].isalpha() and len(name) > 2}
    return not wordy and family in _COMMON and not words <= _PRODUCTS | _WORDS


def _told(table: str, agent: str) -> str:
    """What a table of uap-core's calls it."""
    found = agent_rows.first(table, agent)
    return found.replaced(0, "$1") if found else "Other"
