"""The small texts of the authoring format (names, shares, durations, dates) as the types that the shapes are built of.

A value that does not fit raises a pydantic error of the type `tessera`, whose context has the message, a fix and the code.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from compiler.types import WRITTEN, Type, enumeration, parse

SESSION = 0  # the duration `session`: until the session ends
MILLION = 1_000_000
LONGEST_NAME = 64
LONGEST_TEXT = 20_000

_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_PERCENT = re.compile(r"([-+]?)(\d{1,4}(?:\.\d{1,4})?)\s*%", re.ASCII)
_DURATION = re.compile(r"(\d{1,6})\s*(ms|s|m|h|d|w)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_HOST = re.compile(r"(?=.{1,253}$)(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_EPOCH = datetime.datetime(1970, 1, 1)
_RESERVED = frozenset(
    "true false null in as break const continue else for function if import let loop package namespace return var void while".split()
)


@dataclass(frozen=True, slots=True)
class Moment:
    """`at`: seconds since 1970 in UTC; where `local`, on the clock of a zone that is given elsewhere."""

    at: int
    local: bool


def refused(message: str, fix: str, code: str = "E012") -> PydanticCustomError:
    """The error of a value that its shape does not take."""
    return PydanticCustomError("tessera", "{message}", {"message": message, "fix": fix, "code": code})


def spoken(value: Any) -> str:
    """What a value is, in words, for messages."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    return f"the number {value}" if isinstance(value, (int, float)) else f"the text '{value}'"


