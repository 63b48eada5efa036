"""Memory that is used again: what the system gives anew has to be filled with zeros first, page by page."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

LEAST = 1 << 16
"""Bytes: smaller ones are the allocator's to keep."""
MOST = 1 << 28
"""Bytes that are kept for later at most."""


class Block:
    """Some memory, with the views of it that were asked for in the form that it has.

    Attributes:
        bytes: the memory.
        form: type and shape of what lies there.
        views: of columns at each time step; by first column and width.
    """

    def __init__(self, size: int) -> None:
        self.bytes = np.empty(size, np.uint8)
        self.form: tuple[torch.dtype, torch.Size] | None = None
        self.views: dict[tuple[int, int], Sequence[Tensor]] = {}

    def __len__(self) -> int:
        return len(self.bytes)

    def steps(self, like: Tensor, column: int, width: int) -> Sequence[Tensor]:
        """Columns at each time step, if it has the form of a tensor (time, …, columns)."""
        if self.form != (like.dtype, like.shape):
            self.form, self.views = (like.dtype, like.shape), {}
        if (column, width) not in self.views:
            whole = torch.from_numpy(self.bytes[: like.nbytes]).view(like.dtype).view(like.shape)
            self.views[column, width] = whole.narrow(-1, column, width).unbind(0)
        return self.views[column, width]


class Pool:
    """Blocks of memory that nobody reads any more, to be given out again."""

    def __init__(self) -> None:
        self._free: OrderedDict[int, Block] = OrderedDict()
        self._given: dict[int, Block] = {}
        self._numbers = count()

    def empty(self, like: Tensor, *shape: int) -> Tensor:
        """A tensor of any content, of the type and on the device of another."""
        size = torch.Size(shape).numel() * like.element_size()
        if size < LEAST or like.device.type != "cpu":
            return like.new_empty(shape)
        block = self._take(size)
        given = block.bytes[:size]
        self._given[given.ctypes.data] = block
        weakref.finalize(given, self._give_back, block).atexit = False  # when the last tensor on it is gone
        return torch.from_numpy(given).view(like.dtype).view(shape)

    def steps(self, whole: Tensor, column: int, width: int) -> Sequence[Tensor]:
        """Columns of a contiguous tensor (time, …, columns) at each time step.

        Of memory that is used again the views are, too: to make one takes half as long as many an operation on it.
        """
        block = self._given.get(whole.data_ptr())
        return block.steps(whole, column, width) if block else whole.narrow(-1, column, width).unbind(0)

    def clear(self) -> None:
        """Keep nothing, so that what is taken next is seen."""
        self._free.clear()

    def _take(self, size: int) -> Block:
        """A block that is large enough and at most a quarter larger: the smallest, and of these the one used last."""
        for number, block in sorted(self._free.copy().items(), key=lambda item: (len(item[1]), -item[0])):
            if size <= len(block) <= size + size // 4 and self._free.pop(number, None) is not None:
                return block
        return Block(size)

    def _give_back(self, block: Block) -> None:
        self._given.pop(block.bytes.ctypes.data)
        self._free[next(self._numbers)] = block
        while sum(len(other) for other in list(self._free.values())) > MOST:
            self._free.popitem(last=False)


POOL = Pool()
