"""The three kernels over one body, the one in WebAssembly in a node of its own; and bodies to ask them about."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np

from compiler.kernel import NumpyKernel
from host.tools import EDGE, node
from tessera.kernel import Kernel, PythonKernel

HERE = Path(__file__).parent


class Node:
    """node with kernel.mjs, for as long as the tests run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([node(), HERE / "kernel_node.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, *asked: Any) -> Any:
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class Remote:
    """What Python sees of a `Kernel` of kernel.mjs. The share goes to and fro with each call."""

    def __init__(self, running: Node, body: bytes) -> None:
        self._running = running
        self._share = bytearray()
        self._number, _ = running.ask(None, "new", "", body.decode("latin-1"))

    def share(self, share: bytearray) -> None:
        self._share = share
        self._running.ask(self._number, "share", "", len(share))

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            answer, shared = self._running.ask(self._number, method, self._share.rstrip(b"\0").decode("latin-1"), *given)
            self._share[:] = shared.encode("latin-1").ljust(len(self._share), b"\0")
            return answer

        return call


@cache
def _wasm_kernel() -> Any:
    spec = util.spec_from_file_location("wasm_kernel_under_test", EDGE / "wasm_kernel.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.WasmKernel


class Body:
    """Sections one behind the other, as a bundle has them."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.places: list[tuple[int, int]] = []

    def add(self, section: bytes | np.ndarray) -> int:
        """Put a section in; its handle in kernels that hold all of them first."""
        raw = bytes(section.tobytes() if isinstance(section, np.ndarray) else section)
        self.content += b"\xa5" * (-len(self.content) % 16)
        self.places.append((len(self.content), len(raw)))
        self.content += raw
        return len(self.places)

    def kernels(self, running: Node) -> dict[str, Held]:
        body = bytes(self.content)
        remote = Remote(running, body)
        made = {"python": PythonKernel(memoryview(body)), "numpy": NumpyKernel(memoryview(body)), "wasm": _wasm_kernel()(remote)}
        held = {name: Held(kernel, self.places) for name, kernel in made.items()}
        remote.release()  # all is held by now
        return held


class Held:
    """A kernel with all sections of a body; they are named by their number, models and plans by the order in which they are made."""

    def __init__(self, kernel: Kernel, places: Sequence[tuple[int, int]]) -> None:
        self.kernel = kernel
        self.sections = [0, *(kernel.hold(*place) for place in places)]

    def model(self, kind: str, *given: int) -> int:
        """given: sections first, by their number, then sizes."""
        sections = {"int8": 2, "int4": 2, "pq": 3, "lists": 3, "order": 2}[kind]
        return getattr(self.kernel, kind)(*(self.sections[number] for number in given[:sections]), *given[sections:])

    def plan(self, mask: int, codes: int, factors: Sequence[float], groups: Sequence[tuple[int, int]]) -> int:
        limits = [(self.sections[number], most) for number, most in groups]
        return self.kernel.plan(self.sections[mask], self.sections[codes], struct.pack(f"<{len(factors)}d", *factors), limits)

    def top(self, model: int, query: bytes, plan: int, take: int, spare: int, without: bytes, tables: Sequence[tuple[int, bytes]]) -> bytes:
        return self.kernel.top(model, query, plan, take, spare, without, [(self.sections[number], table) for number, table in tables])
