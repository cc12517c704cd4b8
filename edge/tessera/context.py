"""What the request tells → `request.*` attributes: place, weather, time, device and browser, referrer, campaign."""

from __future__ import annotations

from datetime import date
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence
from urllib.parse import parse_qs, urlsplit

from tessera import agents
from tessera.agent_bots import CLASSES
from tessera.types import MAX_TEXT, finite, parse_version

FIELDS = "\x1f"
EEA = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO".split()
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIRST_DAY = 3  # 1970 began on a Thursday
_FIRST_DATE = date(1970, 1, 1).toordinal()
_SEARCH = ("google.", "bing.", "duckduckgo.", "yahoo.", "ecosia.", "baidu.", "yandex.", "qwant.", "startpage.")
_SOCIAL = ("facebook.", "instagram.", "linkedin.", "lnkd.in", "twitter.", "t.co", "x.com", "reddit.", "pinterest.", "tiktok.", "youtube.", "threads.")
_PAID = ("cpc", "ppc", "paid", "paidsearch", "paid_social", "display", "banner", "retargeting")
# parameters that advertisers put on the address of a click, and whose they are
_CLICKS = {
    "gclid": "google", "wbraid": "google", "gbraid": "google", "dclid": "google", "msclkid": "microsoft", "fbclid": "meta", "ttclid": "tiktok", "twclid": "x",
    "li_fat_id": "linkedin", "epik": "pinterest", "rdt_cid": "reddit", "sccid": "snapchat", "yclid": "yandex",
}  # fmt: skip
_PAID_CLICKS = frozenset(_CLICKS) - {"fbclid"}  # which Meta puts on every link, paid or not
_PLATFORMS = tuple(dict.fromkeys(_CLICKS.values()))
_WEATHER = ("clear", "cloudy", "fog", "rain", "snow", "storm")


class Request(NamedTuple):
    """The request in one flat value; texts are empty where unknown. Made from the bridge's string, or by hand.

    `account`: who has logged in, as a verified token says; `snapshot`: what the bridge unsealed of the cookie.
    `now`: epoch milliseconds; `offset`: the visitor's minutes ahead of UTC; `nonce`: a fresh id for the
    page view; `newcomer`: another for a visitor who has none, so that no page view tells a visitor's id; `ch_…`: the
    headers Sec-CH-UA…; `latitude`, `longitude`: degrees; `weather`: a word and degrees Celsius, `rain;12.5`.
    """

    account: str = ""
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
    ch_ua: str = ""
    ch_mobile: str = ""
    ch_platform: str = ""
    ch_platform_version: str = ""
    ch_model: str = ""
    postal: str = ""
    latitude: str = ""
    longitude: str = ""
    weather: str = ""
    snapshot: str = ""

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


