"""The contract of cells, where it is broken in a definition."""

from __future__ import annotations

import pytest

from harness import Cell, HarnessError


@pytest.mark.parametrize("given", ["h", 1, (1, "c")])
def test_states_that_are_no_names_are_told_where_the_cell_is_defined(given: object) -> None:
    with pytest.raises(HarnessError, match="must be a tuple of names") as told:
        type("Own", (Cell,), {"states": given})
    assert str(told.value).startswith(f"Own.states is {given!r}; ")


@pytest.mark.parametrize("given", [("h",), ["h", "c"], property(lambda _: ("h",))])
def test_states_may_be_a_list_or_said_by_the_cell(given: object) -> None:
    assert type("Own", (Cell,), {"states": given}).__dict__["states"] is given
