from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.runs.executors.waiting import Waiting
from harness.runs.plan import Plan, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.runs.spec import Spec

LENGTHS = {"a": 5, "b": 6, "c": 7}
PLAN = Plan.make(Request(("gru",), tuple(f"adding:length={n}" for n in LENGTHS.values()), 1, "smoke", "cpu"))
BY_NAME = dict(zip(LENGTHS, PLAN.specs(), strict=True))
NAMES = {spec.task.label: name for name, spec in BY_NAME.items()}


def taken(waiting: Waiting, mine: str = "", others: str = "") -> str | None:
    spec = waiting.take(*([BY_NAME[name].task.label for name in names] for names in (mine, others)))
    return NAMES[spec.task.label] if spec else None


def waiting(names: str, ahead: int) -> Waiting:
    return Waiting((BY_NAME[name] for name in names), ahead)


def test_a_worker_is_given_what_it_has_read_then_what_nobody_has_then_what_comes_next() -> None:
    assert taken(waiting("bca", 3), mine="a", others="bc") == "a"
    assert taken(waiting("bca", 3), mine="", others="b") == "c"
    assert taken(waiting("bca", 3), mine="", others="abc") == "b"
    assert taken(waiting("bca", 3), mine="abc", others="") == "b"


def test_two_workers_read_two_tasks_once_each() -> None:
    for order in ("aabb", "abab", "abba"):
        runs = waiting(order, 2)
        assert taken(runs) == "a"
        assert taken(runs, others="a") == "b"
        assert taken(runs, mine="a", others="b") == "a"
        assert taken(runs, mine="b", others="a") == "b"


def test_it_looks_no_farther_ahead_than_it_should_and_takes_no_more_than_it_needs() -> None:
    seen: list[str] = []

    def told(names: str) -> Iterator[Spec]:
        for name in names:
            seen.append(name)
            yield BY_NAME[name]

    runs = Waiting(told("bbaab"), 2)
    assert seen == []
    assert taken(runs, mine="a", others="b") == "b"
    assert seen == ["b", "b"]


def test_the_first_is_passed_over_no_more_often_than_it_should() -> None:
    runs = waiting("ba" + "a" * 9, 2)
    assert [taken(runs, mine="a", others="b") for _ in range(4)] == ["a", "a", "b", "a"]


@given(
    st.text(alphabet="abc"), st.integers(min_value=1, max_value=5), st.lists(st.tuples(st.text("abc"), st.text("abc")))
)
def test_all_are_given_out_once_whatever_the_workers_have_had(
    names: str, ahead: int, had: list[tuple[str, str]]
) -> None:
    runs = waiting(names, ahead)
    out = [taken(runs, *had[number % len(had)] if had else ("", "")) for number in range(len(names))]
    assert sorted(filter(None, out)) == sorted(names)
    assert taken(runs) is None
    if ahead == 1:
        assert "".join(filter(None, out)) == names
