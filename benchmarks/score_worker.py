"""The Python side of the scoring benchmark, inside workerd: the same calls of the kernel and of the peer, so many times.

The host imports this file as `entry` and takes `Default` from it.
"""

import json
import struct

from tessera.kernel import unpacked
from wasm_kernel import WasmKernel

TAKE, SPARE = 10, 3
GROWTH = 64 << 20  # bytes: more than Python starts with


class Worker:
    """What was loaded last: the kernel, what it is asked, and the peer."""

    calls = {}


def loaded(kernel, peer, told):
    """Take a kernel over the body and the peer over the same numbers; told: the body's layout and what to ask, as JSON.

    Returns:
        bytes of the kernel's memory.
    """
    told = json.loads(told)
    wasm = WasmKernel(kernel)
    sections = {name: wasm.hold(*place) for name, place in told["sections"].items()}
    model = wasm.int8(sections["rows"], sections["scales"], told["n"], told["stride"])
    kernel.release()
    plan = wasm.plan(sections["mask"], 0, b"", [(sections["groups"], told["most"])])
    boosts = wasm.plan(0, sections["boosts"], struct.pack(f"<{len(told['factors'])}d", *told["factors"]), [])
    query, without = told["query"].encode("latin-1"), told["without"].encode("latin-1")
    top, theirs, reading, nothing = wasm.top, peer.best, kernel.read, peer.nothing
    share = bytearray(4096)
    view = memoryview(share)
    peer.share(share)

    def best():
        return top(model, query, 0, TAKE, SPARE, b"", ())

    def grown():
        """The same once Python's memory was to grow, and views of it from before see nothing."""
        bytearray(GROWTH)
        return best()

    def filtered():
        return top(model, query, plan, TAKE, SPARE, without, ())

    def boosted():
        return top(model, query, boosts, TAKE, SPARE, b"", ())

    def javascript():
        share[: len(query)] = query
        return view[: theirs(TAKE, SPARE)].tobytes()

    def crossing():
        share[: len(query)] = query
        return view[: nothing(TAKE, SPARE)].tobytes()

    Worker.calls = {call.__name__: call for call in (best, grown, filtered, boosted, javascript, crossing)} | {"reading": reading}
    return wasm.memory()


def answer(name):
    """What a call says, as JSON."""
    return json.dumps(unpacked(Worker.calls[name]()))


def run(name, count):
    """Make a call so often."""
    call = Worker.calls[name]
    for _ in range(count):
        call()


class Default:
    """What the host's adapter imports; the worker calls the functions by themselves."""

    loaded, answer, run = (staticmethod(f) for f in (loaded, answer, run))
