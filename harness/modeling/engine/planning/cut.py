"""A minimum cut. Written here, since a library of graphs takes longer to import than all the rest of the engine."""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

V = TypeVar("V")
Left = dict[V, dict[V, float]]


def beyond_cut(capacities: Mapping[tuple[V, V], float], source: V, sink: V) -> set[V]:
    """The vertices on the sink's side of a minimum cut; of several cuts, of the one that is nearest to the sink.

    Source: Edmonds and Karp 1972: as much flow as fits along a shortest path, until there is none.

    Args:
        capacities: of the edges, from the first vertex to the second.
        source: where the flow comes from.
        sink: where it goes to.

    Raises:
        ValueError: there is no cut, since as much as you like can flow.
    """
    left: Left[V] = defaultdict(dict)
    for (begin, end), capacity in capacities.items():
        left[begin][end] = left[begin].get(end, 0) + capacity
        left[end].setdefault(begin, 0)
    while source in (following := _towards(sink, left, source)):
        path = list(pairwise(_follow(following, source, sink)))
        flow = min(left[begin][end] for begin, end in path)
        if flow == inf:
            raise ValueError("all edges of a path have no limit")
        for begin, end in path:
            left[begin][end] -= flow
            left[end][begin] += flow
    return set(following)


def _towards(sink: V, left: Left[V], source: V) -> dict[V, V]:
    """From which vertices something can still flow to the sink, and where to first, until the source is found."""
    following, open_ = {sink: sink}, deque([sink])
    while open_ and source not in following:
        end = open_.popleft()
        for begin in left[end]:
            if begin not in following and left[begin][end] > 0:
                following[begin] = end
                open_.append(begin)
    return following


def _follow(following: Mapping[V, V], source: V, sink: V) -> Iterator[V]:
    vertex = source
    while vertex != sink:
        yield vertex
        vertex = following[vertex]
    yield sink
