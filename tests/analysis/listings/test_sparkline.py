from __future__ import annotations

import pytest

from harness.analysis.listings.sparkline import sparkline


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([1e-8, 2e-7, 2e-4, 1.0], "▁▂▅█"),  # eight blocks for eight powers of ten
        ([0.0, 1e-12, float("nan"), 2.0], " ▁!█"),
        ([], ""),
        ([1.0] * 8, "████"),
        ([1e-8, 1e-8, 1e-8, 1e-8, 1e-8, 1e-8, 1e-8, 1.0], "▁▁▁█"),  # the largest of each two is drawn
    ],
)
def test_numbers_become_blocks_by_their_logarithm(values: list[float], drawn: str) -> None:
    assert sparkline(values, 1e-8, 1.0, width=4) == drawn
