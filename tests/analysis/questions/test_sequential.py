from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.comparison.pairs import Contest, compare_all
from harness.analysis.questions.sequential import next_looks, next_runs
from harness.analysis.statistics.differences import BySeed
from harness.analysis.tables.footnotes import footnotes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import Maker

    from harness.analysis.comparison import Comparison
    from harness.analysis.comparison.pairs import Pair
    from harness.runs.record import RunRecord

LOOKS = (3, 5, 8, 13, 20)
SOLVED = 0.01


def play(
    tasks: np.ndarray, looks: Sequence[int] = LOOKS, *, bimodal: bool = False
) -> tuple[list[list[Pair]], list[dict[str, int]]]:
    """Adds seeds as `harness run --seeds auto` does, to scores (task, cell, seed); the pairs, and seeds by cell."""
    names = [f"cell {number}" for number in range(tasks.shape[1])]
    seeds = [dict.fromkeys(names, looks[0]) for _ in tasks]
    while True:
        contests = [
            Contest(
                f"task {task}",
                "MSE",
                "lower",
                {
                    name: BySeed(dict(enumerate(scores[: count[name]].tolist())))
                    for name, scores in zip(names, cells, strict=True)
                },
                tuple(looks),
                {
                    name: BySeed({seed: score < SOLVED for seed, score in enumerate(scores)})
                    for name, scores in zip(names, cells, strict=True)
                }
                if bimodal
                else {},
            )
            for task, (cells, count) in enumerate(zip(tasks, seeds, strict=True))
        ]
        found = compare_all(contests)
        wanted = [next_looks(pairs, looks) for pairs in found]
        if not any(wanted):
            return found, seeds
        for count, more in zip(seeds, wanted, strict=True):
            count.update({name: max(count[name], look) for name, look in more.items()})


def claims(found: Sequence[Sequence[Pair]]) -> int:
    return sum(pair.decided for pairs in found for pair in pairs)


def test_at_most_five_percent_of_2000_comparisons_of_equal_cells_are_claimed() -> None:
    tables = np.random.default_rng(0).normal(size=(2_000, 1, 2, 20))
    ends = [play(table) for table in tables]
    assert np.mean([claims(found) > 0 for found, _ in ends]) <= 0.05
    assert np.mean([max(seeds[0].values()) for _, seeds in ends]) < 14  # given up before 20, where it is hopeless


@pytest.mark.parametrize("shape", ["normal", "solved or not"])
def test_a_table_of_equal_cells_claims_anything_in_at_most_five_percent(shape: str) -> None:
    """Three cells on two tasks: six comparisons, of which none may be claimed."""
    rng = np.random.default_rng(1)
    size = (300, 2, 3, 20)
    scores = {
        "normal": rng.normal(size=size),
        "solved or not": np.where(rng.uniform(size=size) < 0.5, 0.001, 0.16) * rng.lognormal(0, 0.1, size),
    }[shape]
    assert np.mean([claims(play(table, bimodal=shape != "normal")[0]) > 0 for table in scores]) <= 0.05


def test_two_plans_err_as_often_as_their_note_says() -> None:
    """Whoever is told by one plan that nothing is decided, and goes on by another, has had two chances."""
    tables = np.random.default_rng(4).normal(size=(1_500, 1, 2, 20))
    first, second = ([claims(play(table, looks)[0]) > 0 for table in tables] for looks in ((3, 5, 8), LOOKS))
    assert np.mean(first) <= 0.05
    assert np.mean(second) <= 0.05
    assert 0.05 < np.mean(np.logical_or(first, second)) <= 0.10


def test_a_large_difference_is_settled_early_and_a_middling_one_late() -> None:
    rng = np.random.default_rng(2)
    large = [play(rng.normal(size=(1, 2, 20)) + np.array([0.0, 30.0])[:, None]) for _ in range(100)]
    assert all(claims(found) for found, _ in large)
    assert np.mean([seeds[0]["cell 0"] for _, seeds in large]) < 4
    middling = [play(rng.normal(size=(1, 2, 20)) + np.array([0.0, 1.5])[:, None]) for _ in range(200)]
    assert np.mean([claims(found) for found, _ in middling]) > 0.9  # one test at twenty seeds: 0.98
    assert 8 < np.mean([seeds[0]["cell 0"] for _, seeds in middling]) < 16


