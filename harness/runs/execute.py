"""The only way to train: a spec becomes a record."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from statistics import fmean
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from harness.errors import DataError, HarnessError, NotSupportedError
from harness.modeling.assembly import AnyModel, Architecture, build, check_cell, engines, parameter_count, state_size
from harness.modeling.sizing import Footprint
from harness.registry import Component, bind, install
from harness.registry.guard import unchanged
from harness.runs.environment import environment
from harness.runs.record import BaselineRecord, Record, RunRecord, Status
from harness.runs.spec import BaselineSpec, RunSpec, Spec
from harness.runs.weights import pack
from harness.testing.certificate import find as find_certificate
from harness.training.loop import evaluate, train
from harness.training.observer import Observer
from harness.training.splits import Splits
from harness.training.task import Task
from harness.training.timing import cost, flops
from harness.training.timing.load import Surroundings

if TYPE_CHECKING:
    from harness.modeling.cell import CellClass
    from harness.runs.limits import Keeping

Report = Callable[[int, float], None]
"""Is told the step and its training loss."""
MEASURES: dict[str, Callable[[AnyModel], int]] = {
    "params": parameter_count,
    "state": state_size,
    "flops": flops.per_step,
}
"""How what is held equal is counted."""


def execute(spec: Spec, report: Report = lambda _step, _loss: None, keeping: Keeping | None = None) -> Record:
    """Do what a spec says; whatever goes wrong inside is a record, not an exception."""
    torch.set_num_threads(1)  # the same sums in the same order, however many workers share the machine
    if isinstance(spec, BaselineSpec):
        return _baselines(spec)
    try:
        with redirect_stdout(sys.stderr), unchanged():  # a cell that prints must not print into a table
            record = _run(spec, report, keeping)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - cells and tasks are other people's code
        status, reason = _classify(error)
        record = RunRecord(spec, status, reason, traceback.format_exc(), metrics=_metrics(spec))
    found = environment()
    checked = find_certificate(spec.cell, found)
    return replace(record, checked=checked, finished=datetime.now(UTC).isoformat(), environment=found)


def load_task(component: Component, plugins: tuple[str, ...] = ()) -> Task:
    """The task of a component; made once in a process, so that its data is read once.

    Raises:
        HarnessError: there is none, or it does not take these options.
    """
    return _cached_task(component.target, tuple(component.options.items()), plugins)


@lru_cache(maxsize=32)  # more than a plan has as a rule: plans go seed by seed over all tasks
def _cached_task(target: str, options: tuple[tuple[str, Any], ...], plugins: tuple[str, ...]) -> Task:
    entry = install(plugins).tasks().find(target)
    cls = entry.load()
    if not (isinstance(cls, type) and issubclass(cls, Task)):
        raise HarnessError(f'"{target}" of {entry.origin} is no task: it must be a subclass of harness.Task.')
    return cls(**bind(cls, dict(options), f'task "{target}"'))


def load_cell(component: Component, plugins: tuple[str, ...] = ()) -> tuple[CellClass, dict[str, Any]]:
    """The class of a component and its options as values.

    Raises:
        HarnessError: there is none, or it does not take these options.
    """
    loaded = install(plugins).cells().find(component.target).load()
    cell = check_cell(loaded, f'"{component.target}"')
    return cell, bind(cell, component.options, f'cell "{component.name}"')


def architecture(spec: RunSpec) -> Architecture:
    """All of the model but its cell and its size."""
    task = load_task(spec.task, spec.plugins)
    recipe = spec.recipe
    return Architecture(
        task.encoding,
        task.output,
        task.topology,
        recipe.layers,
        recipe.bidirectional,
        recipe.dropout,
        recipe.init,
        spec.engine,
    )


def sized(spec: RunSpec) -> Footprint:
    """The size that the spec gives this cell; operations are counted only where they are what is held equal.

    Raises:
        HarnessError: no hidden size fits.
    """
    cell, options = load_cell(spec.cell, spec.plugins)
    shape = architecture(spec)
    measure = MEASURES.get(spec.size.by, parameter_count)

    @cache
    def count(hidden_size: int) -> int:
        return measure(build(cell, options, shape, hidden_size, seed=0))

    hidden_size = spec.size.solve(count, f"{spec.cell.label} on {spec.task.label}")
    model = build(cell, options, shape, hidden_size, seed=0)
    operations = flops.per_step(model) if spec.size.by == "flops" else None
    return Footprint(hidden_size, parameter_count(model), state_size(model), operations)


def _operations(spec: RunSpec, hidden_size: int) -> int | None:
    """What a step computes; None where that cannot be counted by itself."""
    cell, options = load_cell(spec.cell, spec.plugins)
    try:
        return flops.per_step(build(cell, options, architecture(spec), hidden_size, seed=0))
    except Exception:  # noqa: BLE001 - a bug of the cell shows when it runs; a layer may need a GPU, or longer sequences
        return None


def _run(spec: RunSpec, report: Report, keeping: Keeping | None) -> RunRecord:
    device = _prepare(spec.device, spec.seed)
    task = load_task(spec.task, spec.plugins)
    cell, options = load_cell(spec.cell, spec.plugins)
    size = sized(spec)
    size = replace(size, flops_per_step=size.flops_per_step or _operations(spec, size.hidden_size))
    model = build(cell, options, architecture(spec), size.hidden_size, spec.seed).to(device)
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
    finished = datetime.now(UTC).isoformat()
    try:
        baselines = [asdict(baseline) for baseline in load_task(spec.task, spec.plugins).baselines()]
    except Exception as error:  # noqa: BLE001 - tasks are other people's code
        return BaselineRecord(spec, reason=_classify(error)[1], details=traceback.format_exc(), finished=finished)
    return BaselineRecord(spec, baselines, finished=finished)
