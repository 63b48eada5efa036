from __future__ import annotations

import pytest

from harness.runs.suite.tolerance import Tolerance


def test_tolerances_are_shares_or_amounts() -> None:
    assert Tolerance.parse("2.5 %").amount(-40.0) == pytest.approx(1.0)
    assert Tolerance.parse(3).amount(-40.0) == 3.0
    for wrong in ("3", True, -1, float("inf"), float("nan"), None, "-2%"):
        with pytest.raises(ValueError, match="should be a share"):
            Tolerance.parse(wrong)
