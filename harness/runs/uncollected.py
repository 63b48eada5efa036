"""Many objects without Python's search for cycles among them."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncollected(*, kept: bool = False) -> Iterator[None]:
    """While a million objects without cycles are made, Python's search for cycles looks at each again and again.

    Args:
        kept: whether they stay for long, so that no later search looks at them either; they go when nobody refers to
            them.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if kept:
            gc.freeze()
        if collecting:
            gc.enable()
