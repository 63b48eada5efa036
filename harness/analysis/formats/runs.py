"""One flat object a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.analysis.formats.flat import finite
from harness.runs.certified import certified
from harness.runs.record import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.runs.record import RunRecord


def run_rows(records: Iterable[RunRecord]) -> list[dict[str, Any]]:
    """One flat object a run."""
    return [
        {
            "run": record.spec.key,
            "cell": record.spec.row,
            "task": record.spec.task.label,
            "changes": ", ".join(record.spec.changes),
            "tuned": ", ".join(record.spec.chosen),
            "trial": record.spec.trial or None,
            "seed": record.seed,
            "budget": record.spec.budget,
            "size": str(record.spec.size),
            "device": record.spec.device,
            "status": record.status,
            "reason": record.reason,
            **{name: finite(entry) for name, entry in record.scores.items()},
            **{f"validation {name}": finite(entry) for name, entry in record.validation.items()},
            "solved": record.solved,
            "solved_step": record.solved_step,
            "best_step": record.best_step,
            "hidden_size": record.hidden_size,
            "parameters": record.parameters,
            "recurrent_parameters": record.recurrent_parameters,
            "state_size": record.state_size,
            "flops_per_step": record.flops_per_step,
            "seconds": record.seconds,
            "diagnosing_seconds": record.diagnosing_seconds,
            "sequence_steps": record.sequence_steps,
            "clipped": record.clipped,
            "engine": record.engine,
            **_measured(record),
            "checked": certified(record),
            **{name: record.environment.get(name) for name in ("harness", "torch", "processor")},
            "from": f"{record.spec.cell.distribution} {record.spec.cell.version}",
            "finished": record.finished,
        }
        for record in records
    ]


def _measured(record: RunRecord) -> dict[str, Any]:
    """What a time step of a sequence took, and what else the machine did."""
    phases = {name: record.cost.get(name, {}).get("median") for name in PHASES}
    spreads = {f"{name}_{end}": record.cost.get(name, {}).get(end) for name in PHASES for end in ("low", "high")}
    beside = {name: record.disturbance.get(name) for name in ("threads", "others", "workers", "waited")}
    cost = {name: record.cost.get(name) for name in ("memory", "kernel")}
    return {**phases, **spreads, **cost, **beside, "disturbed": record.disturbed}
