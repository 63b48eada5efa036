"""Programs run step by step in torch: without a compiler, and on a GPU."""

from __future__ import annotations

import math
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import torch

from harness.modeling.engine.eager.capture import Recorder, Task, on_gpu
from harness.modeling.engine.eager.factor import Factor, product
from harness.modeling.engine.eager.script import BACKWARD, WRITING, Script
from harness.modeling.engine.planning.plan import X
from harness.modeling.engine.planning.program import Kind
from harness.modeling.engine.running.evaluate import compute, rows_of
from harness.modeling.engine.running.memory import POOL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from harness.modeling.engine.eager.capture import Record
    from harness.modeling.engine.planning.plan import Plan


class Eager:
    """A plan as operations of torch.

    Args:
        plan: what to compute.
        record: how runs are recorded that come again; as CUDA graphs on a GPU, and not on a CPU, when None.
    """

    name = "torch"
    prepares = False
    product = staticmethod(product)

    def __init__(self, plan: Plan, record: Record | None = None) -> None:
        self._scripts = {name: Script(getattr(plan, name)) for name in ("inference", "forward", "backward")}
        self._runs = {name: _function(script) for name, script in self._scripts.items()}
        self._records = record is not None
        self._recorder = Recorder(self._bind, record or on_gpu)

    def threads(self, rows: int) -> int:  # noqa: ARG002
        """One: torch shares out single operations."""
        return 1

    def bind(self, name: str, buffers: Mapping[str, Tensor], rows: int) -> Callable[[int, int], None]:
        """One of the plan's programs; see `Native.bind`."""
        plain = cache(lambda: self._bind(name, buffers, rows))
        on_a_gpu = buffers[X].is_cuda and not torch.cuda.is_current_stream_capturing()
        if not (on_a_gpu or self._records):
            return plain()
        reads, writes = self._scripts[name].reads(), self._scripts[name].writes()

        def run(begin: int, end: int) -> None:
            if end - begin < len(buffers[X]):  # in pieces, all of the memory would be copied for each
                plain()(begin, end)
            else:
                self._recorder.run(Task(name, rows, (begin, end), reads, writes), buffers)

        return run

    @torch.inference_mode()
    def _bind(self, name: str, buffers: Mapping[str, Tensor], rows: int) -> Callable[[int, int], None]:
        script = self._scripts[name]
        like = next(buffers[buffer.name] for buffer, *_ in script.places if buffer.kind != Kind.ROWS)
        names: dict[str, Any] = {"rows": lambda value, width: rows_of(value, rows, width, like)}
        scratch = {b: POOL.empty(like, rows, b.width) for b, _, _ in script.places if b.kind == Kind.ROWS}
        for (buffer, column, width), place in script.places.items():
            if buffer in scratch:
                names[place] = scratch[buffer].narrow(-1, column, width)
            else:
                names[place] = POOL.steps(buffers[buffer.name], column, width)
        for (node, transposed), matrix in script.matrices.items():
            whole = buffers[f"matrix {node.attr[0]}"]
            names[matrix] = Factor(whole.t() if transposed else whole, rows)
        names |= {vector: buffers[f"vector {node.attr}"] for node, vector in script.vectors.items()}
        names |= {function: partial(_computed, node) for node, function in script.functions.items()}
        names |= {total: buffers[buffer.name][0, 0] for buffer, total in script.sums.items()}
        steps = partial(self._runs[name], **names)

        @torch.inference_mode()
        def run(begin: int, end: int) -> None:
            steps(begin, end)
            for place, width, buffer in script.totals:
                values = buffers[place.buffer.name][: end - begin].narrow(2, place.column, width)
                buffers[buffer.name][0, 0] += values.flatten(0, 1).sum(0)

        return run


def _function(script: Script) -> Callable[..., None]:
    """What the source of a script defines. It holds no memory: functions and their globals are freed late."""
    names = dict(FUNCTIONS)
    exec(script.source, names)  # noqa: S102 - what is run was written by `Script`, from a list of operators
    run: Callable[..., None] = names["run"]
    return run


def _computed(node: Any, *args: Any) -> Any:  # noqa: ANN401
    return compute(node, list(args))


def _fill(place: Tensor, value: Tensor | float) -> None:
    """Write what goes for all rows."""
    place.copy_(value) if isinstance(value, torch.Tensor) else place.fill_(value)


def _keep(place: Tensor, value: Tensor) -> None:
    """Write a value to a place, unless that is where it lies."""
    if value is not place:
        place.copy_(value)


FUNCTIONS: dict[str, Any] = {
    **{name: getattr(torch, name) for name in (*WRITING.values(), "add", "sub", "addcmul") if hasattr(torch, name)},
    **{name: getattr(torch.ops.aten, name).grad_input for name in BACKWARD.values()},
    "subcmul": partial(torch.addcmul, value=-1),
    "split": torch.split_with_sizes,
    "fill": _fill,
    "keep": _keep,
    "inf": math.inf,
    "nan": math.nan,
}
"""What names in a script stand for, whatever the program."""
