"""Writes every run where TensorBoard reads it: `harness run ... --plugin harness_tensorboard`.

A run is a folder of `runs/`, or of what HARNESS_TENSORBOARD names, called by its cell, task and seed.
"""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness import HarnessError, hookimpl

if find_spec("tensorboard") is None:
    raise HarnessError("it needs tensorboard: pip install cell-harness[tensorboard]")

_writers: dict[str, Any] = {}


def folder(spec: Any) -> Path:  # noqa: ANN401 - a RunSpec
    """Where a run is written: `runs/adding/lstm/seed 0 3f1c09aa`; the end tells runs of other settings apart."""
    parts = (spec.task.label, spec.row, f"seed {spec.seed} {spec.key[:8]}")
    plain = (re.sub(r'[\\/:*?"<>|]+', "_", part) for part in parts)
    return Path(os.environ.get("HARNESS_TENSORBOARD", "runs"), *plain)


@hookimpl
def harness_run_started(spec: Any) -> None:  # noqa: ANN401
    """Open the run's file."""
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - it loads torch, which workers have already

    _writers[spec.key] = SummaryWriter(str(folder(spec)))


@hookimpl
def harness_run_progress(spec: Any, progress: Any) -> None:  # noqa: ANN401
    """The training loss, as it comes."""
    _writers[spec.key].add_scalar("loss", progress.loss, progress.step)


@hookimpl
def harness_run_finished(record: Any) -> None:  # noqa: ANN401
    """The learning curve, what was written on the way, and how it ended."""
    writer = _writers.pop(record.spec.key)
    for point in record.curve:
        for name in ("gradient_norm", "clipped"):
            writer.add_scalar(name, point[name], point["step"])
        for name, value in point["scores"].items():
            writer.add_scalar(f"validation/{name}", value, point["step"])
    for name, value in record.scores.items():
        writer.add_scalar(f"test/{name}", value, record.best_step)
    for sample in record.samples:
        writer.add_text("sample", sample["text"], sample["step"])
    writer.add_text("ended", f"{record.status} {record.reason}".strip())
    writer.close()
