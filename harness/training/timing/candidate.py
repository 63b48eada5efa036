"""A cell that somebody named, ready to be built."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from harness.errors import HarnessError, NotSupportedError
from harness.modeling import parts
from harness.modeling.assembly import Architecture, Design, check_cell, check_steps
from harness.modeling.encoding import Classes, Real
from harness.registry import Reference, bind, current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.modeling.cell import CellClass
    from harness.modeling.engine.select import Engine
    from harness.modeling.layer import Layer
    from harness.training.timing.shape import Shape

FULL = ("can't allocate memory", "not enough memory")
"""What torch's allocator says on a CPU."""


@dataclass(frozen=True)
class Candidate:
    """A cell with its options.

    Attributes:
        label: what it is called, with its options.
        origin: where it comes from: distribution and version, or file and the start of its sha256.
        cell: a subclass of Cell or Layer.
        options: of its constructor.
    """

    label: str
    origin: str
    cell: CellClass
    options: dict[str, Any]

    @classmethod
    def find(cls, text: str) -> Candidate:
        """The cell that `lstm:peephole=true` or `my_cell.py:MGU` names.

        Raises:
            HarnessError: there is none, or it does not take these options.
        """
        reference = Reference.parse(text)
        entry = current().cells().find(reference.target)
        component = entry.component(reference.target, reference.options)
        cell = check_cell(entry.load(), f'"{reference.target}"')
        options = bind(cell, reference.options, f'cell "{component.name}"')
        return cls(component.label, str(entry.origin), cell, options)

    def build(self, shape: Shape, engine: Engine) -> Layer:
        """It as one layer; one that makes the prediction itself predicts one of so many classes.

        Raises:
            HarnessError: it cannot be built like this.
        """
        if self.cell.predicts and shape.output is None:
            raise HarnessError(
                f"{self.label} makes the prediction itself: say how wide that is, for example "
                f"--shape {shape},output=65."
            )
        architecture = Architecture(Real(shape.input), Classes(shape.output or 1), "many to many", engine=engine)
        design = Design(self.cell, self.options, architecture, shape.hidden, seed=0)
        with torch.random.fork_rng(devices=[]), enough_memory(f"{self.label} at {shape}"):
            torch.default_generator.manual_seed(design.seed)
            try:
                layer = parts.layer(design, shape.input, top=True)
            except NotSupportedError as error:
                raise HarnessError(f"{self.label} cannot be timed at {shape}: {error}.") from error
            check_steps(layer)
            return layer


@contextmanager
def enough_memory(what: str) -> Iterator[None]:
    """Where it is told in one sentence that something does not fit into memory.

    Raises:
        HarnessError: it does not.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in FULL):
            raise HarnessError(f"{what} does not fit into memory.") from error
        raise
