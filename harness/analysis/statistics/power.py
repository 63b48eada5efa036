"""How many seeds it takes to see a difference: the power of Student's paired test, from the noncentral t.

Source: Cohen 1988, Statistical power analysis for the behavioral sciences, chapter 2.
"""

from __future__ import annotations

import math

from scipy.special import gammaln, nctdtr, nctdtrinc, stdtrit

from harness.analysis.statistics.intervals import ALPHA

POWER = 0.8
MOST = 10_000
"""Seeds beyond which nobody counts."""


def unbiased(effect: float, seeds: int) -> float:
    """What a mean difference in standard deviations is on average, where so many seeds show `effect`.

    Few seeds make it too large: of three it is 0.56 of what they show, and two say nothing at all (Hedges 1981,
    Journal of Educational Statistics 6).
    """
    freedom = seeds - 1
    if freedom < 2:  # noqa: PLR2004
        return 0.0
    return effect * math.exp(gammaln(freedom / 2) - gammaln((freedom - 1) / 2)) / math.sqrt(freedom / 2)


def power(effect: float, seeds: int, alpha: float = ALPHA) -> float:
    """How often the test would show a difference, in its true direction.

    Args:
        effect: the mean difference in standard deviations of the paired differences.
        seeds: pairs, at least two.
        alpha: of the test, two-sided.
    """
    bound = float(stdtrit(seeds - 1, 1 - alpha / 2))
    missed = float(nctdtr(seeds - 1, abs(effect) * math.sqrt(seeds), bound))
    return 1.0 if math.isnan(missed) else 1 - missed  # it is no number where it is too small for one


def seeds_needed(effect: float, alpha: float = ALPHA) -> int | None:
    """The least number of seeds with which a difference is seen with a power of 0.8; None where it is above `MOST`."""
    if power(effect, MOST, alpha) < POWER:
        return None
    few, enough = 1, MOST
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if power(effect, middle, alpha) >= POWER else (middle, enough)
    return enough


def detectable(seeds: int, alpha: float = ALPHA) -> float:
    """The least difference that is seen with a power of 0.8, in standard deviations of the paired differences.

    Infinite for fewer than two seeds.
    """
    if seeds < 2:  # noqa: PLR2004
        return math.inf
    bound = float(stdtrit(seeds - 1, 1 - alpha / 2))
    return float(nctdtrinc(seeds - 1, 1 - POWER, bound)) / math.sqrt(seeds)
