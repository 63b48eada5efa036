"""Data sets by name, from all plugins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.data.card import Corpus, DataSet
from harness.data.local import local_corpus
from harness.errors import HarnessError, did_you_mean
from harness.registry import current

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def corpus(name: str) -> Corpus:
    """The corpus of that name: a registered one, a text file, or the files that match a pattern such as `src/**/*.c`.

    Raises:
        HarnessError: there is none, or what is registered under the name is no corpus.
    """
    if any(name in (entry.name, f"{entry.origin.distribution}/{entry.name}") for entry in current().datasets()):
        card = dataset(name)
        if not isinstance(card, Corpus):
            raise HarnessError(f'the data set "{name}" is no corpus. Corpora are: {", ".join(_corpora())}.')
        return card
    found = local_corpus(name)
    if found is None:
        near = did_you_mean(name, [*_corpora(), *(str(path) for path in _beside(name))])
        raise HarnessError(
            f'there is no corpus and no file "{name}".{near} Corpora are: {", ".join(_corpora())}; '
            'a text file, or a pattern such as "src/**/*.c", will do as well.'
        )
    return found


def _corpora() -> Iterator[str]:
    """The names of the registered corpora, without those that cannot be loaded."""
    for entry in current().datasets():
        try:
            card = entry.load()
        except HarnessError:
            continue
        if isinstance(card, Corpus):
            yield entry.name


def _beside(name: str) -> Iterator[Path]:
    """The files of the folder in which a file of that name would lie."""
    folder = Path(name).parent
    return (path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else iter(())
