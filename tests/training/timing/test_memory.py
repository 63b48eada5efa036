"""Peak memory, against memory that is taken on purpose."""

from __future__ import annotations

import pytest
import torch

from harness.training.timing.memory import peak_over_base

CPU = torch.device("cpu")
MIB = 1 << 20


def test_what_is_taken_for_a_moment_counts_every_time() -> None:
    """What was freed before does not hide it."""
    for _ in range(3):
        taken = peak_over_base(lambda: torch.ones(16 * MIB), CPU)
        if taken is None:
            pytest.skip("this system does not tell")
        assert 60 * MIB < taken < 80 * MIB


def test_what_many_small_tensors_take_counts_but_for_the_gaps_that_they_fill() -> None:
    taken = peak_over_base(lambda: [torch.ones(4096) for _ in range(4096)], CPU)
    if taken is None:
        pytest.skip("this system does not tell")
    assert 40 * MIB < taken < 90 * MIB
