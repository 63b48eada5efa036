"""Programs run as compiled C, the rows of the batch shared out over threads."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.modeling.engine import build
from harness.modeling.engine.emit import Source
from harness.modeling.engine.memory import POOL
from harness.modeling.engine.products import products, threads_for
from harness.modeling.engine.program import Kind, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch
    from torch import Tensor

    from harness.modeling.engine.plan import Plan
    from harness.modeling.engine.program import Buffer

ROWS_ENOUGH = 32
"""As in step.c."""
Steps = "Callable[[int, int], None]"


class Native:
    """A plan as compiled code.

    Args:
        plan: what to compute.
        dtype: of all numbers.

    Raises:
        RefusedError: it cannot be compiled here.
    """

    name = "native"
    prepares = True

    def __init__(self, plan: Plan, dtype: torch.dtype) -> None:
        source = Source()
        self._own: dict[str, list[Buffer]] = {}
        summed = [*plan.backward.summed, *plan.biases.values()]
        programs = {
            "inference": plan.inference,
            "forward": plan.forward,
            "backward": replace(plan.backward, summed=summed),
        }
        for name, program in programs.items():
            schedule = Schedule(program)
            self._own[name] = schedule.buffers
            source.function(name, schedule)
        self.source = source.text()
        self.product = products(dtype)
        self._library = build.load(self.source, dtype)
        self._sizes = list(source.sizes.known)
        self._constants = (ctypes.c_double * (1 + len(source.constants.known)))(*source.constants.known)
        self._order = list(source.buffers)
        self._used = source.used

    def threads(self, rows: int) -> int:
        """How many add up vectors of their own."""
        return threads_for(rows)

    def bind(self, name: str, buffers: Mapping[str, Tensor], rows: int) -> Callable[[int, int], None]:
        """One of the plan's programs, to be called with the first step and the step after the last.

        Args:
            name: of the program.
            buffers: memory by the name of the buffer, contiguous but for matrices.
            rows: the size of the batch.
        """
        used = [buffer for buffer in self._used[name] if buffer.kind != Kind.INDICES or buffer.name in buffers]
        held = {buffer: self._memory(name, buffer, buffers, rows) for buffer in used}
        addresses = [held[buffer].data_ptr() if buffer in held else None for buffer in self._order]
        pointers = (ctypes.c_void_p * (1 + len(addresses)))(*addresses)
        sizes = (ctypes.c_int64 * (1 + len(self._sizes)))(rows, *self._sizes)
        function = getattr(self._library, name)
        number = ctypes.c_int64
        threads = number(threads_for(rows))

        def run(begin: int, end: int) -> None:
            _ = held  # lives as long as what reads it
            function(sizes, self._constants, pointers, self.product.address, number(begin), number(end), threads)

        return run

    def _memory(self, name: str, buffer: Buffer, buffers: Mapping[str, Tensor], rows: int) -> Tensor:
        """A buffer; those that are a program's own are made, and matrices are packed."""
        if buffer in self._own[name] or buffer.kind == Kind.FEW:
            steps = -(-ROWS_ENOUGH // rows) if buffer.kind == Kind.FEW else 1
            return POOL.empty(next(iter(buffers.values())), steps * rows, buffer.width)
        if buffer.kind == Kind.MATRIX:
            which, _, number = buffer.name.partition(" ")
            matrix = buffers[f"matrix {number}"]
            if which == "whole":
                return matrix
            return self.product.pack(matrix.t() if which == "transpose" else matrix)
        return buffers[buffer.name]
