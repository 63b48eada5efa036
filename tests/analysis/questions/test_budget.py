from __future__ import annotations

import pytest

from harness.analysis.questions.budget import Budget
from harness.errors import HarnessError


@pytest.mark.parametrize("text", ["steps", "steps=0", "steps=-1", "steps=x", "flops=inf", "tokens=nan", "=3", ""])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(HarnessError, match=r"Write --at steps=N, seconds=N, tokens=N or flops=N"):
        Budget.parse(text)


def test_a_kind_of_budget_that_is_spelt_wrong_is_guessed() -> None:
    with pytest.raises(HarnessError, match=r'Did you mean "tokens"\?'):
        Budget.parse("token=5")
