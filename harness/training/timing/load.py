"""What else the machine does while something is measured."""

from __future__ import annotations

import multiprocessing
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

STAT = Path("/proc/stat")
IDLE = slice(3, 5)
BUSY_KINDS = 8
"""user, nice, system, idle, iowait, irq, softirq, steal: guests are counted in the first two."""

WAITED = Path("/proc/self/schedstat")


@dataclass(frozen=True)
class Disturbance:
    """What else a machine did while something was measured; None where the system does not tell.

    Attributes:
        others: how many processors were busy on average, but for this process and its fellow workers.
        workers: how many the fellow workers of this process kept busy.
        waited: the share of the time for which this process had work to do and no processor.
    """

    others: float | None
    workers: float | None
    waited: float | None


class Surroundings:
    """Watches, from now on, what else the machine does."""

    def __init__(self) -> None:
        self._load = Load()
        self._since, self._fellows, self._waited = time.monotonic(), _fellows(), _waited()

    def disturbance(self) -> Disturbance:
        """What it did since."""
        others, wall = self._load.others(), time.monotonic() - self._since
        before = self._fellows, self._waited
        fellows, waited = (
            None if then is None or now is None or wall <= 0 else (now - then) / wall
            for then, now in zip(before, (_fellows(), _waited()), strict=True)
        )
        return Disturbance(None if others is None else max(0.0, others - (fellows or 0.0)), fellows, waited)


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


def _fellows() -> float | None:
    """Seconds that the other workers of a run used, and who hands out their work; those that have ended, too."""
    if not STAT.is_file():
        return None
    boss = multiprocessing.parent_process()
    if boss is None or boss.pid is None:
        return 0.0
    with suppress(psutil.Error):  # the boss has ended, and so will this process
        server = psutil.Process(os.getppid())  # which forked all workers: the boss itself, or the fork server
        ended = server.cpu_times()
        alive = [child for child in server.children() if child.pid not in {os.getpid(), boss.pid}]
        own = 0.0 if server.pid == boss.pid else _seconds(server)
        gone = float(ended.children_user + ended.children_system)
        return gone + own + _seconds(psutil.Process(boss.pid)) + sum(_seconds(child, whole=True) for child in alive)
    return None


def _seconds(process: psutil.Process, *, whole: bool = False) -> float:
    """What a process used; the whole of it with its children that have ended, as its parent will count it."""
    with suppress(psutil.Error):  # it has ended meanwhile
        times = process.cpu_times()
        return float(times.user + times.system + (times.children_user + times.children_system if whole else 0.0))
    return 0.0


def _waited() -> float | None:
    """Seconds for which this thread was ready to run and did not (proc(5), schedstat)."""
    try:
        return int(WAITED.read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None
