"""The report: one HTML file with all that a results folder tells.

Charts are drawn here, as SVG, rather than by a library in the page: they take the colours of the page, in the dark too,
are there without a script and on paper, and a thousand runs open at once. A page of script adds what appears under the
pointer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis.comparison import Comparison

OURS = b'<meta name="generator" content="harness '


def write(comparison: Comparison, path: Path, title: str) -> None:
    """Write the report of a comparison; one that stands there is replaced as a whole.

    Raises:
        HarnessError: the file is there and no report, or cannot be written.
    """
    from harness.analysis.report.page import page  # noqa: PLC0415 - its templates are only read where they are used

    if path.is_dir() or (path.exists() and OURS not in path.read_bytes()[:2000]):
        raise HarnessError(f"{path} is there already and is no report of harness: name another file with --output.")
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(page(comparison, title), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise HarnessError(f"{path} cannot be written: {error.strerror}. Name another file with --output.") from error
