"""How far runs are: each writes it into a file of the folder that all share, and the driver reads it there."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from harness.runs.executors.base import Listener, Progress

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.runs.spec import Spec

REPORT_EVERY = 2.0
"""Seconds between two reports of a run."""


class Watch:
    """Reads how far runs are, and tells a listener.

    Args:
        folder: that all share.
        listener: is told.
    """

    def __init__(self, folder: Path, listener: Listener) -> None:
        self._folder = folder
        self._listener = listener
        self._begun: set[str] = set()

    def look(self, specs: Iterable[Spec]) -> None:
        """Pass on what the runs have written since the last look."""
        for spec in specs:
            path = _file(self._folder, spec)
            try:
                step, loss = path.read_text(encoding="utf-8").split()
            except (FileNotFoundError, ValueError):  # not begun, or half written
                continue
            path.unlink(missing_ok=True)
            self.begin(spec)
            if int(step):
                self._listener.progress(spec, Progress(int(step), float(loss)))

    def begin(self, spec: Spec) -> None:
        """Say that a run was handed out, once."""
        if spec.key not in self._begun:
            self._begun.add(spec.key)
            self._listener.started(spec)

    def has_begun(self, spec: Spec) -> bool:
        """Whether it was seen to run."""
        return spec.key in self._begun


class Report:
    """Writes how far a run is, now and then.

    Args:
        folder: that all share.
        spec: the run.
    """

    def __init__(self, folder: Path, spec: Spec) -> None:
        self._path = _file(folder, spec)
        self._last = -REPORT_EVERY

    def __call__(self, step: int, loss: float) -> None:
        """A step was done."""
        if time.monotonic() - self._last >= REPORT_EVERY:
            self._last = time.monotonic()
            with suppress(OSError):  # nobody may be waiting for it any more
                self._path.write_text(f"{step} {loss}", encoding="utf-8")


def _file(folder: Path, spec: Spec) -> Path:
    return folder / f"{spec.key}.progress"
