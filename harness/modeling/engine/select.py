"""Which engine runs a cell: chosen once for a cell as it stands, with the reason where it is the plain loop."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.parameter import is_lazy

from harness.errors import HarnessError, NotSupportedError
from harness.modeling.engine.check import check
from harness.modeling.engine.eager.runner import Eager
from harness.modeling.engine.native.runner import Native
from harness.modeling.engine.planning.plan import Plan
from harness.modeling.engine.planning.split import split
from harness.modeling.engine.refused import RefusedError
from harness.modeling.engine.running.kernel import Kernel
from harness.modeling.engine.tracing.settings import HOOKS, as_it_stands, hooks_on_all
from harness.modeling.engine.tracing.trace import trace

if TYPE_CHECKING:
    from harness.modeling.cell import Cell, States
    from harness.modeling.engine.check import Run
    from harness.modeling.engine.tracing.trace import Trace

Engine = Literal["auto", "native", "torch", "loop"]
TYPES = (torch.float32, torch.float64)
MOST_CHOICES = 32
"""Of settings that a cell is traced for."""


@dataclass(frozen=True)
class Choice:
    """What runs a cell.

    Attributes:
        engine: native, torch or loop.
        reason: why it is not the one that was hoped for.
        kernel: None for the loop.
    """

    engine: str
    reason: str = ""
    kernel: Kernel | None = None

    def __str__(self) -> str:
        return f"{self.engine}: {self.reason}" if self.reason else self.engine


_chosen: WeakKeyDictionary[nn.Module, dict[Any, Choice]] = WeakKeyDictionary()
_right: set[tuple[object, ...]] = set()
"""What has been checked in this process."""


def choose(cell: Cell, engine: Engine, loop: Run) -> Choice:
    """What runs a cell as it stands: with its present types, device, settings and shapes.

    Args:
        cell: to be run.
        engine: what was asked for; auto is native where that can be, torch where there is no compiler or the cell is on
            a GPU, and the loop for steps that cannot be taken apart.
        loop: the plain loop, which a kernel is checked against.

    Raises:
        NotSupportedError: an engine was asked for by name and cannot run the cell.
    """
    if engine == "loop":
        return Choice("loop")
    of_cell = _chosen.setdefault(cell, {})
    key = (engine, *as_it_stands(cell))
    choice = of_cell.get(key)
    if choice is None and len(of_cell) >= MOST_CHOICES:
        choice = Choice("loop", "its attributes change too often to trace it each time")
    if choice is None:
        with torch.inference_mode(mode=False), torch.enable_grad():
            choice = of_cell[key] = _choose(cell, engine, loop)
    if engine not in {"auto", choice.engine}:
        raise NotSupportedError(f"--engine {engine} cannot run {type(cell).__name__}: {choice.reason}")
    return choice


def usual(x: Tensor, states: States) -> bool:
    """Whether these are plain tensors, and nobody listens to single operations or means something else by them."""
    return all(type(tensor) in {Tensor, nn.Parameter} for tensor in (x, *states)) and not (
        torch._C._len_torch_function_stack()  # noqa: SLF001
        or torch._C._len_torch_dispatch_stack()  # noqa: SLF001
        or forward_ad._current_level >= 0  # noqa: SLF001
        or torch._C._functorch.peek_interpreter_stack() is not None  # noqa: SLF001
        or torch.is_autocast_enabled("cpu")
        or torch.is_autocast_enabled("cuda")
    )


def _choose(cell: Cell, engine: Engine, loop: Run) -> Choice:
    try:
        _check_modules(cell)
        step = trace(cell)
    except RefusedError as error:
        return Choice("loop", str(error))
    except HarnessError:
        raise
    except Exception as error:  # noqa: BLE001 - the loop will show whether the step has a bug, or the engine
        return Choice("loop", f"it cannot be traced: {type(error).__name__}: {error}")
    runners = {"native": ["native"], "torch": ["torch"], "auto": ["native", "torch"]}[engine]
    reasons = []
    for runner in runners:
        try:
            kernel = _kernel(runner, cell, step)
            _check_once(cell, kernel, loop)
        except RefusedError as error:
            reasons.append(str(error))
        except Exception as error:  # noqa: BLE001 - a bug of the engine must not stop a run that the loop can do
            warnings.warn(f"{type(cell).__name__} runs without the {runner} engine: {error!r}.", stacklevel=2)
            reasons.append(f"the {runner} engine failed on it: {type(error).__name__}: {error}")
        else:
            return Choice(runner, "; ".join(reasons), kernel)
    return Choice("loop", "; ".join(reasons))


def _kernel(name: str, cell: Cell, step: Trace) -> Kernel:
    parameter = next(cell.parameters())
    if name == "torch":
        plan = Plan(split(step), again=False)  # one more operation at each step takes longer than to keep its value
        return Kernel(plan, Eager(plan), parameter)
    if parameter.device.type != "cpu":
        raise RefusedError(f"what is compiled runs on a CPU, not on {parameter.device.type}")
    plan = Plan(split(step, inside=True))
    return Kernel(plan, Native(plan, parameter.dtype), parameter)


def _check_once(cell: Cell, kernel: Kernel, loop: Run) -> None:
    """Check a kernel unless one of such a cell that computes the same was checked before."""
    source = getattr(kernel.runner, "source", "")
    what = (type(cell), kernel.runner.name, source, str(next(cell.parameters()).dtype), *kernel.plan.describe())
    if what in _right:
        return
    try:
        check(cell, kernel, loop)
    except RefusedError as error:
        warnings.warn(f"{type(cell).__name__} runs without the {kernel.runner.name} engine: {error}.", stacklevel=2)
        raise
    _right.add(what)


def _check_modules(cell: Cell) -> None:
    """What the engine would not see.

    Raises:
        RefusedError: there is such a thing.
    """
    parameters = list(cell.parameters())
    if not parameters:
        raise RefusedError("it has no parameters")
    if any(is_lazy(parameter) for parameter in parameters):
        raise RefusedError("its parameters get their sizes when it first runs")
    kinds = {(parameter.dtype, parameter.device) for parameter in parameters}
    if len(kinds) > 1:
        raise RefusedError("its parameters are not all of one type on one device")
    if any(dtype not in TYPES for dtype, _ in kinds):
        raise RefusedError(f"its numbers are {str(parameters[0].dtype).removeprefix('torch.')}")
    if hooks_on_all() or any(getattr(module, hooks) for module in cell.modules() for hooks in HOOKS):
        raise RefusedError("it has hooks")
