"""What tuning gains, against enumeration and trials made by hand."""

from __future__ import annotations

from itertools import product
from statistics import fmean
from typing import TYPE_CHECKING

import pytest

from harness.analysis.questions.tuning import expected_best, sensitivity, tunings

if TYPE_CHECKING:
    from harness.runs.record import RunRecord


@pytest.mark.parametrize(("direction", "best"), [("lower", min), ("higher", max)])
def test_the_expected_best_is_the_mean_over_all_draws(direction: str, best: object) -> None:
    scores = [0.5, 0.1, 0.9, 0.1, 0.4]
    enumerated = [fmean(best(draw) for draw in product(scores, repeat=n)) for n in range(1, 6)]  # type: ignore[operator]
    assert expected_best(scores, direction) == pytest.approx(enumerated)


def test_trials_by_cell_with_what_was_chosen_and_failures_as_the_worst(trials: list[RunRecord]) -> None:
    gru, lstm = sorted(tunings(reversed(trials)), key=lambda tuning: tuning.cell)
    assert [entry.number for entry in lstm.trials] == [1, 2, 3]
    assert lstm.best is not None
    assert lstm.best.settings == {"learning_rate": 0.03}
    assert sensitivity(lstm) == [(0.03, 0.2), (0.1, 0.5), (0.3, 0.8)]
    assert sensitivity(gru) == [(0.03, 0.4), (0.1, 0.3), (0.3, None)]
    assert gru.expected[0] == pytest.approx((0.3 + 0.4 + 0.8) / 3)  # 0.8: the worst of the task
