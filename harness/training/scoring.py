"""Losses and sums over the examples that count: those within the lengths of their sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.encoding import Topology
    from harness.modeling.tensors import Tensors


def mean_loss(outputs: Tensor, batch: Tensors, topology: Topology) -> Tensor:
    """The mean loss of a batch; see `Task.loss`."""
    if topology == "CTC":
        return ctc_losses(outputs, batch).mean()
    return losses(*select(outputs, batch)).mean()


def select(outputs: Tensor, batch: Tensors) -> tuple[Tensor, Tensor]:
    """Outputs (n, out) and their targets (n) or (n, out), without the steps behind a sequence's end.

    Args:
        outputs: (batch, out), (time, batch, out), or (target time, batch, out) where targets have their own length.
        batch: with targets of the same leading shape.
    """
    if outputs.dim() != 3:  # noqa: PLR2004 - one output a sequence
        return outputs, batch.targets
    lengths = batch.lengths if batch.target_lengths is None else batch.target_lengths
    if lengths is None:
        return outputs.flatten(0, 1), batch.targets.flatten(0, 1)
    within = torch.arange(outputs.shape[0], device=outputs.device)[:, None] < lengths  # (time, batch)
    return outputs[within], batch.targets[within]


def losses(outputs: Tensor, targets: Tensor) -> Tensor:
    """One loss an example, in the way that the targets' type says.

    Integers: cross-entropy in nats. Booleans: the cross-entropies in nats of a row of logits, summed. Real values: the
    mean squared error of a row.

    Raises:
        ValueError: outputs and targets that should agree in shape do not.
    """
    if targets.dtype == torch.int64:
        return functional.cross_entropy(outputs, targets, reduction="none")
    if outputs.shape != targets.shape:  # they would be broadcast to a loss of something else
        raise ValueError(f"outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} differ in shape")
    if targets.dtype == torch.bool:
        return functional.binary_cross_entropy_with_logits(outputs, targets.to(outputs.dtype), reduction="none").sum(1)
    return (outputs - targets).square().mean(dim=1)


def ctc_losses(outputs: Tensor, batch: Tensors) -> Tensor:
    """The negative log-likelihood (batch) in nats of each target sequence, summed over all alignments.

    Args:
        outputs: (time, batch, classes) logits, class 0 the blank.
        batch: with targets (target time, batch), without blanks, and their lengths.
    """
    time, rows = outputs.shape[:2]
    if batch.target_lengths is None:
        raise ValueError("a batch for CTC needs target_lengths")
    lengths = torch.full((rows,), time, device=outputs.device) if batch.lengths is None else batch.lengths
    return functional.ctc_loss(
        functional.log_softmax(outputs, dim=2),
        batch.targets.T,
        lengths,
        batch.target_lengths,
        reduction="none",
        zero_infinity=True,  # a strip too short for its label has no alignment
    )


def totals(outputs: Tensor, batch: Tensors) -> dict[str, Any]:
    """The sum of the losses, the number of examples and, for classes, how many were right."""
    chosen, targets = select(outputs, batch)
    sums = {"loss": losses(chosen, targets).double().sum().item(), "count": len(targets)}
    if targets.dtype == torch.int64:
        sums["correct"] = (chosen.argmax(dim=1) == targets).sum().item()
    return sums
