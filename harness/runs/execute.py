"""The only way to train: a spec becomes a record."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from datetime import UTC, datetime
from statistics import fmean
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from harness.errors import DataError, HarnessError, NotSupportedError
from harness.modeling.assembly import AnyModel, engines, parameter_count
from harness.registry.guard import unchanged
from harness.runs.building import build_model, load_task, operations, sized
from harness.runs.environment import environment
from harness.runs.record import BaselineRecord, Record, RunRecord, Status
from harness.runs.spec import BaselineSpec, RunSpec, Spec
from harness.runs.weights import pack
from harness.testing.certificate import find as find_certificate
from harness.training.loop import evaluate, train
from harness.training.observer import Observer
from harness.training.splits import Splits
from harness.training.timing import cost
from harness.training.timing.load import Surroundings

if TYPE_CHECKING:
    from harness.runs.limits import Keeping
    from harness.training.task import Task

Report = Callable[[int, float], None]
"""Is told the step and its training loss."""


def execute(spec: Spec, report: Report = lambda _step, _loss: None, keeping: Keeping | None = None) -> Record:
    """Do what a spec says; whatever goes wrong inside is a record, not an exception."""
    torch.set_num_threads(1)  # the same sums in the same order, however many workers share the machine
    if isinstance(spec, BaselineSpec):
        return _baselines(spec)
    started = time.monotonic()
    try:
        with redirect_stdout(sys.stderr), unchanged():  # a cell that prints must not print into a table
            record = _run(spec, report, keeping)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - cells and tasks are other people's code
        status, reason = _classify(error)
        record = RunRecord(spec, status, reason, traceback.format_exc(), metrics=_metrics(spec))
    found = environment()
    checked = find_certificate(spec.cell, found)
    now = datetime.now(UTC).isoformat()
    return replace(record, checked=checked, finished=now, elapsed=time.monotonic() - started, environment=found)


def _run(spec: RunSpec, report: Report, keeping: Keeping | None) -> RunRecord:
    device = _prepare(spec.device, spec.seed)
    task = load_task(spec.task, spec.plugins)
    size = sized(spec)
    size = replace(size, flops_per_step=size.flops_per_step or operations(spec, size.hidden_size))
    model = build_model(spec, size.hidden_size, spec.seed).to(device)
    engine = engines(model)  # now, so that compiling does not count as training
    splits = Splits(task, spec.seed, device)
    observer = None if spec.trial else Observer(model, task, spec.recipe, splits)
    surroundings = Surroundings()
    checkpoints = keeping.of(spec.key) if keeping else None
    training = train(model, task, spec.recipe, splits, device, report, observer, checkpoints)
    costs = {} if training.diverged or spec.trial else _costs(model, task, spec, splits, device)
    disturbance = {"threads": torch.get_num_threads(), **asdict(surroundings.disturbance())}
    record = RunRecord(
        spec,
        status="diverged" if training.diverged else "finished",
        reason=training.diverged,
        metrics=_metrics(spec),
        best_step=training.best_step,
        **asdict(size),
        recurrent_parameters=parameter_count(nn.ModuleList(model.recurrent)),
        steps=len(training.losses),
        seconds=training.seconds,
        sequence_steps=training.sequence_steps,
        clipped=fmean(training.clipped),
        engine=engine,
        cost=costs,
        disturbance=disturbance,
        curve=[asdict(point) for point in training.curve],
        **(_observed(observer) if observer else {}),
    )
    if training.diverged:
        return record
    if spec.trial:  # the test set is not read, and nobody goes on with its weights
        return replace(record, validation=_best(record)["scores"], data_seen=splits.checksums())
    return _tested(replace(record, state=pack(model)), model, task, splits)


def _observed(observer: Observer) -> dict[str, Any]:
    return {
        "diagnosing_seconds": observer.diagnosing.seconds,
        "diagnoses": [asdict(diagnosis) for diagnosis in observer.diagnoses],
        "samples": [asdict(sample) for sample in observer.samples],
    }


def _best(record: RunRecord) -> dict[str, Any]:
    """The point of the curve whose state was kept."""
    return next(point for point in record.curve if point["step"] == record.best_step)


def _costs(model: AnyModel, task: Task, spec: RunSpec, splits: Splits, device: torch.device) -> dict[str, Any]:
    """What the trained model costs; nothing where it cannot be measured by itself."""
    try:
        return asdict(cost.measure(model, task, spec.recipe, splits.one(spec.recipe.batch), device))
    except Exception:  # noqa: BLE001 - it has trained: that it cannot be measured is no failure of the run
        return {}


def _tested(record: RunRecord, model: AnyModel, task: Task, splits: Splits) -> RunRecord:
    """The record with the test scores, now that the choice on validation is made, and whether they solve the task."""
    scores = evaluate(model, task, splits.test())
    first = task.metrics[0]
    best = _best(record)
    if task.solved is None:
        return replace(record, scores=scores, validation=best["scores"], data_seen=splits.checksums())
    threshold = task.solved
    steps = [point["step"] for point in record.curve if first.better(point["scores"][first.name], threshold)]
    return replace(
        record,
        scores=scores,
        validation=best["scores"],
        data_seen=splits.checksums(),
        solved=first.better(scores[first.name], threshold),
        solved_step=min(steps, default=None),
    )


def _prepare(device_name: str, seed: int) -> torch.device:
    """Make the device as deterministic as torch can, and fix the random numbers that a model draws while it runs."""
    device = torch.device(device_name)
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS needs to be deterministic
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        torch.backends.cudnn.benchmark = False
    torch.manual_seed(seed)
    return device


def _classify(error: Exception | SystemExit) -> tuple[Status, str]:
    if isinstance(error, SystemExit):
        return "failed", f"it exits the process (code {error.code})"
    if isinstance(error, NotSupportedError):
        return "not supported", str(error)
    if isinstance(error, DataError):
        return "no data", str(error)
    text = f"{type(error).__name__}: {error}"
    full = any(words in text for words in ("can't allocate memory", "not enough memory"))  # torch's allocator on a CPU
    if full or isinstance(error, MemoryError | torch.OutOfMemoryError):
        return "out of memory", text
    return "failed", str(error) if isinstance(error, HarnessError) else text


def _metrics(spec: RunSpec) -> list[dict[str, Any]]:
    try:
        return [asdict(metric) for metric in load_task(spec.task, spec.plugins).metrics]
    except Exception:  # noqa: BLE001 - the record says already what is wrong
        return []


def _baselines(spec: BaselineSpec) -> BaselineRecord:
    try:
        baselines = [asdict(baseline) for baseline in load_task(spec.task, spec.plugins).baselines()]
        record = BaselineRecord(spec, baselines)
    except Exception as error:  # noqa: BLE001 - tasks are other people's code
        record = BaselineRecord(spec, reason=_classify(error)[1], details=traceback.format_exc())
    return replace(record, finished=datetime.now(UTC).isoformat())
