from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.data.batch import Batch
from harness.training.checksum import Checksum

rng = np.random.default_rng(3)
FIRST = Batch(rng.random((5, 4, 2), dtype=np.float32), rng.integers(9, size=4), np.array([5, 4, 3, 2]))
SECOND = Batch(rng.random((7, 4, 2), dtype=np.float32), rng.integers(9, size=4))


def of(*batches: Batch) -> float:
    checksum = Checksum()
    for batch in batches:
        checksum.add(batch)
    return checksum.value


def changed(batch: Batch, name: str) -> Batch:
    array = getattr(batch, name).copy()
    array.flat[1] += 1
    return replace(batch, **{name: array})


def test_the_same_data_have_the_same_checksum_up_to_rounding() -> None:
    rounded = replace(FIRST, inputs=FIRST.inputs * np.float32(1 + 1e-7))
    assert of(FIRST, SECOND) == of(FIRST, SECOND)
    assert of(rounded, SECOND) == pytest.approx(of(FIRST, SECOND), rel=1e-6)


@pytest.mark.parametrize("name", ["inputs", "targets", "lengths"])
def test_one_other_number_shows(name: str) -> None:
    assert of(changed(FIRST, name), SECOND) != pytest.approx(of(FIRST, SECOND), rel=1e-4)


def test_another_order_shows() -> None:
    backwards = replace(FIRST, inputs=FIRST.inputs[:, ::-1].copy())
    assert of(SECOND, FIRST) != pytest.approx(of(FIRST, SECOND), rel=1e-4)
    assert of(backwards) != pytest.approx(of(FIRST), rel=1e-4)
    assert of(FIRST) != pytest.approx(of(FIRST, SECOND), rel=1e-4)
