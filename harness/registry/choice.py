"""A choice between bundled kinds, with options in the syntax of all names: `sgd:momentum=0.9`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from harness.errors import HarnessError, did_you_mean
from harness.registry.options import bind
from harness.registry.references import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


def chosen(what: str, text: str, kinds: Mapping[str, type[T]]) -> T:
    """The thing that a text names, made with the options that it gives.

    Args:
        what: is chosen, for messages: "optimiser".
        text: a name, with options.
        kinds: the class of each name.

    Raises:
        HarnessError: there is none of that name, or it does not take these options.
    """
    reference = Reference.parse(text)
    if reference.target not in kinds:
        hint = did_you_mean(reference.target, kinds)
        raise HarnessError(f'there is no {what} "{reference.target}".{hint} Choose one of: {", ".join(kinds)}.')
    kind = kinds[reference.target]
    return kind(**bind(kind, reference.options, f'{what} "{reference.target}"'))
