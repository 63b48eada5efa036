"""Data sets by name, from all plugins."""

from __future__ import annotations

from harness.data.card import DataSet
from harness.errors import HarnessError
from harness.registry import current


def dataset(name: str) -> DataSet:
    """The card of a registered data set.

    Raises:
        HarnessError: there is none of that name, or what is registered is no card.
    """
    entry = current().datasets().find(name)
    card = entry.load()
    if not isinstance(card, DataSet):
        raise HarnessError(f'"{name}" of {entry.origin} is no data set: it must be a harness.DataSet.')
    return card