def snake_case(text: str) -> str:
    """The nearest valid name to a text: `Target-Accounts` is `target_accounts`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_").lstrip("0123456789_")[:LONGEST_NAME] or "name"


def name(value: str) -> str:
    """A name of the authoring format, as it is; anything else is refused."""
    if not _NAME.fullmatch(value) or len(value) > LONGEST_NAME:
        message = f"'{value}' is not a name: lower-case letters, digits and underscores, a letter first, at most {LONGEST_NAME}"
        raise refused(message, f"for example '{snake_case(value)}'", "E013")
    return value


def spoken_name(value: str) -> str:
    """A name that conditions use."""
    if value in _RESERVED:
        raise refused(f"'{value}' is a reserved word of the condition language", f"choose another name, for example '{value}_value'", "E013")
    return name(value)


def _text(value: str) -> str:
    if not value.strip():
        raise refused("the text is empty", "fill it, or leave the key out")
    if "\0" in value:
        raise refused("a text cannot hold a NUL character", "remove it")
    return value


def _sign(value: Any) -> int:
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match:
        parts = int(Decimal(match[2]) * (MILLION // 100))
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and -10_000 <= value <= 10_000:
        parts = round(value * MILLION)
    else:
        raise refused(f"expected a share, found {spoken(value)}", "write a percentage like 5%, or a fraction like 0.05", "E011")
    return -parts if match and match[1] == "-" else parts


def _share(value: Any) -> int:
    parts = _sign(value)
    if not 0 <= parts <= MILLION or isinstance(value, str) and value[:1] in "+-":
        raise refused(f"a share lies between 0% and 100%, this one is {value}", "write a percentage like 5%, or a fraction like 0.05")
    return parts


def _duration(value: Any, sample: str = "write it like 30m, 12h, 7d, or session") -> int:
    if value == "session":
        return SESSION
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match or match[2] == "ms":
        raise refused(f"expected a duration, found {spoken(value)}", sample, "E011")
    seconds = int(match[1]) * _SECONDS[match[2]]
    if not 0 < seconds <= 3_660 * 86_400:
        raise refused(f"a duration is more than nothing and at most ten years, this one is {value}", "write it like 30m, 12h or 7d")
    return seconds


def _span(value: Any) -> int:
    seconds = _duration(value, "write it like 30m, 12h or 7d")
    if seconds == SESSION:
        raise refused("`session` is not possible here", "write a duration like 7d")
    return seconds


def _milliseconds(value: Any) -> int:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise refused(f"expected a duration, found {spoken(value)}", "write it like 20ms", "E011")
    length = int(match[1]) * (1 if match[2] == "ms" else _SECONDS[match[2]] * 1000)
    if not 0 < length <= 10_000:
        raise refused(f"between 1ms and 10s is possible here, this is {value}", "write it like 20ms")
    return length


def _start(value: Any) -> Moment:
    return _moment(value)[0]


def _end(value: Any) -> Moment:
    moment, whole_day = _moment(value)
    return Moment(moment.at + 86_400, moment.local) if whole_day else moment


def _moment(value: Any) -> tuple[Moment, bool]:
    """The moment, and whether only its day was given."""
    text = value if isinstance(value, str) else ""
    day = bool(_DATE.fullmatch(text))
    if not day and not _DATE_TIME.fullmatch(text):
        raise refused(f"expected a date, found {spoken(value)}", "write 2026-12-01, or with a time 2026-12-01T09:00", "E011")
    try:
        read = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        shift = read.utcoffset() or datetime.timedelta()
        elapsed = read.replace(tzinfo=None) - shift - _EPOCH
    except (ValueError, OverflowError):
        raise refused(f"'{text}' is not a possible date", "write 2026-12-01, or with a time 2026-12-01T09:00") from None
    return Moment(elapsed.days * 86_400 + elapsed.seconds, read.tzinfo is None), day


def _zone(value: str) -> str:
    if value not in ("visitor", "UTC"):
        import zoneinfo

        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise refused(f"'{value}' is not a time zone", "write visitor (each visitor's own time), UTC, or a name like Europe/Berlin") from None
    return value


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise refused(f"'{value}' is not a host name", "write it without scheme and path, in lower case: shop.example.com")
    return value


def _pattern(value: str) -> str:
    if not value.startswith("/") or re.search(r"[\s?#]", value):
        raise refused(f"'{value}' is not a pattern of a path", "begin it with a slash, without query: /p/:sku")
    from urlpattern import URLPattern

    try:
        URLPattern({"pathname": value})
    except ValueError as error:
        told = str(error).rpartition(" error: ")[2].partition(" (at char")[0]
        raise refused(f"'{value}' is not a pattern of a path: {told}", "write /p/:sku for one part of the path, /blog/* for all below") from None
    return value


def _file(value: str) -> str:
    parts = value.split("/")
    if not value or value.startswith("/") or "\\" in value or ".." in parts or ":" in parts[0]:
        raise refused(f"'{value}' does not lie in the site's folder", "write a path from the site's folder, like items.csv or lookups/company.csv", "E014")
    return value


def _type(value: Any) -> Type:
    try:
        if isinstance(value, list):
            return enumeration(value)
        if isinstance(value, str):
            return parse(value)
    except ValueError as error:
        raise refused(str(error), f"a type is one of {WRITTEN}; quote values that are not plain text") from None
    raise refused(f"expected a type, found {spoken(value)}", f"a type is one of {WRITTEN}", "E011")


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _schema(kind: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **more})


_NAMED = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": LONGEST_NAME}
_NAME_SCHEMA = WithJsonSchema(_NAMED)
_SHARE_SCHEMA = WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^\d{1,3}(\.\d{1,4})?\s*%$"}, {"type": "number", "minimum": 0, "maximum": 1}]})
_LIFT_SCHEMA = WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^[-+]?\d{1,4}(\.\d{1,4})?\s*%$"}, {"type": "number"}]})
_DATE_SCHEMA = _schema("string", pattern=r"^\d{4}-\d{2}-\d{2}")
_SPAN_PATTERN = r"\d{1,6}\s*(s|m|h|d|w)"

Element = TypeVar("Element")
Many = Annotated[tuple[Element, ...], Strict(False)]

Name = Annotated[str, AfterValidator(name), _NAME_SCHEMA]
OneOrMany = Annotated[
    tuple[Name, ...], Strict(False), BeforeValidator(_one_or_many), Field(min_length=1),
    WithJsonSchema({"anyOf": [_NAMED, {"type": "array", "items": _NAMED, "minItems": 1}]}),
]  # fmt: skip
SpokenName = Annotated[str, AfterValidator(spoken_name), _NAME_SCHEMA]
Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_text)]
OneOrManyTexts = Annotated[
    tuple[Text, ...], Strict(False), BeforeValidator(_one_or_many), Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]  # fmt: skip
Condition = Annotated[str, AfterValidator(_text), _schema("string", description="a condition in CEL; quote it")]
Share = Annotated[int, BeforeValidator(_share), _SHARE_SCHEMA]
Lift = Annotated[int, BeforeValidator(_sign), _LIFT_SCHEMA]
Duration = Annotated[int, BeforeValidator(_duration), _schema("string", pattern=f"^({_SPAN_PATTERN}|session)$")]
Span = Annotated[int, BeforeValidator(_span), _schema("string", pattern=f"^{_SPAN_PATTERN}$")]
Milliseconds = Annotated[int, BeforeValidator(_milliseconds), _schema("string", pattern=r"^\d{1,6}\s*(ms|s)$")]
Start = Annotated[Moment, BeforeValidator(_start), _DATE_SCHEMA]
End = Annotated[Moment, BeforeValidator(_end), _DATE_SCHEMA]
Zone = Annotated[str, AfterValidator(_zone)]
Host = Annotated[str, AfterValidator(_host)]
PathPattern = Annotated[str, AfterValidator(_pattern), _schema("string", pattern="^/")]
File = Annotated[str, AfterValidator(_file)]
CookieName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
AttributeType = Annotated[
    Type, BeforeValidator(_type), WithJsonSchema({"anyOf": [{"type": "string", "description": WRITTEN}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]})
]
