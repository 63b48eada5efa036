"""Ratios of times, with their intervals, and as text."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from harness.analysis.timing.formats import markdown
from harness.analysis.timing.rows import Timing, compared
from harness.analysis.timing.texts import digits, times, title, warnings
from harness.training.timing.measure import Measured, Session
from harness.training.timing.shape import Shape


def measured(label: str, seconds: list[float], flops: int, memory: int | None, reason: str = "") -> Measured:
    candidate = SimpleNamespace(label=label, origin="here 1.0")
    engine = "loop" if reason else "native"
    shape, device = Shape(2, 3, 4, 5), torch.device("cpu")
    subject: Any = SimpleNamespace(
        candidate=candidate, engine=engine, reason=reason, shape=shape, x=torch.zeros(1), device=device
    )
    phases = ("training", "forward", "backward", "inference")
    return Measured(subject, flops, memory, dict.fromkeys(phases, seconds))


def session(others: float | None = 0.0) -> Session:
    reference = measured("torch-gru", [0.2, 0.4, 0.3], 6_000_000, 4 << 20)
    own = measured("my:a=1", [0.1, 0.2, 0.15], 2_000_000, 1 << 20, reason="it draws random numbers")
    return Session([reference, own], 3, 1, "torch's", [6e8, 2e8, 4e8], others, tuned_allocator=True)


def test_a_row_says_how_many_times_faster_and_how_fast() -> None:
    reference, own = session().measured
    row, forward, *_ = compared(session(), own, reference)
    assert (row.cell, row.against, row.phase, forward.phase) == ("my:a=1", "torch-gru", "training", "forward")
    assert (row.ratio, row.low, row.high) == pytest.approx((2, 2, 2))
    assert row.ratio_per_flop == pytest.approx(2 / 3)  # a third of the operations in half of the time
    assert (row.ms, row.against_ms) == pytest.approx((150, 300))
    assert row.gflops == pytest.approx(3 * 0.002 / 0.15)  # training is three times the forward pass
    assert row.peak_share == pytest.approx(0.1)
    assert forward.gflops == pytest.approx(0.002 / 0.15)
    assert (row.memory_mib, row.against_memory_mib, forward.memory_mib) == (1, 4, None)


def test_without_operations_there_is_no_ratio_for_each_of_them() -> None:
    timed = session()
    timed.measured[1].flops = 0
    assert compared(timed, timed.measured[1], timed.measured[0])[0].ratio_per_flop is None


def test_markdown_has_the_reference_first_and_the_reason_below() -> None:
    timing = Timing.of(session())
    assert title(timing) == "batch 2 · time 3 · input 4 · hidden 5 · float32 · cpu, 1 thread · tuned allocator"
    lines = markdown([timing]).splitlines()
    assert lines[4] == "| `torch-gru` | native | training | 1 | 1 | 300 | 0.0600 | 15% | 4.00 |"
    assert lines[8] == "| `my:a=1` | loop | training | 2.00 (2.00–2.00) | 0.67 | 150 | 0.0400 | 10% | 1.00 |"
    assert "- my:a=1 runs in the plain loop: it draws random numbers." in lines


@pytest.mark.parametrize(("others", "told"), [(None, False), (0.0, False), (1.3, True)])
def test_other_load_is_told(others: float | None, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    found = warnings([Timing.of(session(others))])
    assert any("Others kept 1.3 of 2 processors busy" in line for line in found) == told


def test_numbers_have_three_digits() -> None:
    assert [digits(number) for number in (1234.5, 123.45, 12.345, 0.012345, 0.0)] == [
        "1,234",
        "123",
        "12.3",
        "0.0123",
        "0",
    ]
    assert [times(ratio) for ratio in (0.012345, 0.123, 1.005, 28.06)] == ["0.0123", "0.12", "1.00", "28.1"]
