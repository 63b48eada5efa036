"""What goes into a model and what comes out of it, declared: a task states it, the model is built from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Topology = Literal["many to one", "many to many", "encoder-decoder", "one to many", "CTC"]
"""How inputs and outputs lie in time.

many to one: one output a sequence, read after its end. many to many: an output at every step. encoder-decoder: a
sequence goes in, then a sequence of another length comes out. one to many: a vector goes in, a sequence comes out.
CTC: a shorter sequence comes out, and nobody says at which step its symbols stand.
"""


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
class Binary:
    """`width` yes-or-no values at once, trained with the sum of their cross-entropies; the model gives logits."""

    width: int


@dataclass(frozen=True)
class Classes:
    """One of `size` classes: the model gives logits, trained with cross-entropy. In CTC class 0 is the blank."""

    size: int


@dataclass(frozen=True)
class Generated:
    """Sequences of symbols below `size`, one after the other, until symbol 0, which ends them.

    Each symbol goes back in as a learned vector of `width`; in training the right one does (teacher forcing), later the
    one that was chosen.

    Attributes:
        size: the number of symbols, the end symbol included.
        width: of the learned vectors.
        longest: where generation stops without an end symbol.
        beam: hypotheses kept by beam search, which is shown beside greedy decoding.
    """

    size: int
    width: int
    longest: int
    beam: int = 4


Encoding = OneHot | Embedding | Real
Output = Classes | Real | Binary | Generated


def width(declared: Encoding | Output) -> int:
    """The number of features of an encoded input, or of an output."""
    return declared.size if isinstance(declared, OneHot | Classes | Generated) else declared.width
