"""Data for the tests of tasks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data sets that have no package to come in: they lie in a folder of HARNESS_DATA, or beside the repository."""
    if not os.environ.get("HARNESS_DATA"):
        if not SHARED.is_dir():
            pytest.skip("no data sets: HARNESS_DATA is not set, and there is no shared/data beside the repository")
        monkeypatch.setenv("HARNESS_DATA", str(SHARED))


@pytest.fixture
def text_of() -> Any:
    """The text of a corpus, or the data of a task, where it can be had."""
    from harness.data.fetch import UnavailableError

    def read(what: Any) -> Any:
        try:
            return what()
        except UnavailableError as error:
            pytest.skip(str(error))

    return read