def _local_hours(request: Request) -> int | None:
    """Hours since 1970 began on the visitor's own clock."""
    return (int(request.now or 0) // 1000 + 60 * request.minutes_ahead) // 3600 if request.offset else None


def _hour(request: Request) -> int | None:
    hours = _local_hours(request)
    return None if hours is None else hours % 24


def _weekday(request: Request) -> str | None:
    hours = _local_hours(request)
    return None if hours is None else _DAYS[(hours // 24 + _FIRST_DAY) % 7]


def _date(request: Request) -> str | None:
    """The day on the visitor's own clock, as `2026-12-25`."""
    hours = _local_hours(request)
    try:
        return None if hours is None else date.fromordinal(_FIRST_DATE + hours // 24).isoformat()
    except (OverflowError, ValueError):  # beyond the year 9999
        return None


def _daypart(request: Request) -> str | None:
    hour = _hour(request)
    if hour is None:
        return None
    return "night" if hour < 6 else "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"


def _hints(request: Request) -> agents.Hints:
    return agents.Hints(request.ch_ua, request.ch_mobile, request.ch_platform, request.ch_platform_version, request.ch_model)


def _bot(request: Request) -> str | None:
    return agents.bot_of(request.user_agent, _hints(request))


def _browser(request: Request) -> agents.Named:
    return agents.browser_of(request.user_agent, _hints(request))


def _system(request: Request) -> agents.Named:
    return agents.system_of(request.user_agent, _hints(request))


def _degrees(text: str, most: float) -> float | None:
    """A number of degrees between -most and most; None for anything else."""
    if not text or len(text) > 32 or not text.isascii() or "_" in text:
        return None
    try:
        number = finite(float(text))
    except ValueError:
        return None
    return number if number is not None and -most <= number <= most else None


def _weather(request: Request) -> str | None:
    word = request.weather.partition(";")[0]
    return word if word in _WEATHER else None


def _temperature(request: Request) -> float | None:
    return _degrees(request.weather.partition(";")[2], 100.0) if _weather(request) else None


def click_of(request: Request) -> str | None:
    """The advertising platform whose click id the address carries, by the first of them."""
    return next((_CLICKS[key] for key in map(str.lower, _query(request)) if key in _CLICKS), None)


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
    if medium in _PAID or not _PAID_CLICKS.isdisjoint(map(str.lower, query)):
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
    "request.bot": ("bool", (), lambda r: _bot(r) is not None),
    "request.bot_class": ("enum", CLASSES, _bot),
    "request.browser": ("string", (), lambda r: _browser(r).name or None),
    "request.browser_version": ("version", (), lambda r: parse_version(_browser(r).version)),
    "request.city": ("string", (), lambda r: r.city or None),
    "request.click": ("enum", _PLATFORMS, click_of),
    "request.continent": ("string", (), lambda r: r.continent or None),
    "request.country": ("string", (), lambda r: r.country or None),
    "request.date": ("string", (), _date),
    "request.daypart": ("enum", ("night", "morning", "afternoon", "evening"), _daypart),
    "request.device": ("enum", agents.DEVICES, lambda r: agents.device_of(r.user_agent, _hints(r)) or None),
    "request.device_family": ("string", (), lambda r: agents.family_of(r.user_agent, _hints(r)) or None),
    "request.gpc": ("bool", (), lambda r: r.gpc.strip() == "1"),
    "request.host": ("string", (), lambda r: _host(r.url)),
    "request.hour": ("int", (), _hour),
    "request.language": ("string", (), lambda r: language_of(r.accept_language)),
    "request.latitude": ("double", (), lambda r: _degrees(r.latitude, 90.0)),
    "request.longitude": ("double", (), lambda r: _degrees(r.longitude, 180.0)),
    "request.os": ("string", (), lambda r: _system(r).name or None),
    "request.os_version": ("version", (), lambda r: parse_version(_system(r).version)),
    "request.page": ("string", (), lambda r: r.page or None),
    "request.path": ("string", (), _path),
    "request.postal": ("string", (), lambda r: r.postal or None),
    "request.referrer": ("string", (), referrer_of),
    "request.region": ("string", (), region_of),
    "request.source": ("enum", ("direct", "search", "social", "email", "paid", "referral", "internal"), source_of),
    "request.temperature": ("double", (), _temperature),
    "request.timezone": ("string", (), lambda r: r.timezone or None),
    "request.url": ("string", (), lambda r: r.url or None),
    "request.utm_campaign": ("string", (), _utm("campaign")),
    "request.utm_content": ("string", (), _utm("content")),
    "request.utm_medium": ("string", (), _utm("medium")),
    "request.utm_source": ("string", (), _utm("source")),
    "request.utm_term": ("string", (), _utm("term")),
    "request.weather": ("enum", _WEATHER, _weather),
    "request.weekday": ("enum", _DAYS, _weekday),
}


# The fields of a request that attributes are read of, where many requests have the same: what they told is remembered.
_BROWSER = (
    "country", "subdivision", "city", "continent", "timezone", "postal", "latitude", "longitude",
    "user_agent", "ch_ua", "ch_mobile", "ch_platform", "ch_platform_version", "ch_model", "accept_language",
)  # fmt: skip
_ADDRESS = ("url", "referer")
_CLOCK = ("now", "offset")
_READ_OF: Mapping[str, tuple[str, ...]] = {
    f"request.{name}": fields
    for fields, names in {
        _BROWSER: "bot bot_class browser browser_version city continent country device device_family language latitude longitude os os_version postal region timezone",
        _ADDRESS: "click host path referrer source url utm_campaign utm_content utm_medium utm_source utm_term",
        _CLOCK: "date daypart hour weekday",
    }.items()
    for name in names.split()
}
_REMEMBERED = 1024  # texts of each kind
_MOST = 4096  # characters of a request, without its cookies, whose texts are remembered

_Readers = tuple[tuple[str, Callable[[Request], Any]], ...]


def request_values(request: Request, wanted: Iterable[str]) -> dict[str, Any]:
    """The `request.*` attributes among the names that are wanted, typed, without the unknown ones."""
    shared, own = _groups(tuple(wanted))
    found: dict[str, Any] = {}
    is_short = sum(map(len, request)) - len(request.cookie) <= _MOST
    for texts_of, read, remembered in shared:
        found.update(remembered(*texts_of(request)) if is_short else read(*texts_of(request)))
    for name, reader in own:
        value = reader(request)
        if value is not None:
            found[name] = value
    return found


@lru_cache(maxsize=16)
def _groups(wanted: tuple[str, ...]) -> tuple[tuple, _Readers]:
    """How the wanted attributes are read: for each group of fields what picks them, what reads them, and the same with a
    memory; and the readers of the attributes that are of this request alone."""
    by_fields: dict[tuple[str, ...], list] = {}
    for name in wanted:
        if name in BUILT_IN:
            by_fields.setdefault(_READ_OF.get(name, ()), []).append((name, BUILT_IN[name][2]))
    own = tuple(by_fields.pop((), ()))
    shared = []
    for fields, readers in by_fields.items():
        read = partial(_read, fields, tuple(readers))
        shared.append((_clock if fields == _CLOCK else _picker(fields), read, lru_cache(maxsize=_REMEMBERED)(read)))
    return tuple(shared), own


def _picker(fields: tuple[str, ...]) -> Callable[[Request], Sequence[str]]:
    return itemgetter(*map(Request._fields.index, fields))


def _clock(request: Request) -> tuple[str, str]:
    """The beginning of the hour, and minutes ahead of UTC so that it is that hour there too: `now` and `offset` of _CLOCK."""
    hours = _local_hours(request)
    return ("0", "") if hours is None else (str(3_600_000 * hours), "0")


def _read(fields: tuple[str, ...], readers: _Readers, *texts: str) -> dict[str, Any]:
    request = _BLANK._replace(**dict(zip(fields, texts)))
    found = ((name, read(request)) for name, read in readers)
    return {name: value[:MAX_TEXT] if isinstance(value, str) else value for name, value in found if value is not None}


_BLANK = Request()
