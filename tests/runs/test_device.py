from __future__ import annotations

import pytest
import torch

from harness.errors import HarnessError
from harness.runs.device import resolve


def test_auto_takes_the_gpu_where_there_is_one() -> None:
    assert resolve("auto") == ("cuda:0" if torch.cuda.is_available() else "cpu")
    assert resolve("cpu") == "cpu"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_that_is_absent_is_told() -> None:
    with pytest.raises(HarnessError, match="--device cuda:1 was asked for, but torch sees 0 CUDA devices here"):
        resolve("cuda:1")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cuda:", "", "tpu:0"])
def test_what_is_no_device_is_told(name: str) -> None:
    with pytest.raises(HarnessError, match="is no device: choose auto, cpu, cuda or cuda:N"):
        resolve(name)
