"""Made-up people, the same at every run: households under one roof, with one telephone and sometimes one e-mail address, and what
clerks and visitors made of their names.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"
COLUMNS = ("record", "First Name", "Last Name", "Birthday", "E-Mail", "Telephone", "Address", "City", "Zip", "person")


def _word(rng: random.Random, parts: int) -> str:
    return "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) + rng.choice(("", "", "n", "r", "l", "s")) for _ in range(parts)).capitalize()


def _slip(rng: random.Random, text: str) -> str:
    """One slip of the pen: a letter more, less, other, or two that changed places."""
    if len(text) < 3:
        return text
    at = rng.randrange(1, len(text) - 1)
    other = rng.choice("abcdefghijklmnopqrstuvwxyz" if text[at].isalpha() else "0123456789")
    return rng.choice((text[:at] + text[at + 1 :], text[:at] + other + text[at:], text[:at] + other + text[at + 1 :], text[:at] + text[at + 1] + text[at] + text[at + 2 :]))


def people(households: int, seed: int = 7) -> list[dict[str, str]]:
    """Records, in no order; `person` is the truth. A person has one to four of them."""
    rng = random.Random(seed)
    given = [_word(rng, 2) for _ in range(400)]
    surnames = [_word(rng, 3) for _ in range(2000)]
    cities = [(_word(rng, 3), f"{rng.randrange(10000, 99999)}") for _ in range(40)]
    rows: list[dict[str, str]] = []
    for house in range(households):
        surname, (city, code) = rng.choice(surnames), rng.choice(cities)
        street, phone = f"{_word(rng, 3)} Street {rng.randrange(1, 200)}", f"0{rng.randrange(10**9, 10**10)}"
        joint = f"{surname.lower()}{house}@home.example"
        names = {given[min(int(rng.expovariate(0.02)), len(given) - 1)] for _ in range(rng.choice((1, 1, 2, 2, 3, 4)))}
        for member, name in enumerate(sorted(names)):
            born = f"{rng.randrange(1940, 2006)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
            email = joint if rng.random() < 0.2 else f"{name.lower()}.{surname.lower()}{rng.randrange(100)}@mail.example"
            for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
                whole = dict(zip(COLUMNS[1:9], (name, surname, born, email, phone, street, city, code)))
                told = {key: "" if rng.random() < 0.12 else _slip(rng, value) if rng.random() < 0.12 else value for key, value in whole.items()}
                rows.append({**told, "person": f"{house}-{member}"})
    rng.shuffle(rows)
    return [{"record": f"r{n}", **row} for n, row in enumerate(rows)]


def save(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> Path:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path
