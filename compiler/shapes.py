"""What each file of a site may hold: the authoring format as frozen pydantic models, strict and without unknown keys.

The format's reference, and the source of the JSON Schemas.

Shares are parts per million, durations seconds (0: until the session ends), moments seconds since 1970. A key that is
a word of Python has an underscore here: `from_`, `as_`, `with_`, `except_`, `else_`. Slots are in
shape_ladders, experiments and campaigns in shape_trials.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from compiler.shape import Level, Shape
from compiler.shape_ladders import Slot
from compiler.shape_markets import Column, Currency, Language, Market, Variant
from compiler.shape_models import Model, ModelLimits
from compiler.shape_trials import Campaign, Experiment
from compiler.values import (
    LONGEST_TEXT, AttributeType, Condition, CookieName, Duration, File, Host, Many, Milliseconds, Name, PathPattern, Share, Span, SpokenName, Start, Text,
    refused, spoken,
)  # fmt: skip

__all__ = ["Campaign", "Content", "Experiment", "Items", "Lookup", "Market", "Metric", "Model", "Scenarios", "Segment", "Shape", "Site", "Slot"]


# --- site.yaml -------------------------------------------------------------------------------------------------------


class Attribute(Shape):
    """A stored fact: its type, the purpose it needs, how long it is kept, where it comes from."""

    type: AttributeType = Field(examples=["type: string"])
    purpose: Name = Field(examples=["purpose: personalization"], description="the consent it needs, or none")
    keep: Duration = Field(examples=["keep: 30d"])
    from_: Text | None = Field(None, alias="from", examples=["from: crm"])
    default: Any = Field(None, examples=["default: false"])
    half_life: Span | None = Field(None, examples=["half_life: 14d"], description="of what comes from events and fades: after which time it counts half")
    most: Annotated[int, Field(ge=1, le=256)] | None = Field(None, examples=["most: 20"], description="of what comes from events: how many elements are kept")
    sensitive: bool | None = Field(None, examples=["sensitive: true"], description="whether it tells of health, belief, origin and the like; its purpose then needs an opt-in everywhere")
    about: Text | None = None

    @model_validator(mode="after")
    def _default_fits(self) -> Attribute:
        if self.default is not None and not _fits(self.default, self.type.name, self.type.members):
            raise refused(f"the default, {spoken(self.default)}, is not of the type {self.type}", "give a default of that type, or leave it out", "E011")
        return self


Facts = Annotated[dict[SpokenName, Attribute], Field(max_length=4000)]  # protobuf's messages, which CEL checks by, hold few more


class Attributes(Shape):
    """The declared facts by namespace; request.* is built in."""

    visitor: Facts = {}
    account: Facts = {}


class Purpose(Shape):
    """A consent purpose, the TCF purposes it stands for, and the opt-outs of US states that deny it."""

    tcf: Many[Annotated[int, Field(ge=1, le=11)]] = ()
    us: Many[Literal["sale", "sharing", "targeted"]] = Field((), examples=["us: [sale, sharing, targeted]"], description="the opt-outs, in GPP's sections of US states, that deny it")
    about: Text | None = None


class Jurisdiction(Shape):
    """What is allowed without opt-in where the condition holds."""

    when: Condition | None = Field(None, examples=["when: 'request.region == \"EEA\"'"])
    allow: Many[Name] = Field(examples=["allow: [personalization]"])
    gpc: Literal["deny"] | None = None


class Consent(Shape):
    """The cookies that tell a choice. The first that is there counts: the plain one, then TCF, then GPP, then the US privacy string."""

    cookie: CookieName = Field("tessera_consent", description="purposes by name, separated by dots; or `all`, or `none`")
    tcf: CookieName = Field("euconsent-v2", description="an IAB TCF string")
    gpp: CookieName = Field("gpp", description="an IAB GPP string")
    us_privacy: CookieName = Field("usprivacy", description="a US privacy string, like 1YNN")
    vendor: Annotated[int, Field(ge=1, le=65_535)] | None = Field(None, description="the site's own number on the global vendor list; consent to it is then asked for too")


class Login(Shape):
    """How it is known who has logged in: by a token (JWT) of the site's own, in a cookie or in the Authorization header."""

    cookie: CookieName = Field(examples=["cookie: session_token"])
    issuer: Text = Field(examples=["issuer: https://login.example.com"])
    audience: Text = Field(examples=["audience: shop"])
    algorithm: Literal["HS256", "RS256", "ES256"] = Field(examples=["algorithm: ES256"])
    jwks: Annotated[str, Field(pattern="^https://|^http://(localhost|127\\.0\\.0\\.1)[:/]", max_length=LONGEST_TEXT)] | None = Field(None, examples=["jwks: https://login.example.com/jwks.json"])
    secret: Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]{0,63}$")] | None = Field(None, examples=["secret: LOGIN_SECRET"], description="with HS256: the name of the Worker's secret that holds the key")

    @model_validator(mode="after")
    def _one_key(self) -> Login:
        wanted = "secret" if self.algorithm == "HS256" else "jwks"
        other = "jwks" if wanted == "secret" else "secret"
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise refused(f"tokens by {self.algorithm} are verified with `{wanted}` alone", f"write `{wanted}: …`, and no `{other}`", "E016")
        return self


