"""What a cell's step must return, and leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.modeling.engine.tracing.settings import unchanged

if TYPE_CHECKING:
    from harness.modeling.cell import Cell


def check_step(cell: Cell) -> None:
    """See that the step keeps the contract of a cell. A step that fails is left to who runs it.

    Raises:
        HarnessError: it does not.
    """
    try:
        unchanged(cell, _try)
    except HarnessError:
        raise
    except Exception:  # noqa: BLE001, S110 - its traceback belongs to the run
        pass


def _try(cell: Cell) -> None:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        states = [like(state, generator) for state in cell.initial(3)]
        inputs = [like(states[0].new_empty(3, cell.input_size), generator), *states]
        given = [tensor.clone() for tensor in inputs]
        checked(cell, cell.step(*inputs), states, list(zip(given, inputs, strict=True)))


def names(cell: Cell, count: int) -> tuple[str, ...]:
    """Those of the states; their numbers where the cell does not name as many as it has."""
    return cell.states if len(cell.states) == count else tuple(map(str, range(count)))


def like(tensor: Tensor, generator: torch.Generator) -> Tensor:
    """Random numbers of a tensor's shape, type and device."""
    return torch.randn(tensor.shape, generator=generator, dtype=torch.float64).mul(0.5).to(tensor)


def checked(
    cell: Cell,
    result: object,
    states: list[Tensor],
    inputs: list[tuple[Tensor, Tensor]],
) -> tuple[Tensor, ...]:
    """The new states, if they are as the contract says; of inputs, what they were and what they are."""
    name, labels = type(cell).__name__, names(cell, len(states))
    if not isinstance(result, tuple | Tensor):
        raise HarnessError(f"{name}.step returned {_kind(result)}; it must return {_states(labels)}.")
    after = result if isinstance(result, tuple) else (result,)
    if len(after) != len(states):
        raise HarnessError(
            f"{name}.step returned {len(after)} state{'s' * (len(after) != 1)}, and must return {len(states)}: "
            f"{', '.join(labels)}."
        )
    for label, new, old in zip(labels, after, states, strict=True):
        start = f"{name}.step returned"
        if not isinstance(new, Tensor):
            raise HarnessError(f'{start} {_kind(new)} for the state "{label}"; it must be a tensor.')
        if new.shape != old.shape:
            shapes = [f"({', '.join(['batch', *map(str, old.shape[1:])])})", str(tuple(new.shape))]
            raise HarnessError(
                f'{start} shape {shapes[1]} for the state "{label}" and a batch of {len(old)}; it must be {shapes[0]}.'
            )
        if new.dtype != old.dtype:
            kinds = [str(tensor.dtype).removeprefix("torch.") for tensor in (new, old)]
            raise HarnessError(f'{start} {kinds[0]} numbers for the state "{label}"; they must be {kinds[1]}.')
    if not all(torch.equal(was, now) for was, now in inputs):
        raise HarnessError(f"{name}.step changes its inputs in place: it must make new tensors.")
    return after


def _kind(value: Any) -> str:  # noqa: ANN401
    name = type(value).__name__
    return "nothing (None)" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _states(labels: tuple[str, ...]) -> str:
    if len(labels) == 1:
        return f"the new state {labels[0]}, a tensor"
    return f"the {len(labels)} new states as a tuple: {', '.join(labels)}"
