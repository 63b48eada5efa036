"""Runs of a program that are recorded once and played back: as a CUDA graph, a GPU starts all operations at once."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    Buffers = Mapping[str, Tensor]
    Steps = Callable[[int, int], None]
    Record = Callable[[Callable[[], None], torch.device], Callable[[], None]]
    """Makes of a function without arguments one that does the same to the same memory."""

MOST = 16
"""Runs that are remembered; each that was recorded keeps memory of its own."""
CLOSE = 1e-3
_SEEN, _REFUSED = "seen", "refused"


@dataclass(frozen=True)
class Task:
    """Some steps of a program.

    Attributes:
        program: its name.
        rows: the size of the batch.
        steps: the first, and the one after the last.
        reads: the memory that is read, or read and written.
        writes: the memory that is written.
    """

    program: str
    rows: int
    steps: tuple[int, int]
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass
class Recorded:
    """A run that can be played back.

    Attributes:
        buffers: the memory that it works on, always the same.
        program: what was recorded; it holds more memory, which would be given to others if it were gone.
        play: do it.
    """

    buffers: dict[str, Tensor]
    program: Steps
    play: Callable[[], None]

    def run(self, given: Buffers, task: Task) -> None:
        """Do it with the memory that is given."""
        self.load(given, task)
        self.play()
        for name in task.writes:
            given[name].copy_(self.buffers[name])

    def load(self, given: Buffers, task: Task) -> None:
        """Copy what is read."""
        for name in task.reads:
            self.buffers[name].copy_(given[name])


class Recorder:
    """Runs programs, and records those that come again with the same shapes.

    The first time a run is done as it is. The second time it is recorded, too, and what the record gives is compared:
    where they differ, or recording fails, it goes on as it is. No program draws random numbers: steps that do are
    refused when they are traced.

    Args:
        bind: gives a program that works on some memory; see `Native.bind`.
        record: see `Record`.
    """

    def __init__(self, bind: Callable[[str, Buffers, int], Steps], record: Record) -> None:
        self._bind = bind
        self._record = record
        self._runs: OrderedDict[Any, Recorded | str] = OrderedDict()
        self._lock = RLock()

    def __len__(self) -> int:
        """How many runs are recorded."""
        return sum(isinstance(run, Recorded) for run in self._runs.values())

    def run(self, task: Task, given: Buffers) -> None:
        """Do some steps of a program in the memory that is given."""
        used = {name: given[name] for name in sorted({*task.reads, *task.writes})}
        first = next(iter(used.values()))
        stream = torch.cuda.current_stream(first.device).cuda_stream if first.is_cuda else None
        key = task, stream, *((tensor.shape, tensor.dtype, tensor.device) for tensor in used.values())
        with self._lock:
            run = self._runs.pop(key, None)
            if isinstance(run, Recorded):
                run.run(used, task)
            elif run is _SEEN:
                run = self._recorded(task, used) or _REFUSED
            else:
                self._bind(task.program, used, task.rows)(*task.steps)
            self._runs[key] = run or _SEEN
            while len(self._runs) > MOST:
                self._runs.popitem(last=False)

    def _recorded(self, task: Task, given: Buffers) -> Recorded | None:
        """Do the steps as they are, and record them; nothing where that goes wrong."""
        own = {name: tensor.clone() for name, tensor in given.items()}
        before = {name: own[name].clone() for name in task.reads}
        self._bind(task.program, given, task.rows)(*task.steps)
        try:
            program = self._bind(task.program, own, task.rows)
            play = self._record(lambda: program(*task.steps), next(iter(own.values())).device)
            made = Recorded(own, program, play)
            made.load(before, task)
            made.play()
        except RuntimeError as error:
            warnings.warn(f"No CUDA graph can be made of a recurrence: {error}", stacklevel=2)
            return None
        if all(_close(own[name], given[name]) for name in task.writes):
            return made
        warnings.warn("A CUDA graph of a recurrence gives something else than its steps: it is not used.", stacklevel=2)
        return None


def _close(a: Tensor, b: Tensor) -> bool:
    """Whether numbers are the same but for the order in which they were added up."""
    largest = b.nan_to_num(0, 0, 0).abs().max().item()
    return torch.allclose(a, b, rtol=CLOSE, atol=CLOSE * largest, equal_nan=True)


def on_gpu(run: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """Record what a function does on a GPU, as a CUDA graph.

    Raises:
        RuntimeError: it does what cannot be recorded.
    """
    with torch.cuda.device(device):
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call] # not the usual one, which cannot be recorded
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            run()  # libraries choose their kernels and take memory now
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):  # others may use the GPU
            run()
    return graph.replay
