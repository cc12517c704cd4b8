"""What goes wrong on the way, for requests that match."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass
class Fault:
    """Something that befalls some of the requests.

    Args:
        match: a pattern in "METHOD /path". status: the answer's, in place of the right one; None: the connection is reset.
        done: whether the request takes effect all the same. skip: requests that match and are let through first.
        times: how many are befallen. after: Retry-After, in seconds. slow: seconds until the answer, which is then the right one.
    """

    match: str
    status: int | None = None
    done: bool = False
    skip: int = 0
    times: int = 1
    after: int | None = None
    slow: float = 0.0
    seen: int = field(default=0, init=False)

    def befalls(self, line: str) -> bool:
        if not re.search(self.match, line):
            return False
        self.seen += 1
        return self.skip < self.seen <= self.skip + self.times
