"""A user's own text as a corpus: one file, or all files that match a pattern."""

from __future__ import annotations

from glob import glob, has_magic
from pathlib import Path

from harness.data.card import Corpus
from harness.data.sources import LocalFiles
from harness.errors import HarnessError


def local_corpus(name: str) -> Corpus | None:
    """The corpus of a file, or of a pattern such as `src/**/*.c`; None where the name is neither.

    Raises:
        HarnessError: it is a folder, or a pattern that matches no file.
    """
    if Path(name).expanduser().is_dir():
        raise HarnessError(
            f'"{name}" is a folder: name a file in it, or a pattern such as "{Path(name) / "**/*.txt"}".'
        )
    if _find(name):
        return Corpus(name, "text of the user", LocalFiles(lambda: _find(name)))
    if has_magic(name):
        raise HarnessError(f'no file matches "{name}".')
    return None


def _find(name: str) -> list[Path]:
    """The files, in the order of their names; a name that is a file is no pattern, whatever signs it has."""
    path = Path(name).expanduser()
    if path.is_file():
        return [path]
    matches = glob(str(path), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    return sorted(match for match in map(Path, matches) if match.is_file())
