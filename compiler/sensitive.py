"""Attributes that tell, or seem to tell, what a law protects above all: GDPR Art. 9 and 10, and what stands close to it.

An attribute that is declared `sensitive: true` must have a purpose which no jurisdiction allows without an opt-in. One that is
not, but whose name or values speak of such a thing, is warned of until somebody has said which it is.

Words are compared with whole parts of snake_case names: `age` is none of `page`, and `race` none of `brace`. Where one part
could be anything (`union`, `orientation`), only the phrases that leave no doubt are here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from compiler.diagnostics import Diagnostics
from compiler.syntax import Ruleset

# what it is → words and phrases (parts joined by _); a trailing * takes further letters of that part
WORDS: Mapping[str, str] = {
    "health": """
        health medical medication medicine* prescription* diagnos* disease* illness* disabilit* pregnan* diabet* cancer hiv allerg* asthma epilep* depression
        anxiety mental_health therapy therapist patient* symptom* fertility menstrua* menopaus* bmi body_weight blood_pressure blood_type blood_group
        vaccin* addiction* alcoholi* insulin dementia chemotherapy""",
    "religion or belief": """
        religio* faith church mosque synagogue muslim* islam* christian* catholic* protestant* jewish jew hindu* buddhis* sikh* atheis* ramadan kosher halal
        denomination spiritualit*""",
    "ethnic origin": "ethnic* ethnicit* racial race_ethnicity skin_colour skin_color nationality national_origin tribe caste roma_origin country_of_birth birth_country migra*_background",
    "political opinion": "politic* party_affiliation voter voting_intention voting_preference democrat republican ideology left_wing right_wing",
    "trade union membership": "trade_union* union_member* union_membership labour_union labor_union",
    "sex life or orientation": "sexual* sexualit* lgbt* gay lesbian bisexual transgender queer gender_identity sex_life sex_orientation hiv_status",
    "biometric data": "biometric* face_id faceprint face_template fingerprint* voiceprint iris_scan retina_scan gait",
    "genetic data": "genetic* genome* dna ancestry_test",
    "criminal record": "criminal* conviction* convicted felon* offender* arrested arrests prison* parole probation_officer",
    "precise location": "latitude longitude lat lng geo_point geohash gps gps_* home_address home_location street_address exact_location precise_location coordinates",
    "age or children": """
        age_group age_band age_range age_bracket age_class visitor_age user_age customer_age person_age birth_date birth_year birth_day birthdate birthday date_of_birth dob
        year_of_birth children child_count has_child* has_kids number_of_kids kids_count minor_child* is_minor underage parental""",
    "income or credit": "income* salary salaries wage wages credit_score credit_rating creditworth* net_worth wealth insolven* bankrupt* debt debts indebted* unemploy* welfare_benefit*",
}
ALONE: Mapping[str, str] = {"age": "age or children", "race": "ethnic origin", "sex": "sex life or orientation", "kids": "age or children", "religion": "religion or belief"}
_BUSINESS = re.compile(r"(?:^|_)(?:customer|account|system|site|device|battery)_health|health_(?:score|check)")  # of no body
_GOODS = frozenset("health medical medicine children kids debt wealth fingerprint coordinates".split())  # values that are lines of business, or sizes
_PARTS = re.compile(r"[a-z0-9]+", re.ASCII)


def _pattern(words: str) -> re.Pattern[str]:
    alternatives = "|".join(word.replace("*", "[a-z]*") for word in words.split())
    return re.compile(rf"(?:^|_)(?:{alternatives})(?:_|$)")


_PATTERNS = {what: _pattern(words) for what, words in WORDS.items()}


def speaks_of(text: str) -> str | None:
    """What a name or a value speaks of; None for nothing that is known to be sensitive."""
    name = _BUSINESS.sub("", "_".join(_PARTS.findall(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower())))
    return next((what for what, pattern in _PATTERNS.items() if pattern.search(name)), None)


def check(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """Report sensitive attributes that need no opt-in somewhere (errors), and those that nobody has judged (warnings)."""
    site = ruleset.site
    free = _free(ruleset)
    for space in ("visitor", "account"):
        for name, attribute in getattr(site.spec.attributes, space).items():
            full, path = f"{space}.{name}", ("attributes", space, name)
            if attribute.sensitive:
                where = "everywhere: it needs none" if attribute.purpose == "none" else free.get(attribute.purpose)
                if where:
                    message = f"{full} is sensitive, and its purpose '{attribute.purpose}' is in force without an opt-in {where}"
                    diagnostics.error("E056", site.place(*path, "purpose"), message, "give it a purpose of its own that no jurisdiction allows")
            elif attribute.sensitive is None and not (attribute.from_ or "").startswith("context."):  # which callers tell, and nobody stores
                found = _suspected(name, attribute.type.members)
                if found:
                    message = f"{full} {found}, which the law protects in particular"
                    fix = "if so, write `sensitive: true` and a purpose that no jurisdiction allows; if not, `sensitive: false`"
                    diagnostics.warning("W009", site.place(*path, key=True), message, fix)


def _suspected(name: str, values: Iterable[str]) -> str | None:
    """What an attribute seems to tell, in words, by its name or else by one of its possible values."""
    if what := ALONE.get(name) or speaks_of(name):
        return f"seems to tell of {what}"
    told = (value for value in values if value.lower() not in _GOODS)
    return next((f"seems to tell of {what}, by its value '{value}'" for value in told if (what := speaks_of(value))), None)


def _free(ruleset: Ruleset) -> dict[str, str]:
    """Purpose → where it is in force without an opt-in, in words."""
    found: dict[str, list[str]] = {}
    for name, jurisdiction in ruleset.site.spec.jurisdictions.items():
        for purpose in jurisdiction.allow:
            found.setdefault(purpose, []).append(f"'{name}'")
    return {purpose: f"in {', '.join(names)}" for purpose, names in found.items()}
