"""The sizes at which a layer is timed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

from annotated_types import Ge

from harness.errors import HarnessError
from harness.registry import bind

Positive = Annotated[int, Ge(1)]


@dataclass(frozen=True)
class Shape:
    """What a layer reads, and how wide it is.

    Attributes:
        batch: sequences.
        time: steps of each.
        input: the width of x.
        hidden: the hidden size.
        output: the width of the prediction of a cell that makes it itself; others have none.
    """

    batch: Positive = 32
    time: Positive = 100
    input: Positive = 64
    hidden: Positive = 128
    output: Positive | None = None

    def __str__(self) -> str:
        sizes = ((field.name, getattr(self, field.name)) for field in fields(self))
        return ",".join(f"{name}={size}" for name, size in sizes if size is not None)

    @classmethod
    def parse(cls, text: str) -> Shape:
        """Read `batch=32,time=100,input=64,hidden=128`; what is not given has its default.

        Raises:
            HarnessError: it is not that.
        """
        pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
        given = {name: size for name, _, size in pairs}
        if not given or not all(size for _, _, size in pairs) or len(given) < len(pairs):
            raise HarnessError(f'"--shape {text}" cannot be read: write {cls()}, each size once.')
        return cls(**bind(cls, given, "--shape"))
