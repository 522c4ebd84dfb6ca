"""Threads take turns on a chassis."""

import threading
import time

from nornir_anyconnect.platforms.chassis import one_after_the_other


def test_pairs_that_share_a_unit_never_wait_for_each_other_for_ever():
    inside, most = [], []

    def work(*serials):
        for _ in range(20):
            with one_after_the_other(serials):
                inside.append(serials)
                most.append(len(inside))
                time.sleep(0.001)
                inside.remove(serials)

    threads = [threading.Thread(target=work, args=s) for s in (("A", "B"), ("B", "A"), ("B", "C", "A"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert max(most) == 1


def test_nobody_waits_for_another_chassis_or_without_a_serial_number():
    with one_after_the_other(["D"]), one_after_the_other(["E", "E"]), one_after_the_other([]), one_after_the_other([]):
        pass
