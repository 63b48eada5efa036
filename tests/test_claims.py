"""What the recipes are for, by training to it: minutes a test, so none of it is run by default."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.runs.execute import execute
from harness.runs.executors import Listener, Workers
from harness.runs.plan import Plan, Request
from harness.runs.record import BaselineRecord, RunRecord

if TYPE_CHECKING:
    import numpy as np

    from harness import Batch

pytestmark = pytest.mark.slow


def results(cells: tuple[str, ...], task: str, seeds: int, budget: str = "quick") -> dict[str, list[RunRecord]]:
    plan = Plan.make(Request(cells, (task,), seeds, budget, "cpu"))  # type: ignore[arg-type]
    specs = list(plan.specs())
    try:
        for _, loaded in plan.tasks:
            next(loaded.batches("train", 2, 0))
    except HarnessError as error:
        pytest.skip(str(error))
    records = [record for record in Workers(2).run(specs, Listener()) if isinstance(record, RunRecord)]
    assert all(record.status == "finished" for record in records)
    return {cell.label: [r for r in records if r.spec.cell.label == cell.label] for cell in plan.cells}


def baselines(task: str) -> dict[str, dict[str, float]]:
    record = execute(next(iter(Plan.make(Request(("lstm",), (task,), 1, "quick", "cpu")).baselines())))
    assert isinstance(record, BaselineRecord)
    return {baseline["name"]: baseline["scores"] for baseline in record.baselines}


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gated_cells_solve_adding_in_the_quick_budget_on_all_of_five_seeds(cell: str) -> None:
    runs = results((cell,), "adding", seeds=5)[cell]
    assert [run.solved for run in runs] == [True] * 5


def test_lstm_beats_the_bigram_in_the_quick_budget() -> None:
    (run,) = results(("lstm",), "char-lm", seeds=1)["lstm"]
    assert run.scores["perplexity"] < baselines("char-lm")["2-gram"]["perplexity"]


def test_every_cell_beats_the_majority_class_in_the_quick_budget() -> None:
    majority = baselines("sentiment")["majority"]["accuracy"]
    for cell, runs in results(("all",), "sentiment", seeds=1).items():
        assert all(run.scores["accuracy"] > majority for run in runs), cell


def test_only_gated_cells_solve_the_longer_adding_in_the_full_budget() -> None:
    runs = results(("elman", "gru", "lstm"), "adding:length=200", seeds=1, budget="full")
    assert not runs["elman"][0].solved
    assert runs["gru"][0].solved or runs["lstm"][0].solved


def test_lstm_beats_the_four_gram_in_the_full_budget() -> None:
    (run,) = results(("lstm",), "char-lm", seeds=1, budget="full")["lstm"]
    assert run.scores["perplexity"] < baselines("char-lm")["4-gram"]["perplexity"]


def test_a_shuffled_target_cannot_be_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of the checks: a gated cell solves adding because of its inputs, not through a leak."""
    from harness_synthetic.adding import Adding

    draw = Adding.draw

    def shuffled(self: Adding, rng: np.random.Generator, count: int) -> Batch:
        batch = draw(self, rng, count)
        return replace(batch, targets=batch.targets[::-1].copy())

    monkeypatch.setattr(Adding, "draw", shuffled)
    spec = next(iter(Plan.make(Request(("gru",), ("adding",), 1, "quick", "cpu")).specs()))
    record = execute(spec)
    assert isinstance(record, RunRecord)
    assert record.scores["MSE"] > 0.15
