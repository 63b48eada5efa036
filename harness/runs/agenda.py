"""What of a plan is to do, and in which order; given out run by run, and never held in memory as a whole."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.runs.shard import WHOLE, Shard

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from harness.runs.costs import Costs
    from harness.runs.spec import RunSpec


AHEAD = 2
"""How many of the longest runs would fit into what each place has left, when they begin to come first."""


@dataclass(frozen=True)
class Kind:
    """The runs of one task with one cell, as the first of them that is to do, and how many are."""

    first: RunSpec
    count: int


class Agenda:
    """What of a plan is to do.

    Args:
        kinds: a run of each kind.
        seeds: of every kind.
        done: the keys of what need not be run.
        shard: which share of it.
    """

    def __init__(
        self, kinds: Sequence[RunSpec], seeds: Sequence[int], done: Collection[str], shard: Shard = WHOLE
    ) -> None:
        self._kinds = kinds
        self._seeds = seeds
        self.done = done
        self._shard = shard
        self.total = 0
        """All runs of the share."""
        self.kinds: list[Kind] = []
        """What is to do."""
        for kind in kinds:
            first, count = None, 0
            for spec in self._all(kind):
                self.total += 1
                if spec.key not in done:
                    first, count = first or spec, count + 1
            if first:
                self.kinds.append(Kind(first, count))

    @property
    def of_trials(self) -> bool:
        """Whether these are trials, which settings are chosen by."""
        return any(kind.trial for kind in self._kinds)

    @property
    def count(self) -> int:
        """How many runs are to do."""
        return sum(kind.count for kind in self.kinds)

    def specs(self, kinds: Sequence[Kind], costs: Costs, places: int) -> Iterator[RunSpec]:
        """The runs of some kinds, in the order of `longest_first`."""
        lanes = [Lane(self._to_do(kind.first), kind.count, lambda first=kind.first: costs.of(first)) for kind in kinds]  # type: ignore[misc]
        return longest_first(lanes, places, lambda: costs.version)

    def in_order(self, kinds: Sequence[Kind]) -> Iterator[RunSpec]:
        """The runs of some kinds, in the order of the plan."""
        for seed in self._seeds:
            for spec in self._shard.of(kind.first.with_seed(seed) for kind in kinds):
                if spec.key not in self.done:
                    yield spec

    def keys(self) -> Iterator[str]:
        """The keys of all runs of the share, done or not."""
        return (spec.key for kind in self._kinds for spec in self._all(kind))

    def _all(self, kind: RunSpec) -> Iterator[RunSpec]:
        return self._shard.of(kind.with_seed(seed) for seed in self._seeds)

    def _to_do(self, kind: RunSpec) -> Iterator[RunSpec]:
        return (spec for spec in self._all(kind) if spec.key not in self.done)


class Lane:
    """Runs that differ in the seed alone, in the order of their seeds.

    Args:
        runs: of which there are `count`.
        count: their number.
        cost: what each costs, as far as is known now.
    """

    def __init__(self, runs: Iterable[RunSpec], count: int, cost: Callable[[], float]) -> None:
        self._runs = iter(runs)
        self.count = count
        self.look = cost
        self.cost = 0.0
        self.head = next(self._runs)

    def take(self) -> RunSpec:
        """The next run."""
        taken = self.head
        self.count -= 1
        if self.count:
            self.head = next(self._runs)
        return taken


def longest_first(lanes: Sequence[Lane], places: int, version: Callable[[], int] = int) -> Iterator[RunSpec]:
    """Runs in the order in which they are to be handed out, so that none is left alone at the end.

    Seed by seed, so that whoever interrupts has whole comparisons, and in each seed the longest first; but as soon as
    one of the longest runs takes longer than each place has left to do, those come before all others.

    Args:
        lanes: all runs.
        places: how many are executed at a time.
        version: changes when the lanes cost something else.
    """
    lanes = [lane for lane in lanes if lane.count]
    known: int | None = None
    while lanes:
        if known != version():
            known = version()
            for lane in lanes:
                lane.cost = lane.look()
            left = sum(lane.cost * lane.count for lane in lanes)
            by_cost = sorted(lanes, key=lambda lane: lane.cost)
            by_seed = [(lane.head.seed, -lane.cost, number, lane) for number, lane in enumerate(lanes)]
            heapq.heapify(by_seed)
        while not by_cost[-1].count:
            by_cost.pop()
        alone = by_cost[-1].cost * places * AHEAD >= left
        lane = by_cost[-1] if alone else _next_by_seed(by_seed)
        left -= lane.cost
        yield lane.take()
        if lane.count:
            heapq.heappush(by_seed, (lane.head.seed, -lane.cost, id(lane), lane))
        else:
            lanes.remove(lane)


def _next_by_seed(heap: list[tuple[int, float, int, Lane]]) -> Lane:
    """The lane that comes next; entries of runs that were handed out meanwhile are old."""
    while True:
        seed, _, _, lane = heapq.heappop(heap)
        if lane.count and lane.head.seed == seed:
            return lane
