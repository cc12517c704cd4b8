"""JavaScript's regular expressions (ECMA-262 with annex B, without flags or with `i`) → RE2's, where RE2 has the like."""

from __future__ import annotations

from compiler import regex_syntax

SPACE = r"\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}"
LINE_ENDS = r"\n\r\x{2028}\x{2029}"
ANYTHING = r"[\x{0}-\x{10ffff}]"
NOTHING = r"[^\x{0}-\x{10ffff}]"
_CONTROLS = {"f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_HEX = frozenset("0123456789abcdefABCDEF")
_SYNTAX = frozenset("^$\\.*+?()[]{}|")


class InvalidPattern(ValueError):
    """JavaScript refuses the pattern."""


class UnsupportedPattern(ValueError):
    """JavaScript takes the pattern and RE2 has nothing like it."""


def re2(pattern: str, insensitive: bool = False) -> str:
    """The pattern in RE2's syntax.

    Raises:
        InvalidPattern, UnsupportedPattern: see there.
    """
    found = ("(?i)" if insensitive else "") + _Pattern(pattern).whole()
    try:
        regex_syntax.parse(found)
    except ValueError as error:
        raise UnsupportedPattern(f"the pattern /{pattern}/: {error}") from None
    return found


class _Pattern:
    """Reads a pattern from left to right; `at` is the place of the next character."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.groups = _count_groups(text)
        self.unsupported = ""

    def whole(self) -> str:
        found = self._choice()
        if self.at < len(self.text):
            raise InvalidPattern("a ) that closes nothing")
        if self.unsupported:
            raise UnsupportedPattern(f"the pattern /{self.text}/ {self.unsupported}, and RE2 does not")
        return found

    def _next(self, text: str) -> bool:
        """Whether a text comes next; it is passed over."""
        if not self.text.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def _choice(self) -> str:
        parts = [self._sequence()]
        while self._next("|"):
            parts.append(self._sequence())
        return "|".join(parts)

    def _sequence(self) -> str:
        parts = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._term())
        return "".join(parts)

    def _term(self) -> str:
        for assertion in ("^", "$", r"\b", r"\B"):
            if self._next(assertion):
                return assertion
        for look in ("(?=", "(?!", "(?<=", "(?<!"):
            if self._next(look):
                self.unsupported = "looks behind" if "<" in look else "looks ahead"
                self._closed()
                if "<" not in look:
                    self._quantifier()
                return ""
        if self.text[self.at] in "*+?" or self._counts() is not None:
            raise InvalidPattern("a repetition of nothing")
        return self._atom() + self._quantifier()

    def _closed(self) -> str:
        inner = self._choice()
        if not self._next(")"):
            raise InvalidPattern("a ( that is not closed")
        return inner

    def _atom(self) -> str:
        if self._next("("):
            return self._group()
        if self._next("["):
            return self._set()
        if self._next("."):
            return f"[^{LINE_ENDS}]"
        if self._next("\\"):
            return self._escape()
        self.at += 1
        return _char(self.text[self.at - 1])

    def _group(self) -> str:
        begin = "("
        if self._next("?:"):
            begin = "(?:"
        elif self._next("?<"):
            end = self.text.find(">", self.at)
            if end < 0 or not self.text[self.at : end].replace("$", "_").isidentifier():
                raise InvalidPattern("a group with a wrong name")
            self.at = end + 1
        elif self._next("?"):
            raise InvalidPattern("an unknown kind of group")
        return f"{begin}{self._closed()})"

    def _counts(self) -> str | None:
        """`{2}`, `{2,}` or `{2,5}` where one stands next; any other brace is a character."""
        if not self.text.startswith("{", self.at):
            return None
        end = self.text.find("}", self.at)
        least, comma, most = self.text[self.at + 1 : max(end, self.at + 1)].partition(",")
        if end < 0 or not _digits(least) or (comma and most and not _digits(most)):
            return None
        return self.text[self.at : end + 1]

    def _quantifier(self) -> str:
        found = next((mark for mark in "*+?" if self._next(mark)), "")
        counts = self._counts()
        if not found and counts:
            least, _, most = counts[1:-1].partition(",")
            if most and int(most) < int(least):
                raise InvalidPattern("a repetition whose bounds are in the wrong order")
            self.at += len(counts)
            found = counts
        if found:
            self._next("?")
        return found

    def _escape(self) -> str:
        mark = self._mark()
        if mark in "123456789":
            number = self.at
            while number < len(self.text) and self.text[number].isdigit() and self.text[number].isascii():
                number += 1
            if int(self.text[self.at - 1 : number]) <= self.groups:
                self.at = number
                self.unsupported = "refers back to a group"
                return ""
            return self._octal(mark) if mark < "8" else _char(mark)
        if mark == "k" and "(?<" in self.text:
            self.unsupported = "refers back to a group"
            return ""
        if mark in "dDwW":
            return f"\\{mark}"
        if mark in "sS":
            return f"[{'^' if mark == 'S' else ''}{SPACE}]"
        return _char(self._character(mark))

    def _mark(self) -> str:
        if self.at >= len(self.text):
            raise InvalidPattern("a backslash at the end")
        self.at += 1
        return self.text[self.at - 1]

    def _octal(self, first: str) -> str:
        digits = first
        while len(digits) < (3 if first in "0123" else 2) and self.at < len(self.text) and self.text[self.at] in "01234567":
            digits += self.text[self.at]
            self.at += 1
        return _char(chr(int(digits, 8)))

    def _character(self, mark: str) -> str:
        """The character that an escape stands for."""
        if mark in _CONTROLS:
            return chr(_CONTROLS[mark])
        if mark == "0":
            return chr(int(self._octal_digits(), 8))
        if mark == "c":
            letter = self.text[self.at : self.at + 1]
            if letter.isascii() and letter.isalpha():
                self.at += 1
                return chr(ord(letter) % 32)
            self.at -= 1
            return "\\"
        for sign, length in (("x", 2), ("u", 4)):
            if mark == sign and (code := self._hex(self.at, length)) is not None:
                self.at += length
                return self._whole_character(code)
        return mark

    def _hex(self, at: int, length: int) -> int | None:
        digits = self.text[at : at + length]
        return int(digits, 16) if len(digits) == length and _HEX.issuperset(digits) else None

    def _whole_character(self, code: int) -> str:
        """The character of a UTF-16 code unit, which may be the first half of two."""
        if not 0xD800 <= code < 0xE000:
            return chr(code)
        low = self._hex(self.at + 2, 4) if self.text.startswith("\\u", self.at) else None
        if code < 0xDC00 and low is not None and 0xDC00 <= low < 0xE000:
            self.at += 6
            return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
        self.unsupported = "has half a character"
        return "?"

    def _octal_digits(self) -> str:
        digits = "0"
        while len(digits) < 3 and self.at < len(self.text) and self.text[self.at] in "01234567":
            digits += self.text[self.at]
            self.at += 1
        return digits

    def _set(self) -> str:
        turned, parts = self._next("^"), []
        while not self._next("]"):
            if self.at >= len(self.text):
                raise InvalidPattern("a [ that is not closed")
            first = self._member()
            if self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                last = self._member()
                if len(first) == 1 and len(last) == 1:
                    if last < first:
                        raise InvalidPattern("a range whose ends are in the wrong order")
                    parts.append(f"{_inside(first)}-{_inside(last)}")
                    continue
                parts += [_inside(first), r"\-", _inside(last)]
            else:
                parts.append(_inside(first))
        if not parts:
            return ANYTHING if turned else NOTHING
        return f"[{'^' if turned else ''}{''.join(parts)}]"

    def _member(self) -> str:
        """A character, or a class: a text of more than one."""
        self.at += 1
        if self.at > len(self.text):
            raise InvalidPattern("a [ that is not closed")
        char = self.text[self.at - 1]
        if char != "\\":
            return char
        mark = self._mark()
        if mark in "dDwW":
            return f"\\{mark}"
        if mark == "s":
            return SPACE
        if mark == "S":
            self.unsupported = r"has \S in a set"
            return SPACE
        if mark == "b":
            return "\b"
        if mark in "1234567":
            digits = mark
            while len(digits) < (3 if mark in "0123" else 2) and self.text[self.at : self.at + 1] in tuple("01234567"):
                digits += self.text[self.at]
                self.at += 1
            return chr(int(digits, 8))
        return self._character(mark)


def _count_groups(text: str) -> int:
    """How many groups can be referred to: those that capture."""
    count, at, in_set = 0, 0, False
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif in_set:
            in_set = text[at] != "]"
        elif text[at] == "[":
            in_set = True
        elif text[at] == "(":
            count += text[at + 1 : at + 2] != "?" or (text[at + 1 : at + 3] == "?<" and text[at + 3 : at + 4] not in ("=", "!"))
        at += 1
    return count


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _char(char: str) -> str:
    """A character as RE2 writes it."""
    if char in _SYNTAX:
        return f"\\{char}"
    return char if char.isprintable() else f"\\x{{{ord(char):x}}}"


def _inside(part: str) -> str:
    """A member of a set as RE2 writes it."""
    if len(part) > 1:
        return part
    return f"\\{part}" if part in "\\]^-[" else part if part.isprintable() else f"\\x{{{ord(part):x}}}"
