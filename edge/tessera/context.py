"""What the request tells → `request.*` attributes: place, time, device, referrer, campaign."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Iterable, Mapping, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tessera.types import MAX_TEXT

FIELDS = "\x1f"
EEA = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO".split()
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SEARCH = ("google.", "bing.", "duckduckgo.", "yahoo.", "ecosia.", "baidu.", "yandex.", "qwant.", "startpage.")
_SOCIAL = ("facebook.", "instagram.", "linkedin.", "lnkd.in", "twitter.", "t.co", "x.com", "reddit.", "pinterest.", "tiktok.", "youtube.", "threads.")
_PAID = ("cpc", "ppc", "paid", "paidsearch", "paid_social", "display", "banner", "retargeting")
_BOTS = ("bot", "crawl", "spider", "slurp", "headless", "lighthouse", "preview", "facebookexternalhit", "curl/", "wget/", "python-requests")


class Request(NamedTuple):
    """The request in one flat value; texts are empty where unknown. Made from the bridge's string, or by hand.

    `now`: epoch milliseconds; `offset`: the visitor's minutes ahead of UTC; `nonce`: a fresh id for the
    page view; `newcomer`: another for a visitor who has none, so that no page view tells a visitor's id.
    """

    token: str = ""
    method: str = "GET"
    url: str = ""
    now: str = "0"
    offset: str = ""
    country: str = ""
    subdivision: str = ""
    city: str = ""
    continent: str = ""
    timezone: str = ""
    ip: str = ""
    cookie: str = ""
    user_agent: str = ""
    accept_language: str = ""
    referer: str = ""
    gpc: str = ""
    prefetch: str = ""
    nonce: str = ""
    page: str = ""
    newcomer: str = ""

    @property
    def at(self) -> float:
        """Epoch seconds."""
        return int(self.now or 0) / 1000

    @property
    def minutes_ahead(self) -> int:
        return int(self.offset or 0)


def parse(text: str) -> Request:
    """The bridge's string → Request.

    Raises:
        ValueError: where it is not of the agreed form.
    """
    parts = text.split(FIELDS)
    if len(parts) != len(Request._fields):
        raise ValueError(f"visit: {len(parts)} fields, expected {len(Request._fields)}")
    return Request(*parts)


def region_of(request: Request) -> str | None:
    """`EEA` for a country of the European Economic Area, else country-subdivision (`US-CA`), else the country."""
    if request.country in EEA:
        return "EEA"
    if request.country and request.subdivision:
        return f"{request.country}-{request.subdivision}"
    return request.country or None


def _local(request: Request) -> datetime | None:
    if not request.offset:
        return None
    return datetime.fromtimestamp(request.at, timezone.utc) + timedelta(minutes=request.minutes_ahead)


def _hour(request: Request) -> int | None:
    moment = _local(request)
    return None if moment is None else moment.hour


def _weekday(request: Request) -> str | None:
    moment = _local(request)
    return None if moment is None else _DAYS[moment.weekday()]


def _daypart(request: Request) -> str | None:
    hour = _hour(request)
    if hour is None:
        return None
    return "night" if hour < 6 else "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"


def is_bot(user_agent: str) -> bool:
    """Whether the User-Agent names itself a robot."""
    agent = user_agent.lower()
    return any(mark in agent for mark in _BOTS)


def device_of(user_agent: str) -> str | None:
    """desktop, mobile, tablet or bot; None without a User-Agent."""
    if not user_agent:
        return None
    agent = user_agent.lower()
    if is_bot(agent):
        return "bot"
    if "ipad" in agent or "tablet" in agent or ("android" in agent and "mobile" not in agent):
        return "tablet"
    return "mobile" if "mobi" in agent or "iphone" in agent else "desktop"


def referrer_of(request: Request) -> str | None:
    """The referring host, None where there is none or it is this very host."""
    host = _host(request.referer)
    return host if host and host != _host(request.url) else None


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _query(request: Request) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(request.url).query[:4096], max_num_fields=64)
    except ValueError:
        return {}


def _utm(key: str) -> Callable[[Request], str | None]:
    return lambda request: _query(request).get(f"utm_{key}", [""])[0][:MAX_TEXT].lower() or None


def source_of(request: Request) -> str:
    """Where the visitor came from: paid, email, social, search, referral, internal or direct."""
    query = _query(request)
    medium = query.get("utm_medium", [""])[0].lower()
    origin = f"{query.get('utm_source', [''])[0].lower()}."
    referrer = f"{referrer_of(request) or ''}"
    if medium in _PAID or "gclid" in query or "msclkid" in query:
        return "paid"
    if medium == "email" or origin in ("newsletter.", "email."):
        return "email"
    if medium == "social" or _names(origin, _SOCIAL) or _names(referrer, _SOCIAL):
        return "social"
    if medium == "organic" or _names(origin, _SEARCH) or _names(referrer, _SEARCH):
        return "search"
    if referrer:
        return "referral"
    return "internal" if request.referer else "direct"


def _names(host: str, known: tuple[str, ...]) -> bool:
    """Whether a host is one of the known ones: a name that ends in a dot begins a label (`google.` → www.google.de),
    any other is the whole host or its parent (`t.co`, never `t.company.com`)."""
    dotted = f".{host.rstrip('.')}."
    return any(f".{name}" in dotted if name.endswith(".") else dotted.endswith(f".{name}.") for name in known)


def language_of(header: str) -> str | None:
    """The primary subtag of the first language asked for."""
    first = header.split(",", 1)[0].split(";", 1)[0].split("-", 1)[0].strip().lower()
    return first if first.isalpha() and len(first) <= 8 else None


def _path(request: Request) -> str | None:
    try:
        return urlsplit(request.url).path[:MAX_TEXT] or "/"
    except ValueError:
        return None


# name → (type, values of an enumeration, how it is read)
BUILT_IN: Mapping[str, tuple[str, tuple[str, ...], Callable[[Request], Any]]] = {
    "request.at": ("timestamp", (), lambda r: r.at),
    "request.bot": ("bool", (), lambda r: is_bot(r.user_agent)),
    "request.city": ("string", (), lambda r: r.city or None),
    "request.continent": ("string", (), lambda r: r.continent or None),
    "request.country": ("string", (), lambda r: r.country or None),
    "request.daypart": ("enum", ("night", "morning", "afternoon", "evening"), _daypart),
    "request.device": ("enum", ("desktop", "mobile", "tablet", "bot"), lambda r: device_of(r.user_agent)),
    "request.gpc": ("bool", (), lambda r: r.gpc.strip() == "1"),
    "request.host": ("string", (), lambda r: _host(r.url)),
    "request.hour": ("int", (), _hour),
    "request.language": ("string", (), lambda r: language_of(r.accept_language)),
    "request.page": ("string", (), lambda r: r.page or None),
    "request.path": ("string", (), _path),
    "request.referrer": ("string", (), referrer_of),
    "request.region": ("string", (), region_of),
    "request.source": ("enum", ("direct", "search", "social", "email", "paid", "referral", "internal"), source_of),
    "request.timezone": ("string", (), lambda r: r.timezone or None),
    "request.url": ("string", (), lambda r: r.url or None),
    "request.utm_campaign": ("string", (), _utm("campaign")),
    "request.utm_content": ("string", (), _utm("content")),
    "request.utm_medium": ("string", (), _utm("medium")),
    "request.utm_source": ("string", (), _utm("source")),
    "request.utm_term": ("string", (), _utm("term")),
    "request.weekday": ("enum", _DAYS, _weekday),
}


def request_values(request: Request, wanted: Iterable[str]) -> dict[str, Any]:
    """The `request.*` attributes that the bundle reads (`wanted`), without the unknown ones."""
    found = {name: BUILT_IN[name][2](request) for name in wanted if name in BUILT_IN}
    return {name: value for name, value in found.items() if value is not None}
