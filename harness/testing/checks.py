"""Everything that every cell must do, in the order in which it is checked, and what it means where one does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from harness.testing import learning, parity, steps, time
from harness.testing.subject import HIDDEN, INPUT, Subject
from harness.testing.verdict import UnmetError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Check:
    """One thing that every cell must do.

    Attributes:
        name: of it, for tables.
        meaning: what it means when it fails.
        test: raises UnmetError where a subject does not; gives a remark.
    """

    name: str
    meaning: str
    test: Callable[[Subject], str]


def leaves_alone(subject: Subject) -> str:
    """The cell leaves alone what everybody shares; `examine` adds what the other checks saw it do."""
    with torch.random.fork_rng(devices=[]):
        seed = torch.default_generator.manual_seed(12345).initial_seed()
        more = (4, torch.nn.Identity()) if subject.cell.predicts else ()
        subject.cell(INPUT, HIDDEN, *more, **subject.options)
        if torch.initial_seed() != seed:
            raise UnmetError("its constructor seeds torch, so that all seeds of a run start alike")
    return ""


CHECKS = (
    Check(
        "shapes and dtypes",
        "nothing else can be relied on: models are assembled from what a cell says of its widths.",
        steps.shapes_and_dtypes,
    ),
    Check(
        "gradients (float64)",
        "training follows something else than the loss: a detach, an in-place change, or a wrong backward pass.",
        steps.gradients,
    ),
    Check(
        "engine equals loop",
        "the compiled cell is not the one that is written: please report it; --engine loop runs the one that is.",
        time.engine_equals_loop,
    ),
    Check(
        "chunks equal the whole",
        "something is remembered that is not in the states, or a state is not used: long texts would be read wrong.",
        time.chunks_equal_whole,
    ),
    Check(
        "masked equals unpadded",
        "padding leaks into results: scores would depend on how sequences are batched.",
        time.masked_equals_unpadded,
    ),
    Check(
        "rows independent",
        "sequences of a batch see each other, as under batch normalisation: test scores would depend on the batch.",
        time.rows_independent,
    ),
    Check(
        "causal",
        "it sees the future: a language model would read what it should predict.",
        time.causal,
    ),
    Check(
        "deterministic",
        "a run could not be repeated, and seeds would not be paired between cells.",
        steps.deterministic,
    ),
    Check(
        "state dict round trip",
        "its saved weights are not all of it: a plain tensor should be a parameter or a buffer.",
        steps.state_dict,
    ),
    Check(
        "moves to dtype and device",
        "it makes tensors of a fixed type or place: use x.new_zeros(...) rather than torch.zeros(...).",
        steps.moves,
    ),
    Check(
        "learns a trivial task",
        "it cannot carry one bit to the next step: weights get no gradient, or start too large or too small.",
        learning.learns,
    ),
    Check(
        "equals its reference",
        "it is not the cell that it says it is, or from_reference maps the weights wrong.",
        parity.equals_reference,
    ),
    Check(
        "leaves the process alone",
        "it changes what all cells share, which makes comparisons unfair.",
        leaves_alone,
    ),
)
