"""Whether the cell of a run has been checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.testing.certificate import find

if TYPE_CHECKING:
    from harness.runs.record import RunRecord


def certified(record: RunRecord) -> str:
    """The verdict on the cell as it ran: what the record says, or a certificate of the same code and versions since."""
    return record.checked or find(record.spec.cell, record.environment)
