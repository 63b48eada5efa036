"""The contract of a cell: one step of a recurrence, written as its paper writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

States = tuple[Tensor, ...]


def _undefined(*_: Tensor) -> Tensor:
    raise NotImplementedError("a cell must define step(self, x, *states)")


class Cell(nn.Module):
    """One step of a recurrence.

    A subclass builds its weights in the constructor, which takes `input_size` and `hidden_size` and any options as
    keyword arguments with defaults, and defines `step`.

    Attributes:
        output_size: the width of the first state, which the layer above or the readout sees; `hidden_size` unless the
            constructor sets it otherwise.
    """

    states: ClassVar[tuple[str, ...]] = ("h",)
    """The names of the states; `step` takes and returns them in this order."""
    predicts: ClassVar[bool] = False
    """Whether the first state is the prediction itself. Such a cell is built with two more arguments, `output_size`
    and `output_activation` (the task's: softmax for classes, the identity for real values), its first state holds the
    values before that activation, and the model adds no readout."""
    below: ClassVar[type[Cell] | None] = None
    """What stands below it in a stack of layers; its own class when None."""
    reference: str = ""
    """An implementation that it equals: "torch.nn.LSTM", or any module of torch.nn, Cell or Layer by its place. What
    `harness check` then compares needs `from_reference`."""

    step: Callable[..., Tensor | States] = _undefined
    """The step: `step(x, *states)` with x (batch, input_size) and each state (batch, its width) returns the new state,
    or a tuple of the new states."""

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401
        """See that the states have names.

        Raises:
            HarnessError: they are something else.
        """
        super().__init_subclass__(**options)
        given: object = cls.states
        named = isinstance(given, tuple | list) and all(isinstance(name, str) for name in given)
        if not (named and given) and not isinstance(given, property):
            raise HarnessError(
                f"{cls.__name__}.states is {given!r}; it must be a tuple of one or more names, "
                f'as in ("h",) or ("h", "c").'
            )

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.output_size = hidden_size

    def initial(self, batch: int) -> States:
        """The states before the first step: zeros (batch, hidden_size) unless a cell says otherwise.

        Raises:
            HarnessError: it has no parameters, whose type and device states have.
        """
        like = next(self.parameters(), None)
        if like is None:
            raise HarnessError(
                f"{type(self).__name__} has no parameters: give it some, such as those of a Gate, or define "
                f"initial(self, batch)."
            )
        return tuple(like.new_zeros(batch, self.hidden_size) for _ in self.states)

    def from_reference(self, theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All parameters of this one by name, made of those of its reference; gradients flow through it.

        Args:
            theirs: the parameters of the reference, by name.
        """
        raise NotImplementedError(f"{type(self).__name__} names a reference: define from_reference(self, theirs)")

    def recurrent_matrices(self) -> dict[str, Tensor]:
        """Views of the square matrices that multiply the state, by name; by default those of its gates."""
        return gate_matrices(self)


class Gate(nn.Module):
    """The affine part of a gate, W x + U h + b.

    Several gates of the same operands are one product: `Gate(input_size, hidden_size, 4 * hidden_size)`, whose result
    is split with `chunk(4, dim=1)`.

    Each gate's W starts uniform (Glorot and Bengio 2010), its U orthogonal (Saxe, McClelland and Ganguli 2014), its b
    zero.

    The matrices are stored as products take them, so that nothing has to be transposed at each time step.

    Attributes:
        input: Wᵀ, (input_size, output_size).
        recurrent: Uᵀ, (hidden_size, output_size).
        bias: b, (output_size).
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int | None = None) -> None:
        super().__init__()
        output_size = output_size or hidden_size
        self.input = nn.Parameter(torch.empty(input_size, output_size))
        self.recurrent = nn.Parameter(torch.empty(hidden_size, output_size))
        self.bias = nn.Parameter(torch.zeros(output_size))
        parts = (torch.split(matrix, hidden_size, dim=1) for matrix in (self.input, self.recurrent))
        for w, u in zip(*parts, strict=True):
            nn.init.xavier_uniform_(w)
            nn.init.orthogonal_(u)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """W x + U h + b, with x (batch, input_size) and h (batch, hidden_size) to (batch, output_size)."""
        return torch.addmm(torch.addmm(self.bias, x, self.input), h, self.recurrent)


def gate_matrices(module: nn.Module) -> dict[str, Tensor]:
    """The recurrent matrices of all gates of a module: Uᵀ (hidden_size, hidden_size), one for each joined gate."""
    found: dict[str, Tensor] = {}
    for name, gate in module.named_modules():
        if isinstance(gate, Gate):
            parts = torch.split(gate.recurrent, gate.recurrent.shape[0], dim=1)
            square = [part for part in parts if part.shape[0] == part.shape[1]]
            found |= {f"{name} {number}" if len(parts) > 1 else name: part for number, part in enumerate(square)}
    return found


CellClass = type[Any]
"""A subclass of Cell or Layer: what a plugin offers as a cell. Their constructors differ in their options."""
