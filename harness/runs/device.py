"""Which device a run uses."""

from __future__ import annotations

import re
from pathlib import Path
from shutil import which

from harness.errors import HarnessError


def resolve(name: str) -> str:
    """The device that `auto`, `cpu`, `cuda` or `cuda:1` stands for: "cpu" or "cuda:N".

    Torch is only asked where there is a sign of a GPU, so that a machine without one need not import it.

    Raises:
        HarnessError: there is no such device.
    """
    check_name(name)
    if name == "cpu" or (name == "auto" and not _sign_of_gpu()):
        return "cpu"
    import torch  # noqa: PLC0415

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return "cuda:0" if count else "cpu"
    index = int(name.partition(":")[2] or 0)
    if index >= count:
        found = f"torch sees {count} CUDA device{'s' if count != 1 else ''}"
        raise HarnessError(f"--device {name} was asked for, but {found} here. Choose cpu or auto.")
    return f"cuda:{index}"


def check_name(name: str) -> None:
    """See that this could be a device.

    Raises:
        HarnessError: it could not.
    """
    if name != "auto" and not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise HarnessError(f'"--device {name}" is no device: choose auto, cpu, cuda or cuda:N.')


def _sign_of_gpu() -> bool:
    return which("nvidia-smi") is not None or Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists()
