"""Running a plan: the passes over a sequence, in pieces of time that stay in cache."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch

from harness.modeling.engine.planning.plan import HOT, SEEN, X
from harness.modeling.engine.planning.program import Kind
from harness.modeling.engine.running.autograd import KernelFunction
from harness.modeling.engine.running.memory import POOL
from harness.modeling.engine.running.outside import Outside
from harness.modeling.onehot import indices_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

    from harness.modeling.cell import States
    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.planning.plan import Plan
    from harness.modeling.engine.planning.program import Place
    from harness.modeling.engine.running.runner import Runner

PIECE_SIZE = 1 << 18
PIECE_ROWS = 2048
"""A piece of time is so long that its widest buffer has at least so many numbers, and so many rows."""
PIECE_SIZE_ON_GPU = 1 << 26

Buffers = dict[str, "Tensor"]


class Kernel:
    """A step over time, by a plan.

    Args:
        plan: what to compute.
        runner: computes it.
        like: of the type and on the device of all numbers.

    Attributes:
        piece: how many steps a piece of time has; as many as suit the processor's cache when None.
    """

    def __init__(self, plan: Plan, runner: Runner, like: Tensor) -> None:
        self.plan = plan
        self.dtype, self.device = like.dtype, like.device
        self.runner = runner
        self.piece: int | None = None
        self.outside = Outside(plan, runner)
        biases = plan.biases if runner.prepares else {}
        self.sums = [*plan.vectors.items(), *((vector, buffer) for vector, (_, buffer) in biases.items())]
        self.parameters = plan.parameters()
        self._numbers = [node.attr if node.op == "vector" else node.attr[0] for node in self.parameters]
        widest = [leaf.width for leaf, _ in self.outside.leaves]
        self._widest = max(widest + [place.buffer.width for _, _, place in plan.products], default=1)

    def takes(self, x: Tensor, states: States) -> bool:
        """Whether these are of the shapes, the type and the device that the plan was made for."""
        rows, split = x.shape[1], self.plan.split
        shapes = [(rows, *sizes) for sizes in split.sizes]
        fit = x.numel() > 0 and x.shape[2] == split.input.width and [tuple(s.shape) for s in states] == shapes
        return fit and all((s.dtype, s.device) == (self.dtype, self.device) for s in (x, *states))

    def __call__(self, cell: nn.Module, x: Tensor, states: States) -> tuple[Tensor, States]:
        """Step through x (time, batch, input_size); see `Layer.forward`."""
        sizes = self.plan.split.sizes
        values = self.plan.graph.parameters.evaluate(cell, self._numbers)
        states = tuple(state.flatten(1) for state in states)
        if not torch.is_grad_enabled():
            outputs, *final = self.forward(x.contiguous(), indices_of(x), states, values, keep=False)[:-1]
        else:
            outputs, *final = KernelFunction.apply(self, len(states), x, indices_of(x), *states, *values)  # type: ignore[no-untyped-call]
        final = [state if len(s) == 1 else state.unflatten(1, s) for state, s in zip(final, sizes, strict=True)]
        return outputs, tuple(final)

    def forward(
        self, x: Tensor, hot: Tensor | None, states: States, values: list[Tensor], *, keep: bool
    ) -> tuple[Any, ...]:
        """The outputs, the states after the last step, and the buffers that are kept for the backward pass.

        Where the inputs are unit vectors, `hot` says which: (time, batch) integers.
        """
        time, rows = x.shape[:2]
        places = self.plan.histories if keep else self.plan.passing
        lengths = [time + 1 if buffer.kind == Kind.HISTORY else 2 for buffer in places]
        held = [POOL.empty(x, length, rows, b.width) for length, b in zip(lengths, places, strict=True)]
        for steps_of, state in zip(held, states, strict=True):
            steps_of[0] = state
        buffers = {buffer.name: steps_of for buffer, steps_of in zip(places, held, strict=True)}
        if keep:
            buffers |= {buffer.name: POOL.empty(x, time, rows, buffer.width) for buffer in self.plan.kept}
        ready = buffers | self._named(values) | {X: x} | ({HOT: hot} if hot is not None else {})
        leaves = self.outside.leaves
        pieces = list(self._pieces(time, rows)) if leaves or self.piece else [(0, time)]
        ready |= {b.name: POOL.empty(x, pieces[0][1], rows, leaf.width) for leaf, b in leaves}
        steps = self.runner.bind("forward" if keep else "inference", ready, rows)
        for begin, end in pieces:
            self.outside.forward(x[begin:end], None if hot is None else hot[begin:end], values, ready)
            steps(begin, end)
        final = [steps_of[time % length].clone() for steps_of, length in zip(held, lengths, strict=True)]
        return held[0][1:], *final, buffers

    def backward(
        self,
        x: Tensor,
        hot: Tensor | None,
        values: list[Tensor],
        buffers: Buffers,
        seen: Tensor,
        carried: list[Tensor],
        *,
        to_input: bool,
    ) -> tuple[Tensor | None, list[Tensor], list[Tensor]]:
        """The gradients of x, of the initial states and of the parameters' values."""
        plan, (time, rows) = self.plan, x.shape[:2]
        turns = [x.new_zeros(2, rows, buffer.width) for buffer in plan.turns]
        for turn, gradient in zip(turns, carried, strict=True):
            turn[(time - 1) & 1] = gradient
        found = {node: x.new_zeros(value.shape) for node, value in zip(self.parameters, values, strict=True)}
        threads = self.runner.threads(rows)
        # room for each thread, and as much again in which the native engine adds up a few rows
        sums = [x.new_zeros(threads, 2, node.width, dtype=torch.float64) for node, _ in self.sums]
        ready = buffers | self._named(values) | {X: x, SEEN: seen.contiguous()}
        ready |= {buffer.name: turn for buffer, turn in zip(plan.turns, turns, strict=True)}
        ready |= {buffer.name: parts for (_, buffer), parts in zip(self.sums, sums, strict=True)}
        pieces = list(self._pieces(time, rows))
        longest = pieces[0][1]
        written = {place.buffer for _, place in plan.backward.stored if place.buffer not in plan.turns}
        ready |= {buffer.name: POOL.empty(x, longest, rows, buffer.width) for buffer in written}
        to_x = POOL.empty(x, *x.shape) if to_input else None
        steps = self.runner.bind("backward", ready, rows)
        for begin, end in reversed(pieces):
            steps(begin, end)
            self._backward_outside(x, hot, values, ready, (begin, end), to_x, found)
        for (node, _), parts in zip(self.sums, sums, strict=True):
            found[node] += parts[:, 0].sum(0)
        return to_x, [turn[1] for turn in turns], [found[node] for node in self.parameters]

    def _backward_outside(
        self,
        x: Tensor,
        hot: Tensor | None,
        values: list[Tensor],
        ready: Buffers,
        piece: tuple[int, int],
        to_x: Tensor | None,
        found: dict[Node, Tensor],
    ) -> None:
        """What the loop has left of a piece of time: gradients of leaves, and of matrices the factors of products."""
        begin, end = piece
        to_leaves = {
            placeholder: _flat(ready, self.plan.leaf_gradients[leaf], leaf.width, begin, end)
            for leaf, placeholder in self.plan.placeholders.items()
        }
        products = [
            (_flat(ready, a, matrix.attr[1], begin, end), _flat(ready, g, matrix.width, begin, end), found[matrix])
            for matrix, a, g in self.plan.products
        ]
        chosen, to_piece = (None if whole is None else whole[begin:end] for whole in (hot, to_x))
        products += self.outside.backward(x[begin:end], chosen, values, to_leaves, to_piece, found)
        self._add_up(products)

    def _add_up(self, products: list[tuple[Tensor, Tensor, Tensor]]) -> None:
        """Add products over time and batch to the gradients of matrices; those by the same gradient at once."""
        by_gradient: dict[tuple[object, ...], list[tuple[Tensor, Tensor, Tensor]]] = {}
        for operand, gradient, found in products:
            key = gradient.data_ptr(), gradient.shape, gradient.stride()
            by_gradient.setdefault(key, []).append((operand.t(), gradient, found))
        for same in by_gradient.values():
            self.runner.product([(operand, found) for operand, _, found in same], same[0][1], add=True)

    def _named(self, values: list[Tensor]) -> Buffers:
        return {
            f"{node.op} {number}": value.contiguous()
            for node, number, value in zip(self.parameters, self._numbers, values, strict=True)
        }

    def _pieces(self, time: int, rows: int) -> Iterator[tuple[int, int]]:
        """From which step to which; all about as long."""
        size = PIECE_SIZE if self.device.type == "cpu" else PIECE_SIZE_ON_GPU
        steps = self.piece or max(1, -(-size // (rows * self._widest)), -(-PIECE_ROWS // rows))
        if not self.piece:
            count = -(-time // steps)
            steps = -(-time // count)
        return pairwise([*range(0, time, steps), time])


def _flat(buffers: Buffers, place: Place, width: int, begin: int, end: int) -> Tensor:
    """A value for all steps of a piece of time: (steps × batch, width)."""
    whole = buffers[place.buffer.name]
    piece = (
        whole[: end - begin]
        if place.buffer.name.startswith("piece")
        else whole[begin + place.later : end + place.later]
    )
    return piece.flatten(0, 1).narrow(1, place.column, width)
