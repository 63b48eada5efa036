from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from harness.runs.building import sized
from harness.runs.execute import execute
from harness.runs.plan import Plan, Request
from harness.runs.record import BaselineRecord, RunRecord

if TYPE_CHECKING:
    from harness.runs.spec import RunSpec


def spec(cell: str, *plugins: str, task: str = "adding:length=5", **changes: object) -> RunSpec:
    request = Request((cell,), (task,), 1, "smoke", "cpu", plugins=plugins, **changes)  # type: ignore[arg-type]
    return next(iter(Plan.make(request).specs()))


def run(cell: str, *plugins: str) -> RunRecord:
    record = execute(spec(cell, *plugins))
    assert isinstance(record, RunRecord)
    return record


def test_a_run_leaves_all_that_a_table_needs() -> None:
    reports: list[int] = []
    record = execute(spec("gru"), lambda step, _loss: reports.append(step))
    assert isinstance(record, RunRecord)
    assert record.status == "finished"
    assert reports == [10, 20]
    assert set(record.scores) == {"MSE"}
    assert [point["step"] for point in record.curve] == [10, 20]
    assert record.validation == record.curve[[10, 20].index(record.best_step or 0)]["scores"]
    assert record.hidden_size is not None
    hidden = record.hidden_size
    assert record.parameters == 3 * (hidden * (2 + hidden) + hidden) + hidden + 1  # PUBLISHED: g (H(I+H) + H), readout
    assert record.recurrent_parameters == record.parameters - hidden - 1
    assert record.state_size == hidden
    assert record.flops_per_step == 2 * 3 * hidden * (2 + hidden)  # the readout is read once, at the end
    assert record.sequence_steps == 20 * 32 * 5
    assert record.seconds is not None
    assert record.seconds > 0
    assert record.solved is False
    assert record.steps == 20
    assert [point["sequence_steps"] for point in record.curve] == [10 * 32 * 5, 20 * 32 * 5]
    assert record.engine in {"native", "torch"}
    assert {"forward", "backward", "inference", "repeats", "steps", "memory", "kernel"} == record.cost.keys()
    assert record.cost["kernel"].startswith(record.engine)
    assert record.disturbance["threads"] == 1
    assert {"others", "workers", "waited"} < record.disturbance.keys()
    assert record.environment["torch"] == torch.__version__
    assert record.finished.endswith("+00:00")


def test_the_same_spec_gives_the_same_result_to_the_bit() -> None:
    first, second = run("lstm"), run("lstm")
    assert first.scores == second.scores
    assert [p["loss"] for p in first.curve] == [p["loss"] for p in second.curve]


def test_what_dropout_leaves_out_depends_on_the_seed_and_on_nothing_that_went_before() -> None:
    dropped = spec("lstm", settings={"dropout": 0.5})
    losses = []
    for seed, before in ((0, 1), (0, 2), (1, 1)):
        torch.manual_seed(before)
        record = execute(replace(dropped, seed=seed))
        assert isinstance(record, RunRecord)
        losses.append([point["loss"] for point in record.curve])
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_solved_is_read_off_the_test_score(monkeypatch: pytest.MonkeyPatch) -> None:
    from harness_synthetic.adding import Adding

    monkeypatch.setattr(Adding, "solved", 1e9)
    record = run("lstm")
    assert record.solved is True
    assert record.solved_step == 10  # the first evaluation


@pytest.mark.parametrize(
    ("cell", "status", "reason"),
    [
        ("nan", "diverged", "loss nan at step 1"),
        ("raises", "failed", "ZeroDivisionError: a bug of mine"),
        ("picky", "not supported", "needs hidden_size divisible by 8 (asked: 1)"),
    ],
)
def test_whatever_goes_wrong_is_a_record(plugin: str, cell: str, status: str, reason: str) -> None:
    record = run(cell, plugin)
    assert (record.status, record.reason) == (status, reason)
    assert record.scores == {}
    assert record.metrics[0]["name"] == "MSE"


def test_a_bug_keeps_its_traceback(plugin: str) -> None:
    assert 'raise ZeroDivisionError("a bug of mine")' in run("raises", plugin).details


def test_out_of_memory_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr("harness.runs.execute.train", full)
    assert run("lstm").status == "out of memory"


def test_hidden_size_as_asked(plugin: str) -> None:
    from harness.modeling.sizing import Size

    assert sized(spec("plain", plugin, size=Size("hidden", 8))).hidden_size == 8


def test_a_trial_is_scored_on_validation_and_reads_no_test_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.training.splits import Splits

    monkeypatch.setattr(Splits, "test", lambda _: pytest.fail("the test set was read"))
    plan = Plan.make(Request(("gru",), ("adding:length=5",), 1, "smoke", "cpu", tune=2))
    record = execute(list(plan.trials())[1])
    assert isinstance(record, RunRecord)
    assert (record.status, record.scores, record.state) == ("finished", {}, b"")
    assert record.validation["MSE"] == min(point["scores"]["MSE"] for point in record.curve)
    assert record.spec.recipe.learning_rate < record.spec.tuned["learning_rate"]


@pytest.mark.parametrize(("match", "hidden"), [("state=64", 32), ("flops=6500", 28), ("params=1e3", 14)])
def test_cells_get_the_hidden_size_that_has_as_much_of_what_is_matched(match: str, hidden: int) -> None:
    from harness.modeling.sizing import Size

    # lstm: 2 h numbers of state; 2 · 4 h (2 + h) FLOPs a step: 6,264 at 27 and 6,720 at 28;
    # 4 h (2 + h) + 4 h + h + 1 parameters: 967 at 14 and 1,096 at 15
    assert sized(spec("lstm", size=Size.parse(match))).hidden_size == hidden


def test_a_size_that_a_cell_cannot_have_is_a_row_with_its_reason() -> None:
    from harness.modeling.sizing import Size

    record = execute(spec("jordan", size=Size("state", 100)))
    assert isinstance(record, RunRecord)
    assert record.status == "not supported"
    assert record.reason.endswith(
        "jordan on adding:length=5 has 2 numbers of state at hidden size 2 and does not grow further."
    )


def test_the_baseline_of_adding_is_its_analytic_value_and_that_on_the_test_set() -> None:
    plan = Plan.make(Request(("lstm",), ("adding",), 1, "smoke", "cpu"))
    record = execute(next(iter(plan.baselines())))
    assert isinstance(record, BaselineRecord)
    theory, here = record.baselines
    assert theory["name"] == "constant, in theory"
    assert math.isclose(theory["scores"]["MSE"], 1 / 6)
    assert here["scores"]["MSE"] == pytest.approx(1 / 6, rel=0.05)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_cuda_gives_nearly_what_the_cpu_gives() -> None:
    on_gpu = execute(replace(spec("lstm"), device="cuda:0"))
    assert isinstance(on_gpu, RunRecord)
    assert on_gpu.status == "finished", on_gpu.details
    assert math.isclose(on_gpu.scores["MSE"], run("lstm").scores["MSE"], rel_tol=1e-2)
