"""The sizes at which a layer is timed, as people write them."""

from __future__ import annotations

import pytest

from harness import HarnessError
from harness.training.timing.shape import Shape


def test_what_is_not_given_has_its_default() -> None:
    assert Shape.parse("time=7, batch=1") == Shape(batch=1, time=7, input=64, hidden=128)


def test_it_is_written_as_it_is_read() -> None:
    shape = Shape(2, 3, 4, 5, output=6)
    assert str(shape) == "batch=2,time=3,input=4,hidden=5,output=6"
    assert Shape.parse(str(shape)) == shape
    assert str(Shape()) == "batch=32,time=100,input=64,hidden=128"


@pytest.mark.parametrize("text", ["", "batch", "batch=", "batch=1,batch=1"])
def test_what_cannot_be_read_is_answered_with_what_could(text: str) -> None:
    with pytest.raises(HarnessError, match="write batch=32,time=100,input=64,hidden=128, each size once"):
        Shape.parse(text)
