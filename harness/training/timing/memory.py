"""How much memory something takes at its peak."""

from __future__ import annotations

import ctypes
import gc
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from harness.modeling.engine.running.memory import POOL

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
RESET_PEAK = "5"
"""What Linux takes for "forget the peak of the resident set" (proc(5), clear_refs)."""


def peak_over_base(do: Callable[[], object], device: torch.device) -> int | None:
    """The bytes that are taken at once while something is done, over those that were before.

    On a CPU they are of the resident set of this process, after the engine and glibc have given back what is free, so
    that what was used before does not hide what is used now. Tensors of a few pages find gaps to fill, and do not
    always lie alike: in a young process a training step made of them is known to some 15% (seen in repeats), one of
    larger tensors to 5%; in one that has lived long it may seem to take half. On a GPU the bytes are of torch's
    allocator.

    Returns:
        None where the system does not tell.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        do()
        return torch.cuda.max_memory_allocated(device) - before
    gc.collect()
    POOL.clear()
    _give_back()
    try:
        CLEAR.write_text(RESET_PEAK, encoding="ascii")
        before = _status("VmRSS")
        do()
        return max(0, _status("VmHWM") - before)
    except (OSError, LookupError):
        return None


def _status(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"), re.MULTILINE)
    if found is None:
        raise LookupError(name)
    return int(found[1]) * 1024


def _give_back() -> None:
    """Have glibc return free memory to the system; another allocator is left alone."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
