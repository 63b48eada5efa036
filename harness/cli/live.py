"""What is seen while runs train: a line a run in flight and one for all, or plain lines where there is no terminal."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.text import Text

from harness.analysis.tables.numbers import value
from harness.runs.executors import Listener
from harness.runs.record import BaselineRecord, Record, RunRecord
from harness.runs.spec import RunSpec, Spec

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Task

    from harness.runs.executors import Progress as RunProgress

BLOCKS = "▁▂▃▄▅▆▇█"
HISTORY = 6
"""Losses in the small curve of a run in flight."""


class Live(Listener):
    """Progress of a sweep.

    Args:
        console: where it is shown.
        total: the number of runs to do, baselines included.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._ended: set[str] = set()
        self._waiting = False
        self._total = total
        self._started = time.monotonic()
        self._lines: dict[str, TaskID] = {}
        self._losses: dict[str, deque[float]] = {}
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), _Status())
        self._progress = Progress(*columns, console=console, transient=True, expand=True)
        self._all = self._progress.add_task("[bold]all", total=float(total), note="")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def started(self, spec: Spec) -> None:
        """Show a line for the run."""
        steps = spec.recipe.steps if isinstance(spec, RunSpec) else None
        self._losses[spec.key] = deque(maxlen=HISTORY)
        self._lines[spec.key] = self._progress.add_task(_escaped(str(spec)), total=steps, note="")

    def progress(self, spec: Spec, progress: RunProgress) -> None:
        """Move the run's line, and that of all."""
        losses = self._losses[spec.key]
        losses.append(progress.loss)
        note = f"loss {progress.loss:.3g} {sparkline(losses)}"
        self._progress.update(self._lines[spec.key], completed=progress.step, note=note)
        self._update_all()

    def finished(self, record: Record) -> None:
        """Take the run's line away, and say how it ended."""
        self._ended.add(record.spec.key)  # a run that is tried again counts once
        if record.spec.key in self._lines:  # another command may have done it
            self._progress.remove_task(self._lines.pop(record.spec.key))
        self._update_all()
        line = f"{len(self._ended):>{len(str(self._total))}}/{self._total}  {record.spec}  {outcome(record)}"
        if not self._console.is_terminal:
            self._console.print(Text(line), soft_wrap=True)
        elif isinstance(record, RunRecord) and record.status != "finished":
            self._progress.console.print(Text(line, style="yellow"))

    def waiting(self, count: int) -> None:
        """Say so once."""
        if not self._waiting:
            self._waiting = True
            runs = "1 run" if count == 1 else f"{count} runs"
            self.say(f"waiting for {runs} that another command is at in the same results folder.")

    def say(self, message: str) -> None:
        """Print a line above the progress."""
        self._progress.console.print(Text(message))

    def say_from_handler(self, message: str) -> None:
        """Print a line from a signal handler: in a thread, since the handler may have interrupted a print."""
        threading.Thread(target=self.say, args=(message,)).start()

    def _update_all(self) -> None:
        tasks = [task for task in self._progress.tasks if task.id in self._lines.values()]
        share = len(self._ended) + sum(task.completed / task.total for task in tasks if task.total)
        self._progress.update(self._all, completed=share, note=f"{len(self._ended)}/{self._total}{self._left(share)}")

    def _left(self, share: float) -> str:
        elapsed = time.monotonic() - self._started
        if share < 0.2:  # noqa: PLR2004 - too early to tell
            return ""
        return f"  about {clock(elapsed * (self._total - share) / share)} left"


class _Status(ProgressColumn):
    """Step, loss and time left of a run; of all, the number of runs and the time left."""

    def render(self, task: Task) -> Text:
        note = task.fields["note"]
        if task.id == 0:
            return Text(note)
        steps = "" if task.total is None else f"{task.completed:.0f}/{task.total:.0f}"
        left = "" if task.time_remaining is None else f"{clock(task.time_remaining)} left"
        return Text("  ".join(part for part in (steps, note, left) if part), no_wrap=True)


def outcome(record: Record) -> str:
    """How a run ended, in a few words."""
    if record.attempt > 1:
        return f"attempt {record.attempt}: {outcome(replace(record, attempt=1))}"
    if isinstance(record, BaselineRecord):
        return f"failed: {record.reason}" if record.reason else "done"
    if record.status != "finished":
        return f"{record.status}: {record.reason}"
    first = record.metrics[0]
    if record.spec.trial:
        score = f"validation {first['name']} {value(record.validation[first['name']], first['digits'])}"
        return f"{', '.join(record.spec.chosen)}: {score} in {record.seconds:.1f} s"
    return f"{first['name']} {value(record.scores[first['name']], first['digits'])} in {record.seconds:.1f} s"


def sparkline(values: deque[float]) -> str:
    """A small curve of block characters, from the least to the greatest value."""
    low, high = min(values), max(values)
    if not high - low > 0:  # all equal, or not finite
        return BLOCKS[0] * len(values)
    return "".join(BLOCKS[round((value - low) / (high - low) * (len(BLOCKS) - 1))] for value in values)


def clock(seconds: float) -> str:
    """Minutes and seconds: `2:10`; hours too where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
