"""A stopwatch that waits for the device, so that what it measures is done when it says so."""

from __future__ import annotations

import time

import torch


class Clock:
    """Adds up the time between `start` and `stop`: wall time on a CPU, CUDA events on a GPU."""

    def __init__(self, device: torch.device) -> None:
        self.seconds = 0.0
        self._device = device
        self._started: float | torch.cuda.Event = 0.0

    def start(self) -> None:
        """Begin to count."""
        self._started = self._mark()

    def stop(self) -> None:
        """Stop counting once the device has finished what it was given."""
        now = self._mark()
        if isinstance(now, float) or isinstance(self._started, float):
            self.seconds += float(now) - float(self._started)  # type: ignore[arg-type]  # both are floats on a CPU
        else:
            now.synchronize()
            self.seconds += self._started.elapsed_time(now) / 1000

    def _mark(self) -> float | torch.cuda.Event:
        if self._device.type != "cuda":
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self._device))
        return event
