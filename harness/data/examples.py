"""Fewer training examples: which cell is better on little data."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


def first(examples: Sequence[T], count: int | None, what: str = "training examples") -> Sequence[T]:
    """The first `count` of the training examples, so that fewer are always among more; all when None.

    Args:
        examples: in an order that has nothing to do with what they are.
        count: the option `examples=N` of a task.
        what: they are, for the message.

    Raises:
        HarnessError: there are not so many.
    """
    if count is not None and count > len(examples):
        raise HarnessError(f"examples={count} asks for more than there are: {len(examples):,} {what}.")
    return examples[:count]
