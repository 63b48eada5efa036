"""What a job does, on a node of the cluster."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.runs.executors.remote import Code, difference
from harness.runs.executors.slurm.watch import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.runs.record import Record
    from harness.runs.spec import Spec


@dataclass(frozen=True)
class Refusal:
    """What a job says where its node is not as the machine that submitted it."""

    node: str
    difference: str


def execute_there(specs: Sequence[Spec], code: Code, folder: str) -> list[Record] | Refusal:
    """What a job does: execute specs, one after another."""
    from harness.runs.execute import execute  # noqa: PLC0415 - it loads torch

    records = []
    for spec in specs:
        if found := difference(spec, code):
            return Refusal(f"node {socket.gethostname()}", found)
        report = Report(Path(folder), spec)
        report(0, 0.0)
        records.append(execute(spec, report))
    return records
