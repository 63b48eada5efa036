"""Adapters that make a Cell of any cell, and a Layer of any layer, of torchrecurrent.

`adapters.LiGRUCell` is the adapter of the class of that name: it is made when it is asked for.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, ClassVar

import torch
import torchrecurrent
from torch import Tensor, nn

from harness import Cell, Layer, States

PLAIN = (bool, int, float, str)
NOT_OPTIONS = frozenset({"num_layers", "dropout", "batch_first"})
"""What the harness does itself."""


@cache
def __getattr__(name: str) -> type[Cell | Layer]:
    foreign = getattr(torchrecurrent, name, None)
    if not (isinstance(foreign, type) and issubclass(foreign, nn.Module)):
        raise AttributeError(f"torchrecurrent has no cell or layer {name}")  # noqa: TRY004 - what Python expects here
    parameters = inspect.signature(foreign).parameters
    base = ForeignLayer if "num_layers" in parameters else ForeignCell
    options = [p for p in parameters.values() if isinstance(p.default, PLAIN) and p.name not in NOT_OPTIONS]
    sizes = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in ("input_size", "hidden_size")]
    signature = inspect.Signature([*sizes, *(p.replace(annotation=type(p.default)) for p in options)])
    return type(name, (base,), {"foreign": foreign, "__signature__": signature, "__doc__": foreign.__doc__})


class ForeignCell(Cell):
    """A cell of torchrecurrent, which gives its new state, its two new states, or an output besides them.

    Args:
        input_size: the width of x.
        hidden_size: of the cell.
        options: of the class that is wrapped.
    """

    foreign: ClassVar[type[nn.Module]]

    def __init__(self, input_size: int, hidden_size: int, **options: Any) -> None:  # noqa: ANN401 - of the class
        super().__init__(input_size, hidden_size)
        self.module = self.foreign(input_size, hidden_size, **options)
        self.widths = state_widths(self.module, input_size)
        self.output_size = self.widths[0]

    def initial(self, batch: int) -> States:
        """Zeros; the output comes first, where it is no state."""
        like = next(self.parameters())
        return tuple(like.new_zeros(batch, width) for width in self.widths)

    def step(self, x: Tensor, *states: Tensor) -> States:
        """From x (batch, input_size) and the states (batch, width each) to the new ones."""
        inner = states[1:] if apart(self.module) else states
        return flat(self.module(x, inner if len(inner) > 1 else inner[0]))

    def recurrent_matrices(self) -> dict[str, Tensor]:
        """Those that the package calls weight_hh."""
        return hidden_matrices(self.module)


class ForeignLayer(Layer):
    """A layer of torchrecurrent, a loop over one cell.

    Args:
        input_size: the width of the input.
        hidden_size: of the layer.
        options: of the class that is wrapped.
    """

    foreign: ClassVar[type[nn.Module]]

    def __init__(self, input_size: int, hidden_size: int, **options: Any) -> None:  # noqa: ANN401 - of the class
        super().__init__(input_size, hidden_size)
        self.module = self.foreign(input_size, hidden_size, **options)
        cell: Any = self.module.cells[0]  # type: ignore[index]
        widths = state_widths(cell, input_size)
        self.output_size = widths[0]
        self.widths = widths[1:] if apart(cell) else widths

    def initial(self, batch: int) -> States:
        """Zeros."""
        like = next(self.parameters())
        return tuple(like.new_zeros(batch, width) for width in self.widths)

    def forward(self, x: Tensor, states: States) -> tuple[Tensor, States]:
        """Run over x (time, batch, input_size); there a state is one tensor, or a tuple, of all layers: here of one."""
        before = tuple(state.unsqueeze(0) for state in states)
        outputs, after = self.module(x, before if len(before) > 1 else before[0])
        return outputs, tuple(of_layers[0] for of_layers in (after if isinstance(after, tuple) else (after,)))

    def recurrent_matrices(self) -> dict[str, Tensor]:
        """Those that the package calls weight_hh."""
        return hidden_matrices(self.module)


def state_widths(cell: nn.Module, input_size: int) -> tuple[int, ...]:
    """The widths of what a cell gives in a step: its output where that is no state, and its states."""
    with torch.no_grad():
        like = next(cell.parameters())
        return tuple(part.shape[-1] for part in flat(cell(like.new_zeros(2, input_size))))


def flat(result: Any) -> States:  # noqa: ANN401 - a state, two of them, or an output and the state or states
    """All that a cell gives, in one tuple."""
    if isinstance(result, Tensor):
        return (result,)
    return tuple(part for one in result for part in flat(one))


def apart(cell: nn.Module) -> bool:
    """Whether a cell's output is none of its states."""
    return isinstance(
        cell, (torchrecurrent.base.DecoupledSingleStateCellBase, torchrecurrent.base.DecoupledDoubleStateCellBase)
    )


def hidden_matrices(module: nn.Module) -> dict[str, Tensor]:
    """Views of the square parts of the parameters called weight_hh."""
    found: dict[str, Tensor] = {}
    for name, parameter in module.named_parameters():
        if "weight_hh" in name and parameter.dim() == 2 and parameter.shape[0] % parameter.shape[1] == 0:  # noqa: PLR2004
            found |= {f"{name} {n}": part for n, part in enumerate(torch.split(parameter, parameter.shape[1]))}
    return found
