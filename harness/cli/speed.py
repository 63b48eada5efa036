"""Timing what a suite says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.console import err

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis.gate.speed import Speeds
    from harness.runs.suite import Suite


def time_suite(suite: Suite, folder: Path, before: Speeds | None = None) -> None:
    """Time what a suite says, and keep it in the results folder: the better ratios, where it was timed before."""
    if suite.speed is None:
        return
    from harness.analysis.gate.measure import measure
    from harness.analysis.gate.speed import keep

    with err.status("timing") as status:
        speeds = measure(suite, suite.speed, status.update)
    keep(folder, speeds if before is None else speeds.best(before))
