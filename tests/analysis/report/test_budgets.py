from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.comparison.compare import compare
from harness.analysis.report.budgets import outcomes

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import RunRecord


def runs(make: Maker, cell: str, early: float, late: float, seconds: float, **changes: object) -> list[RunRecord]:
    """Four seeds of a cell that reached one error at half of its steps, and another at their end."""
    return [
        make(
            cell,
            seed,
            late + seed / 1000,
            curve=[
                {"step": step, "seconds": seconds * step / 10, "scores": {"MSE": error + seed / 1000}}
                for step, error in ((5, early), (10, late))
            ],
            **changes,
        )
        for seed in range(4)
    ]


def test_a_cell_that_learns_faster_wins_under_a_smaller_budget(make: Maker) -> None:
    fast, slow = runs(make, "fast", 0.2, 0.19, 2.0), runs(make, "slow", 0.5, 0.1, 4.0)
    found = outcomes(compare([*fast, *slow], []))
    assert found.asked == ["at half of the steps", "in the seconds of the fastest"]  # nobody counted operations
    steps, seconds = found.tasks["adding"]
    assert (steps.leader, steps.amount, steps.changed) == ("fast", "steps=5", True)
    assert steps.verdict == "another one than in full: slow"
    assert (seconds.leader, seconds.amount) == ("fast", "seconds=2")
    assert found.summary == "The winner is another one on 1 of 1 task."


def test_the_same_winner_is_told_and_a_tie_is_no_change(make: Maker) -> None:
    alike = outcomes(compare([*runs(make, "a", 0.3, 0.1, 2.0), *runs(make, "b", 0.4, 0.2, 2.0)], []))
    assert alike.tasks["adding"][0].verdict == "as in full"
    assert alike.summary == "The winner is another one on none of 1 task."


def test_cells_alone_and_runs_without_curves_say_nothing(make: Maker) -> None:
    assert outcomes(compare(runs(make, "a", 0.3, 0.1, 2.0), [])).tasks == {}
    assert outcomes(compare([make("a", 0, 0.1), make("b", 0, 0.2)], [])).tasks == {}
    assert outcomes(compare([], [])).tasks == {}
