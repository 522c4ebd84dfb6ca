"""Which hosts are one box, and that threads take turns on it."""

import itertools
import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa.chassis import Counted, by_chassis, by_marks, chassis_of, same_chassis
from nornir_anyconnect.platforms import one_after_the_other


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


def test_who_shares_a_mark_is_one_box_directly_or_through_a_third():
    boxes = by_marks(["a", "b", "x", "ab", "c", "y"], lambda name: set(name) & set("abc"))
    assert boxes == [["a", "b", "ab"], ["x"], ["c"], ["y"]]


@given(st.lists(st.frozensets(st.sampled_from("ABCDE"), max_size=3)))
def test_groups_are_the_connected_parts_and_lose_nobody(marks):
    items = list(enumerate(marks))
    boxes = by_marks(items, lambda item: item[1])
    assert sorted(each for box in boxes for each in box) == items
    told = [frozenset(mark for _, own in box for mark in own) for box in boxes]
    assert not any(same_chassis(one, other) for one, other in itertools.combinations(told, 2))
    for box in boxes:
        reached = {box[0]}
        while more := [
            each for each in box if each not in reached and any(same_chassis(each[1], r[1]) for r in reached)
        ]:
            reached.update(more)
        assert reached == set(box)


def test_nobody_without_a_mark_is_the_same_as_anybody():
    assert not same_chassis((), ())
    assert by_marks([1, 2], lambda _: ()) == [[1], [2]]


def test_boxes_are_counted_as_they_stream_by():
    seen = Counted()
    assert [seen.is_new(each) for each in (["A"], ["B"], ["A", "C"], ["C"], [], [])] == [
        True, True, False, False, True, True,
    ]  # fmt: skip


class Listed(dict):
    """A host of an inventory."""

    def __init__(self, name, **data):
        super().__init__(data)
        self.name = name


def test_before_a_device_was_asked_the_inventory_tells_its_chassis_or_its_own_name():
    alone, unmarked = Listed("fw1"), Listed("fw2", anyconnect={"save": "never"})
    first, second = (Listed(name, anyconnect={"chassis": 7}) for name in ("ctx-a", "ctx-b"))
    assert [chassis_of(each) for each in (alone, unmarked, first)] == ["fw1", "fw2", "7"]
    assert by_chassis([first, alone, second, unmarked]) == [[first, second], [alone], [unmarked]]
