"""The queues' consumer: messages → the log, and then the profiles. Acknowledged is what is kept as a whole, each message by itself.

The log comes first: what is in it can be folded again. A message that fails comes again, a little later each time; after
the queue's `max_retries` it goes to the queue of dead letters, which are written to the log's store too.
"""

import asyncio
from typing import Any, Awaitable, Callable, Iterable, Mapping

from bridge_platform import THROWN, brief
from tessera import consumer
from tessera.consumer import Message, Move, Refused, Unreadable
from tessera.resolved import Bundle

AT_ONCE = 6  # profiles, of which each has one call of a store under way; the platform allows as many
TRIES = 5  # at writing what somebody else writes too
LONGEST_DELAY = 300  # seconds until a message comes again
DEAD = "dead"  # how the queue of dead letters is called, at the end

Say = Callable[..., None]


class Contended(Exception):
    """Others wrote the same profile again and again."""


async def consume(batch: Any, bridge: Any, env: Any, release: Callable[[], Awaitable[Bundle | None]], say: Say) -> None:
    """Keep a batch.

    Args:
        bridge: what the stores are called by. release: gives the live bundle. say: counts and says a happening.
    """
    handles = {str(handle.id): handle for handle in batch.messages}
    texts = {id_: str(handle.body) for id_, handle in handles.items()}
    keeping = Keeping(bridge, env, texts, {id_ for id_, handle in handles.items() if handle.attempts > 1})
    if str(batch.queue).rpartition("-")[2] == DEAD:
        moments = {id_: _epoch(handle.timestamp) for id_, handle in handles.items()}
        await keeping.bury(str(batch.queue), moments, say)
    else:
        await keeping.keep(release, say)
    for id_, handle in handles.items():
        if id_ in keeping.failed:
            handle.retry(delaySeconds=min(2 ** (handle.attempts - 1), LONGEST_DELAY))
        else:
            handle.ack()


