"""How long something takes that not every run reaches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def median_time(reached: Sequence[float], given_up: Sequence[float]) -> float:
    """The median time until something is reached, by the estimator of Kaplan and Meier (1958, JASA 53).

    Infinite where it is not known to be reached by half of the runs.

    Args:
        reached: the times of the runs that reached it.
        given_up: when those that did not were ended: they may have reached it later, or never.
    """
    times, events = np.unique(np.asarray(reached, dtype=float), return_counts=True)
    everybody = np.sort(np.concatenate([reached, given_up]))
    at_risk = len(everybody) - np.searchsorted(everybody, times)  # those whose time is this or later
    left = np.cumprod(1 - events / at_risk)  # scipy.stats.ecdf gives the same, and takes a second to import
    below = np.flatnonzero(left <= 0.5 + 1e-12)  # which products of fractions miss by rounding
    return float(times[below[0]]) if len(below) else math.inf
