"""Scores of several tasks on one scale, and what they come to over tasks and seeds.

Source: Agarwal et al. 2021, Deep reinforcement learning at the edge of the statistical precipice, arXiv:2108.13264. The
intervals are others than there: what is computed over tasks is computed for each seed, and its interval over seeds is
Student's; the bootstrap of the paper is too narrow for few seeds (docs/statistics.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.statistics.intervals import interquartile_mean, mean_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harness.analysis.statistics.intervals import Estimate


def normalised(score: float, bottom: float, top: float) -> float:
    """A score on the scale on which `bottom` is 0 and `top` is 1, whichever of them is the larger one."""
    return (score - bottom) / (top - bottom)


def aggregate(scores: NDArray[np.float64]) -> Estimate:
    """The interquartile mean over the tasks, on average over the seeds, of normalised scores (task, seed)."""
    return mean_interval([interquartile_mean(column) for column in scores.T.tolist()])


def profile(scores: NDArray[np.float64], thresholds: Sequence[float]) -> list[Estimate]:
    """For each threshold the share of tasks on which a run is above it, on average over the seeds."""
    shares = [mean_interval((scores > threshold).mean(axis=0).tolist()) for threshold in thresholds]
    return [(share, max(0.0, low), min(1.0, high)) for share, low, high in shares]
