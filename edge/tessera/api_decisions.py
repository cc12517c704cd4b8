"""POST personalize and explain, GET recommendations: decisions for a user and a context, on any channel."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Callable, Mapping, Sequence
from urllib.parse import urljoin, urlsplit

from tessera import api_told
from tessera.api_call import Answer, Call, Refused, body_of, encode, invalid
from tessera.api_routes import CHANNELS, RECOMMENDED
from tessera.api_visit import Asked, ask, consent_of, user_of
from tessera.decide import decide_slots
from tessera.explain import explain as explained
from tessera.ranking import action_of, rank
from tessera.record import outcome, plain
from tessera.resolved import REDIRECT, Action, Bundle
from tessera.types import LADDER, Decision

PageOf = Callable[[str], str]
MAX_URL = 2_048  # characters
MOST_SLOTS = 64  # that are asked for by name
MOST_ITEMS = 50  # of a page of recommendations
MOST_PAGES = 100
USUAL_ITEMS = 10
ANY = "api"  # the channel of what is decided for no page and no message: in the log, and no page view for profiles
_BOOLS = {"true": True, "false": False}
_FLAGS = {"0": False, "1": True, **_BOOLS}


# --- personalize and explain ------------------------------------------------------------------------------------------------


def personalize(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """POST /personalize/{channel}."""
    asked_for = call.path[1]
    if asked_for not in CHANNELS:
        raise Refused(404, "no-channel", "There is no such channel", f"there are {', '.join(CHANNELS)}")
    channel = CHANNELS[asked_for]
    body = body_of(call, ("user", "page", "slots", "context", "consent", "peek"))
    url, page = page_told(bundle, body.get("page"), page_of) if channel == "web" else _no_page(body)
    numbers = _numbers(bundle, channel, page, body.get("slots"))
    asked = asked_by(bundle, call, body, url, page)
    decisions = decide_slots(bundle, asked.visit, numbers)
    told = [api_told.slot(bundle, asked.visit, decision) for decision in decisions]
    logged = [] if flag(body, "peek") else [api_told.message(bundle, asked, decisions, call.nonce, page or None, channel if page or channel != "web" else ANY)]
    metadata = api_told.metadata(bundle, asked, call.published, call.nonce if logged else None)
    return _ok({"user": body.get("user"), "channel": asked_for, "page": page or None}, {"slots": _list(told), "metadata": encode(metadata)}, logged)


def explain(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """POST /explain: of a slot, why it gets what it gets, and why not the others. Nothing of it is logged."""
    body = body_of(call, ("user", "page", "slot", "context", "consent"))
    if "slot" not in body:
        raise invalid("slot", "the name of the slot is needed")
    (number,) = slots_named(bundle, [body["slot"]], "slot")
    url, page = page_told(bundle, body.get("page"), page_of) if body.get("page") is not None else ("", "")
    asked = asked_by(bundle, call, body, url, page)
    (decision,) = decide_slots(bundle, asked.visit, (number,))
    why = explained(bundle, asked.visit, decision)
    told = api_told.slot(bundle, asked.visit, decision, why)
    tried = [{"rule": each.rule, "level": each.level, "held": each.held, "reasoning": each.because} for each in why.attempts]
    metadata = api_told.metadata(bundle, asked, call.published, None)
    more = {"user": body.get("user"), "attempts": tried, "metadata": metadata}
    return {"status": 200, "body": f"{told[:-1]},{encode(more)[1:]}"}


def asked_by(bundle: Bundle, call: Call, body: Mapping[str, Any], url: str, page: str) -> Asked:
    """The visit that a body tells of: its user, context and consent. Raises: Asking, Refused."""
    user = None if body.get("user") is None else user_of(bundle, body["user"])
    return ask(bundle, call, user, body.get("context"), consent_of(bundle, body.get("consent")), url, page)


def flag(body: Mapping[str, Any], name: str) -> bool:
    """A key that is true or false, false unless given. Raises: Refused."""
    if not isinstance(body.get(name, False), bool):
        raise invalid(name, "true or false")
    return body.get(name, False)


def page_told(bundle: Bundle, told: Any, page_of: PageOf) -> tuple[str, str]:
    """The address of a page of the site, and the page's name; a path is one of the site's first host."""
    if told is None:
        return "", ""
    if not isinstance(told, str) or not told or len(told) > MAX_URL or not told.isprintable():
        raise invalid("page", f"a path or an address of the site, of at most {MAX_URL} characters")
    try:
        url, scheme, host = _address(bundle.hosts[0] if bundle.hosts else "localhost", told)
    except ValueError:
        raise invalid("page", "a path or an address of the site") from None
    name = page_of(url) if scheme in ("http", "https") and (not bundle.hosts or host in bundle.hosts) else ""
    if not name:
        raise invalid("page", "no page of the site has this address")
    return url, name


@lru_cache(maxsize=256)  # callers ask for the same pages again and again
def _address(own: str, told: str) -> tuple[str, str, str | None]:
    """The address, its scheme and its host. Raises: ValueError."""
    url = urljoin(f"https://{own}/", told)
    parts = urlsplit(url)
    return url, parts.scheme, parts.hostname


def _no_page(body: Mapping[str, Any]) -> tuple[str, str]:
    if body.get("page") is not None:
        raise invalid("page", "only web pages have an address")
    return "", ""


def _numbers(bundle: Bundle, channel: str, page: str, names: Any) -> tuple[int, ...]:
    """The slots that are asked for: those of the page or the channel, or those of them that are named."""
    if names is not None:
        chosen = slots_named(bundle, names, "slots")
        if page:
            return tuple(number for number in chosen if number in bundle.slots_of(page))
        wrong = next((number for number in chosen if bundle.slots[number].channel != channel), None)
        if wrong is not None:
            raise invalid("slots", f"'{bundle.slots[wrong].name}' is of the channel {bundle.slots[wrong].channel}")
        return chosen
    if channel != "web":
        return bundle.slots_of(f"@{channel}")
    if not page:
        raise invalid("page", "the page or slots are needed")
    return bundle.slots_of(page)


def slots_named(bundle: Bundle, names: Any, where: str) -> tuple[int, ...]:
    """The indices of slots that are named, each once. Raises: Refused."""
    if not isinstance(names, list) or not 0 < len(names) <= MOST_SLOTS:
        raise invalid(where, f"a list of 1 to {MOST_SLOTS} names of slots")
    numbers = {slot.name: number for number, slot in enumerate(bundle.slots)}
    for name in names:
        if not isinstance(name, str) or name not in numbers:
            raise invalid(where, "there is no slot of this name")
    return tuple(dict.fromkeys(numbers[name] for name in names))


def _list(texts: Sequence[str]) -> str:
    return f"[{','.join(texts)}]"


def _ok(body: Mapping[str, Any], parts: Mapping[str, str], logged: Sequence[str]) -> Answer:
    """An answer, some members of which are JSON text already."""
    rest = ",".join(f'"{name}":{text}' for name, text in parts.items())
    return {"status": 200, "body": f"{encode(body)[:-1]},{rest}}}", "decisions": logged}


# --- recommendations --------------------------------------------------------------------------------------------------------


def recommend(bundle: Bundle, call: Call, page_of: PageOf) -> Answer:
    """GET /recommendations/{kind}."""
    kind = call.path[1]
    if kind not in RECOMMENDED:
        raise Refused(404, "no-recommendations", "There are no such recommendations", f"there are {', '.join(RECOMMENDED)}")
    query = call.query
    for name in query:
        if name not in ("user", "page", "limit", "consent", "slot", "address", "peek") and not name.startswith("context."):
            raise invalid(name[:100], "there is no such parameter")
    peek = _FLAGS.get(query.get("peek", "0"))
    if peek is None:
        raise invalid("peek", f"one of {', '.join(_FLAGS)}")
    number, limit = _count(query, "page", 1, MOST_PAGES), _count(query, "limit", USUAL_ITEMS, MOST_ITEMS)
    url, page = page_told(bundle, query.get("address"), page_of)
    user = user_of(bundle, query["user"]) if "user" in query else None
    chosen = consent_of(bundle, list(filter(None, query["consent"].split(",")))) if "consent" in query else None
    asked = ask(bundle, call, user, _context(bundle, query), chosen, url, page)
    slots = _candidates(bundle, kind, page, query.get("slot"))
    skip = (number - 1) * limit
    found, shown = _products(bundle, asked, slots, skip, limit) if kind == "products" else _decided(bundle, asked, kind, slots, skip, limit)
    is_logged = bool(shown) and not peek
    told = {
        "user": query.get("user"),
        "kind": kind,
        "page": number,
        "limit": limit,
        "next": number + 1 if len(found) > limit and number < MOST_PAGES else None,
    }
    metadata = api_told.metadata(bundle, asked, call.published, call.nonce if is_logged else None)
    parts = {"items": _list(found[:limit]), "metadata": encode(metadata)}
    return _ok(told, parts, [api_told.message(bundle, asked, shown, call.nonce, page or None, ANY)] if is_logged else [])


def _count(query: Mapping[str, str], name: str, usual: int, most: int) -> int:
    told = query.get(name, "")
    if not told:
        return usual
    if not (told.isascii() and told.isdigit() and len(told) <= 4 and 1 <= int(told) <= most):
        raise invalid(name, f"a whole number from 1 to {most}")
    return int(told)


def _context(bundle: Bundle, query: Mapping[str, str]) -> dict[str, Any]:
    """The parameters `context.<attribute>`: numbers and truths by the attribute's type, as a query has texts alone."""
    told = {name.removeprefix("context."): text for name, text in query.items() if name.startswith("context.")}
    return {name: _typed(bundle, name, text) for name, text in told.items()}


