"""The fastest product of each repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from harness.training.timing import peak as module
from harness.training.timing.peak import SIZES, Peak

if TYPE_CHECKING:
    import pytest


def test_the_best_of_a_repeat_counts_and_the_kind_that_is_faster_in_most(monkeypatch: pytest.MonkeyPatch) -> None:
    peak = Peak(torch.float32, torch.device("cpu"))
    seconds = iter([2, 1, 4, 8, 1, 9, 3, 4, 2, 8])  # in turn of two kinds: two tries of a repeat, two, one
    peak.speeds = {"one": [], "other": []}
    monkeypatch.setattr(peak, "_kinds", dict.fromkeys(peak.speeds, lambda *_: None))
    monkeypatch.setattr(module, "between", lambda *_: next(seconds))
    for tries in (2, 2, 1):
        peak.begin_repeat()
        for _ in range(tries - 1):
            peak.try_again()
    work = 2 * SIZES["cpu"] ** 3
    assert peak.speeds == {"one": [work / 2, work, work / 2], "other": [work, work / 4, work / 8]}
    assert peak.best() == ("one", [work / 2, work, work / 2])
