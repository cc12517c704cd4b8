"""Which names and values are taken for sensitive, and which are not."""

from __future__ import annotations

import pytest

from compiler.sensitive import ALONE, WORDS, _suspected, speaks_of

TELLING = {
    "health": "is_pregnant pregnancy_week has_diabetes diabetic allergies food_allergy bmi diagnosis last_prescription patient_id mental_health hiv_positive hasDisability vaccinated",
    "religion or belief": "religion religious_holidays eats_halal is_muslim church_member",
    "ethnic origin": "ethnicity nationality country_of_birth race",
    "political opinion": "political_party voter party_affiliation voting_intention",
    "trade union membership": "trade_union union_member",
    "sex life or orientation": "sexual_orientation lgbtq is_gay gender_identity sex",
    "biometric data": "biometric_template face_id voiceprint",
    "genetic data": "dna_test genetic_risk",
    "criminal record": "criminal_record convictions ex_offender",
    "precise location": "home_latitude lng gps_position geohash home_address",
    "age or children": "age age_group birth_year date_of_birth dob has_children number_of_kids kids child_count",
    "income or credit": "income_band household_income salary credit_score net_worth in_debt",
}
PLAIN = """
    page page_views usage last_stage image language message_count package average storage visits cart_value lifecycle recent bought orders last_order open_case
    domain name industry plan score brace trace race_bike_size union_jack orientation screen_orientation credit store_credit credits location city country
    party_size catering position session_age cart_age account_age order_age age_days sexy_mode essex gender latest plate translate salutation belong interested
    account_health health_score customer_health_score battery_health generic mechanics faithful classic
    incoming outcome debit wager celebrity raced embrace newsletter subscribed loyalty_points favourite_colour house_plants voted_items upvotes retina_display
    disabled notifications_disabled
""".split()


@pytest.mark.parametrize(("what", "name"), [(what, name) for what, names in TELLING.items() for name in names.split()])
def test_telling_names(what, name):
    assert _suspected(name, ()) == f"seems to tell of {what}"


@pytest.mark.parametrize("name", PLAIN)
def test_plain_names(name):
    assert _suspected(name, ()) is None


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (("none", "kosher"), "religion or belief, by its value 'kosher'"), (("single", "Pregnant"), "health, by its value 'Pregnant'"),
        (("democrat", "other"), "political opinion, by its value 'democrat'"), (("LGBT",), "sex life or orientation, by its value 'LGBT'"),
    ],
)  # fmt: skip
def test_telling_values(values, what):
    assert _suspected("kind", values) == f"seems to tell of {what}"


@pytest.mark.parametrize("values", [("men", "women", "kids"), ("software", "healthcare", "health"), ("city", "race", "gravel"), ("new", "engaged", "customer", "lapsed"), ("free", "pro")])
def test_plain_values(values):
    assert _suspected("kind", values) is None


def test_the_tables_are_of_the_same_kinds():
    assert set(ALONE.values()) <= set(WORDS) == set(TELLING)
    assert speaks_of("") is None and speaks_of("é" * 10_000) is None
