#!/usr/bin/env python3
"""Write compiler/unicode.txt: the Unicode groups (\\p{…}) and the foldings of case that RE2 knows, asked of RE2 itself.

    scripts/unicode_groups.py            write it (needs google-re2, a dependency of the tests)

One line a group: its name, then its ranges of code points in hexadecimal. Lines `fold` hold the characters that are the
same but for their case. The file keeps patterns the same on every machine, whatever Unicode its Python knows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import re2

PAGE = Path(__file__).parents[1] / "compiler" / "unicode.txt"
CATEGORIES = (
    "C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs".split()
)
# names of scripts to try; those that RE2 does not know are left out
SCRIPTS = """
Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi
Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic
Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic
Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Han Hangul
Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian
Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin
Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi
Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar
Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian
Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya
Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian
Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le
Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri Toto Tulu_Tigalari Ugaritic
Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square
""".split()
EVERYTHING = "".join(chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000)
SURROGATES = ("C", "Cs")  # texts cannot hold them, so RE2 cannot be asked
CASED = ("Ll", "Lt", "Lu", "Mn", "Nl", "So")


def known(name: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(rf"\p{{{name}}}", options)
    except re2.error:
        return False
    return True


def ranges(name: str) -> Iterator[tuple[int, int]]:
    """The code points of a group, as inclusive ranges in order."""
    found = [(ord(run[0]), ord(run[-1])) for run in re2.findall(rf"\p{{{name}}}+", EVERYTHING)]
    joined: list[tuple[int, int]] = []
    for low, high in sorted(found + [(0xD800, 0xDFFF)] * (name in SURROGATES)):
        if joined and low == joined[-1][1] + 1:
            joined[-1] = joined[-1][0], high
        else:
            joined.append((low, high))
    return iter(joined)


def foldings() -> Iterator[str]:
    """The characters that RE2 holds to be the same under (?i), each set once."""
    cased = "".join(chr(p) for name in CASED for low, high in ranges(name) for p in range(low, high + 1) if name in CASED[:3] or _folds(chr(p)))
    seen: set[str] = set()
    for char in sorted(cased):
        orbit = "".join(sorted(re2.findall(f"(?i)\\x{{{ord(char):x}}}", cased)))
        if len(orbit) > 1 and orbit not in seen:
            seen.add(orbit)
            yield orbit


def _folds(char: str) -> bool:
    return char.lower() != char or char.upper() != char or char.casefold() != char


def page() -> str:
    """The text of compiler/unicode.txt."""
    lines = [line for name in (*CATEGORIES, *filter(known, SCRIPTS)) for line in _wrapped(name, [f"{a:X}-{b:X}" if a < b else f"{a:X}" for a, b in ranges(name)])]
    lines += _wrapped("fold", [",".join(f"{ord(char):X}" for char in orbit) for orbit in foldings()])
    return "\n".join(lines) + "\n"


def _wrapped(name: str, words: list[str]) -> Iterator[str]:
    """Lines of at most about 120 characters that begin with the name."""
    line = name
    for word in words:
        if len(line) + len(word) > 119:
            yield line
            line = name
        line += f" {word}"
    yield line


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.exit(0)
