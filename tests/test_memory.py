"""The most memory that is held while a block runs."""

import time

from cdkd_kg.memory import EVERY, Peak


def test_what_is_held_for_a_while_is_seen():
    with Peak() as before:
        pass
    with Peak() as peak:
        held = bytearray(b"x" * (1 << 28))
        time.sleep(4 * EVERY)
        del held
    assert peak.bytes - before.bytes > 0.8 * (1 << 28)
