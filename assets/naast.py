"""Work done side by side, a few pieces at a time, each after what it rests on.

Here: the order, the threads, and stopping at a failure. Not here: what the work is (`core`, `benchmark`, `published`).
"""

import os
from collections.abc import Callable, Collection, Hashable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")


def workers() -> int:
    """Tell how many pieces of work are done at a time: as many as there are processors."""
    return os.cpu_count() or 1


def side_by_side(
    rests_on: Mapping[_K, Collection[_K]], work: Callable[[_K], _T], apart: Collection[_K] = ()
) -> dict[_K, _T]:
    """Do pieces of work, `workers` at a time.

    Args:
        rests_on: piece -> the pieces it rests on, all of them keys too; of those that can begin, the first does.
        work: does one piece.
        apart: pieces that take much memory; of these one is under way at a time. Since they wait for one another, they
            begin before the others that can.

    Returns:
        piece -> what its work gave, in the order of `rests_on`.

    Raises:
        Exception: of the first piece that failed; those under way are finished, and the rest is not begun.
    """
    place = {piece: number for number, piece in enumerate(rests_on)}
    order = TopologicalSorter(rests_on)
    order.prepare()
    done: dict[_K, _T] = {}
    waiting: list[_K] = []
    under_way: dict[Future[_T], _K] = {}
    with ThreadPoolExecutor(workers(), thread_name_prefix="naast") as pool:
        while order.is_active():
            waiting = sorted([*waiting, *order.get_ready()], key=lambda piece: (piece not in apart, place[piece]))
            while len(under_way) < workers():
                is_full = not {*under_way.values()}.isdisjoint(apart)
                piece = next((piece for piece in waiting if not (is_full and piece in apart)), None)
                if piece is None:
                    break
                waiting.remove(piece)
                under_way[pool.submit(work, piece)] = piece
            ended = wait(under_way, return_when=FIRST_COMPLETED).done
            # In their order, so that of two that failed together the same one is told each time.
            for future in sorted(ended, key=lambda future: place[under_way[future]]):
                piece = under_way.pop(future)
                done[piece] = future.result()
                order.done(piece)
    return {piece: done[piece] for piece in rests_on}
