"""Tasks whose data is generated: what they measure is known exactly."""

from __future__ import annotations

from harness import hookimpl


@hookimpl
def harness_tasks() -> dict[str, str]:
    """The synthetic tasks."""
    return {
        "adding": "harness_synthetic.adding:Adding",
        "copy": "harness_synthetic.recall:Copy",
        "selective-copy": "harness_synthetic.recall:SelectiveCopy",
        "temporal-order": "harness_synthetic.temporal_order:TemporalOrder",
    }
