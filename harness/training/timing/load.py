"""What else the machine does while something is measured."""

from __future__ import annotations

import os
import time
from pathlib import Path

STAT = Path("/proc/stat")
IDLE = slice(3, 5)
BUSY_KINDS = 8
"""user, nice, system, idle, iowait, irq, softirq, steal: guests are counted in the first two."""


class Load:
    """Watches the processors from now on."""

    def __init__(self) -> None:
        self._before = _now()

    def others(self) -> float | None:
        """How many processors were busy on average, but for this process; None where the system does not tell."""
        now = _now()
        if now is None or self._before is None:
            return None
        wall, busy, own = (after - before for after, before in zip(now, self._before, strict=True))
        return max(0.0, (busy - own) / wall) if wall > 0 else 0.0


def _now() -> tuple[float, float, float] | None:
    """Seconds on the clock, of all busy processors together, and of this process with its children that have ended."""
    if not STAT.is_file():
        return None
    ticks = [int(number) for number in STAT.read_text(encoding="ascii").splitlines()[0].split()[1 : 1 + BUSY_KINDS]]
    busy = (sum(ticks) - sum(ticks[IDLE])) / os.sysconf("SC_CLK_TCK")
    return time.monotonic(), busy, sum(os.times()[:4])
