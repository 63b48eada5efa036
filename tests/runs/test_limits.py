from __future__ import annotations

import pytest

from harness.errors import HarnessError
from harness.runs.limits import duration, duration_text, size, size_text


def test_durations_and_sizes_as_people_write_them() -> None:
    assert [duration(text, "") for text in ("90s", "15min", "15m", "2h", "1.5 d", " 0.5S ")] == [
        90, 900, 900, 7200, 129600, 0.5,
    ]  # fmt: skip
    assert [size(text, "") for text in ("500MB", "2GB", "2GiB", "0.5 kb", "1TB")] == [5e8, 2e9, 2**31, 500, 1e12]


@pytest.mark.parametrize("text", ["", "90", "s", "-1s", "0s", "1e3s", "nan s", "90 sec", "1h30m", "500MB", "9s x"])
def test_what_is_no_duration_is_one_sentence(text: str) -> None:
    with pytest.raises(HarnessError) as error:
        duration(text, "--time-limit")
    assert str(error.value) == (
        f"--time-limit {text} is no duration: write a number and its unit, as in 90s, 15min or 2h."
    )


@pytest.mark.parametrize("text", ["500", "MB", "0MB", "2h", "1 GB of it", "-2GB"])
def test_what_is_no_size_is_one_sentence(text: str) -> None:
    with pytest.raises(HarnessError, match=r"is no size: write a number and its unit, as in 500MB, 2GB or 2GiB\.$"):
        size(text, "--memory-limit")


def test_they_are_told_in_the_largest_unit() -> None:
    assert [duration_text(value) for value in (0.25, 90, 7200)] == ["0.25 s", "1.5 min", "2 h"]
    assert [size_text(value) for value in (500, 5e8, 2.5e9)] == ["0.5 KB", "500 MB", "2.5 GB"]
