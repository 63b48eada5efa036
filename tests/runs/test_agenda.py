from __future__ import annotations

import heapq
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from harness.runs.agenda import Agenda, Lane, longest_first
from harness.runs.costs import Costs
from harness.runs.plan import Plan, Request
from harness.runs.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Run:
    seed: int
    cost: float


def lanes(costs: Sequence[float], seeds: int) -> list[Any]:
    return [Lane([Run(seed, cost) for seed in range(seeds)], seeds, lambda cost=cost: cost) for cost in costs]  # type: ignore[misc]


def makespan(order: Sequence[Run], places: int) -> float:
    """When the last run ends, if each begins as soon as a place is free."""
    free = [0.0] * places
    for run in order:
        heapq.heappush(free, heapq.heappop(free) + run.cost)
    return max(free)


def test_seed_by_seed_and_in_each_seed_the_longest_first() -> None:
    order = list(longest_first(lanes([1.0, 3.0, 2.0], seeds=40), places=2))
    assert [(run.seed, run.cost) for run in order[:6]] == [(0, 3.0), (0, 2.0), (0, 1.0), (1, 3.0), (1, 2.0), (1, 1.0)]


def test_long_runs_come_first_when_little_else_is_left() -> None:
    order = [run.cost for run in longest_first(lanes([10.0, 1.0], seeds=4), places=4)]
    assert order[:4] == [10.0] * 4


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=12), st.integers(1, 6), st.integers(1, 8))
def test_every_run_comes_once(costs: list[float], seeds: int, places: int) -> None:
    order = list(longest_first(lanes(costs, seeds), places))
    assert sorted(map(str, order)) == sorted(str(Run(seed, cost)) for seed in range(seeds) for cost in costs)


def test_the_last_place_is_not_left_alone() -> None:
    """Mixed sweeps of 16 runs a place or more: within 10% of what no order can be better than."""
    random = Random(0)
    for _ in range(300):
        places, seeds = random.choice([2, 4, 8, 16]), random.randint(3, 10)
        costs = [random.lognormvariate(0, 1.5) for _ in range(-(-16 * places // seeds))]
        longest = sorted(costs * seeds, reverse=True)
        two = longest[places - 1] + longest[places]  # of one run more than there are places, two share one
        bound = max(sum(longest) / places, longest[0], two)
        assert makespan(list(longest_first(lanes(costs, seeds), places)), places) <= 1.1 * bound


def test_what_becomes_known_on_the_way_changes_the_order() -> None:
    costs, version = {"a": 1.0, "b": 1.0}, [0]
    two = [Lane([Run(seed, 0) for seed in range(9)], 9, lambda name=name: costs[name]) for name in "ab"]  # type: ignore[misc]
    order = longest_first(two, 1, lambda: version[0])
    next(order)
    costs["b"], version[0] = 5.0, 1
    next(order)
    next(order)
    assert (two[0].count, two[1].count) == (8, 7)


def plan(*cells: str, seeds: int = 3, budget: Any = "smoke") -> Plan:
    return Plan.make(Request(cells, ("adding:length=5", "copy"), seeds, budget, "cpu"))


def test_an_agenda_is_what_is_missing_of_a_share() -> None:
    asked = plan("gru", "lstm", seeds=8)
    specs = list(asked.specs())
    done = {spec.key for spec in specs[:11]}
    agenda = Agenda(asked.kinds(), asked.seeds, done, Shard(1, 2))
    mine = [spec for spec in specs if int(spec.key, 16) % 2 == 0]
    assert agenda.total == len(mine)
    assert agenda.count == len([spec for spec in mine if spec.key not in done])
    given_out = agenda.specs(agenda.kinds, Costs(), 2)
    assert {spec.key for spec in given_out} == {spec.key for spec in mine} - done
    assert set(agenda.keys()) == {spec.key for spec in mine}
    in_order = [spec.key for spec in agenda.in_order(agenda.kinds)]
    assert in_order == [spec.key for spec in mine if spec.key not in done]
    some = agenda.specs(agenda.kinds[:1], Costs(), 2)
    assert len({(spec.contest, spec.row) for spec in some}) == 1


def test_a_plan_of_a_million_runs_is_begun_at_once() -> None:
    specs = plan("gru", "lstm", seeds=1_000_000_000).specs()
    assert [next(specs).seed for _ in range(5)] == [0, 0, 0, 0, 1]


def test_costs_are_those_that_were_seen_and_products_of_task_and_cell_otherwise() -> None:
    by_name = {(spec.task.name, spec.cell.name): spec for spec in plan("gru", "lstm", "elman").specs()}
    costs = Costs()
    steps = by_name["copy", "gru"].recipe.steps / by_name["adding", "gru"].recipe.steps
    assert costs.of(by_name["copy", "gru"]) / costs.of(by_name["adding", "gru"]) == steps  # nothing is known but steps
    costs.learn(by_name["adding", "gru"], 2.0, count=3)
    costs.learn(by_name["adding", "gru"], 6.0)
    costs.learn(by_name["adding", "lstm"], 6.0)
    costs.learn(by_name["copy", "gru"], 30.0)
    assert costs.of(by_name["adding", "gru"]) == 3.0
    assert round(costs.of(by_name["copy", "lstm"]), 3) == 60.0  # twice what gru takes there
    assert costs.version == 3
    full = next(s for s in plan("gru", budget="full").specs() if s.task.name == "adding")
    ratio = full.recipe.steps / by_name["adding", "gru"].recipe.steps
    assert round(costs.of(full) / ratio, 3) == 3.0  # by its time per step
