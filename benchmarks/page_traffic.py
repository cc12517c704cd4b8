"""Requests over kept connections from one process with plain sockets, so that the asking is not what bounds the answering."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import cycle
from typing import Iterator, Sequence

CHUNK = 1 << 18
PATIENCE = 30.0  # seconds without any answer
LAST_CHUNK = b"\r\n0\r\n\r\n"
_ENDING = 64  # bytes at the end of an answer that are looked at


class TrafficError(Exception):
    """The worker does not answer, or not as it should."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as it is sent, and the right answer's status and what the end of its body holds."""

    request: bytes
    status: int = 200
    ending: bytes = b"</html>"


@dataclass(slots=True)
class Figures:
    """`first`: seconds from when each request was due to the first byte of its answer; `whole`: to its last."""

    answered: int = 0
    errors: int = 0
    seconds: float = 0.0
    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


class _Connection:
    """One request at a time; `left` counts the bytes still to come (None: in chunks, whose last one is waited for)."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ask, self.due = Ask(b""), 0.0
        self.forget()

    def forget(self) -> None:
        self.head = b""
        self.begun = False
        self.left: int | None = 0
        self.status = 0
        self.ending = b""

    def send(self, ask: Ask, due: float) -> None:
        self.forget()
        self.ask, self.due = ask, due
        self.socket.sendall(ask.request)

    def receive(self, parts: list[bytes] | None = None) -> bool:
        """Take in what is there, the body also into `parts`; whether the answer is complete."""
        data = self.socket.recv(CHUNK)
        if not data:
            raise TrafficError("the worker closed a connection")
        if not self.status:
            self.head += data
            split = self.head.find(b"\r\n\r\n")
            if split < 0:
                return False
            data = self._read_head(split)
        if parts is not None:
            parts.append(data)
        self.ending = data[-_ENDING:] if len(data) >= _ENDING else (self.ending + data)[-_ENDING:]
        if self.left is None:
            return self.ending.endswith(LAST_CHUNK)
        self.left -= len(data)
        return self.left <= 0

    def _read_head(self, split: int) -> bytes:
        """Status and length from the head; what came after it."""
        head, rest = self.head[:split].lower(), self.head[split + 4 :]
        self.status = int(head[9:12])
        _, found, length = head.partition(b"content-length:")
        self.left = int(length.partition(b"\r\n")[0]) if found else None
        if self.ask.request.startswith(b"HEAD "):
            self.left = 0
        return rest

    @property
    def is_right(self) -> bool:
        return self.status == self.ask.status and self.ask.ending in self.ending


class Traffic:
    """Connections to one worker, as a context manager.

    Args:
        asks: sent in turn, again and again.
    """

    def __init__(self, port: int, asks: Sequence[Ask], connections: int) -> None:
        self._asks: Iterator[Ask] = cycle(asks)
        self._selector = selectors.DefaultSelector()
        self._idle = deque(_Connection(port) for _ in range(connections))
        for connection in self._idle:
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)

    def __enter__(self) -> Traffic:
        return self

    def __exit__(self, *_: object) -> None:
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def run(self, count: int) -> Figures:
        """So many requests, each connection asking again as soon as it has its answer."""
        figures, sent = Figures(), 0
        started = time.perf_counter()
        while figures.answered < count:
            while self._idle and sent < count:
                self._idle.popleft().send(next(self._asks), time.perf_counter())
                sent += 1
            self._collect(figures, PATIENCE)
        figures.seconds = time.perf_counter() - started
        return figures

    def sustain(self, rate: float, seconds: float) -> Figures:
        """So many requests a second, due at even distances whether or not earlier ones are answered (an open loop).

        A request waits for a free connection; its time runs from when it was due.
        """
        figures, sent, count = Figures(), 0, round(rate * seconds)
        started = time.perf_counter()
        while figures.answered < count:
            now = time.perf_counter()
            while self._idle and sent < count and started + sent / rate <= now:
                self._idle.popleft().send(next(self._asks), started + sent / rate)
                sent += 1
            due = started + sent / rate - time.perf_counter()
            self._collect(figures, max(due, 0.0) if self._idle and sent < count else PATIENCE)
        figures.seconds = time.perf_counter() - started
        return figures

    def one(self) -> bytes:
        """The body of one answer, by the first connection.

        Raises:
            TrafficError: when its status is not 200.
        """
        connection = self._idle[0]
        parts: list[bytes] = []
        connection.send(next(self._asks), time.perf_counter())
        while not connection.receive(parts):
            pass
        if connection.status != 200:
            raise TrafficError(f"status {connection.status}")
        body = b"".join(parts)
        return _unchunked(body) if connection.left is None else body

    def _collect(self, figures: Figures, patience: float) -> None:
        ready = self._selector.select(patience)
        if not ready and patience >= PATIENCE:
            raise TrafficError(f"no answer in {PATIENCE:g} s")
        for key, _ in ready:
            connection: _Connection = key.data
            if not connection.begun:
                connection.begun = True
                figures.first.append(time.perf_counter() - connection.due)
            if connection.receive():
                figures.answered += 1
                figures.whole.append(time.perf_counter() - connection.due)
                figures.errors += not connection.is_right
                self._idle.append(connection)


def _unchunked(body: bytes) -> bytes:
    """The content of a body that came in chunks."""
    found, at = [], 0
    while size := int(body[at : (start := body.index(b"\r\n", at) + 2) - 2], 16):
        found.append(body[start : start + size])
        at = start + size + 2
    return b"".join(found)