def _typed(bundle: Bundle, name: str, text: str) -> Any:
    full = next((each for each in (name, f"visitor.{name}", f"account.{name}", f"request.{name}") if each in bundle.attributes), name)
    kind = bundle.attributes[full].type if full in bundle.attributes else "string"
    if kind == "bool":
        return _BOOLS.get(text, text)
    if kind in ("int", "double") and len(text) <= 32:
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _candidates(bundle: Bundle, kind: str, page: str, named: str | None) -> tuple[int, ...]:
    """The slots that may recommend: of the page, or all; of their kind."""
    numbers = bundle.slots_of(page or None)
    if named is not None:
        numbers = slots_named(bundle, [named], "slot")
    if kind == "content":
        return tuple(n for n in numbers if bundle.slots[n].channel == "web" and bundle.slots[n].values is None)
    return tuple(n for n in numbers if bundle.slots[n].operation != REDIRECT)


def _decided(bundle: Bundle, asked: Asked, kind: str, slots: Sequence[int], skip: int, limit: int) -> tuple[list[str], list[Decision]]:
    """The slots' decisions of a kind, best first, one more than asked for; and those that are shown."""
    decisions = decide_slots(bundle, asked.visit, slots)
    by_campaign = [each for each in decisions if each.rule >= 0 and bundle.rules[each.rule].campaign >= 0]
    if kind == "content":
        chosen = [each for each in decisions if each.variant >= 0]
    elif kind == "offers":
        chosen = by_campaign
    else:
        chosen = sorted(by_campaign or [each for each in decisions if each.rule >= 0], key=lambda each: _rank(bundle, asked, each))
    page = chosen[skip : skip + limit + 1]
    return [api_told.slot(bundle, asked.visit, each) for each in page], page[:limit]