class Keeping:
    """A batch that is being kept: which of its messages failed so far and why, and which are in the log."""

    def __init__(self, bridge: Any, env: Any, texts: Mapping[str, str], again: set[str]) -> None:
        self.bridge, self.env, self.texts, self.again = bridge, env, texts, again
        self.failed: dict[str, str] = {}
        self.logged: set[str] = set()
        self.broken = ""  # why no store is asked for profiles any more
        self.places = asyncio.Semaphore(AT_ONCE)

    # --- what is called ---

    async def keep(self, release: Callable[[], Awaitable[Bundle | None]], say: Say) -> None:
        messages = self._read()
        unreadable = dict(self.failed)
        await self._remember()
        await self._log(messages)
        unlogged = {id_: why for id_, why in self.failed.items() if id_ not in unreadable}
        following = [message for message in messages if message.id not in self.failed and message.key is not None]
        refused = await self._profiles(await release(), following) if following else {}
        self.failed |= refused
        late = {id_: why for id_, why in self.failed.items() if id_ not in unreadable | unlogged | refused}
        await self._mark()
        if unlogged:
            say("log-not-written", **_told(unlogged))
        if late:
            say("profiles-not-written", **_told(late))
        if unreadable or refused:
            say("messages-refused", **_told(unreadable | refused))

    async def bury(self, queue: str, moments: Mapping[str, float], say: Say) -> None:
        """Write what was given up to `dead/` in the log's store, with the reason."""
        for id_, text in self.texts.items():
            name = _mark_of(text)
            try:
                mark = await self.bridge.readLog(self.env, name)
                key, lines = consumer.dead(text, moments[id_], queue, str(mark))
                await self.bridge.writeLog(self.env, key, lines)
                await self.bridge.removeLog(self.env, name)
                say("dead-letters", why=consumer.marked(str(mark))[0])
            except THROWN as error:
                self.failed[id_] = brief(error)
        if self.failed:
            say("log-not-written", **_told(self.failed))

    # --- the log ---

    def _read(self) -> list[Message]:
        found = []
        for id_, text in self.texts.items():
            try:
                found.append(consumer.read(id_, text))
            except Unreadable as error:
                self.failed[id_] = str(error)
        return found

    async def _remember(self) -> None:
        """Which of the messages that come again are in the log already, so that no line is there twice."""

        async def ask(id_: str) -> None:
            if consumer.marked(str(await self.bridge.readLog(self.env, _mark_of(self.texts[id_]))))[1]:
                self.logged.add(id_)

        await self._each(self.again - self.failed.keys(), ask, lambda id_, why: self.failed.setdefault(id_, why))

    async def _log(self, messages: Iterable[Message]) -> None:
        fresh = [message for message in messages if message.lines and message.id not in self.logged | self.failed.keys()]
        try:
            for key, text in consumer.files(fresh):
                await self.bridge.writeLog(self.env, key, text)
            self.logged |= {message.id for message in fresh}
        except THROWN as error:
            self.failed |= {message.id: brief(error) for message in fresh}

    async def _mark(self) -> None:
        """Remember why messages come again; forget those that are kept. Without a mark, lines may be in the log twice."""

        async def note(id_: str) -> None:
            name = _mark_of(self.texts[id_])
            if id_ in self.failed:
                await self.bridge.writeLog(self.env, name, consumer.mark(self.failed[id_], id_ in self.logged))
            else:
                await self.bridge.removeLog(self.env, name)

        await self._each(self.again | self.failed.keys(), note, lambda id_, why: None)

    async def _each(self, ids: Iterable[str], work: Callable[[str], Awaitable[None]], fail: Callable[[str, str], Any]) -> None:
        broken = ""

        async def one(id_: str) -> None:
            nonlocal broken
            async with self.places:
                try:
                    if not broken:
                        return await work(id_)
                except THROWN as error:
                    broken = broken or brief(error)
            fail(id_, broken)

        await asyncio.gather(*map(one, ids))

    # --- the profiles ---

    async def _profiles(self, bundle: Bundle | None, messages: list[Message]) -> dict[str, str]:
        """Bring profiles up to date: messages that cannot be folded, by id, with the reason. What a store fails is in `failed`."""
        refused: dict[str, str] = {}
        erasing = [message for message in messages if message.kind == "erase"]
        if bundle is None:
            self.failed |= {message.id: "no release is live" for message in messages if message.kind != "erase"}
        else:
            groups = consumer.grouped(messages) if consumer.keeps(bundle) else {}
            await asyncio.gather(*(self._try(group, refused, self._update, bundle, key, group) for key, group in groups.items()))
            for message in messages:
                if message.kind == "login":
                    await self._try([message], refused, self._login, bundle, message)
        for message in erasing:
            await self._try([message], refused, self.bridge.eraseBy, self.env, message.text)
        return refused

    async def _try(self, messages: list[Message], refused: dict[str, str], work: Callable[..., Awaitable[Any]], *given: Any) -> None:
        """Do what concerns some messages; once a store has failed, nothing is asked of it for the others of the batch."""
        async with self.places:
            why = self.broken
            try:
                if not why:
                    refused |= await work(*given) or {}
                    return
            except THROWN as error:
                why = self.broken = brief(error)
            except Contended as error:
                why = str(error)
            except Refused as error:
                refused |= {message.id: str(error) for message in messages}
                return
            self.failed |= {message.id: why for message in messages}

    async def _stored(self, key: str) -> tuple[dict[str, Any] | None, str]:
        """A document and its etag, which is empty where the truth has none."""
        found = await self.bridge.readProfile(self.env, key)
        return consumer.stored(str(found.text)), str(found.etag)

    async def _write(self, bundle: Bundle, key: str, document: dict[str, Any], etag: str, is_copied: bool = True) -> bool:
        keep = consumer.keep_of(bundle, document) if is_copied else 0
        return bool(await self.bridge.writeProfile(self.env, key, consumer.encoded(document), etag, keep))

    async def _update(self, bundle: Bundle, key: str, group: list[Message]) -> Mapping[str, str]:
        """Fold a group of messages into their profile; those that cannot be folded."""
        for _ in range(TRIES):
            document, etag = await self._stored(key)
            move = consumer.moving(document)
            if move:  # a login was broken off: it is brought to its end first
                await self._move(bundle, key, move)
                continue
            after, refused = consumer.folded(bundle, document, group)
            if after is None:
                if etag and not self.again.isdisjoint(message.id for message in group):  # the copy may be what failed
                    await self.bridge.copyProfile(self.env, key, consumer.keep_of(bundle, document or {}))
                return refused
            if await self._write(bundle, key, after, etag):
                return refused
        raise Contended(f"the profile was written {TRIES} times meanwhile")

    async def _login(self, bundle: Bundle, message: Message) -> Mapping[str, str]:
        move, visitor = consumer.move_of(message.value), message.value["visitor"]
        why = await self._move(bundle, visitor, move)
        if why:
            return {message.id: why}
        document, _ = await self._stored(move.account)
        keep = consumer.keep_of(bundle, document or {})
        known = consumer.aliases(str(await self.bridge.readAlias(self.env, move.account)), document or {})
        if known:
            await self.bridge.writeAlias(self.env, move.account, known, keep)
        if message.id in self.again:
            await self.bridge.copyProfile(self.env, move.account, keep)
            await self.bridge.copyProfile(self.env, visitor, keep)
        return {}

    async def _move(self, bundle: Bundle, visitor: str, move: Move) -> str:
        """Take what is known of a visitor along into an account's profile; why that cannot be, empty where it is done."""
        for _ in range(TRIES):
            own, etag = await self._stored(visitor)
            begun = consumer.moving(own)
            if begun and begun.account != move.account:  # another login was broken off
                await self._move(bundle, visitor, begun)
                continue
            theirs, version = await self._stored(move.account)
            going = consumer.leaving(own, move)
            arrived = consumer.arrived(bundle, theirs, going or own, visitor, begun or move)
            why = consumer.impossible(bundle, theirs, arrived)
            if why or not arrived or "erased" in arrived:  # nobody moves there
                if not begun or await self._write(bundle, visitor, consumer.staying(own), etag):
                    return why
            elif going and not begun:
                await self._write(bundle, visitor, going, etag, is_copied=False)  # and read again, by whomever it was written
            elif arrived == theirs or await self._write(bundle, move.account, arrived, version):
                if not going or await self._write(bundle, visitor, consumer.left(move.account, going), etag):
                    return ""
        raise Contended(f"a profile was written {TRIES} times meanwhile")


def _told(failed: Mapping[str, str]) -> dict[str, Any]:
    return {"why": next(iter(failed.values())), "messages": len(failed)}


def _epoch(moment: Any) -> float:
    """Epoch seconds of a Date, which newer runtimes hand over as a datetime."""
    return moment.timestamp() if hasattr(moment, "timestamp") else moment.getTime() / 1000


def _mark_of(text: str) -> str:
    """The key in the log's store of what is remembered of a message that comes again."""
    return f"retried/{consumer.name_of(text)}.json"
