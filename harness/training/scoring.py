"""Losses and sums over the examples that count: those within the lengths of their sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


def select(outputs: Tensor, targets: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    """Outputs (n, out) and their targets (n) or (n, out), without the steps behind a sequence's end.

    Args:
        outputs: (batch, out) or (time, batch, out).
        targets: of the same leading shape.
        lengths: (batch), or None where nothing is padded.
    """
    if outputs.dim() == 3:  # noqa: PLR2004 - many to many
        if lengths is None:
            return outputs.flatten(0, 1), targets.flatten(0, 1)
        steps = torch.arange(outputs.shape[0], device=outputs.device)
        within = steps[:, None] < lengths  # (time, batch)
        return outputs[within], targets[within]
    return outputs, targets


def losses(outputs: Tensor, targets: Tensor) -> Tensor:
    """One loss an example: cross-entropy in nats where targets are integers, else the mean squared error of a row.

    Raises:
        ValueError: outputs and targets of real values differ in shape.
    """
    if targets.dtype == torch.int64:
        return functional.cross_entropy(outputs, targets, reduction="none")
    if outputs.shape != targets.shape:  # they would be broadcast to a loss of something else
        raise ValueError(f"outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} differ in shape")
    return (outputs - targets).square().mean(dim=1)


def totals(outputs: Tensor, targets: Tensor) -> dict[str, Any]:
    """The sum of the losses, the number of examples and, for classes, how many were right."""
    sums = {"loss": losses(outputs, targets).double().sum().item(), "count": len(targets)}
    if targets.dtype == torch.int64:
        sums["correct"] = (outputs.argmax(dim=1) == targets).sum().item()
    return sums
