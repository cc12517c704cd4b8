"""Text in base64url as a row of bits, read from the front: what consent strings are made of. Bounded and total."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from string import ascii_letters, digits

MOST = 8_192  # characters of a consent string that are read
MOST_ENTRIES = 2_048  # ranges of ids in one text, all its sets together; real ones have a hundred
_ALPHABET = ascii_letters + digits + "-_"


class ConsentError(ValueError):
    """The text is no such consent string; the message is for people and holds nothing of the text."""


class Bits:
    """The bits of a text, six of each character, the highest first; and the place from which on they are read."""

    __slots__ = ("_bytes", "_entries", "size", "at")

    def __init__(self, text: str) -> None:
        """Take the bits of a text.

        Raises:
            ConsentError: where the text is longer than MOST or holds a character that is not of base64url.
        """
        if len(text) > MOST or text.strip(_ALPHABET):
            raise ConsentError("no base64url, or too long")
        self._bytes = urlsafe_b64decode(text + "AAA"[: -len(text) % 4])
        self.size = 6 * len(text)
        self.at = 0
        self._entries = MOST_ENTRIES

    def take(self, count: int) -> int:
        """The next bits as a number, the highest first.

        Raises:
            ConsentError: where there are not so many left.
        """
        start, self.at = self.at, self.at + count
        if self.at > self.size:
            raise ConsentError("it ends too early")
        return int.from_bytes(self._bytes[start >> 3 : (self.at + 7) >> 3], "big") >> (-self.at & 7) & ((1 << count) - 1)

    def entries(self) -> int:
        """The next twelve bits as the number of entries of a list.

        Raises:
            ConsentError: where there are not so many bits left, or with the lists before it there are too many entries.
        """
        count = self.take(12)
        self._entries -= count
        if self._entries < 0:
            raise ConsentError("too many entries")
        return count

    def peek(self, count: int) -> str:
        """The next bits as characters 0 and 1, without taking them; fewer where it ends before."""
        start = self.at
        found = self.take(count := min(count, self.size - start))
        self.at = start
        return f"{found:0{count}b}" if count else ""
