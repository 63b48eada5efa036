"""Programs run as compiled C, the rows of the batch shared out over threads."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.modeling.engine.native import build
from harness.modeling.engine.native.emit import Source
from harness.modeling.engine.native.pieces import HOT
from harness.modeling.engine.native.products import products, threads_for
from harness.modeling.engine.native.schedule import Schedule
from harness.modeling.engine.planning.program import Kind
from harness.modeling.engine.running.memory import POOL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch
    from torch import Tensor

    from harness.modeling.engine.planning.plan import Plan
    from harness.modeling.engine.planning.program import Buffer

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
        own: dict[str, list[Buffer]] = {}
        summed = [*plan.backward.summed, *plan.biases.values()]
        programs = {
            "inference": plan.inference,
            "forward": plan.forward,
            "backward": replace(plan.backward, summed=summed),
        }
        for name, program in programs.items():
            schedule = Schedule(program)
            own[name] = schedule.buffers
            source.function(name, schedule)
        self.source = source.text()
        with ThreadPoolExecutor(1) as beside:  # where neither is there yet, both are compiled at once
            product = beside.submit(products, dtype)
            self._library = build.load(self.source, dtype)
            self.product = product.result()
        self._sizes = list(source.sizes.known)
        self._constants = (ctypes.c_double * (1 + len(source.constants.known)))(*source.constants.known)
        self._count = len(source.buffers)
        # by the place in the list of buffers: which, and whether it is made for the call
        self._needed = {
            name: [
                (place, buffer, buffer.kind == Kind.FEW or buffer in own[name])
                for place, buffer in enumerate(source.buffers)
                if buffer in source.used[name]
            ]
            for name in programs
        }

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
        pointers, held = (ctypes.c_void_p * (1 + self._count))(), []
        for place, buffer, made in self._needed[name]:
            memory = self._make(buffer, buffers, rows) if made else self._given(buffer, buffers)
            if memory is not None:
                pointers[place] = memory.data_ptr()
                held.append(memory)
        sizes = (ctypes.c_int64 * (1 + len(self._sizes)))(rows, *self._sizes)
        function = getattr(self._library, name)
        number = ctypes.c_int64
        threads = number(threads_for(rows))

        def run(begin: int, end: int) -> None:
            _ = held  # lives as long as what reads it
            function(sizes, self._constants, pointers, self.product.address, number(begin), number(end), threads)

        return run

    def _make(self, buffer: Buffer, buffers: Mapping[str, Tensor], rows: int) -> Tensor:
        """A buffer that the program has for itself."""
        steps = -(-ROWS_ENOUGH // rows) if buffer.kind == Kind.FEW else 1
        return POOL.empty(next(iter(buffers.values())), steps * rows, buffer.width)

    def _given(self, buffer: Buffer, buffers: Mapping[str, Tensor]) -> Tensor | None:
        """A buffer that it is given; matrices are packed, and which unit vectors the inputs are may be unknown.

        Where it is known, rows of the matrix of the input are looked up, and it is not packed.
        """
        if buffer.kind == Kind.INDICES:
            return buffers.get(buffer.name)
        if buffer.kind != Kind.MATRIX:
            return buffers[buffer.name]
        which, number, *columns = buffer.name.split()
        matrix = buffers[f"matrix {number}"]
        if which == "whole":
            return matrix
        if columns:
            start, width = map(int, columns)
            return None if HOT.name in buffers else self.product.pack(matrix[:, start : start + width])
        return self.product.pack(matrix.t() if which == "transpose" else matrix)
