"""Memory that is used again: what the system gives anew has to be filled with zeros first, page by page."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

Block = np.ndarray[tuple[int], np.dtype[np.uint8]]
LEAST = 1 << 16
"""Bytes: smaller ones are the allocator's to keep."""
MOST = 1 << 28
"""Bytes that are kept for later at most."""


class Pool:
    """Blocks of memory that nobody reads any more, to be given out again."""

    def __init__(self) -> None:
        self._free: OrderedDict[int, Block] = OrderedDict()
        self._numbers = count()

    def empty(self, like: Tensor, *shape: int) -> Tensor:
        """A tensor of any content, of the type and on the device of another."""
        size = torch.Size(shape).numel() * like.element_size()
        if size < LEAST or like.device.type != "cpu":
            return like.new_empty(shape)
        block = self._take(size)
        given = block[:size]
        weakref.finalize(given, self._give_back, block).atexit = False  # when the last tensor on it is gone
        return torch.from_numpy(given).view(like.dtype).view(shape)

    def clear(self) -> None:
        """Keep nothing, so that what is taken next is seen."""
        self._free.clear()

    def _take(self, size: int) -> Block:
        """A block that is large enough and at most a quarter larger; the one that was used last, if there is one."""
        for number, block in reversed(list(self._free.items())):
            if size <= len(block) <= size + size // 4 and self._free.pop(number, None) is not None:
                return block
        fresh: Block = np.empty(size, np.uint8)
        return fresh

    def _give_back(self, block: Block) -> None:
        self._free[next(self._numbers)] = block
        while sum(len(other) for other in list(self._free.values())) > MOST:
            self._free.popitem(last=False)


POOL = Pool()
