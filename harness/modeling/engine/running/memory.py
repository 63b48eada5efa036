"""Memory that is used again: what the system gives anew has to be filled with zeros first, page by page."""

from __future__ import annotations

import math
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

LEAST = 1 << 16
"""Bytes: smaller ones are the allocator's to keep."""
MOST = 1 << 28
"""Bytes that are kept for later at most."""
LINE = 64
"""Bytes that a processor fetches at once: a vector across two of them takes twice as long on some."""
TYPES = {torch.float32: np.float32, torch.float64: np.float64}


class Block:
    """Some memory, with the views of it that were asked for in the form that it has.

    Attributes:
        bytes: the memory.
        size: how many there are.
        address: where it begins.
        form: type and shape of what lies there.
        views: of columns at each time step; by first column and width.
    """

    def __init__(self, size: int) -> None:
        whole = np.empty(size + LINE, np.uint8)
        self.bytes = whole[-whole.ctypes.data % LINE :][:size]
        self.size = size
        self.address: int = self.bytes.ctypes.data
        self.form: tuple[torch.dtype, torch.Size] | None = None
        self.views: dict[tuple[int, int], Sequence[Tensor]] = {}
        self._lent: weakref.ref[object] | None = None

    def lend(self, dtype: torch.dtype, shape: tuple[int, ...], back: Callable[[Block], None]) -> Tensor:
        """A tensor on this memory; when the last one on it is gone, the block is given back."""
        given = np.ndarray(shape, TYPES[dtype], self.bytes)
        self._lent = weakref.ref(given, lambda _: back(self))
        return torch.from_numpy(given)

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
        self._free: list[Block] = []  # the one used last at the end
        self._given: dict[int, Block] = {}

    def empty(self, like: Tensor, *shape: int) -> Tensor:
        """A tensor of any content, of the type and on the device of another."""
        size = math.prod(shape) * like.element_size()
        if size < LEAST or like.dtype not in TYPES or like.device.type != "cpu":
            return like.new_empty(shape)
        block = self._take(_rounded(size))
        self._given[block.address] = block
        return block.lend(like.dtype, shape, self._give_back)

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
        """A block of this size: the one used last, if there is one."""
        for block in self._free[::-1]:
            if block.size == size:
                with suppress(ValueError):  # another thread has taken it
                    self._free.remove(block)
                    return block
        return Block(size)

    def _give_back(self, block: Block) -> None:
        del self._given[block.address]
        self._free.append(block)
        while sum(block.size for block in self._free) > MOST:
            with suppress(IndexError):  # another thread has dropped it
                self._free.pop(0)


def _rounded(size: int) -> int:
    """A size that is larger by less than a quarter, and of which there are few, so that a block serves for others."""
    step = 1 << (size.bit_length() - 3)
    return -(-size // step) * step


POOL = Pool()
