"""How fast cells have to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from harness.errors import HarnessError
from harness.registry import Reference, current
from harness.runs.suite.strict import Strict
from harness.runs.suite.tolerance import Tolerance
from harness.runs.suite.tolerated import Allowed
from harness.training.timing.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Speed(Strict):
    """How fast cells are, as a ratio to a reference cell that is timed in turn with them.

    Attributes:
        reference: a cell with options.
        tolerance: how much slower a cell may get, beside the reference.
        shape: at which layers are timed.
        repeats: of each cell.
    """

    reference: str
    tolerance: Allowed = Tolerance(0.15, relative=True)
    shape: str = "batch=32,time=100,input=64,hidden=128"
    repeats: Annotated[int, Field(ge=5)] = 15

    def check(self, place: Callable[[Sequence[str]], str]) -> None:
        """See that what is named exists, which would be told after all runs otherwise.

        Args:
            place: where in its file something stands.

        Raises:
            HarnessError: it does not.
        """
        key = "reference"
        try:
            reference = Reference.parse(self.reference)
            current().cells().find(reference.target)
            key = "shape"
            Shape.parse(self.shape)
        except HarnessError as error:
            raise HarnessError(f"{place(('speed', key))}: {key}: {error}") from error
