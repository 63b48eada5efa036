"""A stopwatch that waits for the device, so that what it measures is done when it says so."""

from __future__ import annotations

import time

import torch

Mark = float | torch.cuda.Event
"""A moment: seconds on a CPU, an event on a GPU."""


def mark(device: torch.device) -> Mark:
    """The moment when the device will have finished what it was given until now."""
    if device.type != "cuda":
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    event.record(torch.cuda.current_stream(device))
    return event


def between(earlier: Mark, later: Mark) -> float:
    """The seconds from one moment to another, once the device has come to it."""
    if isinstance(later, float) or isinstance(earlier, float):
        return float(later) - float(earlier)  # type: ignore[arg-type]  # both are floats on a CPU
    later.synchronize()
    return float(earlier.elapsed_time(later)) / 1000


class Clock:
    """Adds up the time between `start` and `stop`: wall time on a CPU, CUDA events on a GPU."""

    def __init__(self, device: torch.device) -> None:
        self.seconds = 0.0
        self._device = device
        self._started: Mark = 0.0

    def start(self) -> None:
        """Begin to count."""
        self._started = mark(self._device)

    def stop(self) -> None:
        """Stop counting once the device has finished what it was given."""
        self.seconds += between(self._started, mark(self._device))
