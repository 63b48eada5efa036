"""What of a step depends on no state, computed for many time steps at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.modeling.engine.form.node import within
from harness.modeling.engine.planning.program import Kind
from harness.modeling.engine.running.evaluate import add_rows, evaluate, look_up, multiply, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.planning.plan import Plan
    from harness.modeling.engine.running.evaluate import Values
    from harness.modeling.engine.running.runner import Runner


class Outside:
    """The part of a plan that is outside of its loop over time.

    Args:
        plan: what to compute.
        runner: computes the rest; its products are used here, too.

    Attributes:
        leaves: what the loop reads of the input, and where; but for affine maps that the runner makes itself.
    """

    def __init__(self, plan: Plan, runner: Runner) -> None:
        self.plan = plan
        self.product = runner.product
        self.leaves = [
            (leaf, buffer)
            for leaf, buffer in plan.leaves.items()
            if leaf is not plan.split.input and not (runner.prepares and buffer.kind == Kind.FEW)
        ]
        biases = plan.biases if runner.prepares else {}
        self._vectors = {vector: gradient for vector, gradient in plan.outer.vectors.items() if vector not in biases}
        self._parameters = plan.parameters()
        start = [plan.split.input, *self._parameters, *plan.placeholders.values()]
        wanted = [*self._vectors.values(), *(node for _, *pair in plan.outer.products for node in pair)]
        self._wanted = within(wanted, start)
        self._to_input = plan.outer.leaves.get(plan.split.input, plan.graph.constant(0))
        filled = [self._to_input, *(leaf for leaf, _ in self.leaves)]
        self._before = {node: within(node.args if _multiplies(node) else [node], start) for node in filled}

    def forward(self, x: Tensor, hot: Tensor | None, values: list[Tensor], ready: Mapping[str, Tensor]) -> None:
        """Write the leaves of a piece of time to their buffers.

        Args:
            x: (time, batch, input_size).
            hot: (time, batch) which unit vectors these are; None where they are not known to be such.
            values: of the parameters.
            ready: the buffers, by name.
        """
        known = self._known(x, values)
        for leaf, buffer in self.leaves:
            self._fill(ready[buffer.name][: len(x)].flatten(0, 1), leaf, known, hot)

    def backward(
        self,
        x: Tensor,
        hot: Tensor | None,
        values: list[Tensor],
        to_leaves: Values,
        to_x: Tensor | None,
        found: dict[Node, Tensor],
    ) -> list[tuple[Tensor, Tensor, Tensor]]:
        """From the gradients of the leaves to those of what they are made of; of matrices, what is to be added up.

        Args:
            x: (time, batch, input_size).
            hot: as in the forward pass.
            values: of the parameters.
            to_leaves: the gradients, (time × batch, width), by what stands for them in the plan.
            to_x: where the gradient of x is written; None where nobody asks for it.
            found: gradients of the parameters' values, to which is added.
        """
        known = self._known(x, values) | to_leaves
        evaluate(self._wanted, known, self.product)
        count = x.shape[0] * x.shape[1]
        for vector, gradient in self._vectors.items():
            found[vector] += rows_of(known[gradient], count, vector.width, x).sum(0)
        if to_x is not None:
            self._fill(to_x.view(count, x.shape[2]), self._to_input, known)
        products = []
        for matrix, a, g in self.plan.outer.products:
            to_product = rows_of(known[g], count, g.width, x)
            if a is self.plan.split.input and hot is not None:
                add_rows(found[matrix], hot.flatten(), to_product)
            else:
                products.append((rows_of(known[a], count, a.width, x), to_product, found[matrix]))
        return products

    def _fill(self, out: Tensor, node: Node, known: Values, hot: Tensor | None = None) -> None:
        """Compute a node for a piece of time; a product is written to where it belongs."""
        evaluate(self._before[node], known, self.product)
        if hot is not None and _multiplies(node) and node.args[0] is self.plan.split.input:
            look_up(node, [known[arg] for arg in node.args[1:]], out, hot.flatten())
        elif _multiplies(node) and node not in known:
            multiply(node, [known[arg] for arg in node.args], out, self.product)
        else:
            out.copy_(rows_of(known[node], len(out), node.width, out))

    def _known(self, x: Tensor, values: list[Tensor]) -> Values:
        known: Values = dict(zip(self._parameters, values, strict=True))
        known[self.plan.split.input] = x.reshape(-1, x.shape[2])
        return known


def _multiplies(node: Node) -> bool:
    return node.op in {"mm", "linear"}
