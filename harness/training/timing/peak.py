"""What the machine can at best: the speed of a large matrix product."""

from __future__ import annotations

from contextlib import suppress
from statistics import median
from typing import TYPE_CHECKING

import torch

from harness.modeling.engine.native.products import products
from harness.modeling.engine.refused import RefusedError
from harness.training.clock import between, mark

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

SIZES = {"cpu": 1024, "cuda": 8192}
"""Of a square matrix that is worth all of a device."""


class Peak:
    """The fastest of some products of two square matrices, in each repeat: a machine's speed may change between them.

    They are torch's, which is its BLAS, and on a CPU with a compiler the engine's own; the best of all that were tried
    in a repeat counts, since what disturbs can only slow them down.

    Attributes:
        speeds: the best floating-point operations a second of each kind, one a repeat.
    """

    def __init__(self, dtype: torch.dtype, device: torch.device) -> None:
        size = SIZES[device.type]
        self._a, self._b = (torch.randn(size, size, dtype=dtype, device=device) for _ in range(2))
        self._out = torch.empty_like(self._a)
        self._kinds: dict[str, Callable[[Tensor, Tensor, Tensor], object]] = {
            "torch's": lambda a, b, out: torch.mm(a, b, out=out)
        }
        if device.type == "cpu":
            with suppress(RefusedError):  # torch's it is
                own = products(dtype)
                self._kinds["the engine's"] = lambda a, b, out: own([(a, out)], b)
        self.speeds: dict[str, list[float]] = {name: [] for name in self._kinds}

    def begin_repeat(self) -> None:
        """Do each product for the first time in a repeat."""
        for speeds in self.speeds.values():
            speeds.append(0.0)
        self.try_again()

    def try_again(self) -> None:
        """Do each product once more."""
        for name, product in self._kinds.items():
            started = mark(self._out.device)
            product(self._a, self._b, self._out)
            seconds = between(started, mark(self._out.device))
            self.speeds[name][-1] = max(self.speeds[name][-1], 2 * len(self._a) ** 3 / seconds)

    def best(self) -> tuple[str, list[float]]:
        """Whose product is the fastest, and its floating-point operations a second in each repeat."""
        return max(self.speeds.items(), key=lambda item: median(item[1]))
