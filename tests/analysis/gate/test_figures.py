from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.gate.baseline import Baseline, is_baseline
from harness.analysis.gate.figures import figures
from harness.analysis.gate.spread import warnings
from harness.errors import HarnessError
from harness.runs.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.analysis.gate.figures import Figures
    from harness.runs.record import RunRecord


def test_records_become_figures_seed_by_seed(make: Callable[..., RunRecord]) -> None:
    records = [
        make("gru", 1, 0.5, data_seen={"train": 7.0, "test": 3.0}, solved=True),
        make("gru", 0, 0.25, data_seen={"train": 6.0, "test": 3.0}, solved=False),
        make("gru", 2, None, reason="loss nan at step 3"),
        make("gru", 3, float("inf")),
    ]
    (found,) = figures(records)
    assert found.metrics["MSE"].scores == {0: 0.25, 1: 0.5}
    assert found.metrics["solved"].scores == {0: 0.0, 1: 100.0}
    assert found.failures == {2: "diverged: loss nan at step 3", 3: "MSE is inf"}
    assert found.data == {"train 0": 6.0, "train 1": 7.0, "test": 3.0}
    assert found.setting["size"] == "params=1000"
    assert found.setting["learning rate"] == "0.1"
    assert found.seeds == {0, 1, 2, 3}


def test_only_the_newest_code_of_a_cell_counts(make: Callable[..., RunRecord]) -> None:
    records = [
        make("gru", 0, 0.1, source="old", finished="2026-01-01"),
        make("gru", 0, 0.2, source="new", finished="2026-01-02"),
    ]
    assert figures(records)[0].metrics["MSE"].scores == {0: 0.2}


def test_a_baseline_comes_back_from_its_text(baseline: Baseline) -> None:
    again = Baseline.parse(baseline.text(), "ci.json")
    assert again == baseline
    assert again.text() == baseline.text()
    assert baseline.text().count('"steps"') == 1  # what cells share stands there once


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"version": 1,\n "made"',
            '"version": 9,\n "made"',
            "is a baseline of version 9, and this harness reads version 1",
        ),
        ('"made"', '"maid"', "ci.json: "),
        ('"engine"', '"engin"', 'there is no "figures.0.engin" here. Did you mean "engine"?'),
        ('"figures"', '"pictures"', "is no baseline: `harness baseline RESULTS -o FILE` writes one."),
        ("{", "", "is no baseline: line 2 is no JSON."),
        ('"lower"', '"sideways"', "should be 'lower' or 'higher' (it is \"sideways\")"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_a_sentence(baseline: Baseline, old: str, new: str, message: str) -> None:
    text = baseline.text()
    assert old in text
    with pytest.raises(HarnessError) as caught:
        Baseline.parse(text.replace(old, new, 1), "ci.json")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_baseline_without_figures_is_a_sentence(baseline: Baseline) -> None:
    with pytest.raises(HarnessError, match=r"^ci\.json: figures should not be empty \(it is \[\]\)\.$"):
        Baseline.parse(baseline.model_copy(update={"figures": ()}).text(), "ci.json")


def test_only_a_baseline_is_one(baseline: Baseline, tmp_path: Path) -> None:
    for name, text in (("a", baseline.text()), ("b", "{}"), ("c", "my notes"), ("d", "[1]")):
        (tmp_path / name).write_text(text)
    assert [is_baseline(tmp_path / name) for name in "abcd"] == [True, False, False, False]


def test_seeds_that_spread_too_far_for_a_tolerance_are_told(baseline: Baseline, entry: Callable[..., Figures]) -> None:
    calm = {seed: 1 + 0.001 * seed for seed in range(8)}
    wild = {seed: 1 + 0.1 * seed for seed in range(8)}
    figures = (entry("calm", calm), entry("wild", wild), entry("alone", {0: 1.0}))
    told = list(warnings(baseline.model_copy(update={"figures": figures})))
    assert [sentence.split()[1] for sentence in told] == ["wild", "alone"]
    assert "for a tolerance of 10%" in told[0]
    assert "has one seed" in told[1]


def test_a_baseline_lacks_nothing_of_its_suite(make: Callable[..., RunRecord]) -> None:
    suite = Suite.model_validate({"version": 1, "cells": ["gru"], "tasks": ["adding"], "seeds": 2})
    with pytest.raises(HarnessError, match="results lacks gru on adding, seed 1"):
        Baseline.of([make("gru", 0, 0.1)], suite, None, "results")
    whole = Baseline.of([make("gru", 0, 0.1), make("gru", 1, 0.2), make("lstm", 0, 1.0)], suite, None, "results")
    assert [(entry.cell, entry.seeds) for entry in whole.figures] == [("gru", {0, 1})]
