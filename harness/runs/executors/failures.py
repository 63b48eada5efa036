"""The records of runs that leave none themselves."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

from harness.runs.limits import Limits, duration_text
from harness.runs.record import BaselineRecord, Record, RunRecord, Status
from harness.runs.spec import RunSpec, Spec


def overdue(limits: Limits) -> str:
    """Why a run was ended that took too long."""
    return f"it was not done after {duration_text(limits.seconds or 0)} (--time-limit)"


def failure(spec: Spec, status: Status, reason: str) -> Record:
    """The record of a run that left none itself."""
    now = datetime.now(UTC).isoformat()
    if isinstance(spec, RunSpec):
        return RunRecord(spec, status, reason, finished=now)
    return BaselineRecord(spec, reason=reason, finished=now)


def crashed(spec: Spec, exit_code: int | None) -> Record:
    """The record of a run whose worker died."""
    code = exit_code or 0
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
    hint = " (out of memory?)" if code == -signal.SIGKILL else ""
    return failure(spec, "crashed", f"the worker {how}{hint}")