def _rank(bundle: Bundle, asked: Asked, decision: Decision) -> tuple[int, float, int]:
    """Where an action stands: by the level of its rule, then by how sure it is, then by the slot."""
    return LADDER.index(bundle.rules[decision.rule].level), -api_told.confidence(bundle, asked.visit, decision), decision.slot


def _products(bundle: Bundle, asked: Asked, slots: Sequence[int], skip: int, limit: int) -> tuple[list[str], list[Decision]]:
    """The items that the first slot with a ranking shows this visitor, and those that it would show further on; where no slot ranks
    for them, the catalogue in the first order that is the same for everybody."""
    ranking = [number for number in slots if _ranks(bundle, number)]
    decided = next((each for each in decide_slots(bundle, asked.visit, ranking) if each.items), None)
    if decided is None:
        model = next((number for number, each in enumerate(bundle.models) if each.kind == "order"), None)
        action = None if model is None else Action(model=model)
    else:
        action = action_of(bundle, decided)
    if action is None:
        return [], []
    model, ranked, _ = rank(bundle, asked.visit, replace(action, take=skip + limit + 1))
    page = ranked[skip:]
    if decided is None:
        how = {"slot": None, "level": LADDER[-1], "reason": "default"}
        why = f"no slot ranks items for this visitor; the order '{bundle.models[model].name}' is the same for everybody"
    else:
        told = outcome(bundle, decided)
        how = {"slot": bundle.slots[decided.slot].name, "level": told["level"], "reason": told["reason"]}
        why = explained(bundle, asked.visit, decided).sentence
    found = [
        encode({
            **how,
            **item,
            "model": bundle.models[model].name,
            "reasoning": f"Number {skip + place} by the model '{bundle.models[model].name}': {why}",
            "alternatives": [{"variant": bundle.items.ids[other.row], "reasoning": "the next by score", "weight": plain(other.score)} for other in page[place : place + 3]],
        })
        for place, item in enumerate(api_told.items(bundle, asked.visit, model, page), 1)
    ]
    shown = [] if decided is None else [decided._replace(items=tuple(page[:limit]), runners_up=tuple(page[limit : limit + 3]))]
    return found, shown


def _ranks(bundle: Bundle, number: int) -> bool:
    """Whether anything can make a slot rank items."""
    slot = bundle.slots[number]
    return _may_rank(slot.default) or _may_rank(slot.test) or any(_may_rank(rule.action) for rule in bundle.rules if rule.mask & slot.mask)


def _may_rank(action: Action | None) -> bool:
    return action is not None and (action.model >= 0 or any(map(_may_rank, action.arms)))
