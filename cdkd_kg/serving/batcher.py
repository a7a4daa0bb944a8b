"""Dynamic batching: texts of several callers share a batch, as many as wait when a thread comes free."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cdkd_kg.errors import CdkdError

T = TypeVar("T")
R = TypeVar("R")


class BusyError(CdkdError):
    """The queue is full; what was asked was not taken in."""


class LateError(CdkdError):
    """No answer came within the time that was given."""


@dataclass
class _Waiting(Generic[T, R]):
    item: T
    answer: asyncio.Future[R] = field(repr=False)


class Batcher(Generic[T, R]):
    """A bounded queue before a function of many items.

    Nothing waits for company: a free thread takes what is there, and under load batches grow by themselves.

    Args:
        work: answers items, in their order; it is called in several threads.
        threads: batches at a time.
        largest: items of a batch.
        capacity: items that may wait.
        timeout: seconds after which nobody waits any longer.
        on_batch: told of the size of each batch.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], Sequence[R]],
        threads: int,
        largest: int,
        capacity: int,
        timeout: float,
        on_batch: Callable[[int], object],
    ) -> None:
        self._work, self._largest, self._capacity, self._timeout = work, largest, capacity, timeout
        self._on_batch = on_batch
        self._waiting: deque[_Waiting[T, R]] = deque()
        self._some, self._closing = asyncio.Event(), False
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="cdkd-batch")
        self._workers = [asyncio.create_task(self._run()) for _ in range(threads)]

    def __len__(self) -> int:
        """Return how many items wait."""
        return len(self._waiting)

    async def ask(self, items: Sequence[T]) -> list[R]:
        """Return the answers to items, in their order.

        Raises:
            BusyError: not all of them fit into the queue; none was taken in.
            LateError: the time is over; what was not begun is dropped.
        """
        if len(self._waiting) + len(items) > self._capacity:
            raise BusyError(
                "the service is busy",
                why=f"{len(self._waiting):,} texts wait, and at most {self._capacity:,} may",
                remedy="ask again in a second",
            )
        loop = asyncio.get_running_loop()
        mine: list[_Waiting[T, R]] = [_Waiting(item, loop.create_future()) for item in items]
        self._waiting.extend(mine)
        self._some.set()
        try:
            async with asyncio.timeout(self._timeout):
                return list(await asyncio.gather(*(one.answer for one in mine)))
        except TimeoutError as error:
            raise LateError(
                "there was no answer in time",
                why=f"the service waits for {self._timeout:g} seconds at most",
                remedy="ask again, with fewer texts at a time",
            ) from error
        finally:
            for one in mine:
                one.answer.cancel()  # does nothing to what was answered
            if any(one.answer.cancelled() for one in mine):
                self._waiting = deque(one for one in self._waiting if not one.answer.done())

    async def close(self) -> None:
        """Answer what waits, and stop."""
        self._closing = True
        self._some.set()
        await asyncio.gather(*self._workers)
        self._pool.shutdown()

    async def _run(self) -> None:
        while True:
            batch = self._next()
            if not batch:
                if self._closing:
                    return
                self._some.clear()
                await self._some.wait()
                continue
            await self._tell(batch)

    async def _tell(self, batch: Sequence[_Waiting[T, R]]) -> None:
        """Answer a batch; what fails together is asked one by one, so that an item costs nobody else an answer."""
        self._on_batch(len(batch))
        items = [one.item for one in batch]
        try:
            answers = await asyncio.get_running_loop().run_in_executor(self._pool, self._work, items)
        except Exception as error:  # it is told to who asked; the next batch may fare better
            if len(batch) > 1:
                for one in batch:
                    if not one.answer.done():
                        await self._tell([one])
            elif not batch[0].answer.done():
                batch[0].answer.set_exception(error)
            return
        for one, answer in zip(batch, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)

    def _next(self) -> list[_Waiting[T, R]]:
        """Take what waits out of the queue, as much as a batch may have."""
        return [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
