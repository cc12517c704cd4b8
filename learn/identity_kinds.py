"""What a column says of a person: kinds of columns, the names by which they are recognised, and one spelling for each value.

Everything here is data and SQL text; nothing is read. SQL is DuckDB's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

# kind → names of columns, the best first; spelt as `plain_name` leaves them
NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "given_name": ("given_name", "first_name", "firstname", "givenname", "forename", "fname", "given", "vorname", "prenom", "nombre"),
    "surname": ("surname", "last_name", "lastname", "family_name", "familyname", "lname", "sname", "nachname", "nom", "apellido"),
    "name": ("name", "full_name", "fullname", "display_name"),
    "dob": ("dob", "date_of_birth", "birth_date", "birthdate", "birthday", "dateofbirth", "born", "geburtsdatum", "date_naissance"),
    "email": ("email", "email_address", "e_mail", "mail", "emailaddress"),
    "phone": ("phone", "phone_number", "telephone", "mobile", "mobile_phone", "tel", "cell", "phonenumber", "telefon"),
    "account": ("account", "account_id", "accountid", "user_id", "userid", "login", "member_id", "customer_id", "customerid", "loyalty_id"),
    "national_id": ("national_id", "soc_sec_id", "ssn", "social_security_number", "nino", "nhs_number", "tax_id", "passport", "passport_number"),
    "street_number": ("street_number", "house_number", "housenumber", "street_no", "hausnummer"),
    "street": ("street", "address", "address_1", "address1", "address_line_1", "street_address", "street_name", "addr", "strasse", "adresse"),
    "street_2": ("address_2", "address2", "address_line_2", "street_2"),
    "city": ("city", "town", "suburb", "locality", "place", "ort", "stadt", "ville", "ciudad"),
    "postcode": ("postcode", "zip", "postal_code", "zip_code", "zipcode", "postalcode", "post_code", "plz", "code_postal"),
    "state": ("state", "region", "province", "county", "bundesland"),
    "gender": ("gender", "sex"),
})  # fmt: skip
ID_NAMES = ("unique_id", "id", "rec_id", "record_id", "row_id", "visitor", "visitor_id", "person_id", "contact_id", "uid", *NAMES["account"])
WHOSE = ("customer_", "contact_", "person_", "user_", "client_", "member_", "billing_", "home_", "primary_")
STRONG = ("account", "email", "phone", "national_id")  # one value names one person, or nearly
NOTHING = ("null", "none", "nan", "n/a", "#n/a", "unknown", "undefined", "(null)", "-", "?")  # spellings of no value


def plain_name(column: str) -> str:
    """`Date of Birth`, `dateOfBirth` and `date-of-birth` are all `date_of_birth`."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.strip())
    return re.sub(r"[^0-9a-z]+", "_", split.lower()).strip("_")


def recognised(columns: Iterable[str], told: Mapping[str, str], taken: Iterable[str]) -> dict[str, str]:
    """Kind → column. What was `told` (kind → column) counts first; a column in `taken` is of no kind; each is of one at the most."""
    free = [c for c in columns if c not in set(told.values()) | set(taken)]
    found = {kind: column for kind, column in told.items()}
    for whose in ("", *WHOSE):
        named = {plain_name(c).removeprefix(whose): c for c in reversed(free) if plain_name(c).startswith(whose)}
        for kind, names in NAMES.items():
            column = next((named[name] for name in names if name in named), None)
            if kind not in found and column is not None and column not in found.values():
                found[kind] = column
    return found


def id_column(columns: Iterable[str]) -> str | None:
    """The column that is most likely the id of a record, or None."""
    named = {plain_name(c): c for c in reversed(list(columns))}
    return next((named[name] for name in ID_NAMES if name in named), None)


def quoted(name: str) -> str:
    """A name as SQL's identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL's literal."""
    return "'" + text.replace("'", "''") + "'"


def _known(column: str) -> str:
    nothing = ", ".join(map(literal, NOTHING))
    return f"(CASE WHEN lower(trim({column})) IN ({nothing}) THEN NULL ELSE nullif(trim({column}), '') END)"


def _words(column: str) -> str:
    """Letters and digits of any script, without accents and case, one space between words."""
    return f"nullif(trim(regexp_replace(lower(strip_accents({_known(column)})), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g')), '')"


def _closed(column: str) -> str:
    """Letters and digits alone."""
    return f"nullif(regexp_replace(lower(strip_accents({_known(column)})), '[^\\p{{L}}\\p{{N}}]+', '', 'g'), '')"


def _email(column: str) -> str:
    return f"(CASE WHEN regexp_full_match({_known(column)}, '[^@\\s]+@[^@\\s]+') THEN lower({_known(column)}) END)"


def _phone(column: str) -> str:
    """The last nine digits: with and without the country's code it is one number. Fewer than six digits are none."""
    digits = f"regexp_replace({_known(column)}, '[^0-9]+', '', 'g')"
    return f"(CASE WHEN length({digits}) >= 6 THEN right({digits}, 9) END)"


def _date(column: str, day_first: bool) -> str:
    """`YYYY-MM-DD`, also where that is no day of the calendar: a slip of the pen still tells. Other spellings are no value."""
    known = f"regexp_replace({_known(column)}, '\\.0+$', '')"
    iso, short, local = "^(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})([T ].*)?$", "^(\\d{4})(\\d{2})(\\d{2})$", "^(\\d{1,2})[-/.](\\d{1,2})[-/.](\\d{4})$"

    def parts(pattern: str, order: tuple[int, int, int]) -> str:
        year, month, day = (f"regexp_extract({known}, '{pattern}', {n})" for n in order)
        return f"WHEN regexp_matches({known}, '{pattern}') THEN {year} || '-' || lpad({month}, 2, '0') || '-' || lpad({day}, 2, '0')"

    return f"(CASE {parts(iso, (1, 2, 3))} {parts(short, (1, 2, 3))} {parts(local, (3, 2, 1) if day_first else (3, 1, 2))} END)"


MONTH_FIRST = "^\\s*\\d{1,2}[-/.](1[3-9]|2\\d|3[01])[-/.]\\d{4}\\s*$"  # 12/31/1980: no month has the number 31
CLEAN = MappingProxyType({
    **dict.fromkeys(NAMES, _words), "email": _email, "phone": _phone, "national_id": _closed, "postcode": _closed,
    "account": _known, "street_number": _closed,
})  # fmt: skip


def cleaned(kind: str, column: str, *, day_first: bool = True) -> str:
    """SQL: the value of a column (SQL, text) in the one spelling of its kind, or NULL."""
    return _date(column, day_first) if kind == "dob" else CLEAN[kind](column)


def given_of(name: str) -> str:
    """SQL: the given name in a whole name (raw text): the first word, or what follows the comma of `Smith, John`."""
    after = f"split_part({name}, ',', 2)"
    return _words(f"(CASE WHEN contains({name}, ',') THEN {after} ELSE regexp_extract(trim({name}), '^(.*\\S)\\s+\\S+$', 1) END)")


def surname_of(name: str) -> str:
    """SQL: the surname in a whole name (raw text): the last word, or what stands before the comma."""
    before = f"split_part({name}, ',', 1)"
    return _words(f"(CASE WHEN contains({name}, ',') THEN {before} ELSE regexp_extract(trim({name}), '(\\S+)$', 1) END)")
