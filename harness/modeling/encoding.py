"""What goes into a model and what comes out of it, declared: a task states it, the model is built from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OneHot:
    """Integers below `size`, each as a unit vector; inputs are (time, batch)."""

    size: int


@dataclass(frozen=True)
class Embedding:
    """Integers below `size`, each as a learned vector of `width`; inputs are (time, batch)."""

    size: int
    width: int


@dataclass(frozen=True)
class Real:
    """Vectors of `width` real numbers. As an input (time, batch, width); as an output trained with squared error."""

    width: int


@dataclass(frozen=True)
class Classes:
    """One of `size` classes: the model gives logits, trained with cross-entropy."""

    size: int


Encoding = OneHot | Embedding | Real
Output = Classes | Real


def width(declared: Encoding | Output) -> int:
    """The number of features of an encoded input, or of an output."""
    return declared.size if isinstance(declared, OneHot | Classes) else declared.width
