from __future__ import annotations

from itertools import chain

import pytest

from harness.errors import HarnessError
from harness.runs.plan import Plan, Request
from harness.runs.shard import Shard


def specs(*cells: str) -> Plan:
    return Plan.make(Request(cells, ("adding:length=5", "copy"), 20, "smoke", "cpu"))


def test_shards_are_disjoint_and_all_of_them_are_the_whole() -> None:
    plan = specs("lstm", "gru")
    shares = [{spec.key for spec in Shard(number, 8).of(plan.specs())} for number in range(1, 9)]
    assert sum(map(len, shares)) == len(set.union(*shares)) == 80
    assert all(2 <= len(share) <= 20 for share in shares), "of equal size up to chance"
    trivial = [[spec.key for spec in Shard(number, 8).of(plan.baselines())] for number in range(1, 9)]
    assert sorted(chain.from_iterable(trivial)) == sorted(spec.key for spec in plan.baselines())


def test_another_cell_moves_no_run_to_another_shard() -> None:
    before = {spec.key for spec in Shard(2, 8).of(specs("lstm", "gru").specs())}
    after = {spec.key: spec.cell.name for spec in Shard(2, 8).of(specs("elman", "lstm", "gru").specs())}
    assert {key for key, cell in after.items() if cell != "elman"} == before


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("9/8", "1/8 to 8/8"),
        ("0/8", "1/8 to 8/8"),
        ("1/0", "2/8, the second of eight"),
        ("-1/8", "2/8, the second of eight"),
        ("two", "2/8, the second of eight"),
    ],
)
def test_what_is_no_share_is_refused(text: str, right: str) -> None:
    with pytest.raises(HarnessError) as error:
        Shard.parse(text)
    assert str(error.value) == f'"--shard {text}" is no share: write {right}.'
