"""Running a plan: the passes over a sequence, in pieces of time that stay in cache."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch.autograd import Function

from harness.modeling.engine.evaluate import add_rows, evaluate, look_up, multiply, rows_of
from harness.modeling.engine.graph import within
from harness.modeling.engine.memory import POOL
from harness.modeling.engine.plan import HOT, SEEN, X
from harness.modeling.engine.program import Kind
from harness.modeling.onehot import indices_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch import Tensor, nn

    from harness.modeling.cell import States
    from harness.modeling.engine.evaluate import Product, Values
    from harness.modeling.engine.graph import Node
    from harness.modeling.engine.plan import Plan
    from harness.modeling.engine.program import Place

PIECE_SIZE = 1 << 18
PIECE_ROWS = 1024
"""A piece of time is so long that its widest buffer has at least so many numbers, and so many rows."""
PIECE_SIZE_ON_GPU = 1 << 26

Buffers = dict[str, "Tensor"]


class Runner(Protocol):
    """Runs the programs of a plan."""

    name: str
    prepares: bool
    """Whether it makes affine maps of the input, and adds up the gradients of their biases, in the loop over time."""

    def threads(self, rows: int) -> int:
        """How many add up vectors of their own."""

    @property
    def product(self) -> Product:
        """Its matrix products."""

    def bind(self, name: str, buffers: Mapping[str, Tensor], rows: int) -> Callable[[int, int], None]:
        """One of the programs, to be called with the first step and the step after the last."""


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
        self.leaves = [
            (leaf, buffer)
            for leaf, buffer in plan.leaves.items()
            if leaf is not plan.split.input and not (runner.prepares and buffer.kind == Kind.FEW)
        ]
        biases = plan.biases if runner.prepares else {}
        self.sums = [*plan.vectors.items(), *((vector, buffer) for vector, (_, buffer) in biases.items())]
        self.vectors = {vector: gradient for vector, gradient in plan.outer.vectors.items() if vector not in biases}
        self.parameters = plan.parameters()
        self._numbers = [node.attr if node.op == "vector" else node.attr[0] for node in self.parameters]
        widest = [leaf.width for leaf, _ in self.leaves] + [place.buffer.width for _, _, place in plan.products]
        self._widest = max(widest, default=1)
        start = [plan.split.input, *self.parameters, *plan.placeholders.values()]
        wanted = [*self.vectors.values(), *(node for _, *pair in plan.outer.products for node in pair)]
        self._outside = within(wanted, start)
        self._to_input = plan.outer.leaves.get(plan.split.input, plan.graph.constant(0))
        filled = [self._to_input, *(leaf for leaf, _ in self.leaves)]
        self._before = {node: within(node.args if _multiplies(node) else [node], start) for node in filled}

    def takes(self, x: Tensor, states: States) -> bool:
        """Whether these are of the shapes, the type and the device that the plan was made for."""
        rows, split = x.shape[1], self.plan.split
        shapes = [(rows, state.width) for state in split.states]
        fit = x.numel() > 0 and x.shape[2] == split.input.width and [tuple(s.shape) for s in states] == shapes
        return fit and all((s.dtype, s.device) == (self.dtype, self.device) for s in (x, *states))

    def __call__(self, cell: nn.Module, x: Tensor, states: States) -> tuple[Tensor, States]:
        """Step through x (time, batch, input_size); see `Layer.forward`."""
        values = self.plan.graph.parameters.evaluate(cell, self._numbers)
        if not torch.is_grad_enabled():
            outputs, *final = self.forward(x.contiguous(), indices_of(x), states, values, keep=False)[:-1]
        else:
            outputs, *final = _Recurrence.apply(self, len(states), x, indices_of(x), *states, *values)  # type: ignore[no-untyped-call]
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
        pieces = list(self._pieces(time, rows)) if self.leaves or self.piece else [(0, time)]
        ready |= {b.name: POOL.empty(x, pieces[0][1], rows, leaf.width) for leaf, b in self.leaves}
        steps = self.runner.bind("forward" if keep else "inference", ready, rows)
        for begin, end in pieces:
            known = self._known(x[begin:end], values)
            chosen = hot[begin:end].flatten() if hot is not None else None
            for leaf, buffer in self.leaves:
                self._fill(ready[buffer.name][: end - begin].flatten(0, 1), leaf, known, chosen)
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
            products = [
                (_flat(ready, a, matrix.attr[1], begin, end), _flat(ready, g, matrix.width, begin, end), found[matrix])
                for matrix, a, g in plan.products
            ]
            products += self._backward_outside(x, hot, values, ready, (begin, end), found, to_x)
            self._add_up(products)
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
        found: dict[Node, Tensor],
        to_x: Tensor | None,
    ) -> list[tuple[Tensor, Tensor, Tensor]]:
        """From the gradients of the leaves to those of what they are made of; of matrices, what is to be added up."""
        begin, end = piece
        known = self._known(x[begin:end], values)
        for leaf, placeholder in self.plan.placeholders.items():
            known[placeholder] = _flat(ready, self.plan.leaf_gradients[leaf], leaf.width, begin, end)
        evaluate(self._outside, known, self.runner.product)
        count = (end - begin) * x.shape[1]
        for vector, gradient in self.vectors.items():
            found[vector] += rows_of(known[gradient], count, vector.width, x).sum(0)
        if to_x is not None:
            self._fill(to_x[begin:end].view(count, x.shape[2]), self._to_input, known)
        products = []
        for matrix, a, g in self.plan.outer.products:
            to_product = rows_of(known[g], count, g.width, x)
            if a is self.plan.split.input and hot is not None:
                add_rows(found[matrix], hot[begin:end].flatten(), to_product)
            else:
                products.append((rows_of(known[a], count, a.width, x), to_product, found[matrix]))
        return products

    def _add_up(self, products: list[tuple[Tensor, Tensor, Tensor]]) -> None:
        """Add products over time and batch to the gradients of matrices; those by the same gradient at once."""
        by_gradient: dict[tuple[object, ...], list[tuple[Tensor, Tensor, Tensor]]] = {}
        for operand, gradient, found in products:
            key = gradient.data_ptr(), gradient.shape, gradient.stride()
            by_gradient.setdefault(key, []).append((operand.t(), gradient, found))
        for same in by_gradient.values():
            self.runner.product([(operand, found) for operand, _, found in same], same[0][1], add=True)

    def _fill(self, out: Tensor, node: Node, known: Values, hot: Tensor | None = None) -> None:
        """Compute a node for a piece of time; a product is written to where it belongs."""
        evaluate(self._before[node], known, self.runner.product)
        if hot is not None and _multiplies(node) and node.args[0] is self.plan.split.input:
            look_up(node, [known[arg] for arg in node.args[1:]], out, hot)
        elif _multiplies(node) and node not in known:
            multiply(node, [known[arg] for arg in node.args], out, self.runner.product)
        else:
            out.copy_(rows_of(known[node], len(out), node.width, out))

    def _known(self, x: Tensor, values: list[Tensor]) -> Values:
        known: Values = dict(zip(self.parameters, values, strict=True))
        known[self.plan.split.input] = x.reshape(-1, x.shape[2])
        return known

    def _named(self, values: list[Tensor]) -> Buffers:
        return {
            f"{node.op} {number}": value.contiguous()
            for node, number, value in zip(self.parameters, self._numbers, values, strict=True)
        }

    def _pieces(self, time: int, rows: int) -> Iterator[tuple[int, int]]:
        size = PIECE_SIZE if self.device.type == "cpu" else PIECE_SIZE_ON_GPU
        steps = self.piece or max(1, -(-size // (rows * self._widest)), -(-PIECE_ROWS // rows))
        return pairwise([*range(0, time, steps), time])


def _multiplies(node: Node) -> bool:
    return node.op in {"mm", "linear"}


def _flat(buffers: Buffers, place: Place, width: int, begin: int, end: int) -> Tensor:
    """A value for all steps of a piece of time: (steps × batch, width)."""
    whole = buffers[place.buffer.name]
    piece = (
        whole[: end - begin]
        if place.buffer.name.startswith("piece")
        else whole[begin + place.later : end + place.later]
    )
    return piece.flatten(0, 1).narrow(1, place.column, width)


class _Recurrence(Function):
    """A kernel for autograd."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        kernel: Kernel,
        count: int,
        x: Tensor,
        hot: Tensor | None,
        *tensors: Tensor,
    ) -> tuple[Tensor, ...]:
        states, values = tensors[:count], list(tensors[count:])
        x = x.contiguous()
        keep = any(ctx.needs_input_grad)
        seen, *final, buffers = kernel.forward(x, hot, states, values, keep=keep)
        where = seen.untyped_storage(), seen.storage_offset(), seen.size(), seen.stride()
        outputs = seen.new_empty(0).set_(*where)  # the same memory, but no view, which autograd lets nobody change
        if keep:
            ctx.kernel, ctx.count, ctx.buffers = kernel, count, buffers
            ctx.save_for_backward(x, hot, outputs, *values)
        return outputs, *final

    @staticmethod
    def backward(ctx: Any, seen: Tensor, *carried: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        if torch.is_grad_enabled():  # create_graph=True
            raise RuntimeError(
                "a compiled recurrence has no second derivative: use Recurrence(cell, engine='loop'), or --engine loop."
            )
        x, hot, _, *values = ctx.saved_tensors  # the outputs among them: changed in place, they would no longer do
        to_input = ctx.needs_input_grad[2]
        gradients = ctx.kernel.backward(x, hot, values, ctx.buffers, seen, list(carried), to_input=to_input)
        to_x, to_states, to_values = gradients
        return None, None, to_x, None, *to_states, *to_values