class Identity(Shape):
    """How visitors are told apart: by a cookie; or `cookieless`, by a hash that changes every day and is stored nowhere."""

    mode: Literal["cookie", "cookieless"] = "cookie"
    login: Login | None = None

    @model_validator(mode="after")
    def _nothing_is_stored(self) -> Identity:
        if self.mode == "cookieless" and self.login is not None:
            raise refused("without cookies nobody is remembered who has logged in", "remove `login`, or write `mode: cookie`", "E016")
        return self


class Holdout(Shape):
    """The visitors who always get the defaults."""

    share: Share = Field(examples=["share: 5%"])
    salt: Text = Field(examples=["salt: h2-2026"])
    except_: Many[Name] = Field((), alias="except", description="slots that the holdout does not touch")


class Assets(Shape):
    """The static pages that stand for the origin; `images` is where an image without a slash is looked up."""

    dir: File = "public"
    images: Annotated[str, Field(pattern="^/.*/$|^/$")] = "/img/"


class Items(Shape):
    """The catalogue: a CSV file with one row for each item."""

    file: File = Field(examples=["file: items.csv"])
    id: SpokenName = Field(examples=["id: sku"])
    fields: dict[SpokenName, Column] = Field(examples=["fields: {name: string, price: double}"])


class Lookup(Shape):
    """Facts about an address: a CSV file of networks."""

    file: File = Field(examples=["file: lookups/company.csv"])
    key: Literal["ip"] = "ip"


class Log(Shape):
    """The purpose that logging ids and stored facts needs (`none`: no consent), and how long records are kept."""

    purpose: Name = "analytics"
    keep: Span = 90 * 86_400


class Freshness(Shape):
    """How old the profile in the visitor's cookie may be before the stored one is read, how long a page waits for that, and
    how old it may be at most where the store cannot be read."""

    deadline: Milliseconds = 20
    max_age: Span = Field(300, examples=["max_age: 5m"])
    limit: Span = Field(86_400, examples=["limit: 24h"])

    @model_validator(mode="after")
    def _in_order(self) -> Freshness:
        if self.limit < self.max_age:
            raise refused("`limit` is shorter than `max_age`", "write a longer one: it is for when the store cannot be read")
        return self


class Site(Shape):
    """site.yaml"""

    tessera: Literal[1] = Field(examples=["tessera: 1"])
    name: Name | None = Field(None, description="what logs call the site; the first host unless given")
    hosts: Annotated[Many[Host], Field(min_length=1)] = Field(examples=["hosts: [shop.example.com]"])
    pages: dict[Name, PathPattern] = Field({}, examples=["pages: {home: /, product: \"/p/:sku\"}"], description="a site of flags alone has none")
    attributes: Attributes = Attributes()
    purposes: dict[Name, Purpose] = {}
    jurisdictions: dict[Name, Jurisdiction] = {}
    markets: Annotated[dict[SpokenName, Market], Field(max_length=250)] = Field({}, description="the first that holds; in the order of the rollout")
    language: Language | None = Field(None, description="of the copy as it is written; that of the market without `when` unless given")
    currency: Currency | None = Field(None, description="of the prices as they are written; that of the market without `when` unless given")
    consent: Consent = Consent()
    identity: Identity = Identity()
    holdout: Holdout | None = None
    assets: Assets = Assets()
    items: Items | None = None
    lookups: dict[Name, Lookup] = {}
    models: ModelLimits = ModelLimits()
    log: Log = Log()
    freshness: Freshness = Freshness()
    island: Many[Name] = Field((), examples=["island: [home]"], description="pages that are told what was decided, as JSON for applications")


