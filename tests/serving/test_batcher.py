"""Texts of several callers share a batch; a full queue refuses at once; nobody waits for longer than was said."""

import asyncio
import threading
import time

import pytest

from cdkd_kg.serving.batcher import Batcher, BusyError, LateError


def _batcher(work, threads=1, largest=4, capacity=20, timeout=5.0):
    sizes = []
    return Batcher(work, threads, largest, capacity, timeout, sizes.append), sizes


def _gated():
    """Return a gate, and work that gives back what it was given once the gate is open."""
    gate = threading.Event()

    def work(items):
        gate.wait(5)
        return list(items)

    return gate, work


def test_answers_come_in_the_order_of_the_questions():
    async def ask():
        batcher, sizes = _batcher(lambda items: [item * 2 for item in items])
        found = await asyncio.gather(*(batcher.ask(range(begin, begin + 5)) for begin in (0, 100, 200)))
        await batcher.close()
        return found, sizes

    found, sizes = asyncio.run(ask())
    assert found == [[2 * number for number in range(begin, begin + 5)] for begin in (0, 100, 200)]
    assert sum(sizes) == 15
    assert max(sizes) == 4


def test_what_comes_while_a_batch_runs_shares_the_next_one():
    gate, work = _gated()

    async def ask():
        batcher, sizes = _batcher(work)
        first = asyncio.create_task(batcher.ask([1]))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(batcher.ask([number])) for number in (2, 3, 4)]
        await asyncio.sleep(0.05)
        gate.set()
        found = [await task for task in (first, *others)]
        await batcher.close()
        return found, sizes

    assert asyncio.run(ask()) == ([[1], [2], [3], [4]], [1, 3])


def test_a_full_queue_refuses_at_once_and_takes_nothing_in():
    gate, work = _gated()

    async def ask():
        batcher, sizes = _batcher(work, capacity=3)
        first = asyncio.create_task(batcher.ask([1]))
        await asyncio.sleep(0.05)
        waits = asyncio.create_task(batcher.ask([2, 3]))
        await asyncio.sleep(0.05)
        begin = time.monotonic()
        with pytest.raises(BusyError, match="2 texts wait, and at most 3 may"):
            await batcher.ask([4, 5])
        refused = time.monotonic() - begin
        gate.set()
        found = await first, await waits
        await batcher.close()
        return found, refused, sum(sizes)

    found, refused, asked = asyncio.run(ask())
    assert found == ([1], [2, 3])
    assert refused < 1
    assert asked == 3


def test_who_waits_too_long_is_told_and_what_was_not_begun_is_dropped():
    gate, seen = threading.Event(), []

    def work(items):
        gate.wait(5)
        seen.extend(items)
        return list(items)

    async def ask():
        batcher, _ = _batcher(work, largest=1, timeout=0.1)
        results = await asyncio.gather(batcher.ask([1]), batcher.ask([2]), return_exceptions=True)
        waiting = len(batcher)
        gate.set()
        later = await batcher.ask([3])
        await batcher.close()
        return results, waiting, later

    results, waiting, later = asyncio.run(ask())
    assert waiting == 0
    assert [type(one) for one in results] == [LateError, LateError]
    assert later == [3]
    assert seen == [1, 3]


def test_an_error_is_told_to_those_who_asked_and_the_next_batch_is_answered():
    def work(items):
        if 13 in items:
            raise ValueError("unlucky")
        return list(items)

    async def ask():
        batcher, _ = _batcher(work)
        with pytest.raises(ValueError, match="unlucky"):
            await batcher.ask([13, 1])
        found = await batcher.ask([2])
        await batcher.close()
        return found

    assert asyncio.run(ask()) == [2]


def test_an_item_that_fails_costs_nobody_else_an_answer():
    gate = threading.Event()

    def work(items):
        gate.wait(5)
        if 13 in items:
            raise ValueError("unlucky")
        return list(items)

    async def ask():
        batcher, sizes = _batcher(work)
        asked = [asyncio.create_task(batcher.ask([item])) for item in (1, 2, 13, 3)]
        await asyncio.sleep(0.05)
        gate.set()
        found = await asyncio.gather(*asked, return_exceptions=True)
        await batcher.close()
        return found, sizes

    found, sizes = asyncio.run(ask())
    assert [found[place] for place in (0, 1, 3)] == [[1], [2], [3]]
    assert isinstance(found[2], ValueError)
    assert max(sizes) > 1


def test_closing_answers_what_waits():
    def work(items):
        time.sleep(0.02)
        return list(items)

    async def ask():
        batcher, _ = _batcher(work, threads=2, largest=1)
        asked = asyncio.create_task(batcher.ask(range(10)))
        await asyncio.sleep(0)
        await batcher.close()
        return await asked

    assert asyncio.run(ask()) == list(range(10))


def test_batches_run_side_by_side():
    together = threading.Barrier(2, timeout=5)

    def work(items):
        together.wait()
        return list(items)

    async def ask():
        batcher, _ = _batcher(work, threads=2, largest=1)
        found = await batcher.ask([1, 2])
        await batcher.close()
        return found

    assert asyncio.run(ask()) == [1, 2]
