"""Work side by side: in order, few at a time, and nothing begun after a failure."""

import os
import threading
import time

import pytest

from assets.naast import side_by_side

WORKERS = os.cpu_count() or 1


def test_each_comes_after_what_it_rests_on_and_answers_come_in_the_order_asked() -> None:
    rests_on = {"roof": ["wall"], "wall": ["floor"], "floor": [], "garden": []}
    begun: list[str] = []

    def work(piece: str) -> str:
        begun.append(piece)
        return piece.upper()

    assert list(side_by_side(rests_on, work).items()) == [(piece, piece.upper()) for piece in rests_on]
    assert begun.index("floor") < begun.index("wall") < begun.index("roof")


def test_no_more_at_a_time_than_there_are_processors_and_the_first_first() -> None:
    busy, most, begun, lock = 0, 0, list[int](), threading.Lock()

    def work(piece: int) -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
            begun.append(piece)
        time.sleep(0.01)
        with lock:
            busy -= 1

    side_by_side({number: [] for number in range(4 * WORKERS)}, work)
    assert most == WORKERS
    # Within what is begun at the same moment the order is that of the threads.
    assert all(abs(place - piece) < WORKERS for place, piece in enumerate(begun))


def test_of_those_that_stand_apart_one_at_a_time_and_the_others_beside_it() -> None:
    heavy, most, together, lock = 0, 0, False, threading.Lock()
    apart = [number for number in range(12) if number % 3]
    beside = threading.Event()

    def work(piece: int) -> None:
        nonlocal heavy, most, together
        if piece not in apart:
            with lock:
                together = together or heavy > 0
            beside.set()
            return
        with lock:
            heavy += 1
            most = max(most, heavy)
        beside.wait(5)
        with lock:
            heavy -= 1

    # The first of all is heavy, and waits for one that is not.
    order = [*apart, *(number for number in range(12) if number not in apart)]
    assert [*side_by_side({number: [] for number in order}, work, apart)] == order
    assert most == 1
    assert together or WORKERS == 1


def test_those_that_stand_apart_begin_as_soon_as_they_can() -> None:
    heavy = threading.Event()

    def work(piece: int) -> bool:
        if piece == 20:
            heavy.set()
        # Where it came in its turn, all the others would wait for it in vain.
        return heavy.wait(5)

    assert all(side_by_side({number: [] for number in range(21)}, work, apart=[20]).values())


def test_after_a_failure_those_under_way_end_and_no_other_begins() -> None:
    ended: list[str] = []

    def work(piece: str) -> None:
        if piece == "wrong":
            raise ValueError(piece)
        time.sleep(0.2)
        ended.append(piece)

    pieces = ["wrong", *(f"under way {number}" for number in range(WORKERS - 1)), "late"]
    with pytest.raises(ValueError, match="wrong"):
        side_by_side({**{piece: [] for piece in pieces}, "after": ["wrong"]}, work)
    assert sorted(ended) == sorted(pieces[1:WORKERS])


def test_nothing_to_do() -> None:
    assert side_by_side({}, str) == {}