# --- segments.yaml, metrics.yaml -------------------------------------------------------------------------------------


class Segment(Shape):
    """A named condition."""

    when: Condition = Field(examples=["when: 'visitor.visits > 3'"])
    owner: Text | None = None
    about: Text | None = None


class Metric(Shape):
    """What is counted for each visitor, or summed, and within which time."""

    event: Name = Field(examples=["event: purchase"])
    sum: Name | None = Field(None, examples=["sum: value"])
    within: Duration = Field(examples=["within: 7d"])
    good: Literal["up", "down"] = "up"
    about: Text | None = None


# --- content ---------------------------------------------------------------------------------------------------------


class Content(Shape):
    """content/*.yaml: the fields of a component, and its variants; `extends` takes over the fields of another variant."""

    fields: dict[SpokenName, Literal["text", "image", "link"]] = Field(examples=["fields: {headline: text, image: image, cta: link}"])
    variants: dict[Name, Variant] = Field(examples=["variants: {evergreen: {headline: …}}"])
    owner: Text | None = None

    @model_validator(mode="after")
    def _free_names(self) -> Content:
        if "none" in self.variants:
            raise refused("`none` is not a variant: it leaves the page as it is", "choose another name", "E013")
        if "extends" in self.fields:
            raise refused("`extends` cannot be a field", "choose another name", "E013")
        return self


# --- scenarios -------------------------------------------------------------------------------------------------------

Facts = dict[Name, Any]


class Visitor(Shape):
    """A visitor of the scenarios: what is known, and what was consented to."""

    id: Text | None = None
    visitor: Facts = {}
    account: Facts = {}
    request: Facts = {}
    consent: Many[Name] | None = Field(None, description="the purposes chosen; without it nothing was chosen")
    gpc: bool | None = Field(None, description="whether the browser sends Global Privacy Control")
    holdout: bool | None = Field(None, description="whether the visitor is held out; not unless this says so")
    seen: dict[Name, Annotated[int, Field(ge=0)]] = Field({}, description="campaign → how often it was seen lately")
    at: Start | None = Field(None, description="when")


class Expect(Shape):
    """What the decision for a slot must say; keys that are left out are not compared."""

    variant: Name | None = None
    level: Level | None = None
    rule: Name | None = None
    segment: Name | None = None
    campaign: Name | None = None
    experiment: Name | None = None
    arm: Name | None = None
    model: Name | None = None
    holdout: bool | None = None
    items: Many[Text] | None = None
    why: Name | None = None


class Scenario(Shape):
    """A request and what it must lead to."""

    name: Text = Field(examples=["name: a new visitor sees the default"])
    as_: Name | None = Field(None, alias="as", description="one of the visitors above")
    with_: Visitor | None = Field(None, alias="with", description="facts in place of, or besides, the visitor's")
    page: Annotated[str, Field(pattern="^/")] = Field(examples=["page: /"])
    arms: dict[Name, Name] = Field({}, description="experiment → the arm that is forced")
    expect: Annotated[dict[Name, Expect], Field(min_length=1)] = Field(examples=["expect: {hero: {variant: evergreen, why: default}}"])


class Scenarios(Shape):
    """scenarios/*.yaml"""

    visitors: dict[Name, Visitor] = {}
    scenarios: Annotated[Many[Scenario], Field(min_length=1)] = Field(examples=["scenarios: [{name: …, page: /, expect: {hero: {variant: evergreen}}}]"])


def _fits(value: Any, kind: str, members: tuple[str, ...]) -> bool:
    """Whether a plain value can be the default of an attribute of this kind."""
    if kind in ("int", "double"):
        return isinstance(value, int if kind == "int" else (int, float)) and not isinstance(value, bool)
    if kind == "enum":
        return value in members
    return isinstance(value, {"bool": bool, "list": list, "map": Mapping}.get(kind, str))
