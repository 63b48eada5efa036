"""The hidden size that comes nearest to a number of parameters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import Classes, HarnessError, NotSupportedError, OneHot
from harness.modeling.assembly import Architecture, build, parameter_count
from harness.modeling.sizing import Footprint, Size
from harness_scratch.gru import GRU


@given(
    quadratic=st.integers(0, 12),
    linear=st.integers(1, 300),
    constant=st.integers(0, 5000),
    above=st.integers(0, 40_000),
)
def test_no_other_size_comes_nearer(quadratic: int, linear: int, constant: int, above: int) -> None:
    def count(hidden: int) -> int:
        return quadratic * hidden**2 + linear * hidden + constant

    target = count(1) + above
    found = Size("params", target).solve(count, "a model")
    sizes = range(1, above + 3)  # every further unit adds at least one parameter
    assert abs(count(found) - target) == min(abs(count(hidden) - target) for hidden in sizes)


@given(steps=st.lists(st.integers(1, 1000), min_size=300, max_size=300), above=st.integers(0, 200))
@settings(max_examples=50)
def test_counts_may_grow_unevenly(steps: list[int], above: int) -> None:
    counts = [sum(steps[: hidden + 1]) for hidden in range(len(steps))]

    def count(hidden: int) -> int:
        return counts[hidden - 1] if hidden <= len(counts) else counts[-1] + 1000 * (hidden - len(counts))

    target = counts[0] + above
    found = Size("params", target).solve(count, "a model")
    assert abs(count(found) - target) == min(abs(c - target) for c in counts)


def test_a_real_model_comes_within_one_unit_of_its_target() -> None:
    architecture = Architecture(OneHot(65), Classes(65), "many to many")
    hidden = Size("params", 50_000).solve(
        lambda hidden: parameter_count(build(GRU, {}, architecture, hidden, seed=0)), "gru"
    )
    # 3 (h (65 + h) + h) + 65 h + 65: 49,653 at 92 and 50,471 at 93
    assert hidden == 92


def test_a_hidden_size_is_taken_as_it_is() -> None:
    assert Size("hidden", 128).solve(lambda _: 1 / 0, "a model") == 128


def test_a_target_below_the_smallest_model_is_named_with_the_smallest_model() -> None:
    message = r"^--match params=999 cannot be met: gru on adding with hidden size 1 already has 1,003 parameters\.$"
    with pytest.raises(HarnessError, match=message):
        Size("params", 999).solve(lambda hidden: 1000 + 3 * hidden, "gru on adding")


def test_a_cell_whose_size_has_no_effect_is_said_to_be_so() -> None:
    message = r"fixed on adding has 77 parameters at hidden size \d+ and does not grow further"
    with pytest.raises(NotSupportedError, match=message):  # a row with its reason: other cells can
        Size("params", 500).solve(lambda _: 77, "fixed on adding")


@pytest.mark.parametrize("text", ["params=50000", "params=50_000", "params=50,000", "params=5e4", "params = 50000.0"])
def test_a_size_is_read_as_people_write_it(text: str) -> None:
    assert Size.parse(text) == Size("params", 50_000)
    assert str(Size.parse(text)) == "params=50000"


def test_state_and_operations_can_be_equal_too() -> None:
    assert Size.parse("state=256") == Size("state", 256)
    assert Size.parse("flops=1e6") == Size("flops", 1_000_000)
    assert str(Size.parse("flops=1e6")) == "flops=1000000"


@pytest.mark.parametrize(
    "text",
    [
        "params",
        "params=",
        "params=0",
        "params=-3",
        "params=²",
        "params=nan",
        "params=inf",
        "params=1e99999999",
        "flops=1e-5",
        "flops=1.5",
        "hidden=3",
        "=5",
    ],
)
def test_what_is_no_size_is_refused_with_what_would_be_one(text: str) -> None:
    with pytest.raises(HarnessError, match=r"Write --match params=N, state=N or flops=N"):
        Size.parse(text)


def test_a_kind_that_is_spelt_wrong_is_guessed() -> None:
    with pytest.raises(HarnessError, match=r'Did you mean "state"\?'):
        Size.parse("stat=5")


def test_the_mismatch_is_of_what_is_held_equal() -> None:
    found = Footprint(hidden_size=8, parameters=1_100, state_size=90, flops_per_step=None)
    assert Size("params", 1_000).mismatch(found) == pytest.approx(0.1)
    assert Size("state", 100).mismatch(found) == pytest.approx(-0.1)
    assert Size("flops", 100).mismatch(found) is None  # it could not be counted
    assert Size("hidden", 8).mismatch(found) is None
