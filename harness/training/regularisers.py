"""Terms that are added to the loss."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import torch
from annotated_types import Gt

from harness.errors import NotSupportedError
from harness.modeling.watch import Watched, one_way, watching

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from torch import Tensor

    from harness.modeling.assembly import AnyModel

NO_GRADIENT = 1e-20
"""The squared norm of ∂E/∂x below which a step says nothing (the threshold of the authors' code)."""


@dataclass(frozen=True)
class Nothing:
    """No regulariser."""

    def watch(self, model: AnyModel) -> AbstractContextManager[list[Watched]]:  # noqa: ARG002
        """Nothing needs to be seen."""
        return nullcontext([])

    def backward(self, loss: Tensor, watched: list[Watched]) -> None:  # noqa: ARG002
        """The gradients of the loss alone."""
        loss.backward()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Pascanu:
    """Keeps the norm of the error that flows back through the states.

        Ω = Σ_k ( ‖(∂E/∂x_{k+1}) (∂x_{k+1}/∂x_k)‖ / ‖∂E/∂x_{k+1}‖ - 1 )²

    of each recurrent layer, a mean over the sequences of a batch. x_k are all states of the layer after step k, joined.
    Ω is differentiated through the weights in ∂x_{k+1}/∂x_k alone: ∂E/∂x_{k+1}, x_k and the inputs are held constant.
    A step without a gradient to keep (behind a sequence's end, say) does not count.

    The authors' code differs from the paper: it takes the ratio of the squared norms, and averages over the steps that
    count instead of adding them up (`form=code`).

    Source: Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks, equation 9.
    """

    alpha: Annotated[float, Gt(0)] = 2.0
    form: Literal["paper", "code"] = "paper"

    def watch(self, model: AnyModel) -> AbstractContextManager[list[Watched]]:
        """Keeps the steps of every layer.

        Raises:
            NotSupportedError: one has none.
        """
        if not all(layer.streams for layer in one_way(model.recurrent)):
            raise NotSupportedError("it reads whole sequences only, and the regulariser needs single steps")
        return watching(model.recurrent)

    def backward(self, loss: Tensor, watched: list[Watched]) -> None:
        """Add up the gradients of the loss and of Ω, times alpha."""
        states = [state for layer in watched for step in layer.steps for state in step.after]
        gradients = iter(torch.autograd.grad(loss, states, retain_graph=True, materialize_grads=True) if states else ())
        loss.backward()  # type: ignore[no-untyped-call]
        for layer in watched:
            errors = [tuple(next(gradients) for _ in step.after) for step in layer.steps]
            (self.alpha * self.penalty(layer, errors)).backward()  # type: ignore[no-untyped-call]

    def penalty(self, layer: Watched, errors: list[tuple[Tensor, ...]]) -> Tensor:
        """Ω of one layer, given ∂E/∂x after each of its steps.

        All steps of all sequences are taken at once: a layer treats the rows of a batch alike.
        """
        x = torch.cat([step.x for step in layer.steps]).detach()  # (steps × batch, features)
        error = [torch.cat(parts) for parts in zip(*errors, strict=True)]  # each (steps × batch, width)
        before = [
            torch.cat(parts).detach().requires_grad_() for parts in zip(*(s.before for s in layer.steps), strict=True)
        ]
        _, after = layer.forward(x.unsqueeze(0), tuple(before))
        back = torch.autograd.grad(after, before, error, create_graph=True, materialize_grads=True)
        came, went = _norm(error), _norm(back)
        counts = came.square() > NO_GRADIENT
        ratio = went[counts] / came[counts]
        if self.form == "paper":
            rows = len(layer.steps[0].x)
            return (ratio - 1).square().sum() / rows
        return (ratio.square() - 1).square().mean()


def _norm(parts: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    """Of each row of several states together; its gradient is 0, not NaN, where units are dead and pass nothing on."""
    norm: Tensor = torch.linalg.vector_norm(torch.cat(tuple(parts), dim=1), dim=1)
    return norm


Regulariser = Nothing | Pascanu
REGULARISERS: dict[str, type[Regulariser]] = {"none": Nothing, "pascanu": Pascanu}
