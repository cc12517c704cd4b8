"""What the bridge in Python needs of JavaScript: values, deadlines, work after the response, and a word for the platform's log."""

import asyncio
import json

import js
from pyodide.ffi import JsException, create_proxy, to_js

try:
    from pyodide.ffi import jsnull
except ImportError:  # older runtimes hand null over as None
    jsnull = None

# what a call of JavaScript raises where it throws; the older runtime now and then loses the exception itself
THROWN = (JsException, SystemError)

_counts: dict[str, int] = {}


def given(value):
    """A value of JavaScript; None for null and undefined."""
    return None if value is jsnull else value


def header(headers, name: str) -> str:
    """A header's value; empty where it is absent."""
    return given(headers.get(name)) or ""


def setting(env, name: str):
    """A binding or a variable; None where the environment has none."""
    return given(getattr(env, name, None))


def number(env, name: str, otherwise: float) -> float:
    """A variable as a positive number."""
    try:
        found = float(setting(env, name) or 0)
    except ValueError:
        return otherwise
    return found if found > 0 else otherwise


def bytes_of(buffer) -> bytes:
    """The bytes of an ArrayBuffer or a typed array, which newer runtimes hand over as a memoryview."""
    return buffer.to_bytes() if hasattr(buffer, "to_bytes") else bytes(buffer)


def headers_of(pairs):
    """Headers from (name, value) pairs."""
    headers = js.Headers.new()
    for name, value in pairs:
        headers.append(name, value)
    return headers


def pairs_of(headers) -> list[tuple[str, str]]:
    """Headers as (name, value) pairs, each cookie on its own."""
    return [(name, value) for name, value in headers.entries()]


def response(body, status: int, pairs):
    """A response with a body of bytes or text, or None for none."""
    content = to_js(body) if isinstance(body, bytes) else body
    return js.Response.new(content, status=status, headers=headers_of(pairs))


async def within(milliseconds: float, task):
    """Whether a task is over in time, and its value. A late one is given up; what it raises is raised."""
    future = asyncio.ensure_future(task)
    done, _ = await asyncio.wait({future}, timeout=milliseconds / 1000)
    if done:
        return True, future.result()
    future.cancel()
    return False, None


def after_response(ctx, task: asyncio.Future) -> None:
    """Let the platform wait for a task once the response is sent."""
    proxy = create_proxy(task)
    task.add_done_callback(lambda _: proxy.destroy())
    ctx.waitUntil(proxy)


def count(name: str, times: int = 1) -> None:
    """Count a happening of this isolate."""
    _counts[name] = _counts.get(name, 0) + times


def note(event: str, **facts) -> None:
    """Count it and say it in one line, for machines first. Never a cookie, a key or a visitor's data."""
    count(event)
    print(json.dumps({"event": event, **facts}, separators=(",", ":"), ensure_ascii=False))


def counted() -> dict[str, int]:
    return dict(sorted(_counts.items()))


def brief(error: BaseException) -> str:
    """An error in one line."""
    return " ".join(str(getattr(error, "message", None) or error).split())[:300]