def test_only_the_cells_of_open_comparisons_get_seeds() -> None:
    close = np.random.default_rng(3).normal(size=(2, 20))
    _, (seeds,) = play(np.array([[close[0], close[1] + 1.0, close[0] + 1e6]]))
    assert seeds["cell 2"] < seeds["cell 0"] == seeds["cell 1"]


def test_what_is_asked_for_next(make: Maker) -> None:
    """Three seeds each: elman is settled, gru and lstm are not and go on to five."""
    scores = {"gru": [0.10, 0.11, 0.12], "lstm": [0.12, 0.11, 0.14], "elman": [9.0, 9.01, 9.02]}
    records = [make(c, s, score, looks=(3, 5, 8)) for c, listed in scores.items() for s, score in enumerate(listed)]
    specs = [make(cell, seed, 0.0, looks=(3, 5, 8)).spec for seed in range(8) for cell in scores]
    more = next_runs(specs, compare(records, []), 0)
    assert [(spec.cell.label, spec.seed) for spec in more if spec.seed > 2] == [
        ("gru", 3),
        ("lstm", 3),
        ("gru", 4),
        ("lstm", 4),
    ]


def test_a_table_says_how_seeds_were_added(make: Maker) -> None:
    scores = {"gru": [0.10, 0.11, 0.12, 0.1, 0.11], "lstm": [0.12, 0.11, 0.10, 0.12, 0.1], "elman": [9.0, 9.01, 9.02]}
    records = [make(c, s, score, looks=(3, 5, 8)) for c, listed in scores.items() for s, score in enumerate(listed)]
    assert (
        "Seeds were added at 3, 5 while comparisons were open, up to 8; all looks share the error. 2 of 3 "
        "comparisons decided, and 1 given up, as 8 seeds would hardly decide them." in footnotes(compare(records, []))
    )


def test_a_second_plan_is_told_and_what_it_costs(make: Maker) -> None:
    def records(*plans: tuple[int, ...]) -> list[RunRecord]:
        return [make(c, seed, 0.1 + seed, looks=looks) for c in ("gru", "lstm") for seed, looks in enumerate(plans)]

    def told(comparison: Comparison) -> str:
        return " ".join(note for note in footnotes(comparison) if "plans" in note)

    short, long = (3, 5, 8), (3, 5, 8, 13)
    assert told(compare(records(short, short, short), [])) == ""
    assert told(compare(records((), (), ()), [])) == ""
    assert told(compare(records(short, short, long), [])) == (
        "Seeds were run by 2 plans (auto:max=8, auto:max=13): each errs in up to 5% of tables, so that looking after "
        "each errs in up to 10% (adding)."
    )
    assert told(compare(records((), short, long), [])) == (
        "Seeds were run by 3 plans (a fixed number, auto:max=8, auto:max=13): each errs in up to 5% of tables, so that "
        "looking after each errs in up to 15% (adding)."
    )
    shorter = compare(records(long, long, long), [], short)  # is asked for afterwards, and loosens nothing
    assert shorter.columns[0].looks == long
    assert told(shorter) == ""


def test_a_lone_cell_gets_no_more_seeds_and_it_is_said_why(make: Maker) -> None:
    comparison = compare([make("gru", seed, 0.1, looks=(3, 5)) for seed in range(3)], [])
    assert next_runs([make("gru", seed, 0.0, looks=(3, 5)).spec for seed in range(5)], comparison, 0) == []
    assert "No seeds were added: there are no two cells to compare on a task." in footnotes(comparison)


def test_looks_are_kept_with_runs_and_no_part_of_what_they_are(make: Maker) -> None:
    with_looks, without = make("gru", 0, 0.1, looks=(3, 5)), make("gru", 0, 0.1)
    assert with_looks.spec.key == without.spec.key
    assert type(with_looks).from_dict(with_looks.as_dict()).spec.looks == (3, 5)
    old = without.as_dict()
    del old["spec"]["looks"]
    assert type(without).from_dict(old).spec.looks == ()
