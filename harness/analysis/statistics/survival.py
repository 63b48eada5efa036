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
    if not reached:
        return math.inf
    from scipy.stats import CensoredData, ecdf  # noqa: PLC0415 - it takes a second to import

    curve = ecdf(CensoredData(uncensored=list(reached), right=list(given_up))).sf
    below = np.flatnonzero(curve.probabilities <= 0.5 + 1e-12)  # which products of fractions miss by rounding
    return float(curve.quantiles[below[0]]) if len(below) else math.inf
