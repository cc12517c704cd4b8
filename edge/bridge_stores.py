"""The stores of the queues' consumer, for bridge.py: what profiles.mjs and logbook.mjs do, and named as there."""

from types import SimpleNamespace

import js
from bridge_platform import given, to_js, within

DEADLINE = 5_000  # milliseconds that a store may take
LEAST_TTL = 60  # seconds: KV takes no less


async def _soon(task):
    in_time, value = await within(DEADLINE, task)
    if not in_time:
        raise SystemError(f"nothing within {DEADLINE / 1000:g} s")  # as of any call that fails
    return given(value)


def _object(**entries):
    return js.Object.fromEntries(to_js([[name, value] for name, value in entries.items()]))


async def readProfile(env, key: str) -> SimpleNamespace:
    found = await _soon(env.STATE.get(f"profiles/{key}.json"))
    if found is not None:
        return SimpleNamespace(text=str(await _soon(found.text())), etag=str(found.etag))
    return SimpleNamespace(text=str(await _soon(env.PROFILES.get(f"profile:{key}")) or ""), etag="")


async def copyProfile(env, key: str, keep: float) -> None:
    found = await _soon(env.STATE.get(f"profiles/{key}.json"))
    if found is not None:
        await _put(env, f"profile:{key}", str(await _soon(found.text())), keep)


async def writeProfile(env, key: str, text: str, etag: str, keep: float) -> bool:
    condition = _object(etagMatches=etag) if etag else _object(etagDoesNotMatch="*")
    written = await _soon(env.STATE.put(f"profiles/{key}.json", text, onlyIf=condition))
    if written is None:
        return False
    if keep > 0:
        await _put(env, f"profile:{key}", text, keep)
        now = await _soon(env.STATE.head(f"profiles/{key}.json"))
        if now is not None and str(now.etag) != str(written.etag):
            await copyProfile(env, key, keep)
    return True


async def _put(env, key: str, text: str, keep: float) -> None:
    await _soon(env.PROFILES.put(key, text, expirationTtl=max(LEAST_TTL, int(keep))))


async def readAlias(env, account: str) -> str:
    return str(await _soon(env.PROFILES.get(f"alias:{account}")) or "")


async def writeAlias(env, account: str, text: str, keep: float) -> None:
    await _put(env, f"alias:{account}", text, keep)


async def writeLog(env, key: str, text: str) -> None:
    await _soon(env.LOG.put(key, text))


async def readLog(env, key: str) -> str:
    found = await _soon(env.LOG.get(key))
    return "" if found is None else str(await _soon(found.text()))


async def removeLog(env, key: str) -> None:
    await _soon(env.LOG.delete(key))
